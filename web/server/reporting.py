"""A lesson's report as its pages, its tables and its print tell it: read from the database and reckoned. Too much work
for the server's event loop and, by its garbage, for its process: `reckoning` does it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from classroom.activities import media
from classroom.activities.counting import ANSWER, TALLY, UNSHOWN
from classroom.analysis import asked, participation, planned, presence, results, trends
from classroom.analysis.participation import Formula
from classroom.analysis.report import Report, lasting, lesson, report
from classroom.errors import ClientFault, Status
from classroom.events import Event, Json
from classroom.ordering import natural
from classroom.participants import NAME, named
from classroom.store import Store
from classroom.store.records import Courseware, Lesson

FORMULA = "participation:"
"""Settings that begin so are schools' formulas of participation."""
OFF = "off"
"""In the place of a formula, or of one that is kept for later: the school wants no score."""


@dataclass(frozen=True, slots=True)
class Order:
    """Whose report is asked for, and what of it. `rooms`: of whose children it tells, None for all; then `account` is
    theirs who ask, who may know of their own rooms in earlier lessons too. `now`: of a live lesson's clock."""

    lesson: str
    rooms: Sequence[str] | None
    account: str
    now: int


@dataclass(frozen=True, slots=True)
class Told:
    """A report with what people are called. `names`: participant → name, `rooms`: room → name, `media`: courseware →
    what there is of it."""

    lesson: Lesson
    report: Report
    names: Mapping[str, str]
    rooms: Mapping[str, str]
    lessons: Sequence[Lesson]  # over which trends go, in the order of time
    asked: Sequence[Json]  # what learners asked
    plan: Sequence[Json]  # its steps, and how long they took
    media: Mapping[str, Courseware]  # that its questions have

    def name(self, participant: str) -> str:
        return self.names.get(participant, "")

    def room(self, room: str | None) -> str:
        return self.rooms.get(room or "", "")

    def json(self) -> Json:
        """Of children as `names` calls them, of rooms likewise."""
        told = self.report.json()
        for child in told["children"]:
            child["name"] = self.name(child["participant"])
        for room in (*told["rooms"], *(one for question in told["questions"] for one in question["hands"])):
            room["name"] = self.room(room["room"])
        told["rooms"].sort(key=lambda room: (room["room"] is None, natural(room["name"])))
        for one in (one for question in told["questions"] for one in question["buzzes"]):
            one["name"] = self.name(one["participant"])
        asked = [{**one, "name": self.name(one["participant"] or "")} for one in self.asked]
        return {**told, "asked": asked, "plan": self.plan}


@dataclass(frozen=True, slots=True)
class _Journal:
    events: Sequence[Event]
    texts: Mapping[str, str]

    @property
    def names(self) -> dict[str, str]:
        return {who: text for key, text in self.texts.items() if (who := named(key)) is not None}


async def told(store: Store, order: Order) -> Told:
    """Raises ClientFault `not_found`, and what the store raises."""
    last = await store.lessons.get(order.lesson)
    if last is None:
        raise ClientFault("not_found", "There is no such lesson.", Status.NOT_FOUND)
    formula = await formula_of(store, last.school)
    journal = await _read(store, last.id, (*asked.KINDS, *planned.KINDS), asked.WORDS)
    came = results.results(journal.events, journal.texts, order.rooms)
    names = journal.names
    lessons, series = await _before(store, order, last, came)
    series.append(lesson(last.id, came, names))
    here = {one: who for who, one in lasting(came, names).items()}
    reckoned = report(came, presence.counts(journal.events, order.now), formula, series, here)
    called = {room.id: room.name for room in await store.schools.rooms()}
    rounds = {one.participant for row in came.buzzes.values() for one in row}
    known = {who: names.get(who, "") for who in came.rooms.keys() | rounds}
    said = asked.asked(journal.events, journal.texts, order.rooms)
    plan = planned.planned(journal.events, order.now)
    named = sorted({one for question in came.asked for one in media.names(question)})
    shown = await store.shelves.made(named) if named else {}
    return Told(last, reckoned, known, called, lessons, said, plan, shown)


async def formula_of(store: Store, school: str | None) -> Formula | None:
    """The school's; None where it wants no score."""
    formula, _ = await scoring_of(store, school)
    return formula


async def scoring_of(store: Store, school: str | None) -> tuple[Formula | None, Formula]:
    """The school's formula, and that which it has when it turns its score on again."""
    text = await store.settings.get(f"{FORMULA}{school}") if school else None
    kept = {} if text in (None, OFF) else json.loads(text)
    off = text == OFF or bool(kept.pop(OFF, False))
    own = Formula.read(kept) if kept else participation.ANSWERING
    return (None if off else own), own


async def _read(store: Store, lesson_id: str, more: Collection[str] = (), words: Collection[str] = ()) -> _Journal:
    kinds = {*results.KINDS, *presence.KINDS, *more}
    return _Journal(
        await store.journal.of_kind(lesson_id, *sorted(kinds)),
        await store.journal.words(lesson_id, NAME, ANSWER, TALLY, UNSHOWN, *words),
    )


async def _before(
    store: Store, order: Order, last: Lesson, came: results.Results
) -> tuple[Sequence[Lesson], list[trends.Lesson]]:
    """The lessons over which the trends go, and what is known, to whoever asks, of those before this one."""
    theirs: Collection[str] = {room for room in came.rooms.values() if room is not None}
    lessons, series = [], []
    for one in (await store.lessons.series(last, theirs, trends.WINDOW))[:-1]:
        mine = None if order.rooms is None else await store.participants.taught(one.id, order.account)
        if mine is None or mine:
            of = await _read(store, one.id)
            lessons.append(one)
            series.append(lesson(one.id, results.results(of.events, of.texts, mine), of.names))
    return [*lessons, last], series
