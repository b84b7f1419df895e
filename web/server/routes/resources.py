"""The library: what lessons left, to look through and to play."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import StringConstraints, TypeAdapter

from classroom.access import Deed, by_link, deeds, standings
from classroom.errors import ClientFault, Status
from classroom.finding import MOST_LETTERS
from classroom.nameless import nameless
from classroom.store.catalogue import Search
from classroom.store.joined import KIND
from classroom.store.records import Account, OpeningWay, Resource
from recordings import library
from recordings.carried import CUTS, is_carried
from recordings.edits import NOTHING, Edited
from web.server import carrying, edited, naming, practising
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.exchange import paged
from web.server.keeping.remover import advance
from web.server.keeping.removing import remove
from web.server.openings import RECORDED
from web.server.seats import not_found
from web.server.sessions import Call
from web.server.sharing import cookie

PAGE = 100
Asked = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Place = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[\w-]*$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")]


class ResourceView(View):
    """`duration_ms` is null while it is still being recorded, and of what has none. `subject` to `audience` but
    `language` are codes of `GET /api/v1/vocabularies`, "" where nothing was said. `reach` is who sees it once it is
    published: its `school`, or `all`. `change` is the state of the change that a published resource is about to have,
    for its owner and the staff."""

    id: str
    title: str
    kind: str
    lesson: str | None
    created_at: int
    duration_ms: int | None
    status: str
    owner: str | None
    owner_name: str
    school: str | None
    school_name: str
    state: str
    state_at: int
    changed_at: int
    published_at: int | None
    subject: str
    grade: str
    edition: str
    type: str
    language: str
    licence: str
    audience: str
    reach: str
    points: list[str]
    mime: str
    bytes: int
    change: str | None


class TrackView(View):
    """One stretch of one track; times are milliseconds of the lesson's clock, `playlist` an address (HLS). `gaps` are
    where something that was sent got lost: a picture stands still there, sound is silent. Of sound `aac` is another
    address, of the same in AAC, once that is made: for players that lack Opus."""

    id: str
    source: str
    participant: str
    kind: str
    codec: str
    mime: str
    width: int
    height: int
    start_ms: int
    end_ms: int | None
    gaps: tuple[tuple[int, int], ...] = ()
    playlist: str
    aac: str | None = None


class Contributor(View):
    name: str
    role: str


class ResourceWhole(ResourceView):
    """`target` is what it points to where it has no files of its own: a courseware, a bank's folder, an address; of an
    upload, the file's name. `version` is what a change is made from. `cuts` are the stretches `[from_ms, to_ms]` of the
    lesson's clock that were cut out, in order and apart. Tracks keep the lesson's clock, but a playlist closes up over
    a cut: a moment stands in it at so much after `start_ms` as was not cut out in between. `by_link`: the asker came by
    one; `named`: they are told the names of its pupils. `pages`: how many an upload has that is a PDF or a picture:
    `/courseware/pages/slides/{page}/{box}` shows one, and `/courseware/pages/media` is the file."""

    tracks: list[TrackView]
    cuts: list[tuple[int, int]]
    may_edit: bool
    by_link: bool
    may_download: bool
    named: bool
    description: str
    contributors: list[Contributor]
    target: str
    version: int
    pages: int = 0


class EventView(View):
    """An event as docs/protocol.md describes it."""

    seq: int
    at: int
    actor: str
    kind: str
    data: dict[str, Any]
    cause: str | None
    v: int


EVENTS = TypeAdapter(list[EventView])


class Described(Body):
    """What is said of those that are wanted; empty: whatever it is."""

    kind: Asked = ""
    subject: Asked = ""
    grade: Asked = ""
    edition: Asked = ""
    type: Asked = ""
    language: Asked = ""
    licence: Asked = ""
    audience: Asked = ""
    owner: Asked = ""
    school: Asked = ""
    lesson: Asked = ""
    state: Asked = ""
    collection: Asked = ""
    point: Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class ResourceSearch(Described):
    """`words` are all looked for, in whatever resources say; between quotation marks, words that follow each other.
    `mine`: those that I like, or have watched. `sort`: with words by `relevance` unless another one is said. `after`:
    the `place` of the one after which to go on; `limit` at most 100."""

    words: Annotated[str, StringConstraints(max_length=MOST_LETTERS)] = ""
    mine: Literal["", "favourites", "history"] = ""
    sort: Literal["", "relevance", "newest", "used", "title"] = ""
    after: Place = ""
    limit: Number = "30"


def search_of(query: Described) -> Search:
    return Search(**query.model_dump(include=set(Search.__dataclass_fields__)))


async def views(call: Call, rows: Sequence[Resource]) -> list[ResourceView]:
    """As the asker may know them."""
    store, known = call.parts.store, [row.id for row in rows if may_edit(call, row)]
    changes = await store.reviews.amendments(known)
    names = await store.accounts.names({row.owner for row in rows if row.owner is not None})
    schools = {school.id: school.name for school in await store.schools.list()}
    fields = ResourceView.model_fields.keys() & Resource.__dataclass_fields__.keys()
    return [
        ResourceView(
            **{name: getattr(row, name) for name in fields},
            owner_name=names.get(row.owner or "", ""),
            school_name=schools.get(row.school or "", ""),
            change=changes[row.id].state if row.id in changes else None,
        )
        for row in rows
    ]


def viewer_of(call: Call) -> Account | None:
    return None if call.operator else call.signed_in


async def visible(call: Call, deed: Deed = Deed.SEE, way: OpeningWay = "web") -> Resource:
    """The one door to a resource and whatever is in it: 404 for whom it is not for, 403 `watch_only` for a link that
    gives no files. What is played or taken away of a recording is noted; `way`: how."""
    resource = await _let_in(call)
    if resource is None:
        raise not_found("resource")
    if call.link is not None and deed not in deeds(by_link(call.link, call.parts.now_ms), resource.state):
        raise ClientFault("watch_only", "This link is to watch, not to keep.", Status.FORBIDDEN)
    if deed is not Deed.SEE and resource.kind in RECORDED:
        await noted(call, resource, way)
    return resource


async def noted(call: Call, resource: Resource, way: OpeningWay = "web") -> None:
    """That the asker opens a recording; with a joined one, all that it is made of."""
    who = call.account.id if call.link is None and call.account is not None else None
    link = call.link.id if call.link is not None and not call.practises else None
    how: OpeningWay = "export" if call.operator else "practice" if call.practises else way
    made_of = await call.parts.store.joins.parts(resource.id) if resource.kind == KIND else []
    for one in [resource, *made_of]:
        await call.parts.openings.note(one.id, who, link, how, call.parts.now_ms, call.holder)


async def _let_in(call: Call) -> Resource | None:
    """By account; else by the pass that a link gave, or a practice, which is for what asks for no account."""
    name = call.path("resource")
    given = call.request.cookies.get(cookie(name), "") if call.needs is Needs.VIEWER else ""
    if call.operator or call.account is not None:
        resource = await call.parts.store.resources.get(name, viewer_of(call))
        if resource is not None:
            return resource
    if call.operator:
        return None
    if given and (found := await call.parts.sharing.opened_by(name, given)) is not None:
        resource, call.link, call.holder = found
        return resource
    if given and (practised := await practising.opened_by(call, name, given)) is not None:
        resource, call.link = practised
        call.holder, call.practises = call.link.id, True
        return resource
    call.signed_in  # noqa: B018 - who has neither is asked to sign in
    return None


async def shown(call: Call) -> ResourceWhole:
    resource = await visible(call, Deed.PLAY)
    by = await _edited(call, resource)
    shown = await edited.tracks(call.parts, resource, by, f"{call.request.path}/media", resource.tracks)
    tracks = [TrackView(**track) for track in shown]
    [view] = await views(call, [resource])
    carried = await carrying.of(call, resource) if is_carried(resource) else None
    return ResourceWhole(
        **view.model_dump(),
        tracks=tracks,
        cuts=list(by.cuts) if carried is None else carried.answers[CUTS],
        pages=0 if carried is None else paged.count(carried),
        may_edit=may_edit(call, resource),
        by_link=call.link is not None,
        may_download=call.link is None or not call.link.watch_only,
        named=naming.knows(call, resource),
        description=resource.description,
        contributors=[Contributor(**one) for one in resource.contributors],
        target=resource.target,
        version=resource.version,
    )


class Removing(Body):
    """`media`: only the pictures and sound of a recording go; its board, its questions and its report stay."""

    media: Literal["true", "false"] = "false"


async def removed(call: Call, query: Removing) -> None:
    """With its files, with the lesson that it is of where no other resource is, and what of courseware was kept for it
    alone. What it leaves in a storage and in the database's files goes as soon as that can be; the record says when."""
    resource, parts = await visible(call), call.parts
    if not (call.operator or call.signed_in.id == resource.owner or call.signed_in.role == "admin"):
        raise ClientFault("not_allowed", "Its teacher or an administrator may do that.", Status.FORBIDDEN)
    if query.media == "true" and (resource.kind != "recording" or is_carried(resource)):
        raise ClientFault("no_media", "Only a recording has pictures and sound by themselves.", Status.CONFLICT)
    by = None if call.operator else call.signed_in.id
    await remove(parts, resource, by, media=query.media == "true")
    if parts.live is None:
        await advance(parts)


async def events(call: Call) -> Annotated[web.Response, list[EventView]]:
    """What happened in the lesson, as an observer of it may know; without the names of pupils for who is of another
    school, or comes by a link. Of a joined recording each part tells its own."""
    resource = await visible(call, Deed.PLAY)
    if call.link is not None:
        call.parts.lookings.take(f"{call.link.id} {call.address}", call.parts.now_s)
    if resource.kind == KIND:
        seen = []
    elif is_carried(resource):
        seen = await naming.carried(call, resource)
    else:
        store, journal = call.parts.store, call.parts.journal
        seen = await library.timeline(store, journal, resource.id, naming.VIEWER, await _edited(call, resource))
    pupils = await naming.pupils_for(call, resource)
    if pupils is not None:
        seen = await asyncio.to_thread(nameless, seen, pupils)
    body = await asyncio.to_thread(lambda: EVENTS.dump_json(EVENTS.validate_python(seen, from_attributes=True)))
    return web.Response(body=body, content_type="application/json")


async def media(call: Call) -> web.StreamResponse:
    """Playlists and segments, by ranges too. A playlist grows while the lesson goes on; segments never change."""
    resource = await visible(call, Deed.PLAY, "hls")
    folder, _, name = call.path("path").rpartition("/")
    return await edited.file(call, resource, await _edited(call, resource), folder, name)


async def _edited(call: Call, resource: Resource) -> Edited:
    """Nothing, for who asks for the whole of it and may."""
    if not call.request.path.startswith(f"/api/v1/resources/{resource.id}/whole"):
        return await edited.edited(call.parts, resource)
    if not may_edit(call, resource):
        raise _not_yours()
    return NOTHING


def may_edit(call: Call, resource: Resource) -> bool:
    if call.account is None and not call.operator:
        return False
    return Deed.EDIT in deeds(standings(viewer_of(call), resource, ()), resource.state)


async def editable(call: Call) -> Resource:
    """Raises 404, or 403 for who may only see it."""
    resource = await visible(call)
    if not may_edit(call, resource):
        raise _not_yours()
    return resource


async def cuttable(call: Call) -> Resource:
    """As `editable`; 409 `imported` for what is no recording of ours."""
    resource = await editable(call)
    carrying.refuse(resource)
    return resource


def _not_yours() -> ClientFault:
    return ClientFault("not_allowed", "Its teacher and the staff may do that.", Status.FORBIDDEN)


RESOURCE = "/api/v1/resources/{resource}"


def _played(base: str, how: str, needs: Needs, *codes: str) -> tuple[Route, ...]:
    codes = ("not_found", "recording_away", *codes)
    binary = "application/octet-stream"

    def route(path: str, handler: Any, what: str, gives: str = "application/json", more: tuple[str, ...] = ()) -> Route:
        return Route("GET", base + path, handler, f"{what}{how}", needs, codes=(*codes, *more), gives=gives)

    return (
        route("", shown, "One resource with its tracks"),
        route("/events", events, "The lesson's events, for playback", more=("too_often",)),
        route("/media/{path:.+}", media, "A playlist, an initialisation or a segment", binary),
    )


ROUTES = (
    *_played(RESOURCE, "", Needs.VIEWER),
    *_played(
        f"{RESOURCE}/whole", ", whatever was cut out of it or hidden, for who may edit it", Needs.ACCOUNT, "not_allowed"
    ),
    Route(
        "DELETE",
        RESOURCE,
        removed,
        "Remove a resource and its files",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "not_allowed", "recording_busy", "is_part", "on_hold", "no_media"),
    ),
)
