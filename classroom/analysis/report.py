"""All there is to say of a lesson's questions: the class, its rooms, its children, and how they do over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classroom.activities.counting import hands
from classroom.activities.question import Asked, plain
from classroom.activities.types import type_of
from classroom.analysis import trends
from classroom.analysis.buzzes import Buzzed
from classroom.analysis.figures import Figure, Missing, Percent, Told
from classroom.analysis.marks import Sheet
from classroom.analysis.moments import quantile
from classroom.analysis.participation import Formula, Score, participation
from classroom.analysis.points import TARGET, Point, points
from classroom.analysis.questions import Question
from classroom.analysis.quiz import Analysis, analyse
from classroom.analysis.results import Results, tally_of
from classroom.analysis.trends import Trend

RUN = ("activity", "anonymous", "unshown")
"""What is told of how a question was run, and which words of its answers are hidden."""


@dataclass(frozen=True, slots=True)
class Room(Told):
    """`mean` and `median` of its children's results, in per cent; `facilities` of the test's items in their order."""

    room: str | None
    children: int
    attempts: int
    mean: Figure
    median: Figure
    facilities: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """`marks`: of each item of the test, None where it did not answer. `result` in per cent, None without an
    attempt."""

    participant: str
    room: str | None
    marks: tuple[float | None, ...]
    result: Percent | None
    score: Score

    def json(self) -> dict[str, Any]:
        result = None if self.result is None else round(self.result, 4)
        marks = [None if mark is None else round(mark, 4) for mark in self.marks]
        head = {"participant": self.participant, "room": self.room, "marks": marks, "result": result}
        return {**head, "score": self.score.json()}


@dataclass(frozen=True, slots=True)
class Report:
    """`analysis.questions` are those of the test, in the order of `results.items`. `formula` is None where the school
    wants no score."""

    results: Results
    analysis: Analysis
    points: tuple[Point, ...]
    rooms: tuple[Room, ...]
    children: tuple[Child, ...]
    formula: Formula | None
    over_time: tuple[Trend, ...] = ()  # of this lesson's children, by their ids here
    rooms_over_time: tuple[Trend, ...] = ()

    def json(self) -> dict[str, Any]:
        figures = {one.item: one for one in self.analysis.questions}
        return {
            "quiz": self.analysis.quiz.json(),
            "questions": [
                question(one, figures.get(one["activity"]), self.results.buzzes.get(one["activity"], ()))
                for one in self.results.asked
            ],
            "points": [one.json() for one in self.points],
            "rooms": [one.json() for one in self.rooms],
            "children": [one.json() for one in self.children],
            "formula": None if self.formula is None else self.formula.json(),
            "trends": [one.json() for one in self.over_time],
            "room_trends": [one.json() for one in self.rooms_over_time],
        }


def question(asked: Asked, figures: Question | None, buzzes: Sequence[Buzzed] = ()) -> dict[str, Any]:
    """What was asked, what came of it, and, where it is one of the test's, its figures."""
    fields = (*RUN, *type_of(asked).model.model_fields)
    told = {name: asked[name] for name in fields if name in asked}
    told |= {"answered": len(asked["answers"]), "tally": tally_of(asked)}
    head = {"asked": told, "figures": None if figures is None else figures.json()}
    return {**head, "hands": list(_raised(asked)), "buzzes": [one.json() for one in buzzes]}


def _raised(asked: Asked) -> Iterator[dict[str, Any]]:
    """How right the hands were that were counted in each room, in per cent. They are in no other figure: nobody knows
    whose they are, nor whether these have answered at a tablet, too."""
    for room, marks in hands(asked).items():
        if marks:
            yield {"room": room, "raised": len(marks), "share": round(100 * sum(marks) / len(marks), 4)}


def report(
    results: Results,
    counts: Mapping[str, Mapping[str, int]],
    formula: Formula | None,
    lessons: Sequence[trends.Lesson] = (),
    ids: Mapping[str, str] | None = None,
    target: Percent = TARGET,
) -> Report:
    """`counts`: as `presence.counts` has them. `lessons`: those before and this one, in the order of time, with `ids`,
    the children's as they are in all of them → here. The largest lesson takes some 0.3 s of a core, too long for the
    event loop."""
    here = ids or {}
    whole = results.sheet().results()
    children = tuple(
        Child(
            who,
            room,
            tuple(results.marks[who].get(item.id) for item in results.items),
            whole.get(who),
            participation(formula, counts.get(who, {})),
        )
        for who, room in results.rooms.items()
    )
    rooms = tuple(_room(results, room) for room in dict.fromkeys(results.rooms.values()))
    named = (trends.Trend(here[one.of], one.steps, one.change, one.course) for one in _children(lessons, here))
    return Report(
        results,
        analyse(results.items, results.marks, results.choices, results.times),
        points(results.items, results.marks, target),
        rooms,
        children,
        formula,
        tuple(named),
        trends.of_rooms(lessons) if len(lessons) > 1 else (),
    )


def lasting(results: Results, names: Mapping[str, str]) -> dict[str, str]:
    """Child → what it is called in every lesson: its room and its name, for children have no accounts. Who has no name,
    or that of another in the room, is nobody's continuation."""
    known = {who: f"{room or ''}/{name}" for who, room in results.rooms.items() if (name := plain(names.get(who, "")))}
    called = list(known.values())
    return {who: one for who, one in known.items() if called.count(one) == 1}


def lesson(id_: str, results: Results, names: Mapping[str, str]) -> trends.Lesson:
    """One of several, for `report`. Who cannot be found again is of the others all the same."""
    called = lasting(results, names)
    reached = results.sheet().results()
    rooms = {called.get(who, f"{id_}:{who}"): room for who, room in results.rooms.items() if room is not None}
    return trends.Lesson(id_, {called.get(who, f"{id_}:{who}"): share for who, share in reached.items()}, rooms)


def _children(lessons: Sequence[trends.Lesson], here: Mapping[str, str]) -> list[Trend]:
    if len(lessons) < 2:
        return []
    return [one for one in trends.of_children(lessons) if one.of in here]


def _room(results: Results, room: str | None) -> Room:
    marks = {who: results.marks[who] for who, where in results.rooms.items() if where == room}
    shares = list(Sheet.of(results.items, marks).results().values())
    return Room(
        room,
        len(marks),
        len(shares),
        sum(shares) / len(shares) if shares else Missing.NOBODY,
        quantile(shares, 0.5) if shares else Missing.NOBODY,
        tuple(one.facility for one in analyse(results.items, marks).questions),
    )
