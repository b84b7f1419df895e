"""The demo school: made once in its directory, with addresses that open without further steps, new at every run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from classroom.events import Command, Phase, Role
from classroom.ids import new_secret
from classroom.rules import SYSTEM
from classroom.store.records import Account, AccountRole, Lesson, Room
from web.server import seats
from web.server.parts import Parts

SCHOOL = "Demo school 示范小学"
ROOMS = ("Qingshan 青山村小 · Room 3", "Baiyun 白云村小 · Room 1")
ACCOUNTS: tuple[tuple[str, str, AccountRole], ...] = (
    ("teacher", "Li Wen 李文", "teacher"),
    ("admin", "Demo administrator", "admin"),
)
LESSON = "Autumn 秋天"
STUDENT = "Student 学生"
LINKS_MS = 365 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Demo:
    """`pages` are paths with their secrets."""

    lesson: Lesson
    teacher: Account
    rooms: Sequence[Room]
    token: str
    pages: dict[str, str]


async def seeded(parts: Parts) -> Demo:
    """The school, a live lesson (the last one, if a crash left it live), and this run's links and encoder token."""
    store, now = parts.store, parts.now_ms
    accounts = [await _account(parts, *wanted) for wanted in ACCOUNTS]
    teacher, admin = accounts
    schools = await store.schools.list()
    school = schools[0] if schools else await store.schools.add(SCHOOL, now)
    rooms = list(await store.schools.rooms(school.id)) or [
        await store.schools.add_room(school.id, name) for name in ROOMS
    ]
    lesson = next((one for one in await store.lessons.not_ended() if one.title == LESSON), None)
    if lesson is None:
        lesson = await store.lessons.add(LESSON, now, owner=teacher.id, school=school.id, recording=True)
    await _begun(parts, lesson)
    encoder = await store.participants.add(lesson.id, Role.ENCODER, "Lead classroom 主讲教室", now)
    return Demo(
        lesson,
        teacher,
        rooms,
        await seats.token_for(parts, encoder, ttl_s=LINKS_MS // 1000),
        await _pages(parts, lesson, teacher, admin, rooms),
    )


async def _account(parts: Parts, login: str, name: str, role: AccountRole) -> Account:
    known = await parts.store.accounts.by_login(login)
    if known is not None:
        return known
    # Nobody is told the password: the links sign in.
    return await parts.store.accounts.add(login, name, role, await parts.passwords.hashed(new_secret()), parts.now_ms)


async def _begun(parts: Parts, lesson: Lesson) -> None:
    for phase, kind in ((Phase.PREPARED, "lesson.open"), (Phase.OPEN, "lesson.start")):
        if (await parts.journal.state(lesson.id))["phase"] == phase:
            await parts.journal.submit(lesson.id, SYSTEM, Command(str(uuid.uuid4()), kind, {}))


async def _pages(parts: Parts, lesson: Lesson, teacher: Account, admin: Account, rooms: list[Room]) -> dict[str, str]:
    links, until = parts.store.links, parts.now_ms + LINKS_MS
    await links.remove("account")
    await links.remove("seat")
    lead = {"lesson": lesson.id, "role": Role.LEAD_TEACHER.value, "account": teacher.id, "name": teacher.name}
    display = {"lesson": lesson.id, "role": Role.DISPLAY.value, "room": rooms[0].id, "name": rooms[0].name}
    student = {"lesson": lesson.id, "role": Role.STUDENT.value, "room": rooms[0].id, "name": STUDENT}
    return {
        "teach": f"/teach/{lesson.id}#{await links.add('seat', lead, until, None)}",
        "display": f"/display/{lesson.id}#{await links.add('seat', display, until, None)}",
        "join": f"/join/{lesson.code}#{await links.add('seat', student, until, None)}",
        "library": f"/library#{await links.add('account', {'account': teacher.id}, until, None)}",
        "staff": f"/staff#{await links.add('account', {'account': admin.id}, until, None)}",
    }


async def ended(parts: Parts, demo: Demo) -> None:
    """A demo that is stopped leaves a finished lesson behind, with its recording if there is one."""
    if (await parts.journal.state(demo.lesson.id))["phase"] != Phase.ENDED:
        await parts.journal.submit(demo.lesson.id, SYSTEM, Command(str(uuid.uuid4()), "lesson.end", {}))
