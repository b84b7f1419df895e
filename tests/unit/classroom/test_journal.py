"""The journal over a real database: acknowledged means on disk, and nothing happens twice."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from classroom import rules
from classroom.activities.counting import unshown_key
from classroom.errors import ClientFault, Status
from classroom.events import Command, Event, Role, Seat
from classroom.journal import MAX_ENDED, TOGETHER, Journal
from classroom.store import Store
from tests.unit.classroom.conftest import TestClock
from tests.unit.classroom.lessons import ANNA, BEN, LEAD, QUESTION, STROKE

NOW = 1_800_000_000_000
numbers = itertools.count(1)


def command(kind: str, **data: Any) -> Command:
    return Command(f"command-{next(numbers)}", kind, data)


@pytest.fixture
async def journal(store: Store, clock: TestClock) -> AsyncIterator[Journal]:
    opened = Journal(store, clock)
    yield opened
    await opened.close()


async def live(journal: Journal, store: Store, **row: Any) -> str:
    """A live lesson with the lead and two students."""
    lesson = (await store.lessons.add("语文", NOW, **row)).id
    await journal.submit(lesson, LEAD, command("lesson.open"))
    await journal.submit(lesson, LEAD, command("lesson.start"))
    for seat in (LEAD, ANNA, BEN):
        await journal.submit(lesson, seat, command("participant.join", name=f"name of {seat.participant}"))
    return lesson


async def again(store: Store, clock: TestClock) -> Journal:
    """The journal of a server that was started again."""
    return Journal(store, clock)


async def test_a_command_becomes_events_that_are_committed_and_then_told(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    told: list[tuple[str, Event, Mapping[str, str]]] = []
    journal.listen(lambda lesson, events, texts: told.extend((lesson, event, texts) for event in events))
    lesson = await live(journal, store)
    clock.pass_ms(1500)
    seq = await journal.submit(lesson, ANNA, command("chat.say", message="m1", text="老师好"))
    last = told[-1]
    assert (last[0], last[1].seq, last[1].at, last[1].kind) == (lesson, seq, 1500, "chat.said")
    assert last[2]["text:m1"] == "老师好"
    assert (
        [event for _, event, _ in told]
        == await journal.events(lesson)
        == list((await store.journal.load(lesson)).events)
    )
    assert await journal.events(lesson, after=seq - 1) == [last[1]]
    assert (await journal.texts(lesson))["name:anna"] == "name of anna"
    row = await store.lessons.get(lesson)
    assert row is not None
    assert (row.phase, row.started_at) == ("live", clock.wall_ms - 1500)


async def test_the_same_command_again_gets_the_same_answer_and_happens_once(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson = await live(journal, store)
    await journal.submit(lesson, LEAD, command("activity.open", **QUESTION))
    vote = command("activity.answer", activity="q1", choice=1)
    first = await journal.submit(lesson, ANNA, vote)
    await journal.submit(lesson, LEAD, command("page.add", page="2"))
    assert await journal.submit(lesson, ANNA, vote) == first
    assert await journal.submit(lesson, BEN, vote) > first, "the id is the actor's own"
    after_restart = await again(store, clock)
    assert await after_restart.submit(lesson, ANNA, vote) == first
    await after_restart.close()
    answered = [event for event in await journal.events(lesson) if event.kind == "activity.answered"]
    assert [event.actor for event in answered] == ["anna", "ben"]


async def test_the_same_command_twice_at_the_same_moment_happens_once(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    before = len(await journal.events(lesson))
    hand = command("hand.raise")
    page = command("page.add", page="2")
    answers = await asyncio.gather(
        *(journal.submit(lesson, ANNA, hand) for _ in range(5)), *(journal.submit(lesson, LEAD, page) for _ in range(5))
    )
    assert answers == [before + 1] * 5 + [before + 2] * 5
    assert len(await journal.events(lesson)) == before + 2


async def test_a_command_that_changed_nothing_is_recognised_too(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson = await live(journal, store)
    nothing = command("hand.lower")
    seq = await journal.submit(lesson, ANNA, nothing)
    assert seq == len(await journal.events(lesson))
    await journal.submit(lesson, ANNA, command("hand.raise"))
    after_restart = await again(store, clock)
    assert await after_restart.submit(lesson, ANNA, nothing) == seq
    assert (await after_restart.state(lesson))["hands"] == ["anna"]
    await after_restart.close()


async def test_a_refused_command_stores_nothing_and_may_be_tried_again(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    vote = command("activity.answer", activity="q1", choice=1)
    before = await store.journal.load(lesson)
    with pytest.raises(ClientFault) as refusal:
        await journal.submit(lesson, ANNA, vote)
    assert refusal.value.code == "not_found"
    assert await store.journal.load(lesson) == before
    await journal.submit(lesson, LEAD, command("activity.open", **QUESTION))
    await journal.submit(lesson, ANNA, vote)


async def test_good_and_bad_commands_share_a_tick(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    await journal.submit(lesson, LEAD, command("activity.open", **QUESTION))
    answers = await asyncio.gather(
        journal.submit(lesson, ANNA, command("activity.answer", activity="q1", choice=1)),
        journal.submit(lesson, ANNA, command("activity.answer", activity="q1", choice=0)),
        journal.submit(lesson, BEN, command("activity.answer", activity="q1", choice=0)),
        journal.submit("no such lesson", BEN, command("hand.raise")),
        return_exceptions=True,
    )
    codes = [answer.code if isinstance(answer, ClientFault) else "ok" for answer in answers]
    assert codes == ["ok", "already_answered", "ok", "not_found"]


async def test_a_hundred_votes_at_once_are_all_counted_in_few_transactions(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    await journal.submit(lesson, LEAD, command("activity.open", **QUESTION))
    ticks: list[int] = []
    journal.listen(lambda _, events, __: ticks.append(len(events)))
    children = [Seat(f"child-{number}", Role.STUDENT) for number in range(100)]
    await asyncio.gather(
        *(journal.submit(lesson, child, command("activity.answer", activity="q1", choice=1)) for child in children)
    )
    await journal.submit(lesson, LEAD, command("activity.reveal", activity="q1"))
    assert (await journal.state(lesson))["activities"]["by_id"]["q1"]["tally"] == [0, 100]
    assert max(ticks) >= 50


async def test_a_command_happens_when_it_comes_however_long_the_commit_takes(
    journal: Journal, store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await live(journal, store)
    clock.pass_ms(10_000)
    decide = rules.decide

    def slowly(*asked: Any) -> Any:
        clock.pass_ms(5_000)
        return decide(*asked)

    monkeypatch.setattr(rules, "decide", slowly)
    await journal.submit(lesson, ANNA, command("hand.raise"))
    monkeypatch.undo()
    assert (await journal.events(lesson))[-1].at == 10_000
    assert journal.clock_of(lesson).at_of(clock.monotonic()) == 15_000
    after_restart = await again(store, clock)
    await after_restart.state(lesson)
    assert after_restart.clock_of(lesson).at_of(clock.monotonic()) == 15_000, "as if it had never stopped"
    await after_restart.close()


async def test_a_restart_folds_the_journal_and_the_lesson_goes_on(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson = await live(journal, store, recording=True)
    clock.pass_ms(60_000)
    await journal.submit(lesson, LEAD, command("stroke.add", **STROKE))
    await journal.close()
    clock.pass_ms(4_000)
    clock.monotonic_s = 5.0  # another boot, another monotonic clock
    after = await again(store, clock)
    assert await after.state(lesson) == await journal.state(lesson)
    assert after.clock_of(lesson).at_of(5.0) == 64_000
    await after.submit(lesson, LEAD, command("page.add", page="2"))
    assert [event.at for event in await after.events(lesson)][-2:] == [60_000, 64_000]
    await after.close()


async def test_the_clock_never_goes_back(journal: Journal, store: Store, clock: TestClock) -> None:
    lesson = await live(journal, store)
    clock.pass_ms(10_000)
    await journal.submit(lesson, LEAD, command("page.add", page="2"))
    await journal.close()
    clock.wall_ms -= 3_600_000  # set back while the server was down
    after = await again(store, clock)
    await after.submit(lesson, LEAD, command("page.add", page="3"))
    times = [event.at for event in await after.events(lesson)]
    assert times == sorted(times)
    assert times[-1] == 10_000
    await after.close()


async def test_before_the_start_every_event_is_at_zero(journal: Journal, store: Store, clock: TestClock) -> None:
    lesson = (await store.lessons.add("语文", NOW)).id
    await journal.submit(lesson, LEAD, command("lesson.open"))
    clock.pass_ms(30_000)
    await journal.submit(lesson, LEAD, command("lesson.start"))
    clock.pass_ms(250)
    await journal.submit(lesson, LEAD, command("page.add", page="2"))
    assert [event.at for event in await journal.events(lesson)] == [0, 0, 0, 0, 250]
    assert journal.clock_of(lesson).at_of(clock.monotonic()) == 250


async def test_erasing_a_person_replaces_the_words_and_keeps_the_log(journal: Journal, store: Store) -> None:
    lesson = (await store.lessons.add("语文", NOW)).id
    await journal.submit(lesson, LEAD, command("lesson.open"))
    child = await store.participants.add(lesson, Role.STUDENT, "王明", NOW)
    seat = Seat(child.id, Role.STUDENT)
    await journal.submit(lesson, seat, command("participant.join", name="王明"))
    await journal.submit(lesson, seat, command("chat.say", message="m1", text="秘密"))
    await journal.submit(lesson, LEAD, command("pen.give", everyone=True))
    note = {"object": "n1", "type": "note", "color": "#ffd84d", "size": 28, "box": [0, 0, 99, 99], "text": "日记"}
    seq = await journal.submit(lesson, seat, command("object.add", page="1", object=note))
    events, state = await journal.events(lesson), await journal.state(lesson)
    erased = await journal.erase(child.id)
    assert (erased.words, erased.participants) == (3, 1)
    assert await journal.texts(lesson) == {f"name:{child.id}": "", "text:m1": "", f"words:{seq}:n1": ""}
    assert await journal.events(lesson) == events
    assert await journal.state(lesson) == state


async def test_a_child_whom_its_teacher_added_can_be_erased(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    teacher = Seat("local", Role.LOCAL_TEACHER, "r1")
    await journal.submit(lesson, teacher, command("participant.join", name="赵老师"))
    await journal.submit(lesson, teacher, command("participant.add", participant="xiaoli", name="小丽"))
    assert (await journal.erase("xiaoli")).lessons == {lesson}
    texts = await journal.texts(lesson)
    assert (texts["name:xiaoli"], texts["name:local"]) == ("", "赵老师")


async def test_with_a_child_its_answers_are_erased_and_the_tallies_that_they_are_in(
    journal: Journal, store: Store
) -> None:
    lesson = await live(journal, store)
    teacher = Seat("local", Role.LOCAL_TEACHER, "r1")
    await journal.submit(lesson, teacher, command("participant.join", name="赵老师"))
    await journal.submit(lesson, teacher, command("participant.add", participant="xiaoli", name="小丽"))
    for activity, mine in (("a", True), ("b", False)):
        await journal.submit(lesson, LEAD, command("activity.open", activity=activity, type="text", prompt="?"))
        answered = {"participant": "xiaoli"} if mine else {}
        seat = teacher if mine else ANNA
        await journal.submit(lesson, seat, command("activity.answer", activity=activity, text="canary", **answered))
        await journal.submit(lesson, LEAD, command("activity.reveal", activity=activity))
    before = (await journal.events(lesson))[-1]
    assert rules.project(before, ANNA, await journal.texts(lesson)).data["tally"] == [["canary", 1]]
    assert (await journal.erase("local")).words == 1
    assert (await journal.erase("xiaoli")).words == 2
    view = rules.view(await journal.state(lesson), LEAD, await journal.texts(lesson))["activities"]["by_id"]
    assert "text" not in view["a"]["answers"]["xiaoli"]
    assert "tally" not in view["a"]
    assert view["b"]["answers"]["anna"]["text"] == "canary", "another's"
    await journal.erase("anna")
    assert "canary" not in str(await journal.texts(lesson))


async def test_what_is_hidden_stays_hidden_when_another_is_erased(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    ben = Seat((await store.participants.add(lesson, Role.STUDENT, "Ben", NOW)).id, Role.STUDENT)
    await journal.submit(lesson, ben, command("participant.join", name="Ben"))
    await journal.submit(lesson, LEAD, command("activity.open", activity="c", type="cloud", prompt="?"))
    await journal.submit(lesson, ANNA, command("activity.answer", activity="c", texts=["mine", "fine"]))
    await journal.submit(lesson, ben, command("activity.answer", activity="c", texts=["Rude", "fine"]))
    for word in ("rude", "mine"):
        await journal.submit(lesson, LEAD, command("activity.hide", activity="c", word=word, on=True))
    await journal.erase("anna")
    await journal.submit(lesson, LEAD, command("activity.reveal", activity="c"))
    event, texts = (await journal.events(lesson))[-1], await journal.texts(lesson)
    assert rules.project(event, ben, texts).data["tally"] == [["fine", 1]]
    assert texts[unshown_key("c")] == '["rude"]', "her word is nowhere any more"
    await journal.erase(ben.participant)
    assert "rude" not in str(await journal.texts(lesson)).lower()


@pytest.mark.parametrize("file", ["\ud800", "a\0b", "x" * 10_000])
async def test_what_is_no_id_of_a_work_is_malformed(journal: Journal, store: Store, file: str) -> None:
    lesson = await live(journal, store)
    await journal.submit(lesson, LEAD, command("activity.open", activity="q", type="upload", prompt="?"))
    with pytest.raises(ClientFault) as refused:
        await journal.submit(lesson, ANNA, command("activity.answer", activity="q", file=file))
    assert refused.value.code == "malformed"


async def test_many_who_enter_at_once_are_looked_up_together(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = (await store.lessons.add("语文", NOW)).id
    erased = (await store.participants.add(lesson, Role.STUDENT, "王明", NOW)).id
    await journal.erase(erased)
    look_ups: list[int] = []
    real = store.participants.barred

    async def counted(asked: Any) -> Any:
        look_ups.append(len(asked))
        return await real(asked)

    monkeypatch.setattr(store.participants, "barred", counted)
    enter = [journal.check_entry(f"child-{number}", "小丽") for number in range(2 * TOGETHER)]
    first, *others = await asyncio.gather(journal.check_entry(erased, "王明"), *enter, return_exceptions=True)
    assert isinstance(first, ClientFault)
    assert first.code == "token_invalid"
    assert set(others) == {None}
    assert look_ups == [TOGETHER, TOGETHER, 1]
    await journal.check_entry(erased, None)


async def test_a_listener_that_fails_stops_nobody(
    journal: Journal, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []
    journal.listen(lambda *_: 1 / 0)  # type: ignore[arg-type,return-value]
    journal.listen(lambda _, events, __: heard.extend(event.seq for event in events))
    await live(journal, store)
    assert heard == list(range(1, 9))
    assert "ZeroDivisionError" in caplog.text


async def test_a_commit_whose_answer_is_lost_is_found_and_told(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await live(journal, store)
    heard: list[Event] = []
    journal.listen(lambda _, events, __: heard.extend(events))
    append = store.journal.append

    async def unanswered(*given: Any) -> None:
        await append(*given)
        monkeypatch.undo()
        raise ClientFault("storage_failed", "The line to the database was lost.", Status.UNAVAILABLE)

    monkeypatch.setattr(store.journal, "append", unanswered)
    asked = command("hand.raise")
    with pytest.raises(ClientFault, match="line to the database"):
        await journal.submit(lesson, ANNA, asked)
    load = store.journal.load

    async def slowly(*given: Any) -> Any:
        await asyncio.sleep(0.05)
        return await load(*given)

    monkeypatch.setattr(store.journal, "load", slowly)
    _, seq = await asyncio.gather(journal.state(lesson), journal.submit(lesson, ANNA, asked))
    await journal.submit(lesson, ANNA, command("hand.lower"))
    assert [event.seq for event in heard] == [seq, seq + 1]
    assert [event.kind for event in heard] == ["hand.raised", "hand.lowered"]


async def test_whoever_hangs_up_takes_nothing_along(journal: Journal, store: Store) -> None:
    lesson = await live(journal, store)
    gone = asyncio.create_task(journal.submit(lesson, ANNA, command("hand.raise")))
    stays = asyncio.create_task(journal.submit(lesson, BEN, command("hand.raise")))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert "ben" in (await journal.state(lesson))["hands"]


@pytest.mark.parametrize("bad", ["", "short", "x" * 65, "with space", "new\nline", "half \ud83d"])
async def test_a_bad_command_id_is_malformed(journal: Journal, store: Store, bad: str) -> None:
    with pytest.raises(ClientFault) as refusal:
        await journal.submit("lesson", LEAD, Command(bad, "hand.raise", {}))
    assert refusal.value.code == "malformed"


async def test_after_the_end_the_latest_lessons_stay_in_memory_and_others_are_read(
    journal: Journal, store: Store
) -> None:
    lessons = [await live(journal, store) for _ in range(MAX_ENDED + 3)]
    for lesson in lessons:
        await journal.submit(lesson, LEAD, command("lesson.end"))
    assert len(journal._kept) == MAX_ENDED
    await journal.submit(lessons[0], ANNA, command("participant.leave"))
    state = await journal.state(lessons[0])
    assert state["phase"] == "ended"
    assert not state["participants"]["anna"]["present"]
    for lesson in lessons:
        await journal.state(lesson)
    assert len(journal._kept) == MAX_ENDED


async def test_a_journal_that_closes_finishes_what_it_was_asked(store: Store, clock: TestClock) -> None:
    journal = Journal(store, clock)
    lesson = await live(journal, store)
    hand = asyncio.create_task(journal.submit(lesson, ANNA, command("hand.raise")))
    await asyncio.sleep(0)
    await journal.close()
    await hand
    with pytest.raises(ClientFault) as refusal:
        await journal.submit(lesson, BEN, command("hand.raise"))
    assert (refusal.value.code, refusal.value.status) == ("closing", Status.UNAVAILABLE)
    assert json.loads(json.dumps(await journal.state(lesson)))["hands"] == ["anna"]


async def test_two_journals_of_one_lesson_never_write_over_each_other(store: Store, clock: TestClock) -> None:
    one, two = Journal(store, clock), Journal(store, clock)
    lesson = await live(one, store)
    await two.state(lesson)
    await one.submit(lesson, ANNA, command("hand.raise"))
    with pytest.raises(ClientFault) as refusal:
        await two.submit(lesson, BEN, command("hand.raise"))
    assert refusal.value.code == "storage_failed"
    await two.submit(lesson, BEN, command("hand.raise"))  # it has folded the journal again
    assert (await two.state(lesson))["hands"] == ["anna", "ben"]
    assert rules.fold(await two.events(lesson)) == await two.state(lesson)
    await one.close()
    await two.close()
