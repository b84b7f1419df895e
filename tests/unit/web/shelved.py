"""What a crowd's lesson needs that comes by other ways than its sockets: a shelf for who leads it, who has no account,
with the picture that questions here point at; and works that were sent in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

MAP = (
    "INSERT OR IGNORE INTO courseware (id, owner, name, bytes, created_at, status, digest, kind, slides, boxes, mime) "
    "VALUES ('map', 'geographer', 'Map', 1, 0, 'ready', 'd', 'slides', 1, '[320]', '')"
)
ACCOUNT = (
    "INSERT OR IGNORE INTO account (id, login, name, role, password_hash, disabled, created_at) "
    "VALUES ('geographer', 'geographer', 'Li', 'teacher', '', 0, 0)"
)

WORK = (
    "INSERT OR REPLACE INTO work (id, lesson, activity, participant, kind, mime, bytes, created_at, answered) "
    "VALUES (?1, ?2, ?3, ?1, ?4, '', 1, 4102444800000, 0)"
)


def give_the_map(data: Path, lesson: str) -> None:
    """To who leads the lesson, at a server that keeps its data there."""
    with sqlite3.connect(data / "tongke.sqlite", timeout=30) as database:
        database.execute(ACCOUNT)
        database.execute(MAP)
        database.execute(
            "UPDATE participant SET account = 'geographer' WHERE lesson = ? AND role = 'lead_teacher'", (lesson,)
        )


def give_works(data: Path, lesson: str, activity: str, kind: str, participants: Iterable[str]) -> None:
    """Each of these has sent one, which goes by its sender's id; what it sent for another question is no more."""
    with sqlite3.connect(data / "tongke.sqlite", timeout=30) as database:
        database.executemany(WORK, [(one, lesson, activity, kind) for one in participants])
