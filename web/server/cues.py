"""Captions as they are given: without what was cut out, and those of several recordings as one."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from classroom.events import Json
from classroom.nameless import Pupils, labels
from classroom.store.records import Resource
from recordings.edits import Edited
from recordings.rendering import Line
from web.server import edited
from web.server.parts import Parts

T = TypeVar("T")
_ASIDE = ThreadPoolExecutor(1, "cues")
"""One, for all: each thread that reckons keeps the server's loop waiting, and many of them for long."""
_ENCODER, _DECODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")), json.JSONDecoder()


async def aside(work: Callable[..., T], *given: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, work, *given)


def starts_ms(resource: Resource) -> int:
    """On the lesson's clock: what captions call zero."""
    return min((int(track["start_ms"]) for track in resource.tracks), default=0)


async def left(parts: Parts, resource: Resource, stored: str, pupils: Pupils | None = None) -> str:
    """Less what was cut out, and what is said to be somebody's who was hidden. `pupils`: for who does not know their
    names."""
    left = await _left(parts, resource, stored)
    return left if pupils is None else await aside(_unnamed, left, pupils)


def _unnamed(stored: str, pupils: Pupils) -> str:
    return dumped(labels(loaded(stored), pupils))


async def _left(parts: Parts, resource: Resource, stored: str) -> str:
    by = await edited.edited(parts, resource)
    if not by.cuts and not by.participants:
        return stored
    people = [await parts.store.participants.get(one) for one in by.participants]
    hidden = frozenset(_plainly(one.name) for one in people if one is not None and one.name)
    return await aside(_uncut, stored, by, starts_ms(resource), hidden)


async def of_joined(
    parts: Parts, resource: Resource, language: str, pupils: Callable[[Resource], Awaitable[Pupils | None]]
) -> str | None:
    """Of all parts, timed as the file that is made of them (`recordings.rendering`); None where no part has any."""
    cues, any_of_it, after_us = list[Json](), False, 0
    for one in await parts.store.joins.parts(resource.id):
        by = await edited.edited(parts, one)
        shown = await edited.tracks(parts, one, by, "", one.tracks)
        begin_ms = min((track["start_ms"] for track in shown), default=0)
        end_ms = max((track["end_ms"] or one.duration_ms or 0 for track in shown), default=0)
        line = Line(begin_ms * 1000, by.cuts, after_us)
        found = await parts.store.captions.get(one.id, language)
        if found is not None:
            any_of_it = True
            said = await left(parts, one, found[1], await pupils(one))
            cues += await aside(_placed, said, starts_ms(one), end_ms, line)
        after_us = line.at(end_ms * 1000)
    return await aside(dumped, cues) if any_of_it else None


def _placed(stored: str, from_ms: int, end_ms: int, line: Line) -> list[Json]:
    def at(ms: int) -> int:
        return line.at(min(end_ms, from_ms + ms) * 1000) // 1000

    placed = ({**one, "start_ms": at(one["start_ms"]), "end_ms": at(one["end_ms"])} for one in loaded(stored))
    return [one for one in placed if one["start_ms"] < one["end_ms"]]


def _uncut(stored: str, by: Edited, from_ms: int, hidden: frozenset[str]) -> str:
    kept = (
        one
        for one in loaded(stored)
        if by.keeps(from_ms + one["start_ms"], from_ms + one["end_ms"]) and _plainly(one["speaker"]) not in hidden
    )
    return dumped(kept)


def _plainly(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def dumped(cues: Iterable[Json]) -> str:
    """One by one: other threads wait while something is dumped, or loaded."""
    return f"[{','.join(map(_ENCODER.encode, cues))}]"


def loaded(stored: str) -> Iterator[Json]:
    """As `dumped` has it."""
    at = 1
    while at < len(stored) - 1:
        cue, at = _DECODER.raw_decode(stored, at)
        yield cue
        at += 1
