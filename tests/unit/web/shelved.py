"""A shelf for who leads a crowd's lesson, which has no account: the picture that questions here point at."""

from __future__ import annotations

import sqlite3
from pathlib import Path

MAP = (
    "INSERT OR IGNORE INTO courseware (id, owner, name, bytes, created_at, status, digest, kind, slides, boxes, mime) "
    "VALUES ('map', 'geographer', 'Map', 1, 0, 'ready', 'd', 'slides', 1, '[320]', '')"
)
ACCOUNT = (
    "INSERT OR IGNORE INTO account (id, login, name, role, password_hash, disabled, created_at) "
    "VALUES ('geographer', 'geographer', 'Li', 'teacher', '', 0, 0)"
)


def give_the_map(data: Path, lesson: str) -> None:
    """To who leads the lesson, at a server that keeps its data there."""
    with sqlite3.connect(data / "tongke.sqlite", timeout=30) as database:
        database.execute(ACCOUNT)
        database.execute(MAP)
        database.execute(
            "UPDATE participant SET account = 'geographer' WHERE lesson = ? AND role = 'lead_teacher'", (lesson,)
        )
