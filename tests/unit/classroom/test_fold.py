"""Random lessons: whatever is asked, the journal folds, and nobody is shown what is not theirs."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from classroom import rules
from classroom.activities.types import BY_NAME
from classroom.errors import ClientFault
from classroom.events import Command, Event, Role, Seat
from classroom.kinds import COMMANDS, EVENTS, SERVER_COMMANDS
from classroom.line import LineSignal
from classroom.locks import Thing
from classroom.permissions import PERMISSIONS
from classroom.reducer import EMPTY, Context, State
from tests.unit.classroom.lessons import EVERYONE, LEAD, MAP, Lesson, whole
from tests.unit.classroom.questions import QUESTIONS, question, values
from tests.unit.classroom.scribes import said

ids = st.sampled_from(["1", "2"])
people = st.sampled_from([seat.participant for seat in EVERYONE] + ["1"])
rooms = st.sampled_from(["r1", "r2"])
messages = st.sampled_from(["1", "2", "3", "4"])
few = st.integers(0, 2)
steps = st.fixed_dictionaries(
    {"step": ids, "title": st.sampled_from(["begin", "practise"])},
    optional={
        "minutes": st.integers(1, 9),
        "note": st.sampled_from(["canary note", "canary other"]),
        "opens": st.fixed_dictionaries({"courseware": ids, "name": st.just("canary film")})
        | st.fixed_dictionaries({"question": ids, "name": st.just("canary asked")}),
    },
)
HANDOUTS = {"s": "students", "r": "rooms", "g": "groups"}
owned = st.sampled_from(["s-anna", "s-ben", "r-r1", "r-r2", "g-red", "g-blue", "g-red2", "g-a", "g-b"])
places = ids | owned
things = st.sampled_from(["1", "2", "3", "4", "5", "6"])
some_things = st.lists(things, min_size=1, max_size=3)
papers = st.sampled_from([{"kind": "staff"}, {"kind": "slide", "courseware": "c", "slide": 2}])
placings = st.sampled_from([[1, 1, 0, 0], [2, -0.5, 10, 20.25]])
boxes = st.just([10, 20, 300, 100.5])
writers = st.sampled_from(["anna", "ben", "display"])
named = st.lists(writers, min_size=1, max_size=2)
taken_from = st.fixed_dictionaries({"participants": named}) | st.fixed_dictionaries({"room": rooms})
given_to = st.fixed_dictionaries({"participants": named, "colors": st.booleans()}) | st.fixed_dictionaries(
    {"room": rooms, "colors": st.booleans()}
)
options = st.lists(st.sampled_from(["red", "green", "blue"]), min_size=2, max_size=3)
updates = st.sampled_from([said(client, f"canary-{client}") for client in range(1, 9)] + [said(9, "long " * 600)])
PLAUSIBLE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "participant.join": st.fixed_dictionaries({"name": st.sampled_from(["canary-name-1", "canary-name-2"])}),
    "participant.admit": st.fixed_dictionaries({"participant": people}),
    "participant.add": st.fixed_dictionaries({"participant": ids, "name": st.just("canary-child")}),
    "participant.remove": st.fixed_dictionaries({"participant": people}),
    "lead.give": st.fixed_dictionaries({"participant": people}),
    "stage.invite": st.fixed_dictionaries({"participant": people}),
    "stage.accept": st.fixed_dictionaries({"participant": people}),
    "stage.decline": st.fixed_dictionaries({"participant": people}),
    "stage.release": st.fixed_dictionaries({"participant": people}),
    "stage.swap": st.fixed_dictionaries({"off": people, "on": people}),
    "stage.call": st.fixed_dictionaries({}, optional={"participant": people, "room": rooms, "off": people}),
    "camera.choose": st.fixed_dictionaries({"encoder": st.booleans()}),
    "line.say": st.fixed_dictionaries({"message": ids, "text": st.just("canary-line")}),
    "line.send": st.fixed_dictionaries({"signal": st.sampled_from(get_args(LineSignal))}),
    "hand.lower": st.fixed_dictionaries({}, optional={"participant": people}),
    "page.add": st.fixed_dictionaries({"page": ids}, optional={"paper": papers, "after": ids}),
    "page.change": st.fixed_dictionaries({"page": ids, "paper": papers}),
    "page.show": st.fixed_dictionaries({"page": ids}),
    "view.show": st.fixed_dictionaries({"page": ids}, optional={"x": few, "y": few, "width": st.integers(60, 1600)}),
    "stroke.add": st.fixed_dictionaries(
        {
            "stroke": things,
            "page": places,
            "tool": st.sampled_from(["pen", "highlighter"]),
            "color": st.just("#000000"),
            "width": st.sampled_from([1, 2.5]),
            "began": few,
            "points": st.just([1, 2.25, 0.5, 0, 5, 7, 0.75, 10, 1, 8, 1, 20]),
        },
        optional={"place": placings},
    ),
    "stroke.erase": st.fixed_dictionaries({"stroke": things, "page": places}),
    "stroke.trim": st.fixed_dictionaries(
        {
            "page": places,
            "stroke": things,
            "parts": st.just([{"stroke": "5", "from": 0, "to": 0.3}, {"stroke": "6", "from": 1, "to": 1.75}]),
        }
    ),
    "object.add": st.fixed_dictionaries(
        {
            "page": places,
            "object": st.fixed_dictionaries(
                {
                    "object": things,
                    "type": st.just("shape"),
                    "shape": st.sampled_from(["line", "axes"]),
                    "color": st.just("#00ff00"),
                    "width": few.map(lambda width: width + 1),
                    "from": st.just([0, 1.5]),
                    "to": st.just([20, 30]),
                },
                optional={"fill": st.sampled_from([None, "#ffffff"]), "place": placings},
            )
            | st.fixed_dictionaries(
                {
                    "object": things,
                    "type": st.sampled_from(["text", "note"]),
                    "color": st.just("#00ff00"),
                    "size": st.just(24),
                    "box": boxes,
                    "text": st.sampled_from(["canary-board", "canary-note"]),
                }
            )
            | st.fixed_dictionaries(
                {"object": things, "type": st.just("image"), "courseware": ids, "box": boxes},
                optional={"place": placings},
            ),
        }
    ),
    "object.change": st.fixed_dictionaries(
        {
            "page": places,
            "changes": st.lists(
                st.fixed_dictionaries({"object": things}, optional={"place": placings, "color": st.just("#0000ff")})
                | st.fixed_dictionaries({"object": things, "text": st.sampled_from(["canary-again", "canary-other"])}),
                min_size=1,
                max_size=2,
            ),
        }
    ),
    "object.erase": st.fixed_dictionaries({"page": places, "objects": some_things}),
    "object.restore": st.fixed_dictionaries({"page": places, "objects": some_things}),
    "page.copy": st.fixed_dictionaries(
        {"page": ids, "of": st.lists(owned, min_size=1, max_size=2)}, optional={"after": ids}
    ),
    "handout.give": st.sampled_from([{"handout": one, "page": "1", "to": to} for one, to in HANDOUTS.items()]),
    "handout.collect": st.fixed_dictionaries({"handout": st.sampled_from([*HANDOUTS])}),
    "handout.reopen": st.fixed_dictionaries(
        {"handout": st.sampled_from([*HANDOUTS])}, optional={"seconds": st.just(20)}
    ),
    "groups.form": st.sampled_from(
        [
            {
                "groups": [
                    {"group": "red", "name": "红", "participants": ["anna"]},
                    {"group": "blue", "participants": []},
                ]
            },
            {"groups": [{"group": "red2", "participants": ["ben", "anna"]}]},
        ]
    ),
    "groups.draw": st.fixed_dictionaries({"groups": st.integers(1, 3)}),
    "groups.open": st.just({"groups": [{"group": "a"}, {"group": "b", "name": "B"}]}),
    "group.join": st.fixed_dictionaries({"group": st.sampled_from(["a", "b", "red"])}),
    "group.move": st.fixed_dictionaries({"participant": people, "group": st.sampled_from(["a", "b", "red", "blue"])}),
    "voice.join": st.fixed_dictionaries({"group": st.sampled_from(["a", "red", "blue", "red2"])}),
    "group.visit": st.fixed_dictionaries({"group": st.sampled_from(["a", "red"])}),
    "groups.call": st.fixed_dictionaries({"seconds": st.integers(1, 60)}),
    "notes.write": st.fixed_dictionaries({"notes": st.sampled_from(["class", "red", "blue"]), "update": updates}),
    "notes.rule": st.fixed_dictionaries({"by": st.sampled_from(["all", "all", "teachers"])}),
    "notes.show": st.fixed_dictionaries({"on": st.booleans()}),
    "pen.give": given_to | st.fixed_dictionaries({"everyone": st.just(True)}),
    "pen.take": taken_from | st.fixed_dictionaries({"everyone": st.just(True)}),
    "timer.start": st.fixed_dictionaries({"seconds": st.integers(1, 60)}),
    "activity.open": st.fixed_dictionaries(
        {"activity": ids, "type": st.sampled_from(["choice", "vote"]), "prompt": st.just("?"), "options": options},
        optional={"answer": few, "seconds": st.integers(5, 6), "anonymous": st.booleans()},
    )
    | st.builds(
        lambda activity, type, more: {**question(type), **more, "activity": activity},
        ids,
        st.sampled_from(sorted(QUESTIONS)),
        st.fixed_dictionaries({}, optional={"changeable": st.just(True), "explanation": st.just("because")}),
    )
    | st.builds(lambda activity: {**question("buzzer"), "activity": activity}, ids),
    "activity.answer": st.fixed_dictionaries({"activity": ids, "choice": few}, optional={"participant": people})
    | st.builds(
        lambda activity, type, rng: {"activity": activity, BY_NAME[type].field: values(rng, type)},
        ids,
        st.sampled_from(sorted(QUESTIONS)),
        st.randoms(use_true_random=False),
    )
    | st.fixed_dictionaries({"activity": ids, "text": st.just("canary answer")})
    | st.fixed_dictionaries({"activity": ids, "buzz": st.just(True)}),
    "activity.mark": st.fixed_dictionaries(
        {"activity": ids, "participant": people},
        optional={"points": few, "levels": st.lists(few, min_size=2, max_size=2), "comment": st.just("canary comment")},
    ),
    "activity.show": st.fixed_dictionaries(
        {"activity": ids, "works": st.lists(people, max_size=2)},
        optional={"named": st.booleans(), "playing": st.booleans()},
    ),
    "activity.hide": st.fixed_dictionaries(
        {"activity": ids, "word": st.sampled_from(["canary answer", "dog"]), "on": st.booleans()}
    ),
    "chart.show": st.fixed_dictionaries({"activity": ids}, optional={"question": few})
    | st.fixed_dictionaries({"activity": ids, "chart": st.sampled_from(["line", "rooms"])}),
    "activity.count": st.fixed_dictionaries({"activity": ids, "counts": st.lists(few, min_size=1, max_size=3)}),
    "activity.close": st.fixed_dictionaries({"activity": ids}),
    "activity.reopen": st.fixed_dictionaries({"activity": ids}, optional={"seconds": st.just(5)}),
    "activity.reveal": st.fixed_dictionaries({"activity": ids}),
    "pick.make": st.fixed_dictionaries(
        {}, optional={"count": st.integers(1, 3), "room": rooms, "again": st.booleans()}
    ),
    "competition.start": st.fixed_dictionaries({"by": st.sampled_from(["groups", "rooms"])}),
    "competition.score": st.fixed_dictionaries(
        {"team": rooms | st.sampled_from(["red", "a"]), "points": st.integers(-2, 3)}
    ),
    "competition.show": st.fixed_dictionaries({"on": st.booleans()}),
    "plan.write": st.fixed_dictionaries(
        {
            "revision": st.integers(0, 2),
            "steps": st.lists(steps, max_size=3, unique_by=lambda one: one["step"]),
        }
    ),
    "step.begin": st.fixed_dictionaries({"step": ids}),
    "practice.give": st.builds(
        lambda practice, to, types: {
            "practice": practice,
            "point": "seasons",
            "participants": to,
            "questions": [question(one) | {"explanation": "because", "points": ["seasons"]} for one in types],
        },
        ids,
        st.lists(people, min_size=1, max_size=3),
        st.lists(st.sampled_from(["choice", "number", "text"]), min_size=1, max_size=3),
    ),
    "practice.answer": st.fixed_dictionaries({"practice": ids, "question": few, "choice": few})
    | st.fixed_dictionaries({"practice": ids, "question": few, "number": st.just(9.8)}),
    "missed.show": st.fixed_dictionaries({"from_ms": few}, optional={"room": rooms}),
    "missed.stop": st.fixed_dictionaries({}, optional={"room": rooms}),
    "data.save": st.fixed_dictionaries({"on": st.booleans()}, optional={"room": rooms}),
    "question.ask": st.fixed_dictionaries(
        {"question": messages, "text": st.just("canary question")}, optional={"participant": people}
    ),
    "question.vote": st.fixed_dictionaries({"question": messages, "on": st.booleans()}),
    "question.mark": st.fixed_dictionaries(
        {"question": messages, "state": st.sampled_from(["open", "next", "later", "answered", "hidden"])}
    ),
    "question.reply": st.fixed_dictionaries({"question": messages, "text": st.just("canary reply")}),
    "question.merge": st.fixed_dictionaries({"question": messages, "into": messages}),
    "question.part": st.fixed_dictionaries({"question": messages}),
    "question.show": st.fixed_dictionaries({}, optional={"question": messages}),
    "question.rule": st.fixed_dictionaries({"held": st.booleans(), "named": st.booleans()}),
    "chat.say": st.fixed_dictionaries({"message": messages, "text": st.sampled_from(["canary-text", "other"])}),
    "chat.rule": st.fixed_dictionaries({"to": st.sampled_from(["all", "teachers"])}),
    "chat.hide": st.fixed_dictionaries({"message": messages}),
    "student.lock": st.fixed_dictionaries(
        {"locked": st.lists(st.sampled_from(get_args(Thing)), max_size=2)},
        optional={"participant": people},
    ),
    "recording.except": st.fixed_dictionaries({"out": st.booleans()}, optional={"room": rooms, "participant": people}),
}
KINDS = [*COMMANDS, *SERVER_COMMANDS]
LIKELY = [
    *KINDS,
    *["activity.open", "activity.answer", "activity.close", "stroke.add", "object.add", "object.change"] * 3,
    *["question.ask", "question.vote", "question.mark", "question.merge", "question.part"] * 2,
    *["activity.answer", "object.erase", "object.restore", "handout.give"] * 2,
    *["groups.form", "group.join", "group.move", "voice.join"] * 2,
    *["groups.form", "group.join", "group.move", "notes.write"] * 2,
    *["activity.mark", "activity.show", "activity.hide", "chart.show", "practice.give", "practice.answer"] * 2,
    *["plan.write", "step.begin"] * 2,
]
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Seat, str, dict[str, Any], int]:
    kind = draw(st.sampled_from(LIKELY))
    allowed = [seat for seat in EVERYONE if seat.role in PERMISSIONS[kind]]
    seat = draw(st.sampled_from(allowed if draw(st.integers(0, 7)) else EVERYONE))
    data = draw(PLAUSIBLE.get(kind, st.just({})))
    return seat, kind, data, draw(st.integers(0, 3000))


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    context = {"recording": draw(st.booleans()), "lobby": draw(st.booleans()), "courseware": {"map": MAP}}
    lesson = Lesson.live(**context) if draw(st.integers(0, 9)) else Lesson(**context)
    if draw(st.booleans()) and lesson.state["phase"] == "live":
        for handout, to in HANDOUTS.items():
            lesson.ask(LEAD, "handout.give", handout=handout, page="1", to=to)
        grouping = draw(st.sampled_from(["groups.form", "groups.open"]))
        lesson.ask(LEAD, grouping, **draw(PLAUSIBLE[grouping]))
    for seat, kind, data, pause in draw(st.lists(asked(), min_size=15, max_size=50)):
        lesson.now += pause
        if kind == "lesson.end" and pause > 100:  # seldom, or little happens
            continue
        with contextlib.suppress(ClientFault):
            lesson.ask(seat, kind, **data)
    return lesson


@settings(max_examples=50, deadline=None)
@given(lessons(), st.data())
def test_a_fold_may_be_interrupted_anywhere_and_is_plain_json(lesson: Lesson, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lesson.events)))
    first = rules.fold(lesson.events[:cut])
    before = copy.deepcopy(first)
    assert rules.fold(lesson.events[cut:], first) == lesson.state == rules.fold(lesson.events)
    assert first == before, "apply changes nothing in place"
    assert json.loads(json.dumps(lesson.state)) == lesson.state
    assert EMPTY["participants"] == {}
    assert [event.seq for event in lesson.events] == list(range(1, len(lesson.events) + 1))


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_events_fit_their_models_whole_and_projected(lesson: Lesson) -> None:
    for event in lesson.events:
        EVENTS[event.kind].model_validate_json(json.dumps(event.data))
    for viewer in lesson.viewers():
        for event in lesson.seen_by(viewer):
            EVENTS[event.kind].model_validate_json(json.dumps(event.data))


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_what_a_viewer_folds_is_what_a_snapshot_tells_them(lesson: Lesson) -> None:
    for viewer in lesson.viewers():
        folded: State = {**rules.fold(lesson.seen_by(viewer)), "seq": lesson.state["seq"]}
        assert rules.view(lesson.state, viewer, lesson.texts) == folded


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_a_view_is_what_its_role_shares_and_what_is_its_own(lesson: Lesson) -> None:
    for viewer in lesson.viewers():
        rest = rules.shared(lesson.state, viewer.role, lesson.texts)
        mine = rules.own(lesson.state, viewer, lesson.texts, rest)
        assert whole(rest, mine) == rules.view(lesson.state, viewer, lesson.texts)
        whose = {"boards"} if viewer.role == Role.LOCAL_TEACHER else set()
        assert viewer.role in (Role.STUDENT, Role.DISPLAY) or mine.keys() <= whose
    of_locals = rules.shared(lesson.state, Role.LOCAL_TEACHER, lesson.texts)
    assert all(board["kind"] == "group" for board in of_locals["boards"].values())
    of_students = rules.shared(lesson.state, Role.STUDENT, lesson.texts)
    assert all(entry["role"] != Role.STUDENT for entry in of_students["participants"].values())
    assert all(message["to"] == "all" for message in of_students["chat"])
    asked = of_students["activities"]["by_id"].values()
    assert not any(activity["answers"] for activity in asked if activity["type"] != "buzzer")
    assert not of_students["hands"]
    assert not of_students["locks"]["students"]
    assert not of_students["recording"]["excepted"]["participants"]
    assert not of_students["boards"]
    assert not of_students["group_notes"]
    assert not any(group["members"] for group in of_students["groups"]["by_id"].values())


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_no_tablet_and_no_display_is_sent_what_is_not_theirs(lesson: Lesson) -> None:
    for viewer in lesson.viewers():
        if viewer.role not in (Role.STUDENT, Role.DISPLAY, Role.ENCODER):
            continue
        revealed: set[str] = set()
        for event in lesson.seen_by(viewer):
            if event.kind == "activity.revealed":
                revealed.add(event.data["activity"])
            elif event.kind == "practice.answered":  # is told at once what was right; nobody else is told
                assert event.actor == viewer.participant
            elif "answer" in event.data or "tally" in event.data:
                raise AssertionError(f"{viewer.participant} was sent {event}")
            if event.kind == "activity.answered" and "buzz" not in event.data:
                assert event.data.get("participant", event.actor) == viewer.participant
            assert event.kind not in ("activity.counted", "lead.asked", "line.said", "line.sent")
            if "board" in event.data:
                assert event.data["board"] in (viewer.participant, viewer.room, viewer.group)
            if event.kind in rules.VOICES:
                assert viewer.participant == event.data["participant"] or viewer.group == event.data["group"]
            if event.kind == "chat.said" and event.data["to"] == "teachers":
                assert event.actor == viewer.participant
            if viewer.role == Role.STUDENT and event.kind == "participant.joined" and event.data["role"] == "student":
                assert event.data["participant"] == viewer.participant
            if viewer.role == Role.ENCODER:
                assert event.kind.startswith(("lesson.", "recording."))
            assert event.cause is None or event.actor == viewer.participant
        snapshot = rules.view(lesson.state, viewer, lesson.texts)
        assert snapshot["line"] == []
        assert snapshot["plan"] == EMPTY["plan"]
        assert snapshot["boards"].keys() <= {viewer.participant, viewer.room, viewer.group}
        assert set(snapshot["groups"]["voice"].values()) <= {viewer.group}
        assert snapshot["group_notes"].keys() <= {viewer.group}
        assert "canary-line" not in json.dumps(snapshot)
        for activity, seen in snapshot["activities"]["by_id"].items():
            assert seen["type"] == "buzzer" or set(seen["answers"]) <= {viewer.participant}
            assert set(seen.get("marks", {})) <= {viewer.participant}
            assert activity in revealed or not {"answer", "tally", "marks"} & seen.keys()


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_what_pupils_write_goes_to_the_teachers_of_their_room_alone(lesson: Lesson) -> None:
    people, boards = lesson.state["participants"], lesson.state["boards"]
    for viewer in lesson.viewers():
        seen = {event.data["board"] for event in lesson.seen_by(viewer) if "board" in event.data}
        assert rules.view(lesson.state, viewer, lesson.texts)["boards"].keys() == seen & boards.keys()
        if viewer.role == Role.OBSERVER:
            assert not seen
        if viewer.role == Role.LEAD_TEACHER or viewer.leads:
            assert seen >= boards.keys()
        elif viewer.role == Role.LOCAL_TEACHER:
            assert all(one == viewer.room or people[one]["room"] == viewer.room for one in seen if one in people)
            theirs = {one for one in boards if one in people and people[one]["room"] == viewer.room}
            assert seen >= theirs | {one for one, board in boards.items() if board["kind"] == "group"}


@settings(max_examples=50, deadline=None)
@given(lessons())
def test_the_journal_holds_no_words_of_a_person(lesson: Lesson) -> None:
    assert "canary" not in json.dumps([event.json() for event in lesson.events])
    assert "canary" not in json.dumps(lesson.state)
    assert not any("update" in event.data for event in lesson.events)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=8), garbage, max_size=4), st.data())
def test_garbage_is_refused_and_changes_nothing(kind: str, data: dict[str, Any], draw: st.DataObject) -> None:
    lesson = Lesson.live()
    plausible = draw.draw(PLAUSIBLE.get(kind, st.just({})))
    data = {**plausible, **data} if draw.draw(st.booleans()) else dict(data)
    if plausible:
        data[draw.draw(st.sampled_from(sorted(plausible)))] = draw.draw(garbage)
    before = lesson.state
    for seat in EVERYONE:
        with contextlib.suppress(ClientFault):
            rules.decide(before, Command("command-1", kind, data), seat, 0, lesson.rng, Context(0, texts=lesson.texts))
    assert lesson.state is before


unknown = st.text(max_size=9).filter(lambda kind: kind not in EVENTS)


@given(st.lists(st.builds(Event, st.integers(1, 9), st.just(0), people, unknown, st.just({}))))
def test_unknown_kinds_only_count(events: list[Event]) -> None:
    assert {**rules.fold(events), "seq": 0} == EMPTY
