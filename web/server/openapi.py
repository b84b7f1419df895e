"""OpenAPI 3.1 from the route table and its models, and the same as a page to read."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from web.server.api import Needs, Route
from web.server.bodies import View

ALWAYS = {
    Needs.NOTHING: (),
    Needs.SESSION: (),
    Needs.ACCOUNT: ("signed_out",),
    Needs.STAFF: ("signed_out", "not_allowed"),
    Needs.ADMIN: ("signed_out", "not_allowed"),
    Needs.TOKEN: ("token_invalid", "token_expired", "not_found"),
    Needs.SEAT: ("token_invalid", "token_expired", "not_found"),
    Needs.KEY: (),
    Needs.VIEWER: ("signed_out",),
}
# The status of every code that a route names; the codes of lessons themselves are in docs/protocol.md.
STATUS = {
    "malformed": 400,
    "line_broken": 400,
    "signed_out": 401,
    "password_needed": 401,
    "password_wrong": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "not_allowed": 403,
    "watch_only": 403,
    "not_admitted": 403,
    "locked": 403,
    "not_on_stage": 403,
    "csrf_failed": 403,
    "origin_foreign": 403,
    "not_found": 404,
    "link_invalid": 404,
    "link_expired": 404,
    "pairing_code_unknown": 404,
    "not_connected": 409,
    "stale_revision": 409,
    "offer_mismatch": 409,
    "lesson_ended": 409,
    "lesson_not_open": 409,
    "set_up_already": 409,
    "login_taken": 409,
    "wrong_phase": 409,
    "merged": 409,
    "not_merged": 409,
    "display_elsewhere": 409,
    "shelf_full": 409,
    "uploads_full": 409,
    "bank_full": 409,
    "no_school": 409,
    "sample_playing": 409,
    "sample_there": 409,
    "photos_closed": 409,
    "photos_full": 409,
    "photo_busy": 409,
    "too_many": 409,
    "works_full": 409,
    "no_works": 409,
    "no_words": 409,
    "not_by_hand": 409,
    "unfit_mark": 409,
    "activity_closed": 409,
    "already_answered": 409,
    "exists": 409,
    "offset_mismatch": 409,
    "upload_busy": 409,
    "recording_busy": 409,
    "is_part": 409,
    "on_hold": 409,
    "not_ended": 409,
    "erased": 409,
    "not_previewed": 409,
    "rule_invalid": 422,
    "too_many_rules": 422,
    "not_a_recording": 409,
    "not_ready": 409,
    "edited": 409,
    "undone": 409,
    "out_of_range": 422,
    "nothing_left": 422,
    "part_unfit": 422,
    "import_unfit": 422,
    "imported": 409,
    "too_many_edits": 422,
    "not_recorded": 409,
    "no_media": 409,
    "too_large": 413,
    "media_type": 415,
    "type_unsupported": 415,
    "format_unknown": 415,
    "encoding_unknown": 400,
    "xml_forbidden": 422,
    "xml_too_large": 422,
    "file_too_complex": 422,
    "zip_unfit": 422,
    "tus_version": 412,
    "captions_changed": 412,
    "captions_invalid": 422,
    "captions_full": 409,
    "remarks_full": 409,
    "ratings_off": 403,
    "comments_off": 403,
    "unknown_code": 422,
    "not_an_address": 422,
    "wrong_state": 409,
    "own_resource": 403,
    "claimed": 409,
    "reason_needed": 422,
    "changed_meanwhile": 409,
    "too_many_steps": 409,
    "collection_full": 409,
    "too_many_shares": 409,
    "too_many_collections": 409,
    "not_tried": 409,
    "no_captions_service": 409,
    "etag_mismatch": 412,
    "etag_required": 428,
    "bad_formula": 422,
    "media_unfit": 422,
    "password_length": 422,
    "room_needed": 422,
    "sdp_malformed": 400,
    "codec_unsupported": 422,
    "damaged": 422,
    "too_long": 422,
    "too_many_pixels": 422,
    "too_complex": 422,
    "conversion_failed": 422,
    "picture_needed": 422,
    "data_channel_refused": 422,
    "too_often": 429,
    "too_many_open": 429,
    "locked_out": 429,
    "media_full": 503,
    "media_unavailable": 503,
    "owner_away": 503,
    "no_code_free": 503,
    "busy": 503,
    "storage_full": 503,
    "recording_away": 503,
    "redis_unavailable": 503,
}


class Problem(View):
    """RFC 9457. Branch on `code`, show `title`."""

    type: str
    title: str
    status: int
    code: str


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    wanted: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = [
        (("problem", "out"), "serialization", TypeAdapter(Problem))
    ]
    for route in routes:
        name = f"{route.method} {route.path}"
        if route.body is not None:
            wanted.append(((name, "in"), "validation", TypeAdapter(route.body)))
        if route.answer is not None:
            wanted.append(((name, "out"), "serialization", TypeAdapter(route.answer)))
    schemas, definitions = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    by_key = {key: schema for (key, _), schema in schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r":[^}]*\}", "}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, by_key)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tongke",
            "version": version,
            "description": "Everything the pages use. Lessons themselves run over Socket.IO, see docs/protocol.md.",
        },
        "paths": paths,
        "components": {
            **definitions_of(definitions),
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "tongke"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def definitions_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": schema.get("$defs", {})}


def _operation(route: Route, path: str, schemas: dict[tuple[str, str], Any]) -> dict[str, Any]:
    name = f"{route.method} {route.path}"
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}",
        "tags": [route.tag],
        "responses": _responses(route, schemas),
    }
    parameters = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
        for part in re.findall(r"\{(\w+)\}", path)
    ]
    if route.query is not None:
        required = set(route.query.model_json_schema().get("required", []))
        parameters += [
            {"name": key, "in": "query", "required": key in required, "schema": schema}
            for key, schema in route.query.model_json_schema()["properties"].items()
        ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {route.takes: {"schema": schemas[(name, "in")]}}}
    elif route.takes != "application/json":
        operation["requestBody"] = {"required": True, "content": {route.takes: {"schema": {"type": "string"}}}}
    if route.needs is Needs.TOKEN:
        operation["security"] = [{"token": []}]
    elif route.needs is Needs.SEAT:
        operation["security"] = [{"token": []}, {"cookie": []}]
    elif route.needs not in (Needs.NOTHING, Needs.KEY):
        operation["security"] = [{"cookie": []} if route.method == "GET" else {"cookie": [], "csrf": []}]
    return operation


def _responses(route: Route, schemas: dict[tuple[str, str], Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if route.answer is not None:
        good["content"] = {route.gives: {"schema": schemas[(f"{route.method} {route.path}", "out")]}}
    elif route.gives != "application/json":
        good["content"] = {route.gives: {"schema": {"type": "string"}}}
    responses = {str(route.status): good}
    codes = [*ALWAYS[route.needs], *route.codes]
    if route.method not in {"GET", "DELETE"}:
        codes += ["malformed", "media_type", "too_large"]
    if route.method != "GET" and route.needs is not Needs.TOKEN:
        codes += ["csrf_failed"]
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS[code], []).append(code)
    for status, named in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "Refused: " + ", ".join(dict.fromkeys(named)),
            "content": {"application/problem+json": {"schema": schemas[("problem", "out")]}},
        }
    return responses


STYLE = """body{font:16px/1.5 "Noto Sans SC","PingFang SC","Microsoft YaHei",Roboto,sans-serif;color:#1E2430;
background:#FAF8F4;max-width:56rem;margin:2rem auto;padding:0 1rem}h2{margin-top:2.5rem;border-bottom:1px solid #d9d4c9}
code{font-size:.95em}
article{margin:1rem 0;padding:.5rem 1rem;border-left:4px solid #0F6E6E;background:#fff}p{margin:.25rem 0}
.codes{color:#5b6270}table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0}"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def page(described: dict[str, Any]) -> str:
    """The document as plain HTML: no script, nothing from elsewhere."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            refused = [
                answer["description"].removeprefix("Refused: ")
                for status, answer in operation["responses"].items()
                if status >= "400"
            ]
            needs = next(iter(operation.get("security", [{}])[0]), "")
            by_tag.setdefault(operation["tags"][0], []).append(
                f"<article><p><strong><code>{method.upper()} {html.escape(path)}</code></strong></p>"
                f"<p>{html.escape(operation['summary'])}</p>"
                + (f"<p>Takes {_named(operation['requestBody'])}.</p>" if "requestBody" in operation else "")
                + f"<p>Gives {_given(operation['responses'])}.</p>"
                + (f"<p>Needs a {needs}.</p>" if needs else "")
                + (f'<p class="codes">{html.escape(", ".join(refused))}</p>' if refused else "")
                + "</article>"
            )
    sections = "".join(
        f"<section><h2>{html.escape(tag)}</h2>{''.join(parts)}</section>" for tag, parts in by_tag.items()
    )
    codes = "".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{status}</td></tr>' for code, status in STATUS.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tongke API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>Tongke API {html.escape(described['info']['version'])}</h1>"
        f"<p>{html.escape(described['info']['description'])} "
        'The same as data: <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f"{sections}<section><h2>Codes of refusals</h2><table>{codes}</table></section></body></html>"
    )


def _named(content: dict[str, Any]) -> str:
    media_type, entry = next(iter(content["content"].items()))
    schema = entry["schema"]
    inner = schema.get("items", schema)
    name = inner.get("$ref", "").rpartition("/")[2] or inner.get("title", "")
    shown = f" <code>{html.escape(name)}</code>" if name else ""
    return f"{media_type}{' list of' if 'items' in schema else ''}{shown}"


def _given(responses: dict[str, Any]) -> str:
    status, answer = next(iter(responses.items()))
    return f"{status} {_named(answer)}" if "content" in answer else status
