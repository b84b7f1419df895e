"""Python and TypeScript fold the same journals to equal JSON: whole ones, and what each viewer is sent of them."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from classroom.activities import counting
from classroom.activities.types import BY_NAME
from classroom.errors import ClientFault
from classroom.events import Event, Role, Seat
from classroom.kinds import EVENTS
from classroom.line import LineSignal
from classroom.locks import Thing
from classroom.reducer import EMPTY, State
from classroom.rules import SYSTEM, fold
from tests.processes import NODE
from tests.unit.classroom.lessons import ANNA, BEN, EVERYONE, FILM, LEAD, MAP, Lesson
from tests.unit.classroom.questions import WORKS, question, values
from tests.unit.classroom.scribes import said

pytestmark = pytest.mark.long

APPLY = Path(__file__).resolve().parents[3] / "web/client/src/lesson/apply.ts"
FOLD = """
import assert from 'node:assert'
import { apply, applyAll, EMPTY } from '%s'
const freeze = (value) => {
  if (value && typeof value === 'object' && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}
let text = ''
for await (const part of process.stdin) text += part
const fold = (events) => events.reduce((state, event) => freeze(apply(state, event)), freeze(EMPTY))
// All at once, or a few at a time, is the same.
const some = (events, state, many) =>
  events.length ? some(events.slice(many), freeze(applyAll(state, events.slice(0, many))), many) : state
const folds = JSON.parse(text).map((events) => {
  const folded = fold(events)
  for (const many of [7, 100_000]) assert.deepStrictEqual(some(events, freeze(EMPTY), many), folded)
  return folded
})
process.stdout.write(JSON.stringify([EMPTY, ...folds]))
"""
# Words that every JavaScript object answers to are ids like any other.
IDS = ["1", "constructor", "__proto__", *(seat.participant for seat in EVERYONE)]

HOW: list[dict[str, Any]] = [{}, {"playing": True, "position_ms": 9}]
UPDATES = [said(client, "字" * 300) for client in range(1, 40)]

SIMULATION = replace(FILM, kind="simulation", duration_ms=None)


def typescript(journals: list[list[Event]]) -> list[Any]:
    done = subprocess.run(
        [NODE, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", FOLD % APPLY.as_uri()],
        input=json.dumps([[event.json() for event in journal] for journal in journals]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def held_equal(journals: list[list[Event]]) -> None:
    empty, *states = typescript(journals)
    assert empty == EMPTY
    for journal, state in zip(journals, states, strict=True):
        assert state == json.loads(json.dumps(fold(journal)))


def handed_out(rng: random.Random, one: str, other: str, groups: list[str]) -> list[tuple[str, dict[str, Any]]]:
    owned = [f"s-{one}", f"r-{rng.choice(['r1', 'r2'])}", *(f"g-{group}" for group in groups)]
    listed = [{"group": f"red-{rng.random()}".replace(".", ""), "participants": ["anna"]}]
    listed += [{"group": rng.choice(["toString", "valueOf"]), "name": "红", "participants": ["ben"]}]
    again = [("groups.draw", {"groups": 2}), ("groups.dissolve", {}), ("groups.form", {"groups": listed})]
    again += [("groups.open", {"groups": [{"group": rng.choice(["a", "b"])}, listed[0] | {"name": "c"}]})]
    again[-1][1]["groups"][1].pop("participants")
    return [
        *[("page.copy", {"page": other, "of": rng.sample(owned, rng.randrange(1, 3)), "after": "1"})] * 2,
        *[("handout.give", {"handout": to[0], "page": "1", "to": to}) for to in ("students", "rooms", "groups")],
        ("handout.collect", {"handout": rng.choice("srg")}),
        *[("handout.reopen", {"handout": handout, "seconds": rng.choice([None, 60])}) for handout in "srg"],
        *(again if rng.random() < 0.3 else []),
        *[("group.join", {"group": group}) for group in groups],
        *[("group.move", {"participant": rng.choice(["anna", "ben"]), "group": group}) for group in groups[:1]],
        ("groups.call", {"seconds": rng.choice([1, 30])}),
        *[(rng.choice(["voice.join", "group.visit"]), {"group": group}) for group in groups],
        *[(rng.choice(["voice.leave", "group.leave", "voices.close"]), {})] * 2,
    ]


def on_the_board(rng: random.Random, one: str, other: str, groups: list[str]) -> list[tuple[str, dict[str, Any]]]:
    owned = [f"s-{one}", f"r-{rng.choice(['r1', 'r2'])}", *(f"g-{group}" for group in groups)]
    sheet = rng.choice(["1", other])
    page, few = rng.choice([sheet, sheet, *owned]), rng.sample(IDS, 3)
    stroke = {"tool": "highlighter", "color": "#0a0B0c", "width": rng.choice([1, 2.5, 1e-7]), "began": rng.randrange(9)}
    points = [rng.random() * 1600, -0.0, 0.1, 0] + [rng.random() for _ in range(4 * rng.randrange(1, 5))]
    place = {"place": [rng.choice([-1, 0.5]), 2, rng.randrange(99), rng.random()]}
    look = {"color": "#112233", "box": [1, 2.5, 30, 40], "size": 20}
    shape = {"type": "shape", "shape": "arrow", "color": "#0a0B0c", "width": 3, "from": [0, 0], "to": [rng.random(), 5]}
    ends = sorted(rng.random() for _ in range(4))
    parts = [{"stroke": few[0], "from": ends[0], "to": ends[1]}, {"stroke": few[1], "from": ends[2], "to": ends[3]}]
    change = rng.choice([place, {"color": "#abcdef"}, {"text": f"改{rng.random()}"}, {"to": [1, 2]}, {"fill": None}])
    return [
        ("page.add", {"page": one, "after": other, "paper": {"kind": "slide", "courseware": "c", "slide": 3}}),
        ("page.add", {"page": one}),
        ("page.change", {"page": sheet, "paper": {"kind": rng.choice(["staff", "tianzige"])}}),
        ("page.show", {"page": sheet}),
        ("view.show", {"page": sheet, "x": rng.random(), "y": 5, "width": rng.choice([200.5, 1600])}),
        *[("stroke.add", {"stroke": name, "page": page, **stroke, "points": points, **place}) for name in few],
        ("stroke.erase", {"stroke": one, "page": page}),
        *[("stroke.trim", {"stroke": name, "page": page, "parts": parts}) for name in IDS[:5]],
        ("object.add", {"page": page, "object": {"object": one, **shape, "fill": rng.choice([None, "#ffffff"])}}),
        ("object.add", {"page": page, "object": {"object": one, "type": "note", **look, "text": f"字{rng.random()}"}}),
        (
            "object.add",
            {"page": page, "object": {"object": one, "type": "image", "courseware": "c", "box": [0, 0, 9, 9]}},
        ),
        *[("object.change", {"page": page, "changes": [{"object": name, **change}]}) for name in few],
        ("object.change", {"page": page, "changes": [{"object": name, **place} for name in few[:2]]}),
        ("object.erase", {"page": page, "objects": few}),
        ("object.restore", {"page": page, "objects": few[:1]}),
        *[("object.restore", {"page": page, "objects": [name]}) for name in few[1:]],
        ("pen.give", {"participants": ["anna", "ben"], "colors": rng.random() < 0.5}),
        ("pen.give", {"room": rng.choice(["r1", "r2"]), "colors": True}),
        ("pen.take", {"participants": ["anna"]}),
        ("pen.take", {"room": "r1"}),
        *([("pen.give", {"everyone": True}), ("pen.take", {"everyone": True})] if rng.random() < 0.2 else []),
        ("timer.start", {"seconds": rng.randrange(1, 900)}),
        ("timer.stop", {}),
    ]


def practised(rng: random.Random, one: str, to: list[str]) -> dict[str, Any]:
    asked = [question("choice") | {"explanation": "禾"}] * rng.randint(1, 2)
    said = {"practice": one, "point": "季节", "questions": asked, "resources": RESOURCES}
    return {**said, "participants": to[: rng.randint(1, 2)]}


def planned(rng: random.Random, state: State, one: str, other: str) -> dict[str, Any]:
    opens = rng.choice([{"courseware": "film", "name": "片"}, {"question": "q", "name": "?"}])
    first = {"step": one, "title": "导入", "minutes": 5, "note": "慢"}
    steps = [first, {"step": f"{other}2", "title": "新课", "opens": opens}]
    return {"revision": state["plan"]["revision"], "steps": rng.sample(steps, rng.randrange(1, 3))}


def wondered(rng: random.Random, state: State) -> list[tuple[str, dict[str, Any]]]:
    """What learners ask, and what becomes of it."""
    known = list(state["questions"]["by_id"])
    one, other = rng.choice([*known, "a"]), rng.choice([*known, "b"])
    marks = [{"question": one, "state": to} for to in ("open", "next", "later", "answered", "hidden")]
    return [
        *[("question.ask", {"question": rng.choice([*IDS, f"q{rng.randrange(999)}"]), "text": "为什么?"})] * 4,
        *[("question.ask", {"question": f"q{rng.randrange(999)}", "text": "?", "participant": rng.choice(IDS)})] * 2,
        *[("question.vote", {"question": one, "on": rng.random() < 0.7})] * 4,
        *[("question.mark", mark) for mark in marks],
        ("question.reply", {"question": one, "text": "因为"}),
        ("question.merge", {"question": one, "into": other}),
        ("question.part", {"question": one}),
        ("question.show", rng.choice([{"question": one}, {}])),
        ("question.rule", {"held": rng.random() < 0.3, "named": rng.random() < 0.5}),
    ]


RESOURCES = ["leaves", "constructor"]
TEAMS = [{"team": "constructor", "name": "红"}, {"team": "b"}]


def commands(rng: random.Random, state: State) -> tuple[str, dict[str, Any]]:
    """Something that someone might ask, now and then what fits."""
    groups, opened = state["groups"]["order"], state["activities"]["by_id"]
    one, other, kind = rng.choice(IDS), rng.choice(IDS), rng.choice(list(BY_NAME))
    fitting = opened[one]["type"] if one in opened else kind
    asked = {"type": rng.choice(["choice", "vote"]), "prompt": "秋?", "options": ["a", "b", "c\u2028d"]}
    return rng.choice(
        [
            ("participant.join", {"name": "李" + one}),
            ("participant.leave", {}),
            ("participant.admit", {"participant": one}),
            ("stage.invite", {"participant": one}),
            ("stage.accept", {"participant": one}),
            ("stage.release", {"participant": one}),
            ("stage.decline", {"participant": one}),
            ("stage.swap", {"off": one, "on": other}),
            ("stage.call", {}),
            ("stage.call", {"participant": one}),
            ("stage.dismiss", {}),
            ("camera.choose", {"encoder": rng.random() < 0.5}),
            ("participant.add", {"participant": one, "name": "孩子"}),
            ("participant.remove", {"participant": one}),
            ("lead.take", {}),
            ("lead.ask", {}),
            ("lead.decline", {}),
            ("lead.give", {"participant": one}),
            ("line.say", {"message": f"{one}-{rng.randrange(100)}", "text": "悄悄话"}),
            ("line.send", {"signal": rng.choice(get_args(LineSignal))}),
            ("hand.raise", {}),
            ("hand.lower", {"participant": one}),
            *rng.sample(on_the_board(rng, one, other, groups), 15),
            *rng.sample(handed_out(rng, one, other, groups), 6),
            *[("notes.write", {"notes": rng.choice(["class", *groups]), "update": rng.choice(UPDATES)})] * 2,
            ("notes.rule", {"by": rng.choice(["all", "all", "teachers"])}),
            ("notes.show", {"on": rng.random() < 0.5}),
            ("courseware.open", {"courseware": "film"}),
            ("courseware.close", {"courseware": "film"}),
            ("slide.show", {"courseware": "film", "slide": 1}),
            ("courseware.play", {"courseware": "film", "position_ms": 9, "playing": one < other, "rate": 0.5}),
            ("courseware.play", {"courseware": "film", "position_ms": 0, "playing": True, "loop": [5, 9]}),
            ("simulation.change", {"courseware": "film", "state": '{"angle": 30}'}),
            ("activity.open", {"activity": one, **asked, "anonymous": rng.random() < 0.5}),
            ("activity.open", {"activity": one, **asked, "type": "choice", "answer": 1, "seconds": 30}),
            ("activity.open", {"activity": one, "type": "roll", "prompt": "", "options": ["到"]}),
            *[("activity.open", {"activity": one, **question(kind), "changeable": True})] * 3,
            *[("activity.answer", {"activity": one, BY_NAME[fitting].field: values(rng, fitting)})] * 3,
            *[("activity.reopen", {"activity": one, **rng.choice([{}, {"seconds": 60}])})] * 6,
            ("activity.answer", {"activity": one, "choice": rng.randrange(3)}),
            ("activity.answer", {"activity": one, "choice": rng.randrange(3), "participant": other}),
            *[("activity.count", {"activity": one, "counts": [rng.randrange(40)] * n}) for n in (2, 3, 4, 4, 5) * 3],
            *[("activity.close", {"activity": one})] * 3,
            ("activity.reveal", {"activity": one}),
            ("pick.make", {"count": rng.randint(1, 3)}),
            ("pick.clear", {}),
            ("competition.start", rng.choice([{"by": "rooms"}, {"by": "groups"}, {"by": "teams", "teams": TEAMS}])),
            ("competition.score", {"team": rng.choice(["r1", "r2", "constructor"]), "points": rng.randint(-2, 3)}),
            ("competition.undo", {}),
            ("competition.show", {"on": rng.random() < 0.5}),
            ("competition.stop", {}),
            *[("practice.give", practised(rng, one, [one, other]))] * 2,
            *[("practice.answer", {"practice": one, "question": rng.randrange(2), "choice": rng.randrange(4)})] * 3,
            ("plan.write", planned(rng, state, one, other)),
            *[("step.begin", {"step": rng.choice([one, other])})] * 2,
            *rng.sample(wondered(rng, state), 5),
            ("chat.say", {"message": f"{one}-{rng.randrange(100)}", "text": "話 \U0001f642"}),
            ("chat.rule", {"to": rng.choice(["all", "teachers"])}),
            ("chat.hide", {"message": rng.choice([one, *(message["message"] for message in state["chat"])])}),
            ("student.lock", {"locked": rng.sample(get_args(Thing), rng.randrange(3))}),
            ("student.lock", {"participant": one, "locked": rng.sample(get_args(Thing), rng.randrange(3))}),
            ("recording.except", {"room": rng.choice(["r1", "r2"]), "out": rng.random() < 0.7}),
            ("recording.except", {"participant": one, "out": rng.random() < 0.7}),
            ("recording.start", {}),
            ("recording.stop", {}),
            ("data.save", {"room": rng.choice(["r1", "r2"]), "on": rng.random() < 0.5}),
            ("data.save", {"on": rng.random() < 0.5}),
            *[("missed.show", {"from_ms": 0, "room": room}) for room in ("r1", "r2")],
            ("missed.stop", {"room": rng.choice(["r1", "r2"])}),
        ]
    )


def worked(lesson: Lesson, rng: random.Random) -> None:
    """Works are handed in, marked, shown and handed in again, in an order of chance."""
    for name, kind in WORKS.items():
        doing: list[tuple[Seat, str, dict[str, Any]]] = [
            *[(seat, "activity.answer", {"file": f"{kind}-{rng.randrange(10**9)}"}) for seat in (ANNA, BEN, ANNA)],
            *[(LEAD, "activity.mark", {"participant": who, "levels": [1, 1]}) for who in ("anna", "ben")],
            *[(LEAD, "activity.mark", {"participant": who, "points": 2.5, "comment": "好"}) for who in ("anna", "ben")],
            *[(LEAD, "activity.show", {"works": ["ben"], "named": rng.random() < 0.5, **how}) for how in HOW],
            (LEAD, "activity.show", {"works": ["ben", "anna"]}),
            (LEAD, "activity.show", {"works": []}),
        ]
        rng.shuffle(doing)
        asked = [("activity.close", {}), ("activity.open", {**question(name), "changeable": True})]
        asking = [*((LEAD, *one) for one in asked), *doing, (LEAD, "activity.reveal", {}), *doing]
        for seat, kind, data in asking:
            is_open = [one for one, entry in lesson.state["activities"]["by_id"].items() if entry["phase"] == "open"]
            with contextlib.suppress(ClientFault):
                activity = is_open[0] if kind == "activity.close" and is_open else f"w-{name}"
                lesson.ask(seat, kind, activity=activity, **data)


def curated(lesson: Lesson, rng: random.Random) -> None:
    """Of what was answered words are hidden and shown again, texts are shown, and charts are chosen, in an order of
    chance, before it is revealed and after."""
    for name in ("cloud", "text", "gaps", "survey", "data", "essay"):
        activity = f"c-{name}"
        field = BY_NAME[name].field
        answers = [(seat, "activity.answer", {field: values(rng, name)}) for seat in (ANNA, BEN)]
        for one, entry in lesson.state["activities"]["by_id"].items():
            if entry["phase"] == "open":
                lesson.ask(LEAD, "activity.close", activity=one)
        lesson.ask(LEAD, "activity.open", activity=activity, **question(name))
        for seat, kind, data in answers:
            with contextlib.suppress(ClientFault):
                lesson.ask(seat, kind, activity=activity, **data)
        asked = lesson.state["activities"]["by_id"][activity]
        words = sorted(strings(counting.tally(asked, counting.values_of(asked, lesson.texts))))
        doing: list[tuple[str, dict[str, Any]]] = [
            *[("activity.hide", {"word": word, "on": on}) for word in words[:3] for on in (True, False, True)],
            *[("chart.show", {"question": at}) for at in (0, 1)],
            ("chart.show", {}),
            *[("chart.show", {"chart": chart}) for chart in ("rooms", "line")],
            *[
                ("activity.show", {"works": works, "named": rng.random() < 0.5})
                for works in (["anna"], ["ben", "anna"])
            ],
        ]
        before, after = rng.sample(doing, len(doing)), rng.sample(doing, len(doing))
        for kind, data in [*before, ("activity.reveal", {}), *after]:
            with contextlib.suppress(ClientFault):
                lesson.ask(LEAD, kind, activity=activity, **data)


def strings(tally: Any) -> set[str]:
    if isinstance(tally, list):
        return set().union(*map(strings, tally))
    return {tally} if isinstance(tally, str) else set()


def looked(lesson: Lesson) -> None:
    """At what came along with a practice."""
    for name, practice in lesson.state["practices"].items():
        for seat in (one for one in (ANNA, BEN) if one.participant in practice["participants"]):
            for resource in RESOURCES:
                lesson.ask(seat, "practice.open", practice=name, resource=resource)


def played(seed: int) -> Lesson:
    rng = random.Random(seed)
    shelf = {"film": SIMULATION if seed % 4 == 3 else FILM, "map": MAP}
    lesson = Lesson.live(lobby=seed % 2 == 1, recording=seed % 3 == 0, courseware=shelf, resources=frozenset(RESOURCES))
    for _ in range(4000):
        kind, data = commands(rng, lesson.state)
        lesson.now += rng.randrange(3000)
        with contextlib.suppress(ClientFault):
            lesson.ask(rng.choice([LEAD, LEAD, LEAD, *EVERYONE, ANNA, BEN]), kind, **data)
        if rng.random() < 0.1:  # often enough the lesson is its lead's again, and nobody is locked
            lesson.join(LEAD).ask(SYSTEM, "lead.give", participant="lead")
            lesson.ask(SYSTEM, "student.lock", locked=[])
    lesson.join(LEAD, ANNA, BEN).ask(SYSTEM, "lead.give", participant="lead")
    for one in ("anna", "ben"):
        lesson.ask(SYSTEM, "participant.admit", participant=one)
    worked(lesson, rng)
    curated(lesson, rng)
    looked(lesson)
    if seed % 4 == 0:
        lesson.ask(SYSTEM, "lesson.end")
    return lesson


def test_lessons_as_they_were_and_as_each_viewer_sees_them() -> None:
    lessons = [played(seed) for seed in range(12)]
    assert {event.kind for lesson in lessons for event in lesson.events} == set(EVENTS)
    journals = [lesson.events for lesson in lessons]
    journals += [lesson.seen_by(viewer) for lesson in lessons for viewer in EVERYONE]
    held_equal(journals)


def test_events_in_an_order_that_no_lesson_has() -> None:
    rng = random.Random(3)
    every = [event for seed in range(12) for event in played(seed).events]
    journals = []
    for _ in range(20):
        mixed = rng.sample(every, 150)
        journals.append([Event(n, e.at, e.actor, e.kind, e.data) for n, e in enumerate(mixed, 1)])
    held_equal(journals)


def test_unknown_kinds_only_count() -> None:
    kinds = ["future.thing", "constructor", "__proto__", "toString", ""]
    held_equal([[Event(n, 0, "x", kind, {"participant": "p"}) for n, kind in enumerate(kinds, 1)]])


def test_who_answers_again_loses_their_mark() -> None:
    marked: list[tuple[str, str, dict[str, Any]]]
    marked = [("activity.answered", who, {"words": 2}) for who in ("anna", "ben", "__proto__")]
    marked += [("activity.marked", "lead", {"participant": who, "points": 1}) for who in ("anna", "ben", "__proto__")]
    marked += [("activity.answered", who, {"words": 9}) for who in ("ben", "__proto__", "ben")]
    happened = [("activity.opened", "lead", {**question("essay")}), *marked, ("activity.closed", "lead", {})]
    journal = [Event(n, n, who, kind, {**data, "activity": "q"}) for n, (kind, who, data) in enumerate(happened, 1)]
    held_equal([journal])
    assert fold(journal)["activities"]["by_id"]["q"]["marks"].keys() == {"anna"}


def test_only_the_latest_of_a_long_chat_are_kept() -> None:
    held_equal([[Event(n, n, "p", "chat.said", {"message": f"m{n}", "text": "x"}) for n in range(1, 450)]])


def test_what_was_erased_is_kept_as_long_as_it_may_be() -> None:
    journals = []
    for where, to in (
        ({"page": "1"}, "students"),
        ({"page": "h-anna", "board": "anna"}, "students"),
        ({"page": "h-r1", "board": "r1"}, "rooms"),
    ):
        handout = {"handout": "h", "page": "1", "to": to, "photos": False, "seconds": None}
        happened: list[tuple[str, dict[str, Any]]] = [("page.added", {"page": "1"}), ("handout.given", handout)]
        for n in range(1200):
            points = [0.5] * (80_000 if where == {"page": "1"} and n % 40 == 0 else 4)
            stroke = {"stroke": f"s{n}", "tool": "pen", "color": "#000000", "width": 2, "began": 0, "points": points}
            happened += [("stroke.added", {**where, **stroke}), ("stroke.erased", {**where, "stroke": f"s{n}"})]
        journals.append([Event(n, 0, "anna", kind, data) for n, (kind, data) in enumerate(happened, 1)])
    held_equal(journals)
    board, own, shared = (fold(journal) for journal in journals)
    assert 900 < len(board["board"]["pages"][0]["erased"]) < 1000
    assert len(own["boards"]["anna"]["pages"][0]["erased"]) == 100
    assert len(shared["boards"]["r1"]["pages"][0]["erased"]) == 400


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_a_viewer_here(role: Role) -> None:
    assert any(seat.role == role for seat in EVERYONE)
