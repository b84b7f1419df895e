"""The journal on disk: events, the commands they came from, and the side table of words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.activities.counting import ANSWER, BALLOT, TALLY, UNSHOWN, still_unshown
from classroom.events import Event, Phase
from classroom.store import owners
from classroom.store.courseware import show
from classroom.store.database import Database
from classroom.store.photos import photos_removed
from classroom.store.records import Entry, Erased, Saved
from classroom.store.tables import command, event, lesson, participant, side_text
from classroom.store.works import keep, works_removed

OLD_WORDS = delete(side_text).where(
    side_text.c.lesson == bindparam("old_lesson"), side_text.c.key == bindparam("old_key")
)

NO_FENCES: Mapping[str, int] = {}
AT_ONCE = 1000  # rows


class JournalStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entries: Sequence[Entry], epoch_ms: int, fences: Mapping[str, int] = NO_FENCES) -> None:
        """Commits the commands of one tick in one transaction, with the lessons' phases. All of it or nothing. Raises
        `Fenced` where a fencing token in `fences` (lesson → token) is not the latest any more; ClientFault
        `storage_full` or `storage_failed`; IntegrityError where another wrote to the same journal."""
        events = [_row(entry.lesson, one, _came(entry, epoch_ms)) for entry in entries for one in entry.events]
        commands = [
            {"lesson": entry.lesson, "actor": entry.actor, "id": entry.command, "seq": entry.seq} for entry in entries
        ]
        words = {
            (entry.lesson, key): {
                "lesson": entry.lesson,
                "key": key,
                "participant": whose,
                "words": text,
                "seq": None if key.startswith(BALLOT) else entry.seq,  # a ballot comes with nothing
            }
            for entry in entries
            for key, whose, text in entry.texts
        }

        given = [
            (entry.lesson, one.data["file"])
            for entry in entries
            for one in entry.events
            if one.kind == "activity.answered" and "file" in one.data
        ]

        def write(connection: Connection) -> None:
            owners.hold(connection, frozenset(entry.lesson for entry in entries), fences)
            connection.execute(insert(command), commands)
            if events:
                connection.execute(insert(event), events)
            if words:
                connection.execute(OLD_WORDS, [{"old_lesson": one, "old_key": key} for one, key in words])
                connection.execute(insert(side_text), list(words.values()))
            keep(connection, given)
            for entry in entries:
                if entry.shows:
                    show(connection, entry.lesson, entry.shows)
                for one in entry.events:
                    if change := _lesson_change(one.kind, _came(entry, epoch_ms)):
                        connection.execute(update(lesson).where(lesson.c.id == entry.lesson).values(change))

        await self._database.write(write)

    async def load(self, lesson_id: str, after: int = 0) -> Saved:
        """All that is known of a lesson's journal, but for events up to `after`."""
        commands: dict[tuple[str, str], int] = {}
        async with self._database.reading() as connection:
            events, last_epoch_ms = await _events_after(connection, lesson_id, after)
            async for rows in _by_and_by(connection, select(command).where(command.c.lesson == lesson_id)):
                commands |= {(row.actor, row.id): row.seq for row in rows}
            texts = await _texts(connection, select(side_text).where(side_text.c.lesson == lesson_id))
        return Saved(events, commands, texts, last_epoch_ms)

    async def of_kind(self, lesson_id: str, *kinds: str) -> list[Event]:
        """Only these, where all of a lesson would be far too much to look through."""
        query = select(event).where(event.c.lesson == lesson_id, event.c.kind.in_(kinds)).order_by(event.c.seq)
        events: list[Event] = []
        async with self._database.reading() as connection:
            async for rows in _by_and_by(connection, query):
                events += [_event(row) for row in rows]
        return events

    async def words(self, lesson_id: str, *prefixes: str) -> dict[str, str]:
        """Of the side table what has a key that begins so."""
        begins = or_(*(side_text.c.key.startswith(prefix) for prefix in prefixes))
        async with self._database.reading() as connection:
            return await _texts(connection, select(side_text).where(side_text.c.lesson == lesson_id, begins))

    async def follow(self, lesson_id: str, after: int) -> Saved:
        """What came after that event: events and the words that they brought, neither commands nor ballots."""
        latest = select(side_text).where(side_text.c.lesson == lesson_id, side_text.c.seq > after)
        async with self._database.reading() as connection:
            events, last_epoch_ms = await _events_after(connection, lesson_id, after)
            texts = await _texts(connection, latest) if events else {}
        return Saved(events, {}, texts, last_epoch_ms)

    async def erase(self, participant_id: str) -> Erased:
        """Replaces a participant's words by nothing, and removes its photos and works; their events stay, and name
        nobody."""
        async with self._database.writing() as connection:
            # A child without a tablet has words, but no row of its own.
            where = (
                select(side_text.c.lesson).where(side_text.c.participant == participant_id),
                select(participant.c.lesson).where(participant.c.id == participant_id),
            )
            lessons = frozenset((await connection.execute(union(*where))).scalars())
            words = await words_erased(connection, [participant_id])
            changed = await connection.execute(
                update(participant).where(participant.c.id == participant_id).values(name="")
            )
            photos = await photos_removed(connection, [participant_id])
            works = await works_removed(connection, [participant_id])
        return Erased(0, changed.rowcount, words, lessons, photos, works)


async def words_erased(connection: AsyncConnection, participants: Sequence[str]) -> int:
    """Replaces the words of these by nothing, and the tallies that their answers are in, and takes those that nobody
    else has said from what is hidden; how many words were theirs."""
    theirs = side_text.c.participant.in_(participants)
    answered = select(side_text.c.lesson).where(theirs, side_text.c.key.startswith(ANSWER)).distinct()
    lessons = (await connection.execute(answered)).scalars().all()
    tallies = side_text.c.lesson.in_(lessons), side_text.c.key.startswith(TALLY)
    await connection.execute(update(side_text).where(*tallies).values(words=""))
    erased = await connection.execute(update(side_text).where(theirs).values(words=""))
    for one in lessons:
        await _unshown_erased(connection, one)
    return erased.rowcount


async def _unshown_erased(connection: AsyncConnection, lesson_id: str) -> None:
    there = side_text.c.lesson == lesson_id, side_text.c.words != ""
    hidden = await _texts(connection, select(side_text).where(*there, side_text.c.key.startswith(UNSHOWN)))
    if not hidden:
        return
    given = or_(side_text.c.key.startswith(ANSWER), side_text.c.key.startswith(BALLOT))
    answers = (await _texts(connection, select(side_text).where(*there, given))).values()
    for key, words in hidden.items():
        left = await asyncio.to_thread(still_unshown, words, answers)
        of = side_text.c.lesson == lesson_id, side_text.c.key == key
        await connection.execute(update(side_text).where(*of).values(words=left))


async def _events_after(connection: AsyncConnection, lesson_id: str, after: int) -> tuple[list[Event], int]:
    """And when the last of them was written."""
    query = select(event).where(event.c.lesson == lesson_id, event.c.seq > after).order_by(event.c.seq)
    events: list[Event] = []
    last_epoch_ms = 0
    async for rows in _by_and_by(connection, query):
        events += [_event(row) for row in rows]
        last_epoch_ms = rows[-1].epoch_ms
    return events, last_epoch_ms


async def _texts(connection: AsyncConnection, query: Select[Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    async for rows in _by_and_by(connection, query):
        texts |= {row.key: row.words for row in rows}
    return texts


async def _by_and_by(connection: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
    """What there is of a large lesson, all at once, would hold up everyone else."""
    for rows in (await connection.execute(query)).partitions(AT_ONCE):
        yield rows
        await asyncio.sleep(0)


def _came(entry: Entry, now_ms: int) -> int:
    return now_ms if entry.epoch_ms is None else entry.epoch_ms


def _row(lesson_id: str, one: Event, epoch_ms: int) -> Mapping[str, Any]:
    return {
        "lesson": lesson_id,
        "seq": one.seq,
        "at": one.at,
        "epoch_ms": epoch_ms,
        "actor": one.actor,
        "kind": one.kind,
        "data": json.dumps(one.data, separators=(",", ":")),
        "cause": one.cause,
        "v": one.v,
    }


def _event(row: Row[Any]) -> Event:
    _, seq, at, _, actor, kind, data, cause, v = tuple(row)
    return Event(seq, at, actor, kind, from_json(data), cause, v)


def _lesson_change(kind: str, epoch_ms: int) -> Mapping[str, Any] | None:
    match kind:
        case "lesson.opened":
            return {"phase": Phase.OPEN.value}
        case "lesson.started":
            return {"phase": Phase.LIVE.value, "started_at": epoch_ms}
        case "lesson.ended":
            return {"phase": Phase.ENDED.value, "ended_at": epoch_ms}
    return None
