"""A person is erased from lessons and recordings: nothing of theirs is left, and the journal's order is as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from classroom.erasing import ERASED, nameless
from classroom.events import Event, Role, Seat
from classroom.review import Action, Asked, Part, decide
from classroom.rules import EMPTY, fold
from classroom.store.records import Captions, Render
from tests.held import do
from tests.recorded import Take, in_simulated_time, publish
from tests.unit.classroom.scribes import Scribe
from tests.unit.web import traces
from tests.unit.web.people import PASSWORD, Person, good, refusal
from web.server.indexing import Indexer
from web.server.keeping import erasing
from web.server.keeping.remover import advance
from web.server.parts import Parts

NAME, SAID, ANSWER, ASKED, NOTED = "Ottoline Marchbanks", "Zephyranthes", "Quokkaville", "Ptarmigan", "Wobbegong"
OTHERS = "Capercaillie"
LINE = [10.0, 20.0, 0.5, 0.0, 300.0, 420.0, 0.5, 80.0, 330.0, 77.25, 0.5, 160.0]
KEEPING = "/api/v1/keeping"


@dataclass
class Left:
    parts: Parts
    lesson: str
    resource: str
    child: str
    other: str

    async def events(self) -> list[Event]:
        return list((await self.parts.store.journal.load(self.lesson)).events)


@pytest.fixture
async def left(parts: Parts, teacher: Person) -> Left:
    """A lesson of a teacher and two children, of whom one did everything that leaves words, ink or a track."""
    me = (await teacher.look())["account"]["id"]
    school = (await parts.store.schools.list())[0].id
    timed, clock = in_simulated_time(parts)
    lesson = (await parts.store.lessons.add("Autumn", timed.now_ms, owner=me, school=school)).id
    lead, seats = Seat("p1", Role.LEAD_TEACHER), []
    await do(timed, lesson, lead, "lesson.open")
    await do(timed, lesson, lead, "participant.join", name="Li Hua")
    for name in (NAME, "Wang Ming"):
        row = await parts.store.participants.add(lesson, Role.STUDENT, name, timed.now_ms)
        seats.append(Seat(row.id, Role.STUDENT))
        await do(timed, lesson, seats[-1], "participant.join", name=name)
    child, other = seats
    await do(timed, lesson, lead, "lesson.start")
    await do(timed, lesson, lead, "chat.rule", to="all")
    await do(timed, lesson, lead, "notes.rule", by="all")
    await do(timed, lesson, lead, "pen.give", participants=[child.participant, other.participant])
    board = (await timed.journal.state(lesson))["board"]
    page = board["shown"]
    await do(timed, lesson, lead, "activity.open", activity="q1", type="text", prompt="Where?", answer=["a"])
    scribes = {child: Scribe(11), other: Scribe(12)}
    updates: list[str] = []
    for seat, words in ((child, (SAID, ANSWER, ASKED, NOTED)), (other, (OTHERS,) * 4)):
        said, answered, asked, noted = words
        own = f"{seat is child:d}"
        await do(timed, lesson, seat, "chat.say", message=f"m{own}", text=said)
        await do(timed, lesson, seat, "activity.answer", activity="q1", text=answered)
        await do(timed, lesson, seat, "question.ask", question=f"a{own}", text=asked)
        ink = {"tool": "pen", "color": "#0b57c2", "width": 3.0, "began": 0, "points": LINE}
        await do(timed, lesson, seat, "stroke.add", stroke=f"s{own}", page=page, **ink)
        scribe = scribes[seat]
        scribe.hear(updates)
        updates.append(scribe.write(noted).take() or "")
        await do(timed, lesson, seat, "notes.write", notes="class", update=updates[-1])
    clock.ms = 2000
    await do(timed, lesson, lead, "lesson.end")
    takes = [Take("camera", "p1", 0, 2000, 160, 90), Take("mic", child.participant, 0, 2000)]
    made = await publish(timed, lesson, takes)
    await timed.journal.close()
    return Left(parts, lesson, made.id, child.participant, other.participant)


async def erased(person: Person, left: Left, **more: Any) -> Any:
    body = {"participants": [left.child], **more}
    row = await person.post(f"{KEEPING}/erasures", body)
    assert (row["stage"], row["fault"]) == ("done", None)
    return row


async def found(left: Left, *words: str) -> list[str]:
    return await traces.found(left.parts, *words)


def notes_of(texts: dict[str, str]) -> str:
    reader = Scribe(99)
    reader.hear(words for key, words in sorted(texts.items()) if key.startswith("notes:"))
    return str(reader.sheet)


async def test_nothing_of_them_is_left_and_the_order_is_as_it_was(left: Left, parts: Parts, admin: Person) -> None:
    """And the fold of the journal is what it was, but for what was erased."""
    await Indexer(parts).catch_up()
    assert len(await found(left, NAME, SAID, ANSWER, ASKED)) >= 4
    before, texts = await left.events(), (await parts.store.journal.load(left.lesson)).texts
    assert NOTED in notes_of(dict(texts))
    told = await admin.post(f"{KEEPING}/erasures/preview", {"participants": [left.child]})
    assert (told["lessons"], told["lines"], told["notes"], told["tracks"]) == (1, 1, 1, 1)
    assert told["words"] == 4  # the name, the chat, the answer, the question
    await erased(admin, left)
    assert await found(left, NAME, SAID, ANSWER, ASKED, NOTED) == []
    assert OTHERS in str(await found(left, OTHERS))
    after, texts = await left.events(), (await parts.store.journal.load(left.lesson)).texts
    assert [(one.seq, one.at, one.actor, one.kind) for one in after] == [
        (one.seq, one.at, one.actor, one.kind) for one in before
    ]
    assert [one.data for one in after if one not in before] == [
        next(one.data for one in before if one.data.get("stroke") == "s1") | {"points": LINE[:4] * 3}
    ]
    changed, states = [one.seq for one in after if one not in before], (fold(before, EMPTY), fold(after, EMPTY))
    assert len(changed) == 1
    assert {**states[0], "board": None} == {**states[1], "board": None}
    assert texts[f"name:{left.child}"] == ERASED
    assert OTHERS in notes_of(dict(texts))
    assert "·" * len(NOTED) in notes_of(dict(texts))


async def test_tracks_are_hidden_or_gone(left: Left, parts: Parts, teacher: Person, admin: Person) -> None:
    folder = parts.files.directory / left.lesson
    await erased(admin, left)
    where = f"/api/v1/resources/{left.resource}"
    assert [one["source"] for one in (await teacher.get(where))["tracks"]] == ["camera"]
    assert (folder / "002-mic").exists()
    row = await erased(admin, replace(left, child=left.other), tracks="remove")  # has none
    assert (row["files"], row["bytes"]) == (0, 0)


async def test_removed_tracks_leave_no_file(left: Left, parts: Parts, admin: Person) -> None:
    folder = parts.files.directory / left.lesson
    row = await erased(admin, left, tracks="remove")
    assert row["files"] >= 3
    assert row["bytes"] > 1000
    assert not (folder / "002-mic").exists()
    assert (folder / "001-camera" / "index.m3u8").exists()
    assert [one["participant"] for one in json.loads((folder / "tracks.json").read_text())["tracks"]] == ["p1"]
    resource = await parts.store.resources.get(left.resource)
    assert resource is not None
    assert [one["id"] for one in resource.tracks] == ["001-camera"]


async def test_names_in_what_is_said_of_the_recording(left: Left, parts: Parts, admin: Person) -> None:
    store = parts.store
    cues = json.dumps([{"start_ms": 0, "end_ms": 9, "speaker": NAME, "text": f"{NAME}, please"}])
    await store.captions.put(Captions(left.resource, "en", "one", "file", 1, 1), cues, None)
    row = await store.resources.get(left.resource)
    assert row is not None
    details = replace(row.details, contributors=[{"name": NAME, "role": "author"}, {"name": "Wu", "role": "editor"}])
    asked = Asked(Action.CHANGE, frozenset({Part.OWNER, Part.REVIEWER}), None, 5)
    outcome = decide(row, None, asked, details)
    await store.reviews.put(row, outcome)
    assert (await admin.post(f"{KEEPING}/erasures/preview", {"participants": [left.child]}))["said"] == 1
    await erased(admin, left)
    row = await store.resources.get(left.resource)
    assert row is not None
    assert [one["name"] for one in row.contributors] == [ERASED, "Wu"]
    [step] = [one for one, _ in await store.reviews.trail(left.resource)]
    assert [one["name"] for one in step.details.contributors] == [ERASED, "Wu"]
    kept = await store.captions.get(left.resource, "en")
    assert kept is not None
    assert json.loads(kept[1])[0] | {"start_ms": 0} == {
        "start_ms": 0, "end_ms": 9, "speaker": ERASED, "text": f"{ERASED}, please"
    }  # fmt: skip
    assert kept[0].revision != "one"
    assert await found(left, NAME) == []


async def test_files_of_the_recording_go_and_who_was_erased_stays_hidden(
    left: Left, parts: Parts, admin: Person
) -> None:
    await parts.store.renders.add(Render("render1", left.resource, "lead", 0, "ready", 1))
    made = parts.files.directory / ".renders" / "render1.mp4"
    made.parent.mkdir(exist_ok=True)
    made.write_bytes(b"ink")
    where = f"/api/v1/resources/{left.resource}/edits"
    hide = {"decision": {"kind": "hide", "participant": left.child, "revision": 0}}
    await admin.post(where, hide)
    await admin.post(where, {"decision": {"kind": "undo", "number": 1, "revision": 1}})
    await erased(admin, left)
    assert not made.exists()
    assert left.child in (await admin.get(where))["participants"]
    again = await admin.call("POST", where, {"decision": {"kind": "undo", "number": 3, "revision": 3}})
    assert await refusal(again) == (409, "erased")


def test_names_in_captions_are_words_of_their_own() -> None:
    cues = [{"speaker": "li", "text": "Listen, Li! LI's 王明的书"}, {"speaker": "", "text": "Élodie"}]
    assert nameless(cues, ["Li", "王明", "ÉLODIE", "明"]) == [
        {"speaker": ERASED, "text": f"Listen, {ERASED}! {ERASED}'s {ERASED}的书"},
        {"speaker": "", "text": ERASED},
    ]


async def test_it_goes_on_after_a_crash_and_again_changes_nothing(
    left: Left, parts: Parts, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down(BaseException): ...

    async def crash(*_: Any) -> None:
        raise Down

    with monkeypatch.context() as patch:
        patch.setattr(type(parts.store.erasing), "erase", crash)
        with pytest.raises(Down):
            await erasing.erase(parts, erasing.Wanted((left.child,), removes=True), None)
    [row] = await parts.store.removals.list()
    assert row.stage == "rows"
    await advance(parts)
    assert [one.stage for one in await parts.store.removals.list()] == ["done"]
    assert await found(left, NAME, SAID) == []
    before = await left.events()
    assert (await erased(admin, left))["files"] == 0
    assert await left.events() == before


async def test_whom_nobody_may_erase(left: Left, parts: Parts, admin: Person, teacher: Person, browser: Any) -> None:
    body = {"participants": [left.child]}
    assert await refusal(await teacher.call("POST", f"{KEEPING}/erasures", body)) == (403, "not_allowed")
    here = (await parts.store.schools.list())[0].id
    elsewhere = (await parts.store.schools.add("Elsewhere", 1)).id
    for login, school, seen in (("sun", elsewhere, 0), ("ma", here, 1)):
        new = {"login": login, "name": login, "password": PASSWORD, "role": "staff", "school": school}
        await admin.post("/api/v1/accounts", new)
        staff = await browser()
        await staff.sign_in(login)
        assert len(await staff.post(f"{KEEPING}/people", {"name": NAME.swapcase()})) == seen
        if not seen:
            assert await refusal(await staff.call("POST", f"{KEEPING}/erasures", body)) == (404, "not_found")
    hold = await admin.post(f"{KEEPING}/holds", {"kind": "person", "subject": left.child, "reason": "x"})
    for who in (staff, admin):
        assert await refusal(await who.call("POST", f"{KEEPING}/erasures", body)) == (409, "on_hold")
    await good(await admin.call("POST", f"{KEEPING}/holds/{hold['id']}/lift", {"reason": "y"}))
    await erased(staff, left)
