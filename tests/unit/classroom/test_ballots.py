"""Anonymous votes: who voted and what was voted are on disk, and nothing there joins the two."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from classroom.activities.counting import FEWEST
from classroom.ballots import Ballot, Box, drafts
from classroom.errors import ClientFault, Status
from classroom.events import SYSTEM, Command, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from recordings import library
from tests.unit.classroom.conftest import TestClock
from tests.unit.classroom.lessons import LEAD

NOW = 1_800_000_000_000
numbers = itertools.count(1)
VOTE = {"activity": "v", "type": "vote", "prompt": "clear?", "options": ["yes", "no"], "anonymous": True}


def command(kind: str, **data: Any) -> Command:
    return Command(f"command-{next(numbers)}", kind, data)


def ballot(voter: str, value: str = "0", command: str = "c") -> Ballot:
    return Ballot("v", voter, value, voter, command)


# the box


@given(some.integers(0, 60), some.lists(some.integers(1, 12), max_size=60), some.integers())
def test_whatever_comes_when_a_box_gives_five_at_least_or_nothing(many: int, ticks: list[int], seed: int) -> None:
    rng, box, given_out = random.Random(seed), Box(), list[list[str]]()
    voters = [f"voter-{n}" for n in range(many)]
    coming, lost = iter(voters), frozenset[str]()
    for size in [*ticks, many]:
        for voter in itertools.islice(coming, size):
            assert box.put(ballot(voter)).code == "held"
        given_out.append([one.voter for one in box.due(rng)])
        assert len(box.voters) < 2 * FEWEST
        if rng.random() < 0.05:  # the server dies, and those who had voted have gone
            box, lost = Box(), lost | box.voters
    left = box.voters
    given_out.append([one.voter for one in box.rest()])
    assert all(len(one) >= FEWEST for one in given_out if one)
    counted = set(voters) - lost - (left if len(left) < FEWEST else set())
    assert sorted(itertools.chain(*given_out)) == sorted(counted)
    assert box.voters == frozenset()
    assert many < FEWEST or lost or len(left) >= FEWEST


def test_a_vote_that_comes_again_is_the_same_and_another_is_too_late() -> None:
    box = Box()
    assert box.put(ballot("anna")).code == "held"
    assert box.put(ballot("anna", "1")).code == "held", "a command means the same whenever it comes"
    assert box.put(ballot("anna", "1", "another")).code == "already_answered"
    for n in range(4):
        box.put(ballot(f"voter-{n}"))
    assert [one.value for one in box.rest() if one.voter == "anna"] == ["0"]


def test_who_voted_and_what_are_each_in_an_order_of_their_own() -> None:
    cast = [ballot(f"voter-{n:02}", str(n)) for n in range(40)]
    random.Random(1).shuffle(cast)
    made = drafts(cast, random.Random(2))
    assert [one.data for one in made] == [{"activity": "v", "participant": f"voter-{n:02}"} for n in range(40)]
    (texts,) = [one.texts for one in made if one.texts]
    assert list(texts) == sorted(texts)
    assert sorted(texts.values(), key=int) == [str(n) for n in range(40)]
    assert list(texts.values()) not in ([one.value for one in cast], [str(n) for n in range(40)])


# in the journal


@pytest.fixture
async def journal(store: Store, clock: TestClock) -> AsyncIterator[Journal]:
    opened = Journal(store, clock)
    yield opened
    await opened.close()


async def voting(journal: Journal, store: Store, voters: int) -> tuple[str, list[Seat]]:
    """A lesson in which so many may vote, and do not yet."""
    lesson = (await store.lessons.add("语文", NOW)).id
    seats = [Seat(f"child-{number:03}", Role.STUDENT) for number in range(voters)]
    await journal.submit(lesson, LEAD, command("lesson.open"))
    await journal.submit(lesson, LEAD, command("lesson.start"))
    for seat in (LEAD, *seats):
        await journal.submit(lesson, seat, command("participant.join", name="小丽"))
    await journal.submit(lesson, LEAD, command("activity.open", **VOTE))
    return lesson, seats


async def said(journal: Journal, lesson: str, seat: Seat, asked: Command) -> str | int:
    try:
        return await journal.submit(lesson, seat, asked)
    except ClientFault as fault:
        return fault.code


async def on_disk(store: Store, lesson: str) -> tuple[list[str], list[str], list[str]]:
    """Who voted, what was voted, and who sent commands, as the database gives it out."""
    async with store._database.reading() as connection:
        events = (await connection.exec_driver_sql("SELECT data FROM event WHERE kind = 'activity.answered'")).all()
        texts = (await connection.exec_driver_sql("SELECT key, participant, words, seq FROM side_text")).all()
        commands = (await connection.exec_driver_sql("SELECT actor FROM command")).all()
    assert all((row[1], row[3]) == (None, None) for row in texts if row[0].startswith("ballot:"))
    return (
        [json.loads(row[0])["participant"] for row in events],
        [row[2] for row in texts if row[0].startswith("ballot:")],
        [row[0] for row in commands if row[0].startswith("child-")],
    )


async def test_nothing_is_on_disk_before_five_can_be_written_and_five_stay_behind(
    journal: Journal, store: Store
) -> None:
    lesson, seats = await voting(journal, store, 12)
    before = await on_disk(store, lesson)
    votes = [command("activity.answer", activity="v", choice=n % 2) for n in range(12)]
    for seat, vote in zip(seats[:9], votes, strict=False):
        assert await said(journal, lesson, seat, vote) == "held"
        assert await said(journal, lesson, seat, vote) == "held"
    assert await on_disk(store, lesson) == before
    assert journal.held(lesson, "v") == {seat.participant for seat in seats[:9]}
    await said(journal, lesson, seats[9], votes[9])
    voted, values, senders = await on_disk(store, lesson)
    assert (len(voted), len(values)) == (5, 5)
    assert sorted((Counter(senders) - Counter(before[2])).elements()) == voted == sorted(voted)
    assert journal.held(lesson, "v") == {seat.participant for seat in seats[:10]} - set(voted)

    # Whoever asks again hears that it is written, or goes on waiting; nobody votes twice.
    for seat, vote in zip(seats[:10], votes, strict=False):
        answer = await said(journal, lesson, seat, vote)
        assert isinstance(answer, int) == (seat.participant in voted)
        other = command("activity.answer", activity="v", choice=0)
        assert await said(journal, lesson, seat, other) == "already_answered"

    # The rest is written with the close, and counted.
    await journal.submit(lesson, LEAD, command("activity.reveal", activity="v"))
    voted, values, _ = await on_disk(store, lesson)
    assert sorted(voted) == [seat.participant for seat in seats[:10]]
    assert sorted(values) == ["0"] * 5 + ["1"] * 5
    closed, revealed = (await journal.events(lesson))[-2:]
    assert closed.data == {"activity": "v", "tally": [5, 5]}
    assert revealed.data == {"activity": "v", "answered": 10, "tally": [5, 5]}
    assert isinstance(await said(journal, lesson, seats[0], votes[0]), int)
    assert await said(journal, lesson, seats[11], votes[11]) == "activity_closed"


async def test_of_four_votes_nothing_is_ever_written(journal: Journal, store: Store) -> None:
    lesson, seats = await voting(journal, store, 4)
    before = await on_disk(store, lesson)
    votes = [command("activity.answer", activity="v", choice=1) for _ in seats]
    for seat, vote in zip(seats, votes, strict=True):
        assert await said(journal, lesson, seat, vote) == "held"
    await journal.submit(lesson, LEAD, command("lesson.end"))
    assert await on_disk(store, lesson) == before
    assert "tally" not in (await journal.state(lesson))["activities"]["by_id"]["v"]
    assert await said(journal, lesson, seats[0], votes[0]) == "wrong_phase"


async def test_a_close_that_cannot_be_written_loses_no_vote(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, seats = await voting(journal, store, 9)
    for seat in seats:
        await said(journal, lesson, seat, command("activity.answer", activity="v", choice=1))

    async def full(*_: object) -> None:
        raise ClientFault("storage_full", "full", Status.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(store.journal, "append", full)
        assert await said(journal, lesson, LEAD, command("activity.close", activity="v")) == "storage_full"
    assert len(journal.held(lesson, "v")) == 9
    await journal.submit(lesson, LEAD, command("activity.close", activity="v"))
    assert (await journal.events(lesson))[-1].data == {"activity": "v", "tally": [0, 9]}


async def test_a_commit_that_only_seems_to_fail_writes_no_vote_twice(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, seats = await voting(journal, store, 12)
    votes = {seat: command("activity.answer", activity="v", choice=n % 2) for n, seat in enumerate(seats)}
    for seat in seats[:9]:
        await said(journal, lesson, seat, votes[seat])
    real = store.journal.append

    async def lost(*given: Any) -> None:
        await real(*given)
        raise ClientFault("storage_failed", "the answer to the commit is lost", Status.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(store.journal, "append", lost)
        assert await said(journal, lesson, seats[9], votes[seats[9]]) == "storage_failed"
    for seat in seats[9:]:
        await said(journal, lesson, seat, votes[seat])
    await journal.submit(lesson, LEAD, command("activity.close", activity="v"))
    assert (await journal.events(lesson))[-1].data == {"activity": "v", "tally": [6, 6]}


async def test_who_waits_when_the_time_is_over_goes_on_waiting(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson, seats = await voting(journal, store, 7)
    await journal.submit(lesson, LEAD, command("activity.close", activity="v"))
    await journal.submit(lesson, LEAD, command("activity.open", **{**VOTE, "activity": "w", "seconds": 30}))
    votes = [command("activity.answer", activity="w", choice=1) for _ in seats]
    for seat, vote in zip(seats, votes, strict=True):
        assert await said(journal, lesson, seat, vote) == "held"
    clock.pass_ms(40_000)
    for seat, vote in zip(seats, votes, strict=True):
        assert await said(journal, lesson, seat, vote) == "held"
    await journal.submit(lesson, LEAD, command("activity.close", activity="w"))
    for seat, vote in zip(seats, votes, strict=True):
        assert isinstance(await said(journal, lesson, seat, vote), int)


async def test_one_that_is_left_alone_by_a_restart_is_not_written(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson, seats = await voting(journal, store, 10)
    votes = {seat: command("activity.answer", activity="v", choice=n % 2) for n, seat in enumerate(seats)}
    for seat in seats:
        await said(journal, lesson, seat, votes[seat])
    before = await on_disk(store, lesson)
    again = Journal(store, clock)
    try:
        (late, *_) = [seat for seat in seats if seat.participant not in before[0]]
        assert await said(again, lesson, late, votes[late]) == "held"
        await again.submit(lesson, LEAD, command("activity.close", activity="v"))
        assert (await on_disk(store, lesson))[:2] == before[:2]
        assert await said(again, lesson, late, votes[late]) == "activity_closed"
    finally:
        await again.close()


async def test_a_server_that_dies_has_lost_no_vote_that_it_acknowledged(
    journal: Journal, store: Store, clock: TestClock
) -> None:
    lesson, seats = await voting(journal, store, 14)
    votes = {seat: command("activity.answer", activity="v", choice=n % 2) for n, seat in enumerate(seats)}
    for seat in seats:
        await said(journal, lesson, seat, votes[seat])
    first = {seat for seat in seats if isinstance(await said(journal, lesson, seat, votes[seat]), int)}
    assert 5 <= len(first) < 14

    again = Journal(store, clock)  # as after a SIGKILL: what was in memory is gone
    try:
        answers = {seat: await said(again, lesson, seat, votes[seat]) for seat in seats}
        assert {seat for seat in seats if isinstance(answers[seat], int)} >= first
        await again.submit(lesson, LEAD, command("activity.close", activity="v"))
        assert (await again.events(lesson))[-1].data == {"activity": "v", "tally": [7, 7]}
        voted, values, _ = await on_disk(store, lesson)
        assert (sorted(voted), len(values)) == ([seat.participant for seat in seats], 14)
    finally:
        await again.close()


async def test_the_system_says_who_voted_and_no_event_what(journal: Journal, store: Store) -> None:
    lesson, seats = await voting(journal, store, 10)
    for seat in seats:
        await said(journal, lesson, seat, command("activity.answer", activity="v", choice=0))
    events = [one for one in await journal.events(lesson) if one.kind == "activity.answered"]
    assert len(events) == 5
    assert {one.actor for one in events} == {SYSTEM.participant}
    assert all(one.data.keys() == {"activity", "participant"} for one in events)
    assert len({(one.at, one.cause) for one in events}) == 1


async def test_who_has_the_database_guesses_no_better_than_by_chance(journal: Journal, store: Store) -> None:
    """Whoever voted k-th, as events lie on disk, is taken to have cast the k-th ballot, as these lie; after all votes,
    and somewhere among them. At best that says of each who was written with it, and of these chance alone."""
    rng, hits, by_chance, within, spread = random.Random(3), 0, 0.0, 0.0, 0.0
    lesson, seats = await voting(journal, store, 30)
    await journal.submit(lesson, LEAD, command("activity.close", activity="v"))
    for name in map(str, range(16)):
        await journal.submit(lesson, LEAD, command("activity.open", **{**VOTE, "activity": name}))
        truth = {}
        for seat in rng.sample(seats, rng.choice([17, 30])):
            truth[seat.participant] = str(rng.randrange(2))
            vote = command("activity.answer", activity=name, choice=int(truth[seat.participant]))
            await said(journal, lesson, seat, vote)
        if int(name) % 2:
            await journal.submit(lesson, LEAD, command("activity.close", activity=name))
        known = await voted_and_values(store, name)
        many = len(known)
        assert many >= 2 * FEWEST
        hits += sum(truth[voter] == value for voter, value, _ in known)
        by_chance += guessed([value for _, value, _ in known])
        for commit in {commit for _, _, commit in known}:
            within += guessed([value for _, value, of in known if of == commit])
        spread += many / 4
        if not int(name) % 2:
            await journal.submit(lesson, LEAD, command("activity.close", activity=name))
    assert by_chance - 5 * spread**0.5 < hits < within + 5 * spread**0.5


async def test_who_sees_when_votes_count_and_what_is_given_out_joins_nobody_to_a_choice(
    journal: Journal, store: Store
) -> None:
    """All answers to senders, in their order, with who among five at least they come together; and what is kept of it
    for who looks back, of which exported folders are made. The first half votes alike, which shows most."""
    lesson, seats = await voting(journal, store, 17)
    chosen = {seat: int(n < 9) for n, seat in enumerate(seats)}
    votes = {seat: command("activity.answer", activity="v", choice=chosen[seat]) for seat in seats}
    counted: dict[str, str | int] = {}
    for moment, seat in enumerate(seats):
        before = len(counted)
        for waiting in (seat, *seats[:moment]):
            answer = await said(journal, lesson, waiting, votes[waiting])
            if answer != "held":
                counted.setdefault(waiting.participant, answer)
        assert len(counted) - before == 0 or len(counted) - before >= FEWEST
        assert moment + 1 - len(counted) >= min(FEWEST, moment + 1), "of those who came last nobody knows who waits"
    await journal.submit(lesson, LEAD, command("activity.reveal", activity="v"))
    for seat in seats:
        assert isinstance(await said(journal, lesson, seat, votes[seat]), int)
    events, texts = await journal.events(lesson), await journal.texts(lesson)
    for viewer in (Seat("library", Role.OBSERVER), LEAD):
        kept = await library.told(journal, lesson, viewer, events, texts)
        answers = [one for one in kept if one.kind == "activity.answered"]
        assert {one.actor for one in answers} <= {SYSTEM.participant}
        assert all(one.data.keys() <= {"activity", "participant"} for one in answers)
        assert "ballot:" not in json.dumps([one.data for one in kept])
        tallied = [one for one in kept if "tally" in json.dumps(one.data)]
        assert tallied
        assert {one.kind for one in tallied} <= {"activity.revealed", "activity.closed"}, "no choice before the end"
        assert not [one for one in tallied for child in chosen if child.participant in json.dumps(one.data)]


def guessed(values: list[str]) -> float:
    """How many are guessed right on average by who deals out these values by chance."""
    yes = values.count("1")
    return (yes**2 + (len(values) - yes) ** 2) / len(values)


async def voted_and_values(store: Store, activity: str) -> list[tuple[str, str, str]]:
    """Who voted, what lies in the same place, and the commit that says who voted."""
    query = "SELECT data, cause FROM event WHERE kind = 'activity.answered'"
    async with store._database.reading() as connection:
        events = (await connection.exec_driver_sql(query)).all()
        texts = (await connection.exec_driver_sql("SELECT key, words FROM side_text")).all()
    all_voted = [(json.loads(text), commit) for text, commit in events]
    voted = [(one["participant"], commit) for one, commit in all_voted if one["activity"] == activity]
    values = [words for key, words in texts if key.startswith(f"ballot:{activity}:")]
    return [(who, value, commit) for (who, commit), value in zip(voted, values, strict=True)]
