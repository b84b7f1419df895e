"""A recording as those see it who may not see what was cut out: its tracks, and any file of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any, TypeVar

from aiohttp import web

from classroom.events import Json
from classroom.store.records import Resource
from classroom.untold import passing
from recordings import edits
from recordings.carried import is_carried
from recordings.cutting import Stretch, cut
from recordings.edits import NOTHING, Edited
from recordings.files import AAC, PLAYLIST
from recordings.keeping import Files
from recordings.storage import StorageFault
from web.server import carrying
from web.server.parts import Parts
from web.server.recorded import away, recorded
from web.server.seats import not_found
from web.server.sessions import Call

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
PART = "~"
"""Between the name of a stretch and the number of what is between two cuts of it."""
NEAR_MS = 1_000
MOST_BYTES = 256 << 20  # of a segment

WAIT_S = 60.0
NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
CUTTERS = ThreadPoolExecutor(4, "cutting")  # not the server's: they wait for files, which its threads may read

T = TypeVar("T")


async def edited(parts: Parts, resource: Resource) -> Edited:
    decisions = await parts.store.edits.of(resource.id)
    if not decisions:
        return NOTHING
    return edits.shown(decisions, resource.published_edits, resource.duration_ms or 0)


async def clocks(parts: Parts, resources: Collection[Resource]) -> dict[str, Callable[[int], int]]:
    """By resource, from a moment of the lesson's clock to what the player's shows then: it begins with the first of the
    tracks, and goes on over what was cut out."""
    decided = await parts.store.edits.of_each([one.id for one in resources])
    found: dict[str, Callable[[int], int]] = {}
    for one in resources:
        by = NOTHING
        if is_carried(one):
            by = Edited(cuts=await asyncio.to_thread(carrying.cuts, parts.files.directory / one.path))
        elif one.id in decided:
            by = edits.shown(decided[one.id], one.published_edits, one.duration_ms or 0)
        found[one.id] = partial(_clock, one, by)
    return found


def _clock(resource: Resource, by: Edited, at_ms: int) -> int:
    first = min((track["start_ms"] for track in resource.tracks if by.shows(track)), default=0)
    return max(0, edits.left_ms(by, at_ms) - edits.left_ms(by, first))


async def withheld(parts: Parts, resource: Resource) -> set[str]:
    """Courseware that the lesson had open only in what was cut out."""
    by = await edited(parts, resource)
    if not by.cuts or resource.lesson is None:
        return set()
    return await asyncio.to_thread(passing, list(await parts.journal.events(resource.lesson)), by.cuts)


async def tracks(
    parts: Parts, resource: Resource, by: Edited, base: str, shown: Iterable[Mapping[str, Any]], *, parted: bool = False
) -> list[Json]:
    """What is left of these of its tracks, with addresses under `base`. `parted`: what is between two cuts as a track
    of its own, for a player that knows of no cuts."""
    out = []
    for track in shown:
        if not by.shows(track):
            continue
        if not _touched(resource, by, track):
            out.append(_view(track, base))
            continue
        stretch = await _cut(parts, resource, track["id"], track["kind"], by)
        if stretch is None:
            continue
        if parted:
            for number, part in enumerate(stretch.parts):
                name = f"{track['id']}{PART}{number}"
                one = {**track, "id": name, "playlist": f"{name}/{PLAYLIST}", "aac": None}
                out.append(_view(one, base) | _times(part))
        else:
            out.append(_view(track, base) | _times(stretch))
    return out


async def sounds(parts: Parts, resource: Resource, base: str) -> list[Json]:
    """What is left of what is heard in it, each piece between two cuts by itself."""
    heard = [track for track in resource.tracks if track["kind"] == "audio"]
    return await tracks(parts, resource, await edited(parts, resource), base, heard, parted=True)


async def file(call: Call, resource: Resource, by: Edited, folder: str, name: str) -> web.StreamResponse:
    """Of what is left of a stretch, or of a part of it. Else 404; `recording_away` (503) where its storage does not
    give it."""
    if is_carried(resource):
        return await carrying.file(call, resource, f"{folder}/{name}")
    parts, suffix = call.parts, PurePosixPath(name).suffix
    stretch_name, _, number = folder.partition(PART)
    track_name, _, rendition = stretch_name.partition("/")
    track = next((one for one in resource.tracks if one["id"] == track_name), None)
    if suffix not in TYPES or track is None or not by.shows(track) or rendition not in ("", AAC):
        raise not_found("file")
    cache = "no-cache" if suffix == ".m3u8" else "private, max-age=86400, immutable"
    if number or _touched(resource, by, track):
        stretch = await _cut(parts, resource, stretch_name, track["kind"], by)
        if stretch is not None and number:
            between = stretch.parts
            stretch = between[int(number)] if NUMBER.fullmatch(number) and int(number) < len(between) else None
        if stretch is None:
            raise not_found("file")
        if not stretch.is_as_recorded(name):
            made = stretch.playlist().encode() if name == PLAYLIST else await _blocking(stretch.made, name)
            if made is None:
                raise not_found("file")
            return web.Response(body=made, content_type=TYPES[suffix], headers={"Cache-Control": cache})
    return await recorded(call, resource.path, f"{stretch_name}/{name}", cache, TYPES[suffix])


@dataclass(frozen=True, slots=True)
class _Stored:
    """The files of a stretch, wherever they are; to be read by a thread."""

    files: Files
    path: str
    loop: asyncio.AbstractEventLoop

    def __call__(self, name: str) -> bytes:
        path, _, folder = self.path.partition("/")
        local = self.files.local(path, f"{folder}/{name}")
        if local is not None:
            return local.read_bytes()
        reading = asyncio.run_coroutine_threadsafe(self.files.read(path, f"{folder}/{name}", MOST_BYTES), self.loop)
        try:
            return reading.result(WAIT_S)
        except TimeoutError:
            reading.cancel()
            raise StorageFault("silent") from None


async def _cut(parts: Parts, resource: Resource, folder: str, kind: str, by: Edited) -> Stretch | None:
    """None where nothing is left of it."""
    source = _Stored(parts.files, f"{resource.path}/{folder}", asyncio.get_running_loop())
    stretch = await _blocking(cut, source, kind, by.cuts)
    return stretch if stretch is not None and stretch.pieces else None


async def _blocking(work: Callable[..., T], *args: Any) -> T | None:
    """None where its files are not there, or are not ours."""
    try:
        return await asyncio.get_running_loop().run_in_executor(CUTTERS, work, *args)
    except StorageFault as fault:
        raise away(fault) from None
    except (OSError, ValueError):
        return None


def _view(track: Mapping[str, Any], base: str) -> Json:
    aac = track.get("aac")
    return {**track, "playlist": f"{base}/{track['playlist']}", "aac": f"{base}/{aac}" if aac else None}


def _touched(resource: Resource, by: Edited, track: Mapping[str, Any]) -> bool:
    """Whether a cut comes near it; one whose end is not known lasts to the end."""
    end_ms = track["end_ms"] if track["end_ms"] is not None else max(resource.duration_ms or 0, track["start_ms"])
    return not by.keeps(track["start_ms"] - NEAR_MS, end_ms + NEAR_MS)


def _times(stretch: Stretch) -> Json:
    start_us, end_us = stretch.pieces[0].start_us, stretch.pieces[-1].end_us
    return {"start_ms": round(start_us / 1000), "end_ms": round(end_us / 1000)}
