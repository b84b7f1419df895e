"""The tables against a running server: every role asks everything in every phase, and all listen all the while."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from classroom.events import Phase, Role
from classroom.kinds import COMMANDS, EVENTS
from classroom.permissions import PERMISSIONS
from classroom.rules import SYSTEM, resighted
from classroom.store.records import Courseware, Work
from classroom.visibility import VISIBILITY, Sight
from signaling import protocol
from tests.unit.classroom.lessons import FILM
from tests.unit.classroom.scribes import said
from tests.unit.signaling.conftest import Page, World

UNKNOWN = {"no such field": 1}
"""Data that no model takes: an allowed command gets as far as its data, one that is not never does."""
ROOMS = dict.fromkeys((Role.LOCAL_TEACHER, Role.DISPLAY, Role.STUDENT), "r1")
STEPS = {Phase.OPEN: "lesson.open", Phase.LIVE: "lesson.start", Phase.ENDED: "lesson.end"}


async def everyone(world: World) -> dict[Role, Page]:
    """A page of each role, as far as the doors are open to it."""
    phase = (await world.journal.state(world.lesson))["phase"]
    roles = [role for role in Role if phase in PERMISSIONS["participant.join"][role]]
    return {role: await world.join(role, role.value, room=ROOMS.get(role)) for role in roles}


async def outcome(world: World, page: Page, kind: str) -> str:
    world.clock.move(1)  # so that nobody asks too often
    answer = await page.ask(kind, UNKNOWN)
    return "ok" if answer["ok"] else str(answer["error"]["code"])


def expected(kind: str, role: Role, phase: Phase) -> str:
    phases = PERMISSIONS[kind].get(role, frozenset())
    return "malformed" if phase in phases else "wrong_phase" if phases else "not_allowed"


async def test_every_role_command_and_phase(world: World) -> None:
    pages: dict[Role, Page] = {}
    for phase in Phase:
        if phase in STEPS:
            if phase is Phase.ENDED:
                pages = {**pages, **await everyone(world)}
            await world.do(SYSTEM, STEPS[phase], {})
        pages = pages if phase is Phase.ENDED else {**await everyone(world)}
        before = len(await world.events())
        for (role, page), kind in itertools.product(pages.items(), COMMANDS):
            assert await outcome(world, page, kind) == expected(kind, role, phase), (phase, role, kind)
        assert len(await world.events()) == before, "what is refused leaves nothing"
        assert phase in (Phase.PREPARED, Phase.ENDED) or set(pages) == set(Role)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(protocol.SIGNAL_RULES))
async def test_every_role_and_signal(live: World, role: Role, kind: str) -> None:
    page = await live.join(role, role.value, room=ROOMS.get(role))
    answer = await page.send("signal", {"kind": kind, "data": UNKNOWN})
    senders, _ = protocol.SIGNAL_RULES[kind]
    assert answer["error"]["code"] == ("malformed" if role in senders else "not_allowed")


async def test_tokens_that_are_not_for_here(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = (await live.store.lessons.add("Another", live.clock.epoch_ms())).id
    await live.join(Role.LEAD_TEACHER)
    await live.do(SYSTEM, "page.add", {"page": "canary-of-this-lesson"})

    page = live.page(Role.OBSERVER, "stranger", lesson=other)
    await page.connect()
    assert "canary-of-this-lesson" not in page.bytes
    assert not (await page.ask("page.show", {"page": "canary-of-this-lesson"}))["ok"]

    child = live.page(Role.STUDENT, "child", room="r1")
    await child.connect()
    teacher = await live.join(Role.LOCAL_TEACHER, "teacher-of-room-2", room="r2")
    refused = await teacher.ask("student.lock", {"participant": "child", "locked": ["chat"]})
    assert refused["error"]["code"] == "not_allowed"
    for kind, data in (
        ("stage.call", {"participant": "child"}),
        ("recording.except", {"room": "r1", "out": True}),
        ("activity.answer", {"activity": "a", "choice": 0, "participant": "child"}),
    ):
        assert not (await teacher.ask(kind, data))["ok"], kind

    expiring = Page(live.url, live.token(live.claims(Role.STUDENT, "late"), ttl_s=5))
    live.pages.append(expiring)
    await expiring.connect()
    monkeypatch.setattr(live.gateway._desk.sessions, "expired", lambda _: [])  # nor shown out before it is answered
    live.clock.move(6)
    assert (await expiring.ask("hand.raise", {}))["error"]["code"] == "token_expired"
    await live.gateway.revoke(["child"])
    await live.gateway._desk.tick()
    assert (await child.ask("hand.raise", {}))["ok"] is False


CANARY = "canary-"
STROKE = {
    "stroke": "s", "page": "1", "tool": "pen", "color": "#000000", "width": 2, "began": 0,
    "points": [1, 1, 0.5, 0, 9, 9, 0.5, 8],
}  # fmt: skip
NOTE = {"object": "n", "type": "note", "color": "#000000", "size": 20, "box": [0, 0, 90, 90], "text": f"{CANARY}note"}
OF_A_GROUP, OF_THE_CLASS = said(1, "of a group"), said(2, "of the class" * 400)
DRAWN, SAID = Work("drawn", "", "w", "student", "ink", "application/json", 9, None, 0), f"{CANARY}comment"
QUESTION = {"activity": "q", "type": "choice", "prompt": "?", "options": ["a", "b"], "answer": 1}
UNKIND = "canary-unkind"
CLOUDS = {"activity": "c", "type": "survey", "prompt": "?", "questions": [{"type": "cloud", "prompt": "?"}]}
# Everything that happens in a lesson: who asks, what, and a word of it that only those may receive who see the event.
PRACTICE = {
    "practice": "p",
    "point": "seasons",
    "participants": ["student"],
    "questions": [{"type": "choice", "prompt": "?", "options": ["a", "b"], "answer": 1, "explanation": "because"}],
    "resources": ["leaves"],
}
PLAN = [
    {
        "step": "s1",
        "title": f"{CANARY}step",
        "note": f"{CANARY}for teachers",
        "opens": {"question": "x", "name": f"{CANARY}opens"},
    },
    {"step": "s2", "title": f"{CANARY}never begun"},
]
LESSON: tuple[tuple[Role, str, dict[str, Any]], ...] = (
    (Role.LEAD_TEACHER, "page.add", {"page": "p2"}),
    (Role.LEAD_TEACHER, "page.show", {"page": "p2"}),
    (Role.LEAD_TEACHER, "page.change", {"page": "p2", "paper": {"kind": "mizige"}}),
    (Role.LEAD_TEACHER, "view.show", {"page": "p2", "x": 100, "y": 50, "width": 800}),
    (Role.LEAD_TEACHER, "stroke.add", STROKE),
    (Role.LEAD_TEACHER, "stroke.trim", {"page": "1", "stroke": "s", "parts": [{"stroke": "t", "from": 0, "to": 0.5}]}),
    (Role.LEAD_TEACHER, "stroke.erase", {"page": "1", "stroke": "t"}),
    (Role.LEAD_TEACHER, "object.restore", {"page": "1", "objects": ["s"]}),
    (Role.LOCAL_TEACHER, "pen.give", {"room": "r1", "colors": True}),
    (Role.STUDENT, "object.add", {"page": "p2", "object": NOTE}),
    (Role.DISPLAY, "stroke.add", {**STROKE, "page": "p2"}),
    (Role.LEAD_TEACHER, "object.change", {"page": "p2", "changes": [{"object": "n", "place": [2, 2, 0, 0]}]}),
    (Role.STUDENT, "object.erase", {"page": "p2", "objects": ["n"]}),
    (Role.LEAD_TEACHER, "pen.take", {"everyone": True}),
    (Role.LEAD_TEACHER, "handout.give", {"handout": "h", "page": "1", "to": "students"}),
    (Role.STUDENT, "object.add", {"page": "h-student", "object": {**NOTE, "text": f"{CANARY}own page"}}),
    (Role.LEAD_TEACHER, "handout.collect", {"handout": "h"}),
    (Role.LEAD_TEACHER, "handout.reopen", {"handout": "h"}),
    (Role.LEAD_TEACHER, "page.copy", {"page": "p3", "of": ["h-stranger"]}),
    (Role.LEAD_TEACHER, "groups.form", {"groups": [{"group": "g", "participants": ["student"]}]}),
    (Role.STUDENT, "voice.join", {"group": "g"}),
    (Role.LEAD_TEACHER, "group.visit", {"group": "g"}),
    (Role.LEAD_TEACHER, "group.leave", {}),
    (Role.STUDENT, "voice.leave", {}),
    (Role.STUDENT, "notes.write", {"notes": "g", "update": OF_A_GROUP}),
    (Role.LEAD_TEACHER, "notes.write", {"notes": "class", "update": OF_THE_CLASS}),
    (Role.LEAD_TEACHER, "notes.rule", {"by": "all"}),
    (Role.LEAD_TEACHER, "notes.show", {"on": True}),
    (Role.LEAD_TEACHER, "groups.call", {"seconds": 30}),
    (Role.LEAD_TEACHER, "groups.dissolve", {}),
    (Role.LEAD_TEACHER, "timer.start", {"seconds": 60}),
    (Role.LEAD_TEACHER, "timer.stop", {}),
    (Role.LEAD_TEACHER, "courseware.open", {"courseware": FILM.id}),
    (Role.LEAD_TEACHER, "slide.show", {"courseware": FILM.id, "slide": 1}),
    (Role.LEAD_TEACHER, "courseware.play", {"courseware": FILM.id, "position_ms": 0, "playing": True}),
    (Role.LEAD_TEACHER, "courseware.close", {"courseware": FILM.id}),
    (Role.LEAD_TEACHER, "courseware.open", {"courseware": "pendulum"}),
    (Role.LEAD_TEACHER, "courseware.play", {"courseware": "pendulum", "position_ms": 0, "playing": True}),
    (Role.LEAD_TEACHER, "simulation.change", {"courseware": "pendulum", "state": '{"angle": 30}'}),
    (Role.STUDENT, "hand.raise", {}),
    (Role.STUDENT, "hand.lower", {}),
    (Role.LEAD_TEACHER, "pick.make", {}),  # all see the name of who is picked: not of one whose name is a canary
    (Role.LEAD_TEACHER, "pick.clear", {}),
    (Role.LOCAL_TEACHER, "participant.add", {"participant": "added", "name": f"{CANARY}participant.joined"}),
    (Role.LEAD_TEACHER, "stage.call", {"participant": "student"}),
    (Role.LEAD_TEACHER, "stage.dismiss", {}),
    (Role.DISPLAY, "stage.decline", {"participant": "display"}),
    (Role.LEAD_TEACHER, "stage.invite", {"participant": "display"}),
    (Role.DISPLAY, "stage.accept", {"participant": "display"}),
    (Role.LEAD_TEACHER, "stage.release", {"participant": "display"}),
    (Role.LEAD_TEACHER, "camera.choose", {"encoder": False}),
    (Role.LOCAL_TEACHER, "line.say", {"message": "l1", "text": f"{CANARY}line.said"}),
    (Role.LOCAL_TEACHER, "line.send", {"signal": "slower"}),
    (Role.LEAD_TEACHER, "activity.open", QUESTION),
    (Role.STUDENT, "activity.answer", {"activity": "q", "choice": 1}),
    (Role.LOCAL_TEACHER, "activity.count", {"activity": "q", "counts": [7, 13]}),
    (Role.LEAD_TEACHER, "activity.close", {"activity": "q"}),
    (Role.LEAD_TEACHER, "activity.reopen", {"activity": "q"}),
    (Role.LEAD_TEACHER, "activity.reveal", {"activity": "q"}),
    (Role.LEAD_TEACHER, "activity.open", CLOUDS),
    (Role.STUDENT, "activity.answer", {"activity": "c", "answers": [{"texts": [UNKIND]}]}),
    (Role.LEAD_TEACHER, "activity.hide", {"activity": "c", "word": UNKIND, "on": True}),
    (Role.LEAD_TEACHER, "chart.show", {"activity": "c", "question": 0}),
    (Role.LEAD_TEACHER, "activity.reveal", {"activity": "c"}),
    (Role.LEAD_TEACHER, "activity.open", {"activity": "w", "type": "drawing", "prompt": "?"}),
    (Role.STUDENT, "activity.answer", {"activity": "w", "file": DRAWN.id}),
    (Role.LOCAL_TEACHER, "activity.mark", {"activity": "w", "participant": "student", "points": 7, "comment": SAID}),
    (Role.LEAD_TEACHER, "activity.show", {"activity": "w", "works": ["student"]}),
    (Role.LEAD_TEACHER, "competition.start", {"by": "teams", "teams": [{"team": "red"}, {"team": "blue"}]}),
    (Role.LEAD_TEACHER, "competition.score", {"team": "red", "points": 1}),
    (Role.LEAD_TEACHER, "competition.show", {"on": True}),
    (Role.LEAD_TEACHER, "competition.stop", {}),
    (Role.LOCAL_TEACHER, "plan.write", {"revision": 0, "steps": PLAN}),
    (Role.LEAD_TEACHER, "step.begin", {"step": "s1"}),
    (Role.LEAD_TEACHER, "practice.give", PRACTICE),
    (Role.STUDENT, "practice.answer", {"practice": "p", "question": 0, "choice": 1}),
    (Role.STUDENT, "practice.open", {"practice": "p", "resource": "leaves"}),
    (Role.LEAD_TEACHER, "question.rule", {"held": True, "named": False}),
    (Role.STUDENT, "question.ask", {"question": "w1", "text": f"{CANARY}held"}),
    (Role.LEAD_TEACHER, "question.mark", {"question": "w1", "state": "hidden"}),
    (Role.LEAD_TEACHER, "question.rule", {"held": False, "named": False}),
    (Role.LOCAL_TEACHER, "question.ask", {"question": "w2", "text": "why?", "participant": "added"}),
    (Role.STUDENT, "question.vote", {"question": "w2", "on": True}),
    (Role.STUDENT, "question.ask", {"question": "w3", "text": "why so?"}),
    (Role.LEAD_TEACHER, "question.merge", {"question": "w3", "into": "w2"}),
    (Role.LEAD_TEACHER, "question.part", {"question": "w3"}),
    (Role.LEAD_TEACHER, "question.show", {"question": "w2"}),
    (Role.LEAD_TEACHER, "question.reply", {"question": "w2", "text": "Because."}),
    (Role.LEAD_TEACHER, "chat.rule", {"to": "teachers"}),
    (Role.STUDENT, "chat.say", {"message": "m1", "text": f"{CANARY}chat.said"}),
    (Role.LEAD_TEACHER, "chat.hide", {"message": "m1"}),
    (Role.LOCAL_TEACHER, "student.lock", {"participant": "added", "locked": ["chat"]}),
    (Role.LEAD_TEACHER, "recording.start", {}),
    (Role.LEAD_TEACHER, "recording.except", {"participant": "added", "out": True}),
    (Role.LEAD_TEACHER, "recording.stop", {}),
    (Role.LOCAL_TEACHER, "missed.show", {"from_ms": 0}),
    (Role.DISPLAY, "missed.stop", {}),
    (Role.LEAD_TEACHER, "data.save", {"room": "r1", "on": True}),
    (Role.LOCAL_TEACHER, "participant.remove", {"participant": "added"}),
    (Role.LOCAL_TEACHER, "lead.ask", {}),
    (Role.LEAD_TEACHER, "lead.decline", {}),
    (Role.LEAD_TEACHER, "lead.give", {"participant": "local_teacher"}),
    (Role.LOCAL_TEACHER, "groups.form", {"groups": [{"group": "later", "participants": ["student"]}]}),
    (Role.STUDENT, "voice.join", {"group": "later"}),
)
BEFORE = {
    "lesson.opened",
    "lesson.started",
    "lead.taken",
    "participant.admitted",
}  # before all are there, or not at all


def covers(more: Any, less: Any) -> bool:
    """Whether it is the same, but for fields that it has more (words)."""
    if isinstance(less, dict):
        return all(key in more and covers(more[key], value) for key, value in less.items())
    if isinstance(less, list):
        return len(more) == len(less) and all(map(covers, more, less))
    return bool(more == less)


async def test_everyone_receives_what_the_table_says_and_not_a_byte_more(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_the_shelf(_: str, wanted: Iterable[str]) -> dict[str, Courseware]:
        simulation = replace(FILM, kind="simulation", duration_ms=None)
        return {one: FILM if one == FILM.id else replace(simulation, id=one) for one in wanted}

    async def was_sent(*_: object) -> dict[str, Work]:
        return {DRAWN.id: replace(DRAWN, lesson=live.lesson)}

    monkeypatch.setattr(live.store.shelves, "ready_for", on_the_shelf)

    async def is_published(_: str, named: Iterable[str]) -> frozenset[str]:
        return frozenset(named)

    monkeypatch.setattr(live.store.works, "sent", was_sent)
    monkeypatch.setattr(live.store.practising, "givable", is_published)
    pages = {role: await live.join(role, role.value, room=ROOMS.get(role)) for role in Role}
    stranger = await live.join(Role.STUDENT, "stranger")
    begun = (await live.events())[-1].seq
    for role, kind, data in LESSON:
        live.clock.move(1)
        answer = await pages[role].ask(kind, data, str(uuid4()))
        assert answer["ok"], (kind, answer)
    await live.do(SYSTEM, "lesson.end", {})
    for page in (*pages.values(), stranger):
        await page.until(lambda page=page: page.events("lesson.ended"))

    journal = [event for event in await live.events() if event.seq > begun]
    assert {event.kind for event in journal} | BEFORE == set(EVENTS)
    whole = {Sight.WHOLE, Sight.REDUCED}
    for role, page in {**pages, "stranger": stranger}.items():
        as_role = Role.STUDENT if role == "stranger" else Role(role)
        got = {event["seq"]: event for event in page.events()}
        for event in journal:
            sight = VISIBILITY[event.kind][as_role]
            if sight is Sight.NOTHING:
                assert event.seq not in got, (role, event)
            elif role == Role.LOCAL_TEACHER and role.value in resighted(event):
                anew = [data for name, data in page.got if name == "snapshot"][-1]
                assert anew["seq"] >= event.seq, "together with what others wrote before"
            elif sight is Sight.WHOLE:
                assert covers(got[event.seq]["data"], event.data), (role, event)
            elif event.kind == "activity.marked":
                assert event.seq not in got, "before it is given back"
            elif event.kind == "activity.hidden":
                assert event.seq not in got, "before it is revealed"
            elif event.kind == "practice.given":
                assert (event.seq in got) is (role is Role.STUDENT), "it is for that one alone"
                shown = got[event.seq]["data"]["questions"] if event.seq in got else [{}]
                assert not {"answer", "explanation"} & shown[0].keys()
            elif event.kind == "activity.shown":
                assert [one.keys() for one in got[event.seq]["data"]["works"]] == [{"file"}]
            elif sight in whole and event.kind in ("activity.opened", "activity.closed"):
                assert not {"answer", "tally"} & got[event.seq]["data"].keys()
    text = {role: page.bytes for role, page in pages.items()}
    for role in (Role.DISPLAY, Role.STUDENT, Role.OBSERVER, Role.ENCODER):
        assert f"{CANARY}line.said" not in text[role]
        assert "slower" not in text[role]
    assert f"{CANARY}line.said" in text[Role.LEAD_TEACHER]
    assert f"{CANARY}chat.said" in text[Role.STUDENT], "one's own"
    for other in (stranger.bytes, text[Role.DISPLAY], text[Role.ENCODER]):
        assert f"{CANARY}chat.said" not in other
        assert json.dumps([7, 13]) not in other
    for other in (stranger.bytes, text[Role.DISPLAY], text[Role.STUDENT], text[Role.ENCODER]):
        assert SAID not in other, "before it is given back"
    for role in (Role.LEAD_TEACHER, Role.LOCAL_TEACHER):
        assert f"{CANARY}for teachers" in text[role]
        assert f"{CANARY}opens" in text[role]
    assert f"{CANARY}step" in text[Role.OBSERVER], "a step that was begun"
    for word in ("for teachers", "opens", "never begun"):
        assert f"{CANARY}{word}" not in text[Role.OBSERVER]
    for other in (stranger.bytes, text[Role.STUDENT], text[Role.DISPLAY], text[Role.ENCODER]):
        assert f"{CANARY}step" not in other, "the plan is the teachers'"
    assert UNKIND in text[Role.STUDENT], "one's own"
    for other in (stranger.bytes, text[Role.DISPLAY], text[Role.ENCODER]):
        assert UNKIND not in other, "a teacher has hidden it"
    for other in (stranger.bytes, text[Role.STUDENT], text[Role.ENCODER]):
        assert f"{CANARY}participant.joined" not in other
    assert f"{CANARY}note" in stranger.bytes, "what is written on the board is everyone's"
    assert f"{CANARY}note" not in text[Role.ENCODER]
    for role in (Role.LEAD_TEACHER, Role.LOCAL_TEACHER, Role.STUDENT):
        assert f"{CANARY}own page" in text[role]
        assert OF_A_GROUP in text[role]
    for other in (stranger.bytes, text[Role.DISPLAY], text[Role.OBSERVER], text[Role.ENCODER]):
        assert f"{CANARY}own page" not in other
        assert OF_A_GROUP not in other
    assert OF_THE_CLASS in stranger.bytes
