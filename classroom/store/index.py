"""The index of what resources say: a table of their texts, and beside it what finds words in them.

All of it is made of what else is in the database (`unindexed` says of which resources anew), so it may be thrown away
at any time. It is the schema `search`: with SQLite a file of its own, where FTS5 finds words and keeps no text; with
PostgreSQL two tsvectors, `words` that are found and what it is `about`, of which its rank is made: to read all words of
all that was found takes PostgreSQL a second. Both are given tokens of ours (`classroom.finding`), and cut nothing
themselves.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Delete,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    exists,
    insert,
    literal,
    select,
    text,
)

from classroom.errors import ClientFault
from classroom.finding import Passage, words
from classroom.store.database import Database
from classroom.store.tables import ID, resource, unindexed

VERSION = 4
"""Of how texts are cut, and kept: another one makes the index anew."""
IN_POSTGRESQL = f"version {VERSION}.1"
FIELDS = ("title", "points", "facets", "description", "slides", "board", "questions", "transcript")
"""`facets`: what its kind, subject, grade, … are called, in each language."""
WEIGHTS = (10.0, 6.0, 4.0, 4.0, 3.0, 3.0, 2.0, 1.0)
CLASSES = dict(zip(FIELDS, "ABBBCCCD", strict=True))
"""PostgreSQL knows four weights."""
MOST_TOKENS = 60_000
"""Of one resource: a lecture of five hours."""
MOST_BYTES = (1 << 20) - 1
"""Of a tsvector: PostgreSQL takes no more."""
MOST_PLACES = 16_383
SAID_OF_IT = ("title", "points", "facets", "description")
MOST_OFTEN = 48
"""Of the tokens of all other fields, these are what a resource is about: those that come most often."""
ABOUT_BYTES = 1_400
"""With the rest of its row that stays in one place: PostgreSQL puts elsewhere what is longer than 2 KB."""
LOCK = 0x696E646578  # "index": two servers that start at once make it one after the other

_index = MetaData()
document = Table(
    "document",
    _index,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("resource", ID, unique=True, nullable=False),
    Column("texts", Text, nullable=False),
    schema="search",
)

Texts = dict[str, list[tuple[int | None, str]]]
"""By field, passages with their moments: (ms of the lesson's clock, text)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    resource: str
    turn: int


class Index:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(self, *, anew: bool = False) -> None:
        """Makes it where it is not there, or was made otherwise; then all resources wait to be indexed."""
        postgresql = self._database.is_postgresql
        try:
            if await self._database.index(lambda connection: _is_made(connection, postgresql)) and not anew:
                return
        except ClientFault:
            await self._database.without_index()
        await self._database.index(lambda connection: _make(connection, postgresql))
        everything = select(resource.c.id, literal(0), literal(False))
        there = exists().where(unindexed.c.resource == resource.c.id)
        async with self._database.writing() as connection:
            columns = ["resource", "turn", "withheld"]
            await connection.execute(insert(unindexed).from_select(columns, everything.where(~there)))
        await self._database.index(lambda connection: _is_whole(connection, postgresql))

    async def waiting(self, most: int) -> Sequence[Waiting]:
        """Of those whose words were taken out first."""
        query = select(unindexed.c.resource, unindexed.c.turn).order_by(unindexed.c.withheld.desc()).limit(most)
        async with self._database.reading() as connection:
            return [Waiting(*row) for row in await connection.execute(query)]

    @property
    def written(self) -> asyncio.Event:
        """Set when this process has written what may now wait."""
        return self._database.written

    async def waits(self, resource_id: str) -> bool:
        query = select(unindexed.c.resource).where(unindexed.c.resource == resource_id)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def put(self, wait: Waiting, texts: Texts | None) -> None:
        """In the place of what was there; None where there is no such resource any more. Nothing where it has changed
        since."""
        done = delete(unindexed).where(unindexed.c.resource == wait.resource, unindexed.c.turn == wait.turn)
        if self._database.is_postgresql:
            await self._database.index(lambda connection: _put_if_waiting(connection, wait, texts, done))
            return
        await self._database.index(lambda connection: put_sqlite(connection, wait.resource, texts))
        async with self._database.writing() as connection:
            await connection.execute(done)

    async def merge(self, pages: int, *, begins: bool) -> bool:
        """What was taken out lies in the file until parts of the index are merged; a little of that. False: all is."""
        if self._database.is_postgresql:
            return False  # the server's own vacuum does that
        return await self._database.index(lambda connection: _merge(connection, -pages if begins else pages))


def _is_made(connection: Connection, postgresql: bool) -> bool:
    if postgresql:
        there = connection.execute(text("SELECT obj_description(to_regclass('search.document'))")).scalar()
        return there == IN_POSTGRESQL
    return connection.exec_driver_sql("PRAGMA user_version").scalar() == VERSION


def _is_whole(connection: Connection, postgresql: bool) -> None:
    in_postgresql = f"COMMENT ON TABLE search.document IS '{IN_POSTGRESQL}'"
    connection.exec_driver_sql(in_postgresql if postgresql else f"PRAGMA user_version = {VERSION}")


def _make(connection: Connection, postgresql: bool) -> None:
    if postgresql:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS search CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA search")
        document.create(connection)
        connection.exec_driver_sql("ALTER TABLE search.document ADD COLUMN words tsvector, ADD COLUMN about tsvector")
        # To unpack `words` takes longer than to read it; `about` stays in its row while others can be put elsewhere.
        connection.exec_driver_sql(
            "ALTER TABLE search.document ALTER words SET STORAGE EXTERNAL, ALTER about SET STORAGE MAIN"
        )
        connection.exec_driver_sql(
            "CREATE INDEX document_words ON search.document USING gin (words) WITH (fastupdate = off)"
        )
        return
    connection.exec_driver_sql("DROP TABLE IF EXISTS words")
    connection.exec_driver_sql("DROP TABLE IF EXISTS document")
    connection.exec_driver_sql(
        "CREATE TABLE document (number INTEGER PRIMARY KEY, resource TEXT NOT NULL UNIQUE, texts TEXT NOT NULL)"
    )
    columns = ", ".join(FIELDS)
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE words USING fts5({columns}, content='', prefix='1', tokenize='ascii')"
    )


def _encoded(texts: Texts) -> str:
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def decoded(stored: str) -> Texts:
    found: Texts = json.loads(stored)
    return found


def _cut(texts: Texts) -> dict[str, list[str]]:
    found, left = {}, MOST_TOKENS
    for field in FIELDS:
        of = [token for _, said in texts.get(field, ()) for token in words(said)][:left]
        left -= len(of)
        found[field] = of
    return found


def put_sqlite(connection: Connection, resource_id: str, texts: Texts | None) -> None:
    encoded = "" if texts is None else _encoded(texts)
    row = connection.exec_driver_sql("SELECT number, texts FROM document WHERE resource = ?", (resource_id,)).first()
    marks = ", ".join("?" * len(FIELDS))
    columns = ", ".join(FIELDS)
    if row is not None:
        if texts is not None and row.texts == encoded:
            return
        before = [" ".join(one) for one in _cut(decoded(row.texts)).values()]
        taken = f"INSERT INTO words(words, rowid, {columns}) VALUES ('delete', ?, {marks})"  # noqa: S608
        connection.exec_driver_sql(taken, (row.number, *before))
        connection.exec_driver_sql("DELETE FROM document WHERE number = ?", (row.number,))
    if texts is None:
        return
    put = "INSERT INTO document (resource, texts) VALUES (?, ?)"
    number = connection.exec_driver_sql(put, (resource_id, encoded)).lastrowid
    now = [" ".join(one) for one in _cut(texts).values()]
    connection.exec_driver_sql(f"INSERT INTO words(rowid, {columns}) VALUES (?, {marks})", (number, *now))  # noqa: S608


def _put_if_waiting(connection: Connection, wait: Waiting, texts: Texts | None, done: Delete) -> None:
    if connection.execute(done).rowcount:  # else another node was as fast, or it has changed since
        put_postgresql(connection, wait.resource, texts)


def put_postgresql(connection: Connection, resource_id: str, texts: Texts | None) -> None:
    connection.execute(delete(document).where(document.c.resource == resource_id))
    if texts is not None:
        put = (
            "INSERT INTO search.document (resource, texts, words, about)"
            " VALUES (:resource, :texts, CAST(:words AS tsvector), CAST(:about AS tsvector))"
        )
        cut = _cut(texts)
        vectors = {"words": _vector(cut), "about": _vector(_about(cut), ABOUT_BYTES)}
        connection.execute(text(put), {"resource": resource_id, "texts": _encoded(texts), **vectors})


def _about(cut: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is said of it, and of what is said in it the tokens that come most often; each as often as its logarithm."""
    about = {field: cut[field] for field in SAID_OF_IT}
    rest = [field for field in FIELDS if field not in about]
    often = Counter({(field, token): n for field in rest for token, n in Counter(cut[field]).items()})
    for (field, token), n in often.most_common(MOST_OFTEN):
        about.setdefault(field, []).extend([token] * n.bit_length())
    return about


def _vector(cut: dict[str, list[str]], most_bytes: int = MOST_BYTES) -> str:
    """A tsvector as PostgreSQL reads it; places are apart from field to field. Where it is full, what comes first is in
    it: a token takes its bytes, and five at most for its length and first place; each other place takes two."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    place, left = 0, most_bytes
    for field, of in cut.items():
        for token in of:
            place += 1
            takes = 2 if token in found else len(token.encode()) + 5
            if takes <= left and len(found[token]) < 255:
                left -= takes
                found[token].append(f"{min(place, MOST_PLACES)}{CLASSES[field]}")
        place += 1
    return " ".join(f"'{token}':{','.join(places)}" for token, places in found.items())


def _merge(connection: Connection, pages: int) -> bool:
    """FTS5's `merge`: begun with a negative number, of all parts one is made, so many pages at a time."""
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql("INSERT INTO words(words, rank) VALUES ('merge', ?)", (pages,))
    return bool(connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before >= 2)


def passages(texts: Texts, field: str) -> list[Passage]:
    return [Passage(said, at) for at, said in texts.get(field, ())]
