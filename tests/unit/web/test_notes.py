"""Notes that are left of a lesson: for those who taught in it."""

from __future__ import annotations

import uuid
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from classroom.events import SYSTEM, Command, Role, Seat
from classroom.notes.updates import ROOT
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts


def line(words: str) -> str:
    """A paragraph, as a page writes it."""
    doc: Doc[Any] = Doc()
    doc[ROOT] = root = XmlFragment()
    root.children.append(XmlElement("paragraph", contents=[XmlText(words)]))
    return b64encode(doc.get_update()).decode()


def read(updates: list[str]) -> str:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(b64decode(update))
    return str(doc.get(ROOT, type=XmlFragment))


async def test_who_taught_reads_them_when_the_lesson_is_over(
    parts: Parts, lesson: Any, teacher: Person, admin: Person, browser: Callable[[], Awaitable[Person]]
) -> None:
    where, path = lesson["id"], f"/api/v1/lessons/{lesson['id']}/notes"

    async def do(kind: str, seat: Seat = SYSTEM, **data: Any) -> None:
        await parts.journal.submit(where, seat, Command(str(uuid.uuid4()), kind, data))

    await do("lesson.open")
    await do("lesson.start")
    assert await teacher.get(path) == []
    row = await parts.store.participants.add(where, Role.STUDENT, "王明", parts.now_ms)
    child = Seat(row.id, Role.STUDENT)
    await do("participant.join", child, name="王明")
    await do("groups.form", groups=[{"group": "red", "name": "红队", "participants": [row.id]}])
    await do("notes.write", child, notes="red", update=line("we saw 雨"))
    await do("notes.write", notes="class", update=line("all of us"))
    await do("groups.dissolve")
    await do("lesson.end")

    for person in (teacher, admin):
        first, second = await person.get(path)
        assert (first["notes"], first["name"], read(first["updates"])) == (
            "class", None, "<paragraph>all of us</paragraph>",
        )  # fmt: skip
        assert (second["notes"], second["name"]) == ("red", "红队")
        assert read(second["updates"]) == "<paragraph>we saw 雨</paragraph>"

    stranger = await browser()
    assert await refusal(await stranger.call("GET", path)) == (401, "signed_out")
    await admin.post("/api/v1/accounts", {"login": "other", "name": "Other", "password": PASSWORD, "role": "teacher"})
    await stranger.sign_in("other")
    assert await refusal(await stranger.call("GET", path)) == (404, "not_found")
