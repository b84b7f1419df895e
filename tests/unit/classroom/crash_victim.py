"""The other side of test_crash: submits commands as fast as it can and says each one that was acknowledged, until it is
killed. Arguments: the database's URL, a lesson, a prefix for command ids."""

from __future__ import annotations

import asyncio
import itertools
import sys

from classroom.events import Command, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from tests.unit.classroom.lessons import LEAD, STROKE

WRITERS = 8


async def main(url: str, lesson: str, prefix: str) -> None:
    journal = Journal(await Store.open(url))
    numbers = itertools.count()

    async def write(seat: Seat) -> None:
        while True:
            number = next(numbers)
            if seat == LEAD:
                data = {**STROKE, "stroke": f"{prefix}-{number}"}
                command = Command(f"{prefix}-{number:06d}", "stroke.add", data)
            else:
                data = {"message": f"{prefix}-{number}", "text": f"words {number}"}
                command = Command(f"{prefix}-{number:06d}", "chat.say", data)
            seq = await journal.submit(lesson, seat, command)
            sys.stdout.write(f"{seat.participant} {command.id} {seq}\n")
            sys.stdout.flush()

    seats = [LEAD, *(Seat(f"child-{number}", Role.STUDENT) for number in range(WRITERS))]
    await asyncio.gather(*map(write, seats))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
