"""What is said in a recording: captions in each language, for who sees it to read, for who keeps it to put right.

Times count from the recording's beginning, which is `from_ms` on the lesson's clock: what WebVTT calls zero.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Annotated, Literal, NoReturn

from aiohttp import web
from pydantic import Field

from classroom.access import Deed
from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store.joined import KIND
from classroom.store.records import Captioning, Captions, CaptionsOrigin, Resource
from recordings import webvtt
from web.server import edited, naming
from web.server.api import Needs, Route, read, text_of
from web.server.bodies import Body, View
from web.server.cues import aside, dumped, left, loaded, of_joined, starts_ms
from web.server.parts import Parts
from web.server.problems import problem
from web.server.routes.imported import or_imported
from web.server.routes.resources import editable, may_edit, visible
from web.server.seats import not_found
from web.server.sessions import Call

VTT, SRT = "text/vtt", "application/x-subrip"
MADE = 4
"""So many files are kept, of captions as they stand."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})?", re.ASCII)


class CaptionsView(View):
    """`origin`: whether they came as a file, were last written on a page, or are a service's."""

    language: str
    revision: str
    origin: CaptionsOrigin
    count: int
    changed_at: int


class CaptioningView(View):
    """`progress` in percent, as far as the service says; `fault` why it failed."""

    status: Literal["waiting", "asked", "done", "failed"]
    progress: int | None
    fault: str | None


class CaptionsOf(View):
    """`service`: whether there is one that can be asked to make some. `files`: the languages of which a file is to be
    had."""

    from_ms: int
    may_edit: bool
    captions: list[CaptionsView]
    files: list[str]
    service: bool
    captioning: CaptioningView | None


class CueView(View):
    start_ms: int
    end_ms: int
    text: str
    speaker: str
    settings: str


class Cues(View):
    language: str
    revision: str
    cues: list[CueView]


class AsFile(Body):
    form: Literal["vtt", "txt"] = "vtt"


def language_of(call: Call) -> str:
    """BCP 47, written as is the custom: zh-Hans-CN."""
    tag = call.path("language")
    if not LANGUAGE.fullmatch(tag):
        raise ClientFault("malformed", "The language is a tag like zh-CN or en.", Status.MALFORMED)
    language, *others = tag.split("-")
    forms = {2: str.upper, 4: str.title}
    return "-".join([language.lower(), *(forms.get(len(one), str.lower)(one) for one in others)])


async def listed(call: Call) -> CaptionsOf:
    """Of a joined recording none: its parts have them, and a file of all is to be had in any of their languages."""
    resource = await visible(call)
    store = call.parts.store
    all_of = await store.captions.of(resource.id)
    parts = await store.joins.parts(resource.id) if resource.kind == KIND else [resource]
    files = sorted({row.language for one in parts for row in await store.captions.of(one.id)})
    asked = await call.parts.store.captions.captioning(resource.id)
    return CaptionsOf(
        from_ms=starts_ms(resource),
        may_edit=may_edit(call, resource),
        captions=[CaptionsView.model_validate(one) for one in all_of],
        files=files,
        service=call.parts.captioner.there,
        captioning=_asked(asked),
    )


def _asked(row: Captioning | None) -> CaptioningView | None:
    return CaptioningView.model_validate(row) if row else None


async def cues(call: Call) -> Annotated[web.Response, Cues]:
    """What was taken out only for who may edit it, and writes all of them."""
    resource = await visible(call, Deed.PLAY)
    row, stored = await _found(call, resource)
    if not may_edit(call, resource):
        stored = await left(call.parts, resource, stored, await naming.pupils_for(call, resource))
    body = await aside(_whole, row, stored)
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=_tagged(row))


def _whole(row: Captions, stored: str) -> bytes:
    return f'{{"language":"{row.language}","revision":"{row.revision}","cues":{stored}}}'.encode()


async def file(call: Call, query: AsFile) -> web.Response:
    """Without what was taken out. Times are those of the whole; of a joined recording those of its file."""
    resource = await visible(call, Deed.DOWNLOAD, "download")
    if resource.kind == KIND:
        language, tags = language_of(call), {"Cache-Control": "no-store"}
        stored = await of_joined(call.parts, resource, language, partial(naming.pupils_for, call)) or _none()
    else:
        row, stored = await _found(call, resource)
        language, tags = row.language, _tagged(row)
        stored = await left(call.parts, resource, stored, await naming.pupils_for(call, resource))
    made = await aside(_made, stored, query.form)
    headers = {**tags, "Content-Disposition": f'attachment; filename="{language}.{query.form}"'}
    kind = VTT if query.form == "vtt" else "text/plain"
    return web.Response(body=made, content_type=kind, charset="utf-8", headers=headers)


@lru_cache(MADE)
def _made(stored: str, form: str) -> bytes:
    """A class asks for the same at once: it is made for the first, and lies ready for the others."""
    all_cues = [webvtt.Cue(**one) for one in loaded(stored)]
    return (webvtt.write(all_cues) if form == "vtt" else webvtt.plain(all_cues)).encode()


async def put(call: Call) -> Annotated[web.Response, CaptionsView]:
    """With `If-Match` in the place of that revision, without it where there are none."""
    resource, language = await editable(call), language_of(call)
    await call.parts.store.holds.check(resource.id)
    written = call.request.headers.get("X-Written") == "page"
    try:
        row = await store(call, resource.id, language, "edited" if written else "file", _match(call))
    except webvtt.NotCaptions as why:
        return refused(why)
    return _kept(row)


async def store(call: Call, resource: str, language: str, origin: CaptionsOrigin, before: str | None) -> Captions:
    """What the request carries. Raises NotCaptions, ClientFault."""
    form = SRT if call.request.content_type == SRT else VTT
    data = await read(call.request, form, webvtt.MOST_BYTES)
    kept, count = await aside(_read, text_of(data), form)
    row = Captions(resource, language, new_id(), origin, count, call.parts.now_ms)
    await call.parts.store.captions.put(row, kept, before)
    return row


def _read(text: str, form: str) -> tuple[str, int]:
    found = webvtt.read(text, "srt" if form == SRT else "vtt")
    return dumped({name: getattr(cue, name) for name in webvtt.Cue.__slots__} for cue in found), len(found)


def refused(why: webvtt.NotCaptions) -> web.Response:
    """RFC 9457 §3.2: with two members of its own, so that a page can say in its words where and why."""
    return problem(Status.REFUSED, "captions_invalid", str(why), more={"line": why.line, "reason": why.reason})


def _kept(row: Captions, status: int = 200) -> web.Response:
    view = CaptionsView.model_validate(row).model_dump_json()
    return web.Response(text=view, status=status, content_type="application/json", headers=_tagged(row))


async def removed(call: Call) -> None:
    resource = await editable(call)
    await call.parts.store.holds.check(resource.id)
    if not await call.parts.store.captions.remove(resource.id, language_of(call), _match(call)):
        _none()


async def asked(call: Call) -> CaptioningView:
    """Asks the service, again where that failed."""
    resource = await editable(call)
    if not call.parts.captioner.there:
        raise ClientFault("no_captions_service", "This server has no service that makes captions.", Status.CONFLICT)
    row = await call.parts.captioner.ask(resource.id)
    return CaptioningView.model_validate(row)


async def _found(call: Call, resource: Resource) -> tuple[Captions, str]:
    return await call.parts.store.captions.get(resource.id, language_of(call)) or _none()


def _none() -> NoReturn:
    raise not_found("captions")


def _tagged(row: Captions) -> dict[str, str]:
    return {"ETag": f'"{row.revision}"', "Cache-Control": "no-store"}


def _match(call: Call) -> str | None:
    return call.request.headers["If-Match"].strip().strip('"') if "If-Match" in call.request.headers else None


# For the service that was asked, with the token that it was given


class Progress(Body):
    """`percent` of the work, or that it failed."""

    percent: Annotated[int, Field(ge=0, le=100)] | None = None
    failed: bool = False


async def sound(call: Call) -> web.StreamResponse:
    """A playlist or a segment of a sound that the service was told of; of what was cut out there is nothing."""
    resource = await _waiting(call)
    folder, _, name = call.path("path").partition("/")
    heard = {track["id"] for track in resource.tracks if track["kind"] == "audio"}
    if folder.partition(edited.PART)[0] not in heard:
        raise not_found("file")
    return await edited.file(call, resource, await edited.edited(call.parts, resource), folder, name)


async def answered(call: Call) -> Annotated[web.Response, CaptionsView]:
    """The service never puts its captions in the place of others."""
    resource = await _waiting(call)
    try:
        row = await store(call, resource.id, language_of(call), "service", None)
    except webvtt.NotCaptions as why:
        return refused(why)
    await call.parts.captioner.done(resource.id)
    return _kept(row, 201)


async def went_on(call: Call, body: Progress) -> None:
    resource = await _waiting(call)
    await call.parts.captioner.went_on(resource.id, body.percent, body.failed)


async def _waiting(call: Call) -> Resource:
    return await call.parts.captioner.check(call.path("resource"), call.request.headers.get("Authorization", ""))


# What stands on the slides that a recording shows


class SlidesView(View):
    """`texts`: what stands on each slide, the first one first."""

    courseware: str
    texts: list[str]


MOST_TEXT = 2_000_000
"""Characters of all that is told of a recording."""


async def slides(call: Call) -> list[SlidesView]:
    resource = await visible(call, Deed.PLAY)
    if resource.lesson is None:
        return []
    events = await call.parts.store.journal.of_kind(resource.lesson, "courseware.opened")
    gone = await edited.withheld(call.parts, resource)
    opened = (event.data for event in events if event.data["kind"] == "slides")
    wanted = dict.fromkeys(data["courseware"] for data in opened if data["courseware"] not in gone)
    rows = [row for one in wanted if (row := await call.parts.store.shelves.get(one)) and row.digest]
    digests = {row.id: row.digest for row in rows if row.digest}
    return await aside(_texts, call.parts, digests)


def _texts(parts: Parts, digests: dict[str, str]) -> list[SlidesView]:
    found, left = [], MOST_TEXT
    for courseware, digest in digests.items():
        texts = parts.shelf.texts(digest)
        left -= sum(map(len, texts))
        if left >= 0:
            found.append(SlidesView(courseware=courseware, texts=texts))
    return found


RESOURCE = "/api/v1/resources/{resource}"
ONE, ASKED = f"{RESOURCE}/captions/{{language}}", "/api/v1/captioning/{resource}"
_KEEPS = ("not_found", "not_allowed", "malformed", "media_type", "too_large", "captions_invalid")
_SERVES = ("token_invalid", "token_expired", "not_found")
ROUTES = (
    Route(
        "GET",
        f"{RESOURCE}/captions",
        listed,
        "In which languages a recording has captions",
        Needs.VIEWER,
        codes=("not_found",),
    ),
    Route("GET", f"{ONE}/cues", cues, "Captions, cue by cue", Needs.VIEWER, codes=("not_found", "malformed")),
    Route(
        "GET",
        ONE,
        file,
        "Captions as WebVTT, or as text to read",
        Needs.VIEWER,
        codes=("not_found", "malformed", "watch_only"),
        gives=VTT,
    ),
    Route(
        "PUT",
        ONE,
        put,
        "Put captions (WebVTT, or SubRip as application/x-subrip) in the place of the revision in If-Match, or anew",
        Needs.ACCOUNT,
        codes=(*_KEEPS, "captions_changed", "captions_full", "on_hold"),
        takes=VTT,
        most_bytes=webvtt.MOST_BYTES,
    ),
    Route(
        "DELETE",
        ONE,
        removed,
        "Remove captions",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed", "malformed", "captions_changed", "on_hold"),
    ),
    Route(
        "POST",
        f"{RESOURCE}/captioning",
        asked,
        "Ask the service that makes captions",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "no_captions_service"),
    ),
    Route(
        "GET",
        f"{RESOURCE}/words",
        or_imported(slides, {}),
        "What stands on the slides that a recording shows",
        Needs.VIEWER,
        codes=("not_found",),
    ),
    Route(
        "GET",
        f"{ASKED}/media/{{path:.+}}",
        sound,
        "For the service that was asked: a playlist or a segment of a sound",
        codes=(*_SERVES, "recording_away"),
        gives="application/octet-stream",
    ),
    Route(
        "PUT",
        f"{ASKED}/captions/{{language}}",
        answered,
        "For the service that was asked: its captions",
        status=201,
        codes=(
            *_SERVES,
            "malformed",
            "media_type",
            "too_large",
            "captions_invalid",
            "captions_changed",
            "captions_full",
        ),
        takes=VTT,
        most_bytes=webvtt.MOST_BYTES,
    ),
    Route("POST", ASKED, went_on, "For the service that was asked: how far it is", status=204, codes=_SERVES),
)
