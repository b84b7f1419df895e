"""A large library in a database: published resources of several schools, with all that an index keeps of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert

from classroom.store import Store
from classroom.store.database import Database
from classroom.store.index import Texts, put_postgresql, put_sqlite
from classroom.store.records import Resource
from classroom.store.rows import values
from classroom.store.tables import resource, resource_point, unindexed
from tests.bench import spoken
from tests.bench.spoken import Spoken

BEGAN_MS = 1_700_000_000_000
EVERY_MS = 3_600_000
AT_ONCE = 500
LICENCES = ("cc-by", "cc-by-sa", "cc-by-nc", "all-rights")
DRAFTS = 0.1


@dataclass(frozen=True, slots=True)
class Whose:
    account: str
    school: str


async def filled(store: Store, count: int, owners: Sequence[Whose]) -> None:
    """Recordings with transcripts, an hour apart, of one owner after the other; a third of them for all schools. Put
    there as the server does, but many at once."""
    chance = random.Random(3)
    with ProcessPoolExecutor() as pool:
        many: list[tuple[Resource, Spoken]] = []
        for number, said in enumerate(pool.map(spoken.lesson, range(count), chunksize=50)):
            many.append((_row(number, said, owners[number % len(owners)], chance), said))
            if len(many) == AT_ONCE or number == count - 1:
                await _put(store._database, many)
                many.clear()


def _row(number: int, said: Spoken, whose: Whose, chance: random.Random) -> Resource:
    at = BEGAN_MS + number * EVERY_MS
    state = "draft" if chance.random() < DRAFTS else "published"
    return Resource(
        *(f"r{number}", None, said.title, "recording", "ready", at, said.cues[-1][0], f"r{number}", ()),
        owner=whose.account,
        school=whose.school,
        state=state,
        state_at=at,
        changed_at=at,
        published_at=at if state == "published" else None,
        subject=said.subject,
        grade=said.grade,
        language="en" if said.subject == "english" else "zh-CN",
        licence=chance.choice(LICENCES),
        reach=chance.choice(("all", "school", "school")),
        points=(said.point,),
    )


async def _put(database: Database, many: Sequence[tuple[Resource, Spoken]]) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(resource), [values(row) for row, _ in many])
        await connection.execute(
            insert(resource_point), [{"resource": row.id, "point": said.point} for row, said in many]
        )

    def index(connection: Connection) -> None:
        for row, said in many:
            texts: Texts = {
                "title": [(None, said.title)],
                "points": [(None, said.point)],
                "facets": [(None, one) for one in ("录像", "Recording", said.subject, said.grade)],
                "transcript": list(said.cues),
            }
            if database.is_postgresql:
                put_postgresql(connection, row.id, texts)
            else:
                put_sqlite(connection, row.id, texts)

    await database.index(index)
    async with database.writing() as connection:
        await connection.execute(delete(unindexed))
