"""What a report tells beside marks: who was first at the buzzer, hands that were counted, what learners asked."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pypdfium2
import pytest

from classroom.errors import ClientFault
from classroom.events import SYSTEM, Role, Seat
from tests.unit.web.people import PASSWORD, Person
from tests.unit.web.test_reports import body_of, do, rooms  # noqa: F401
from web.server.parts import Parts

ESSAY = {"type": "essay", "prompt": "Why do leaves fall?", "worth": 4}
CHOICE = {"type": "choice", "prompt": "7 × 8?", "options": ["54", "56"], "answer": 1, "explanation": "7 × 7 + 7 是 56."}
FRUIT = {"type": "text", "prompt": "Name a fruit 水果"}
SECRET = {"type": "vote", "prompt": "Was it fun?", "options": ["yes", "no"], "anonymous": True}
NAMES = ("王明", "Anna", "Bo 博")


@pytest.fixture
async def held(parts: Parts, teacher: Person, rooms: list[Any]) -> tuple[str, dict[str, Seat]]:  # noqa: F811
    lesson = (await teacher.post("/api/v1/lessons", {"title": "Autumn 秋天"}))["id"]
    await do(parts, lesson, SYSTEM, "lesson.open")
    await do(parts, lesson, SYSTEM, "lesson.start")
    roles = [*((Role.STUDENT, name) for name in NAMES), (Role.DISPLAY, "Screen"), (Role.LOCAL_TEACHER, "Zhao")]
    seats: dict[str, Seat] = {}
    for number, (role, name) in enumerate(roles):
        room = rooms[number % 2]["id"] if role == Role.STUDENT else rooms[1]["id"]
        row = await parts.store.participants.add(lesson, role, name, parts.now_ms, room=room)
        seats[name] = Seat(row.id, role, room)
        await do(parts, lesson, seats[name], "participant.join", name=name)
    ming, anna, bo, _, local = seats.values()
    await do(parts, lesson, SYSTEM, "activity.open", activity="fast", type="buzzer", prompt="Who knows 秋?")
    for seat in (bo, local, ming):
        await do(parts, lesson, seat, "activity.answer", activity="fast", buzz=True)
    await do(parts, lesson, SYSTEM, "activity.close", activity="fast")
    await do(parts, lesson, SYSTEM, "activity.open", activity="sum", **CHOICE)
    await do(parts, lesson, local, "activity.count", activity="sum", counts=[1, 3])
    await do(parts, lesson, SYSTEM, "activity.reveal", activity="sum")
    await do(parts, lesson, SYSTEM, "activity.open", activity="why", **ESSAY)
    await do(parts, lesson, anna, "activity.answer", activity="why", text="It is cold.")
    await do(parts, lesson, SYSTEM, "activity.reveal", activity="why")
    await do(parts, lesson, SYSTEM, "activity.open", activity="fruit", **FRUIT)
    for who, text in ((anna, "Pear 梨"), (bo, "pear  梨"), (ming, "Bo is stupid")):
        await do(parts, lesson, who, "activity.answer", activity="fruit", text=text)
    await do(parts, lesson, SYSTEM, "activity.hide", activity="fruit", word="bo is stupid", on=True)
    await do(parts, lesson, SYSTEM, "activity.reveal", activity="fruit")
    await do(parts, lesson, SYSTEM, "activity.open", activity="fun", **SECRET)
    with contextlib.suppress(ClientFault):  # held, until others have voted
        await do(parts, lesson, anna, "activity.answer", activity="fun", choice=1)
    await do(parts, lesson, SYSTEM, "activity.reveal", activity="fun")
    await do(parts, lesson, SYSTEM, "activity.open", activity="none", **CHOICE | {"prompt": "8 × 8?"})
    await do(parts, lesson, SYSTEM, "activity.reveal", activity="none")
    for place, (who, text) in enumerate(((anna, "Why red?"), (bo, "为什么黄？"), (ming, "Nobody's business"))):
        await do(parts, lesson, who, "question.ask", question=f"q{place}", text=text)
    await do(parts, lesson, ming, "question.vote", question="q1", on=True)
    await do(parts, lesson, SYSTEM, "question.reply", question="q1", text="The green goes first.")
    await do(parts, lesson, SYSTEM, "question.mark", question="q2", state="hidden")
    await do(parts, lesson, SYSTEM, "lesson.end")
    return lesson, seats


async def printed(person: Person, lesson: str, language: str = "en") -> str:
    body = await body_of(person, f"/api/v1/lessons/{lesson}/report.pdf?language={language}")
    with contextlib.closing(pypdfium2.PdfDocument(body)) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


async def test_who_was_first_and_by_how_much_is_in_the_report_and_its_print(
    teacher: Person, parts: Parts, held: tuple[str, dict[str, Seat]]
) -> None:
    lesson, seats = held
    told = await teacher.get(f"/api/v1/lessons/{lesson}/report")
    row = told["questions"][0]["buzzes"]
    assert [one["name"] for one in row] == ["Bo 博", "Screen", "王明"], "a room goes by its display's name"
    came = (event for event in await parts.journal.events(lesson) if event.kind == "activity.answered")
    at = {event.actor: event.at for event in came if event.data["activity"] == "fast"}
    opened = next(event.at for event in await parts.journal.events(lesson) if event.kind == "activity.opened")
    first, second, third = [at[seats[name].participant] for name in ("Bo 博", "Zhao", "王明")]
    assert [one["after_ms"] for one in row] == [one - opened for one in (first, second, third)]
    assert [one["before_ms"] for one in row] == [second - first, third - second, None]
    text = await printed(teacher, lesson)
    assert [text.index(f"{place}. {one['name']}") for place, one in enumerate(row, 1)] == sorted(
        text.index(f"{place}. {one['name']}") for place, one in enumerate(row, 1)
    )
    assert "Before the next" in text
    table = (await body_of(teacher, f"/api/v1/lessons/{lesson}/report.csv?table=buzzes")).decode("utf-8-sig")
    assert [line[1] for line in csv.reader(io.StringIO(table))] == ["name", "Bo 博", "Screen", "王明"]


async def test_hands_works_that_wait_and_what_learners_asked_are_printed(
    teacher: Person, held: tuple[str, dict[str, Seat]]
) -> None:
    lesson, _ = held
    told = (await teacher.get(f"/api/v1/lessons/{lesson}/report"))["asked"]
    assert [(one["text"], one["votes"], one["name"]) for one in told] == [
        ("为什么黄？", 1, "Bo 博"),
        ("Why red?", 0, "Anna"),
    ]
    for language, hands, waits, unanswered, asks, people in (
        (
            "en",
            "Hands that were counted",
            "Not all marked",
            "(Nobody answered)",
            "What learners asked",
            "3 people answered.",
        ),
        ("zh-CN", "举手统计", "未全部评分", "无人作答", "学生的提问", "3 人作答。"),
    ):
        text = await printed(teacher, lesson, language)
        assert hands in text
        assert "75 %" in text
        assert waits in text
        assert unanswered in text
        assert people in text
        assert "".join(text.split()).index("为什么黄") < "".join(text.split()).index("Whyred?"), "most votes first"
        assert asks in text
        assert "The green goes first." in text
        assert "business" not in text, "it was hidden"


async def test_what_was_answered_is_printed_under_each_question(
    teacher: Person, held: tuple[str, dict[str, Seat]]
) -> None:
    lesson, _ = held
    lines = (await printed(teacher, lesson, "zh-CN")).splitlines()
    under = lines[lines.index("2. 7 × 8?") :]
    assert under[1:3] == ["A 54 1 25 %", "✓ B 56 3 75 %"], "hands are votes"
    assert "7 × 7 + 7 是 56." in under
    assert lines[lines.index("3. Why do leaves fall?") + 1] == "已交 1 份"
    under = lines[lines.index("4. Name a fruit 水果") :]
    assert under[1:4] == ["3 人作答。", "已隐藏 1 个", "pear 梨 2 67 %"]
    assert "stupid" not in "".join(lines), "it was hidden"
    assert lines[lines.index("5. Was it fun?") + 1].startswith("不记名投票不足五人")
    assert "yes" not in "".join(lines)


async def test_who_taught_one_room_is_told_of_its_children_alone(
    admin: Person,
    teacher: Person,
    parts: Parts,
    held: tuple[str, dict[str, Seat]],
    browser: Callable[[], Awaitable[Person]],
) -> None:
    lesson, seats = held
    await admin.post("/api/v1/accounts", {"login": "zhao", "name": "Zhao", "role": "teacher", "password": PASSWORD})
    account = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "zhao")
    room = seats["Anna"].room
    await parts.store.participants.add(lesson, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=room, account=account)
    other = await browser()
    await other.sign_in("zhao")
    told = await other.get(f"/api/v1/lessons/{lesson}/report")
    assert [(one["name"], one["place"]) for one in told["questions"][0]["buzzes"]] == [("Screen", 2)]
    assert [(one["text"], one["name"]) for one in told["asked"]] == [("为什么黄？", ""), ("Why red?", "Anna")]
    assert "Bo 博" not in str(told)
    assert seats["Bo 博"].participant not in str(told)
