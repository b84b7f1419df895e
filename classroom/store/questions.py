"""Teachers' banks of questions."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, delete, exists, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.events import Json
from classroom.store.database import Database
from classroom.store.records import Account, Banked
from classroom.store.rows import values
from classroom.store.tables import account, question, question_label

MOST_WORDS = 20_000
MOST_LABELS = 500
"""Of each kind, by which a bank is looked through."""
AT_ONCE = 40
"""Rows that are made or written before others have a turn."""
NOT_WORDS = {"type", "shape", "picture", "sound", "pictures", "target_pictures"}
TAG, POINT = "tag", "point"


@dataclass(frozen=True, slots=True)
class Search:
    """What of a bank is wanted; empty: all of it. `mine`: not what others share."""

    words: str = ""
    folder: str | None = None
    type: str = ""
    level: str = ""
    language: str = ""
    tag: str = ""
    point: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """What a bank may be looked through by, the most used ones: each with how many questions have it."""

    folders: list[tuple[str, int]] = field(default_factory=list)
    levels: list[tuple[str, int]] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    points: list[tuple[str, int]] = field(default_factory=list)


class Questions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, owner: str, rows: Sequence[Banked], most: int) -> bool:
        """After what there is, in this order; all of them, or none where the bank would have more than `most`."""
        made: list[Json] = []
        for row in rows:
            made.append(_row(row))
            if len(made) % AT_ONCE == 0:
                await asyncio.sleep(0)  # others are answered meanwhile
        async with self._database.writing() as connection:
            there = select(account.c.id).where(account.c.id == owner)
            await connection.execute(there.with_for_update())  # one after the other
            held = select(func.count(), func.coalesce(func.max(question.c.position), 0))
            count, last = (await connection.execute(held.where(question.c.owner == owner))).one()
            if count + len(rows) > most:
                return False
            for place, one in enumerate(made, last + 1):
                one["position"] = place
            labels = [label for row in rows for label in _labels(row)]
            for table, new in ((question, made), (question_label, labels)):
                for begin in range(0, len(new), AT_ONCE):
                    await connection.execute(insert(table), new[begin : begin + AT_ONCE])
        return True

    async def count(self, owner: str) -> int:
        query = select(func.count()).select_from(question).where(question.c.owner == owner)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def get(self, question_id: str, viewer: Account) -> Banked | None:
        """If this account may see it."""
        query = select(question).where(question.c.id == question_id, _seen_by(viewer))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return _banked(row) if row else None

    async def list(
        self, viewer: Account | None, search: Search, since: int = 0, limit: int = 50
    ) -> tuple[Sequence[Banked], int]:
        """What this account may see, or all where none is given, of what is looked for: by folders, from
        there on; and how many there are."""
        wanted = [_seen_by(viewer), *_wanted(viewer, search)]
        query = select(question).where(*wanted)
        query = query.order_by(question.c.folder, question.c.position, question.c.id).offset(since).limit(limit)
        async with self._database.reading() as connection:
            rows = [_banked(row) for row in (await connection.execute(query)).mappings()]
            counting = select(func.count()).select_from(question).where(*wanted)
            return rows, (await connection.execute(counting)).scalar_one()

    async def labels(self, viewer: Account) -> Labels:
        seen = _seen_by(viewer)

        def grouped(column: Any) -> Any:
            return select(column, func.count()).where(seen, column != "").group_by(column)

        labelled = select(question_label.c.label, func.count()).join(
            question, question.c.id == question_label.c.question
        )
        labelled = labelled.where(seen).group_by(question_label.c.label)
        queries = (
            grouped(question.c.folder),
            grouped(question.c.level),
            *(labelled.where(question_label.c.kind == kind) for kind in (TAG, POINT)),
        )
        async with self._database.reading() as connection:
            found = [(await connection.execute(_most_used(query))).all() for query in queries]
        return Labels(*(sorted((label, many) for label, many in rows) for rows in found))

    async def change(self, row: Banked) -> bool:
        """Puts it in the place of what it was. False where it is not there any more."""
        new = _row(row)
        del new["position"]
        async with self._database.writing() as connection:
            changed = update(question).where(question.c.id == row.id, question.c.owner == row.owner).values(new)
            if (await connection.execute(changed)).rowcount == 0:
                return False
            await connection.execute(delete(question_label).where(question_label.c.question == row.id))
            if labels := _labels(row):
                await connection.execute(insert(question_label), labels)
        return True

    async def remove(self, question_id: str, owner: str) -> bool:
        gone = delete(question).where(question.c.id == question_id, question.c.owner == owner)
        async with self._database.writing() as connection:
            return (await connection.execute(gone)).rowcount == 1


async def questions_removed(connection: AsyncConnection, owner: str) -> int:
    """Removes all that an account keeps, and says how much that was."""
    return (await connection.execute(delete(question).where(question.c.owner == owner))).rowcount


def folded(words: str) -> str:
    """As words are looked for: wide forms and capitals make no difference."""
    return unicodedata.normalize("NFKC", words).lower()


def _most_used(query: Select[str, int]) -> Select[str, int]:
    return query.order_by(func.count().desc(), query.selected_columns[0]).limit(MOST_LABELS)


def _row(row: Banked) -> Json:
    said = json.dumps(row.question, ensure_ascii=False)
    words = " ".join((row.folder, *row.tags, *_words(row.question)))[:MOST_WORDS]
    kind = row.question["type"]
    return {**values(row), "tags": list(row.tags), "question": said, "type": kind, "words": folded(words)}


def _words(part: Any) -> Iterator[str]:
    """All that can be read in a question."""
    match part:
        case str():
            yield part
        case dict():
            for key, inner in part.items():
                if key not in NOT_WORDS:
                    yield from _words(inner)
        case list():
            for inner in part:
                yield from _words(inner)


def _banked(row: RowMapping) -> Banked:
    fields = {name: row[name] for name in Banked.__dataclass_fields__}
    return Banked(**{**fields, "question": json.loads(row["question"])})


def _labels(row: Banked) -> list[Json]:
    return [
        {"question": row.id, "kind": kind, "label": label}
        for kind, given in ((TAG, row.tags), (POINT, row.question.get("points", ())))
        for label in dict.fromkeys(given)
    ]


def _seen_by(viewer: Account | None) -> ColumnElement[bool]:
    """One's own, and what is shared with one's school. Who has none is shared nothing: NULL would be everyone's own."""
    if viewer is None:
        return true()
    mine = question.c.owner == viewer.id
    return mine if viewer.school is None else or_(mine, question.c.school == viewer.school)


def _wanted(viewer: Account | None, search: Search) -> Iterator[ColumnElement[bool]]:
    if search.mine and viewer is not None:
        yield question.c.owner == viewer.id
    if search.folder is not None:
        yield question.c.folder == search.folder
    for column, wanted in (
        (question.c.type, search.type),
        (question.c.level, search.level),
        (question.c.language, search.language),
    ):
        if wanted:
            yield column == wanted
    for kind, label in ((TAG, search.tag), (POINT, search.point)):
        if label:
            mine = (question_label.c.question == question.c.id, question_label.c.kind == kind)
            yield exists().where(*mine, question_label.c.label == label)
    for word in folded(search.words).split():
        yield question.c.words.contains(word, autoescape=True)
