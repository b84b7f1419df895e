"""A lesson's report as its pages, its tables and its print tell it: read from the database, reckoned off the loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from classroom.activities.counting import ANSWER, TALLY
from classroom.analysis import participation, presence, results, trends
from classroom.analysis.participation import Formula
from classroom.analysis.report import Report, lasting, lesson, report
from classroom.events import Event, Json, Phase
from classroom.participants import NAME, named
from classroom.store.records import Lesson
from web.server.parts import Parts
from web.server.seats import lesson_of, rooms_taught, taught
from web.server.sessions import Call

FORMULA = "participation:"
"""Settings that begin so are schools' formulas of participation."""
OFF = "off"

Rooms = frozenset[str] | None
"""Of whose children it tells; None: of all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A report with what people are called. `names`: participant → name, `rooms`: room → name."""

    lesson: Lesson
    report: Report
    names: Mapping[str, str]
    rooms: Mapping[str, str]
    lessons: Sequence[Lesson]  # over which trends go, in the order of time

    def name(self, participant: str) -> str:
        return self.names.get(participant, "")

    def room(self, room: str | None) -> str:
        return self.rooms.get(room or "", "")

    def json(self) -> Json:
        """Of children as `names` calls them, of rooms likewise."""
        told = self.report.json()
        for child in told["children"]:
            child["name"] = self.name(child["participant"])
        for room in told["rooms"]:
            room["name"] = self.room(room["room"])
        return told


@dataclass(frozen=True, slots=True)
class _Journal:
    events: Sequence[Event]
    texts: Mapping[str, str]

    @property
    def names(self) -> dict[str, str]:
        return {who: text for key, text in self.texts.items() if (who := named(key)) is not None}


async def told(call: Call) -> Told:
    """The report of the address's lesson, of the rooms whose the asker may know. Raises 404."""
    parts = call.parts
    last = await lesson_of(parts, call.path("lesson"))
    rooms = await rooms_taught(call, last)
    journal = await _read(parts, last)
    now = await _now(parts, last)
    formula = await formula_of(parts, last.school)
    came = await asyncio.to_thread(results.results, journal.events, journal.texts, rooms)
    lessons, before = await _before(call, last, rooms, came)
    called = {room.id: room.name for room in await parts.store.schools.rooms()}

    def reckoned() -> Report:
        names = journal.names
        here = {one: who for who, one in lasting(came, names).items()}
        series = [
            lesson(one.id, results.results(of.events, of.texts, allowed), of.names) for one, of, allowed in before
        ]
        series.append(lesson(last.id, came, names))
        return report(came, presence.counts(journal.events, now), formula, series, here)

    reckoning = await asyncio.to_thread(reckoned)
    return Told(last, reckoning, {who: journal.names.get(who, "") for who in came.rooms}, called, lessons)


async def _now(parts: Parts, one: Lesson) -> int:
    """On the clock of a lesson that goes on; after that its end is in the journal."""
    if one.phase != Phase.LIVE:
        return 0
    await parts.journal.state(one.id)  # by which this node has its clock, too
    return parts.journal.clock_of(one.id).at_of(parts.clock.monotonic())


async def formula_of(parts: Parts, school: str | None) -> Formula | None:
    """The school's; None where it wants no score."""
    text = await parts.store.settings.get(f"{FORMULA}{school}") if school else None
    if text is None:
        return participation.ANSWERING
    return None if text == OFF else Formula.read(json.loads(text))


async def _read(parts: Parts, one: Lesson) -> _Journal:
    kinds = {*results.KINDS, *presence.KINDS}
    return _Journal(
        await parts.store.journal.of_kind(one.id, *sorted(kinds)),
        await parts.store.journal.words(one.id, NAME, ANSWER, TALLY),
    )


async def _before(
    call: Call, last: Lesson, rooms: Rooms, came: results.Results
) -> tuple[Sequence[Lesson], list[tuple[Lesson, _Journal, Rooms]]]:
    """The lessons over which the trends go, and of those before this one what the asker may know of."""
    theirs: Collection[str] = {room for room in came.rooms.values() if room is not None}
    found = await call.parts.store.lessons.series(last, theirs, trends.WINDOW)
    before: list[tuple[Lesson, _Journal, Rooms]] = []
    for one in found[:-1]:
        mine = None if rooms is None else await taught(call, one)
        if mine is None or mine:
            before.append((one, await _read(call.parts, one), mine))
    return [*(one for one, _, _ in before), last], before
