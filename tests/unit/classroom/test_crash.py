"""SIGKILL in the middle of writing: what was acknowledged is there, and is recognised when it is sent again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from classroom import rules
from classroom.events import Command, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from tests.unit.classroom.lessons import LEAD
from tests.unit.classroom.test_journal import live

ROOT = Path(__file__).parents[3]
ROUNDS = 2
ACKNOWLEDGED = 60
"""How many answers a round waits for before it kills."""


def write_and_die(url: str, lesson: str, prefix: str) -> list[tuple[str, str, int]]:
    """What the victim was told is done: (actor, command, seq)."""
    arguments = [sys.executable, "-m", "tests.unit.classroom.crash_victim", url, lesson, prefix]
    victim = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    lines = [victim.stdout.readline() for _ in range(ACKNOWLEDGED)]
    victim.kill()
    lines += victim.stdout.readlines()  # said before the blow fell
    victim.stdout.close()
    assert victim.wait() == -9
    told = [line.split() for line in lines if line.endswith("\n")]
    return [(actor, command, int(seq)) for actor, command, seq in told]


async def test_every_acknowledged_command_survives_and_is_recognised(store_url: str) -> None:
    store = await Store.open(store_url)
    journal = Journal(store)
    lesson = await live(journal, store)
    await journal.close()
    told: list[tuple[str, str, int]] = []
    for round_number in range(ROUNDS):
        told += write_and_die(store_url, lesson, f"round{round_number}")
    assert len(told) >= ROUNDS * ACKNOWLEDGED

    journal = Journal(store)
    events = await journal.events(lesson)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert rules.fold(events) == await journal.state(lesson)
    by_cause = {(event.actor, event.cause): event.seq for event in events}
    words = await journal.texts(lesson)
    for actor, command, seq in told:
        assert by_cause[actor, command] == seq
        if actor != "lead":
            assert words[f"text:{events[seq - 1].data['message']}"].startswith("words ")
    for actor, command, seq in told[:: len(told) // 20]:
        seat = LEAD if actor == "lead" else Seat(actor, Role.STUDENT)
        assert await journal.submit(lesson, seat, Command(command, "chat.say", {"text": "again"})) == seq
    assert await journal.events(lesson) == events
    await journal.close()
    await store.close()
