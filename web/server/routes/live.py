"""A running lesson by HLS, under a key (`web.server.live.keys`), from what its recorder has written so far."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat
from recordings import library
from recordings.growing import Stretch
from recordings.lowlatency import Asked, Rendition, has, is_silly
from recordings.playlist import init_name, segment_name
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.edited import TYPES
from web.server.live.broadcast import SOURCES, Broadcast, Text
from web.server.recorded import recorded
from web.server.routes.resources import EventView, TrackView
from web.server.seats import not_found
from web.server.sessions import Call

CHUNK = 500
"""Events under one address."""
# Nothing of it changes; but who had a link that was taken back should not have it from a cache for long.
FOR_GOOD = "public, max-age=600, immutable"
BLOCK_TARGETS = 3
"""§6.2.5.2: who waits for a playlist waits for so many target durations at most."""
HINT_S = 10.0
FILE = re.compile(r"(init|seg|part)-([1-9][0-9]{0,6})(?:-([0-9]{1,4}))?\.(mp4|m4s)")
NUMBER = re.compile(r"[0-9]{1,9}")


class Blocking(BaseModel):
    """RFC 8216bis §6.2.5; what else players and caches write there is theirs."""

    model_config = ConfigDict(frozen=True)

    msn: str | None = Field(None, pattern=r"^[0-9]{1,9}$", alias="_HLS_msn")
    part: str | None = Field(None, pattern=r"^[0-9]{1,4}$", alias="_HLS_part")
    skip: str | None = Field(None, pattern=r"^(YES|v2)$", alias="_HLS_skip")

    def asked(self) -> Asked | None:
        """Raises `malformed` for a part of no segment."""
        if self.msn is None:
            if self.part is not None:
                raise ClientFault("malformed", "_HLS_part needs _HLS_msn.", Status.MALFORMED)
            return None
        return Asked(int(self.msn), None if self.part is None else int(self.part))


class GrowingTrack(TrackView):
    """`track` is its id while it is sent; `seen`: from when to when (null: still) it is everyone's, ms of the lesson's
    clock."""

    track: str
    seen: list[tuple[int, int | None]]


class LiveView(View):
    """`at` is the lesson's clock now, `epoch_ms` the wall clock at its zero, `over` whether the lesson has ended."""

    at: int
    epoch_ms: int
    over: bool
    recording: bool
    tracks: list[GrowingTrack]


class LiveEvents(View):
    """`seq` of the last event that is looked at here, told of or not; `more`: the next chunk has begun."""

    events: list[EventView]
    seq: int
    more: bool


async def broadcast_of(call: Call) -> Broadcast:
    """Else 404."""
    lesson, parts = call.path("lesson"), call.parts
    if not await parts.doors.opened_by(lesson, call.path("key")):
        raise not_found("lesson")
    return await parts.broadcasts.of(lesson)


async def tracks(call: Call) -> web.Response:
    one = await broadcast_of(call)

    async def make() -> bytes:
        state = await call.parts.journal.state(one.lesson)
        clock, base = call.parts.journal.clock_of(one.lesson), call.request.path.rpartition("/")[0]
        at = 0 if clock.origin_s is None else clock.at_of(call.parts.clock.monotonic())
        listed = [
            GrowingTrack(
                **{**library.track(stretch.entry), "playlist": f"{base}/{stretch.entry.folder}/index.m3u8"},
                track=stretch.entry.track,
                seen=list(one.times(stretch)),
            )
            for stretch in one.stretches()
        ]
        on = state["recording"]["on"]
        return (
            LiveView(at=at, epoch_ms=one.epoch_ms, over=one.over, recording=on, tracks=listed)
            .model_dump_json()
            .encode()
        )

    text = await one.kept((call.path("key"), -1), 0.5, make)
    return _answer(call, text, "application/json", 1)


async def events(call: Call) -> web.Response:
    """What happened, as any student may know it."""
    one = await broadcast_of(call)
    if not NUMBER.fullmatch(call.path("chunk")):
        raise not_found("chunk")
    chunk, journal = int(call.path("chunk")), call.parts.journal
    last = (await journal.state(one.lesson))["seq"]
    if chunk * CHUNK > last:
        raise not_found("chunk")

    async def make() -> bytes:
        some = (await journal.events(one.lesson, chunk * CHUNK))[:CHUNK]
        texts = await journal.texts(one.lesson)
        told = await library.told(journal, one.lesson, Seat("", Role.STUDENT), some, texts)
        seq = some[-1].seq if some else chunk * CHUNK
        view = LiveEvents(events=[EventView.model_validate(event) for event in told], seq=seq, more=len(some) == CHUNK)
        return await asyncio.to_thread(lambda: view.model_dump_json().encode())

    whole = last >= (chunk + 1) * CHUNK  # not for good: what a teacher hides, and who is erased, goes
    return _answer(
        call, await one.kept(("events", chunk), 5 if whole else 0.5, make), "application/json", 5 if whole else 1
    )


async def main(call: Call) -> web.Response:
    one = await broadcast_of(call)
    text = one.multivariant()
    if "EXT-X-STREAM-INF" not in text:
        raise not_recorded()
    return _answer(call, Text.of(text.encode()), TYPES[".m3u8"], 2)


def not_recorded() -> ClientFault:
    return ClientFault("not_recorded", "This lesson is not being recorded.", Status.CONFLICT)


async def source(call: Call, query: Blocking) -> web.Response:
    one = await broadcast_of(call)
    name = call.path("source")
    if name not in SOURCES:
        raise not_found("playlist")
    return await _playlist(call, one, name, lambda: one.source(name), query)


async def stretch(call: Call, query: Blocking) -> web.Response:
    one = await broadcast_of(call)
    folder = call.path("track")
    if one.of(folder) is None:
        raise not_found("track")
    return await _playlist(call, one, folder, lambda: _of(one, folder)[1], query)


def _of(one: Broadcast, folder: str) -> tuple[Stretch, Rendition]:
    found = one.of(folder)
    if found is None:
        raise not_found("track")
    return found


async def _playlist(
    call: Call, one: Broadcast, name: str, rendition: Callable[[], Rendition], query: Blocking
) -> web.Response:
    now, asked = rendition(), query.asked()
    if asked is not None and is_silly(now, asked):
        raise ClientFault("malformed", "_HLS_msn is too far ahead.", Status.MALFORMED)
    if asked is not None and not has(now, asked):
        with call.parts.broadcasts.blocking(call.address):
            if not await one.until(name, lambda: has(rendition(), asked), BLOCK_TARGETS * now.target_s):
                raise ClientFault("busy", "Nothing new has come.", Status.UNAVAILABLE, retry_after_s=1)
    now = rendition()
    text = one.text(name, now, delta=query.skip is not None)
    # What was waited for never changes into less; what was not is old in a moment.
    age_s = 60 if now.growing is None else now.target_s if asked is not None else 1
    return _answer(call, text, TYPES[".m3u8"], age_s)


async def file(call: Call) -> web.StreamResponse:
    one = await broadcast_of(call)
    found = FILE.fullmatch(call.path("file"))
    if found is None:
        raise not_found("file")
    folder, (kind, given, part, ending) = call.path("track"), found.groups()
    number = int(given)
    if (kind, ending) == ("part", "m4s") and part is not None:
        return await _part(call, one, folder, number, int(part))
    rendition = _of(one, folder)[1]
    if (kind, ending, part) == ("init", "mp4", None):
        return await recorded(call, one.lesson, f"{folder}/{init_name(number)}", FOR_GOOD, TYPES[".mp4"])
    whole = any(item.segment.number == number and item.visible for item in rendition.items)
    if (kind, ending, part) != ("seg", "m4s", None) or not whole:
        raise not_found("file")
    return await recorded(call, one.lesson, f"{folder}/{segment_name(number)}", FOR_GOOD, TYPES[".m4s"])


async def _part(call: Call, one: Broadcast, folder: str, number: int, index: int) -> web.Response:
    """A part that is there, or the next one when it is: that which `EXT-X-PRELOAD-HINT` names."""
    stretch, rendition = _of(one, folder)
    growing = rendition.growing
    hinted = (
        growing is not None and growing.visible and number == growing.segment.number and index == len(growing.parts)
    )
    if hinted:

        def there() -> bool:
            return stretch.ended or stretch.growing != number or len(stretch.parts.get(number, ())) > index

        with call.parts.broadcasts.blocking(call.address):
            await one.until(folder, there, HINT_S)
    parts = stretch.parts.get(number, [])
    if index >= len(parts) or not (one.shows(stretch, parts[0]) and one.shows(stretch, parts[index])):
        raise not_found("part")
    part = parts[index]
    path = call.parts.files.local(one.lesson, f"{folder}/{segment_name(number)}")
    if path is None:
        raise not_found("part")

    def read() -> bytes:
        with path.open("rb") as opened:
            opened.seek(part.offset)
            return opened.read(part.size)

    body = await asyncio.to_thread(read)
    return web.Response(body=body, content_type=TYPES[".m4s"], headers={"Cache-Control": FOR_GOOD})


def _answer(call: Call, text: Text, content_type: str, age_s: int) -> web.Response:
    headers = {"Cache-Control": f"public, max-age={age_s}", "Vary": "Accept-Encoding"}
    body = text.plain
    if "gzip" in call.request.headers.get("Accept-Encoding", ""):
        body = text.gzipped
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=content_type, headers=headers)


def _route(path: str, handler: Callable[..., Awaitable[web.StreamResponse]], what: str, *codes: str) -> Route:
    gives = "application/json" if path in ("tracks.json", "events/{chunk}") else "application/octet-stream"
    return Route(
        "GET", f"/live/{{lesson}}/{{key}}/{path}", handler, what, Needs.KEY, codes=("not_found", *codes), gives=gives
    )


ROUTES = (
    _route("tracks.json", tracks, "The tracks of a running lesson, as they grow"),
    _route("events/{chunk}", events, "What has happened in it: the chunk-th 500 events, as any student knows them"),
    _route("main.m3u8", main, "Its multivariant playlist, for players that are not ours", "not_recorded"),
    _route("{source}.m3u8", source, "Low-latency HLS of the lead's camera, courseware or mic", "malformed", "busy"),
    _route("{track}/index.m3u8", stretch, "Low-latency HLS of one track", "malformed", "busy"),
    _route("{track}/{file}", file, "An initialisation, a segment or a part of it", "busy"),
)
