"""What anyone may hear of the library: OAI-PMH and a feed, of what is published for all; and what is said of one
resource in the words of others, for who sees it: by an address of its own, and in its page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

from aiohttp import web

from classroom.store.harvest import Told
from classroom.store.records import Resource
from web.server import oai
from web.server.api import Needs, Route, read, text_of
from web.server.bodies import Body
from web.server.feed import feed
from web.server.metadata import dublin, linked, lom
from web.server.metadata.described import Described
from web.server.parts import PARTS
from web.server.routes.resources import RESOURCE, visible
from web.server.seats import not_found
from web.server.sessions import Call, recognise

PAGE = 100
LATEST = 50
FORM = "application/x-www-form-urlencoded"
NAME = "Tongke 同课"
XML = {"dublin-core": dublin.element, "lom": lom.element}


def _base(call: Call) -> str:
    return call.parts.settings.public_url.rstrip("/") or str(call.request.url.origin())


def _described(call: Call, row: Resource) -> Described:
    return Described(row, call.parts.vocabularies, _base(call))


async def by_address(call: Call) -> web.Response:
    return await _asked(call, list(call.request.query.items()))


async def by_form(call: Call) -> web.Response:
    """§3.1.1.2: the same, with the arguments in the body."""
    text = text_of(await read(call.request, FORM, 10_000))
    return await _asked(call, parse_qsl(text, keep_blank_values=True))


async def _asked(call: Call, given: list[tuple[str, str]]) -> web.Response:
    _open(call)
    base = _base(call)
    answers = oai.Answers(f"{base}/oai", urlsplit(base).hostname or "localhost", lambda row: _described(call, row))
    try:
        verb, arguments = oai.asked(given)
        said = await _said(call, answers, verb, arguments)
        body = await asyncio.to_thread(answers.answer, call.parts.now_ms, dict(given), said)
    except oai.Refused as why:
        body = answers.answer(call.parts.now_ms, dict(given), why)
    return web.Response(body=body, content_type="text/xml", charset="utf-8", headers={"Cache-Control": "no-cache"})


async def _said(call: Call, answers: oai.Answers, verb: str, arguments: dict[str, str]) -> Element:
    harvest, words = call.parts.store.harvest, call.parts.vocabularies
    match verb:
        case "Identify":
            earliest = await harvest.earliest()
            return answers.identify(NAME, _contact(call, answers.host), earliest or call.parts.now_ms)
        case "ListMetadataFormats":
            if "identifier" in arguments:
                await _one(call, answers, arguments["identifier"])
            return answers.formats()
        case "ListSets":
            if "resumptionToken" in arguments:
                raise oai.Refused("badResumptionToken", "Sets come all at once.")
            return answers.sets((code, words.label("subject", code, "en")) for code in await harvest.subjects())
        case "GetRecord":
            row = await _one(call, answers, arguments["identifier"])
            if arguments["metadataPrefix"] not in oai.FORMATS:
                raise oai.Refused("cannotDisseminateFormat", "There is no such format.")
            return answers.record(row, arguments["metadataPrefix"])
        case _:
            page = oai.page(arguments)
            rows, of = await harvest.list(page.wanted, PAGE)
            return answers.listed(verb, page, rows, of)


async def _one(call: Call, answers: oai.Answers, identifier: str) -> Told:
    row = await call.parts.store.harvest.get(answers.resource(identifier))
    if row is None:
        raise oai.Refused("idDoesNotExist", "There is no such record.")
    return row


def _contact(call: Call, host: str) -> str:
    """An address of e-mail must have a dot in its domain."""
    return call.parts.settings.contact or f"postmaster@{host if '.' in host else 'localhost.localdomain'}"


def _open(call: Call) -> None:
    if not call.parts.settings.harvest:
        raise not_found("page")


async def latest(call: Call) -> web.Response:
    _open(call)
    base = _base(call)
    some = [_described(call, row) for row in await call.parts.store.harvest.latest(LATEST)]
    body = oai.written(feed(some, f"{base}/feed", base, call.parts.now_ms))
    return web.Response(body=body, content_type="application/atom+xml", charset="utf-8")


class Where(Body):
    """`away`: as it is said where the resource leaves the installation: without its address here."""

    place: Literal["here", "away"] = "here"


async def metadata(call: Call, query: Where) -> web.Response:
    """As Dublin Core, LOM or JSON-LD of schema.org."""
    resource, form = await visible(call), call.path("format")
    one = _described(call, resource)
    if query.place == "away":
        one = replace(one, resource=replace(resource, published_at=None, version=1, bytes=0), base="")
    if form == "schema":
        return web.Response(text=linked.written(one), content_type="application/ld+json")
    if form not in XML:
        raise not_found("format")
    return web.Response(body=oai.written(XML[form](one)), content_type="text/xml", charset="utf-8")


async def in_page(request: web.Request) -> str:
    """What the page of a resource says of it to machines: for an account that sees it; with `--harvest` for anyone, of
    what is published for all. Nothing of what was withdrawn."""
    call, name = Call(request, request.app[PARTS]), request.match_info["resource"]
    if oai.ID.fullmatch(name) is None:
        return ""
    await recognise(call)
    store, row = call.parts.store, None
    if call.account is not None:
        row = await store.resources.get(name, call.account)
    if row is None and call.parts.settings.harvest:
        told = await store.harvest.get(name)
        row = told.resource if told is not None and not told.gone else None
    return "" if row is None or row.state == "withdrawn" else linked.written(_described(call, row))


ROUTES = (
    Route(
        "GET", "/oai", by_address, "OAI-PMH 2.0 of what is published for all", codes=("not_found",), gives="text/xml"
    ),
    Route(
        "POST",
        "/oai",
        by_form,
        "The same, with the arguments in the body",
        codes=("not_found",),
        takes=FORM,
        gives="text/xml",
    ),
    Route(
        "GET", "/feed", latest, "What was published last, as Atom", codes=("not_found",), gives="application/atom+xml"
    ),
    Route(
        "GET",
        f"{RESOURCE}/metadata/{{format}}",
        metadata,
        "What is said of a resource, as dublin-core, lom or schema (JSON-LD)",
        Needs.ACCOUNT,
        codes=("not_found", "malformed"),
        gives="text/xml",
    ),
)
