"""Erasing a person from lessons and from what is said of their recordings: who that is, how much there is, and the one
transaction in which it goes."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.erasing import ERASED, inkless, nameless, uncredited
from classroom.events import Event, Json
from classroom.ids import new_id
from classroom.notes.blanking import blanked
from classroom.notes.sheets import UPDATE
from classroom.participants import name_key
from classroom.store.database import Database
from classroom.store.journal import words_erased
from classroom.store.photos import photos_removed
from classroom.store.records import Removal
from classroom.store.removals import renders_of
from classroom.store.tables import (
    amendment,
    captions,
    edit,
    event,
    lesson,
    part,
    participant,
    photo,
    removal,
    resource,
    review,
    room,
    roster,
    seat,
    side_text,
    work,
)
from classroom.store.works import works_removed

MOST, AT_ONCE = 500, 500


@dataclass(frozen=True, slots=True)
class Met:
    """A participant, where it took part. `school`: the lesson's."""

    participant: str
    name: str
    role: str
    room: str
    account: str | None
    lesson: str
    title: str
    school: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Traces:
    """How much there is of somebody: `words` in the side table, `lines` of ink, `files` that were handed in, updates of
    `notes`, resources in which the name stands (`said`), and `tracks` that were recorded."""

    lessons: int
    words: int
    lines: int
    files: int
    notes: int
    said: int
    tracks: int


@dataclass(frozen=True, slots=True)
class Person:
    """`names` are all that they went by; in rosters of `school`, where that is not None. `removes`: their tracks are
    deleted, else hidden."""

    participants: Sequence[str]
    names: Sequence[str]
    lessons: Sequence[str]
    resources: Sequence[str]
    removes: bool = False
    school: str | None = None


class Erasing:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def named(self, name: str, account: str | None = None, school: str | None = None) -> list[Met]:
        """The latest participants of that name, whole and without case, or of that account."""
        ids = list(await self._of_name(name)) if name else []
        found = await self.met(account, ids, school)
        return [one for one in found if one.name][:MOST]

    async def _of_name(self, name: str) -> set[str]:
        """Not every database knows the cases of all letters; those of another length are looked at for theirs too."""
        wanted = name.casefold()
        alike = func.length(participant.c.name).between(len(wanted) - 2, len(wanted) + 2)
        found: set[str] = set()
        async with self._database.reading() as connection:
            rows = await connection.execute(select(participant.c.id, participant.c.name).where(alike))
            for some in rows.partitions(AT_ONCE):
                found |= {row.id for row in some if row.name.casefold() == wanted}
                await asyncio.sleep(0)
        return found

    async def met(self, account: str | None = None, ids: Collection[str] = (), school: str | None = None) -> list[Met]:
        """The participants of that account, and of these ids, the latest first; `school`: in its lessons alone."""
        wanted = [participant.c.account == account] if account else []
        wanted += [participant.c.id.in_(ids)] if ids else []
        if not wanted:
            return []
        query = (
            select(
                participant, lesson.c.title, lesson.c.school, lesson.c.created_at.label("at"), room.c.name.label("in")
            )
            .join(lesson, lesson.c.id == participant.c.lesson)
            .outerjoin(room, room.c.id == participant.c.room)
            .where(or_(*wanted))
        )
        if school is not None:
            query = query.where(lesson.c.school == school)
        query = query.order_by(lesson.c.created_at.desc(), participant.c.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Met(row["id"], row["name"], row["role"], row["in"] or "", row["account"], row["lesson"], row["title"],
                row["school"], row["at"])
            for row in rows
        ]  # fmt: skip

    async def resources(self, lessons: Collection[str]) -> list[str]:
        """What these lessons left, and what is joined of it."""
        theirs = select(resource.c.id).where(resource.c.lesson.in_(lessons))
        joined = select(part.c.joined).where(part.c.resource.in_(theirs))
        async with self._database.reading() as connection:
            return list((await connection.execute(theirs.union(joined))).scalars())

    async def renders(self, resource_ids: Sequence[str]) -> list[str]:
        async with self._database.reading() as connection:
            return await renders_of(connection, resource_ids)

    async def traces(self, who: Person) -> Traces:
        people = who.participants
        ink = and_(event.c.lesson.in_(who.lessons), event.c.kind == "stroke.added", event.c.actor.in_(people))
        noted = and_(event.c.lesson.in_(who.lessons), event.c.kind == "notes.written", event.c.actor.in_(people))
        theirs = side_text.c.participant.in_(people), side_text.c.words != ""
        async with self._database.reading() as connection:

            async def count(table: object, *which: object) -> int:
                query = select(func.count()).select_from(table).where(*which)  # type: ignore[arg-type]
                return (await connection.execute(query)).scalar_one()

            words = await count(side_text, *theirs)
            lines, notes = await count(event, ink), await count(event, noted)
            files = await count(photo, photo.c.participant.in_(people)) + await count(
                work, work.c.participant.in_(people)
            )
            rows = (await connection.execute(select(resource).where(resource.c.id.in_(who.resources)))).all()
            spoken = set()
            for row in (await connection.execute(select(captions).where(captions.c.resource.in_(who.resources)))).all():
                named = await asyncio.to_thread(_unspoken, row.cues, who.names) is not None
                spoken |= {row.resource} if named else set()
        said = sum(uncredited(row.contributors, who.names) != row.contributors or row.id in spoken for row in rows)
        tracks = sum(one["participant"] in people for row in rows for one in row.tracks)
        return Traces(len(who.lessons), words, lines, files, notes, said, tracks)

    async def files(self, participants: Collection[str]) -> Json:
        """The photos and works that they handed in."""
        async with self._database.reading() as connection:
            found = [
                (await connection.execute(select(one.c.id).where(one.c.participant.in_(participants)))).scalars().all()
                for one in (photo, work)
            ]
        return {"photos": list(found[0]), "works": list(found[1])}

    async def erase(self, row: Removal, who: Person) -> None:
        """All rows of it, lesson by lesson, so that who writes meanwhile waits for one alone; again, it changes
        nothing."""
        async with self._database.writing() as connection:
            gone = await words_erased(connection, who.participants)
            named = side_text.c.key.in_([name_key(one) for one in who.participants])
            theirs = side_text.c.participant.in_(who.participants)
            await connection.execute(update(side_text).where(theirs, named).values(words=ERASED))
            await photos_removed(connection, who.participants)
            await works_removed(connection, who.participants)
            gone += await _unrostered(connection, who)
            mine = participant.c.id.in_(who.participants)
            await connection.execute(update(participant).where(mine).values(name="", account=None))
            await connection.execute(delete(seat).where(seat.c.participant.in_(who.participants)))
        for one in who.lessons:
            gone += await self._ink_erased(one, who) + await self._notes_erased(one, who)
        async with self._database.writing() as connection:
            for one in who.resources:
                gone += await _said_erased(connection, one, who) + await _captions_erased(connection, one, who)
                await _tracks_erased(connection, one, who, row.asked_at)
            step = {"stage": "storage", "rows": removal.c.rows + gone, "fault": None}
            await connection.execute(update(removal).where(removal.c.id == row.id).values(step))

    async def _ink_erased(self, lesson_id: str, who: Person) -> int:
        """Read first, and made in a thread; who ended a lesson adds nothing to it."""
        theirs = and_(event.c.kind == "stroke.added", event.c.actor.in_(who.participants))
        query = select(event.c.seq, event.c.at, event.c.actor, event.c.kind, event.c.data, event.c.v)
        query = query.where(event.c.lesson == lesson_id, or_(theirs, event.c.kind == "page.filled"))
        written: list[Json] = []
        async with self._database.reading() as connection:
            for some in (await connection.execute(query)).partitions(AT_ONCE):
                written += await asyncio.to_thread(_inkless, some, frozenset(who.participants))
        one = update(event).where(event.c.lesson == lesson_id, event.c.seq == bindparam("of_seq"))
        for begin in range(0, len(written), AT_ONCE):
            async with self._database.writing() as connection:
                await connection.execute(one.values(data=bindparam("said")), written[begin : begin + AT_ONCE])
        return len(written)

    async def _notes_erased(self, lesson_id: str, who: Person) -> int:
        wrote = select(event.c.data).where(event.c.lesson == lesson_id, event.c.kind == "notes.written")
        all_ = side_text.c.lesson == lesson_id, side_text.c.key.startswith(UPDATE), side_text.c.words != ""
        async with self._database.reading() as connection:
            theirs = (await connection.execute(wrote.where(event.c.actor.in_(who.participants)))).scalars()
            clients = {client for data in theirs if (client := json.loads(data).get("client")) is not None}
            rows = (await connection.execute(select(side_text.c.key, side_text.c.words).where(*all_))).all()
        without = await asyncio.to_thread(_wordless, rows, clients) if clients else []
        if without:
            one = update(side_text).where(side_text.c.lesson == lesson_id, side_text.c.key == bindparam("of_key"))
            async with self._database.writing() as connection:
                await connection.execute(one.values(words=bindparam("said")), without)
        return len(without)

    async def left(self, participants: Collection[str]) -> int:
        """How many words and names of theirs there are."""
        words = select(func.count()).select_from(side_text)
        words = words.where(side_text.c.participant.in_(participants), side_text.c.words.not_in(("", ERASED)))
        names = select(func.count()).select_from(participant)
        names = names.where(participant.c.id.in_(participants), participant.c.name != "")
        async with self._database.reading() as connection:
            return sum([(await connection.execute(one)).scalar_one() for one in (words, names)])


async def _unrostered(connection: AsyncConnection, who: Person) -> int:
    rooms = select(participant.c.room).where(participant.c.id.in_(who.participants), participant.c.room.is_not(None))
    if who.school is not None:
        rooms = select(room.c.id).where(room.c.id.in_(rooms), room.c.school == who.school)
    theirs = roster.c.room.in_(rooms), roster.c.name.in_(who.names)
    return (await connection.execute(delete(roster).where(*theirs))).rowcount


def _inkless(rows: Sequence[Any], people: Collection[str]) -> list[Json]:
    found = []
    for row in rows:
        said = inkless(Event(row.seq, row.at, row.actor, row.kind, from_json(row.data), None, row.v), people)
        if said is not None:
            found.append({"of_seq": row.seq, "said": json.dumps(said, separators=(",", ":"))})
    return found


def _wordless(rows: Sequence[Any], clients: Collection[int]) -> list[Json]:
    """What is no update by today's rules is emptied: the fold passes over it."""
    found = []
    for row in rows:
        try:
            words = b64encode(blanked(b64decode(row.words), clients)).decode()
        except ValueError:
            words = ""
        if words != row.words:
            found.append({"of_key": row.key, "said": words})
    return found


async def _said_erased(connection: AsyncConnection, resource_id: str, who: Person) -> int:
    """Contributors, now, as they are about to become, and as they were at each step of the review."""
    changed = 0
    known = (await connection.execute(select(resource.c.contributors).where(resource.c.id == resource_id))).scalar()
    if known and (without := uncredited(known, who.names)) != known:
        newer = {"contributors": without, "version": resource.c.version + 1}
        await connection.execute(update(resource).where(resource.c.id == resource_id).values(newer))
        changed += 1
    for table in (amendment, review):
        for row in (await connection.execute(select(table).where(table.c.resource == resource_id))).mappings().all():
            said = {**row["details"], "contributors": uncredited(row["details"].get("contributors", ()), who.names)}
            if said == row["details"]:
                continue
            mine = [table.c.resource == resource_id]
            if table is review:
                mine.append(review.c.number == row["number"])
            await connection.execute(update(table).where(*mine).values(details=said))
            changed += 1
    return changed


def _unspoken(stored: str, names: Collection[str]) -> str | None:
    """Cues without these names; None where none is in them."""
    cues = json.loads(stored)
    without = nameless(cues, names)
    return json.dumps(without, ensure_ascii=False, separators=(",", ":")) if without != cues else None


async def _captions_erased(connection: AsyncConnection, resource_id: str, who: Person) -> int:
    changed = 0
    for row in (await connection.execute(select(captions).where(captions.c.resource == resource_id))).mappings().all():
        without = await asyncio.to_thread(_unspoken, row["cues"], who.names)
        if without is not None:
            mine = captions.c.resource == resource_id, captions.c.language == row["language"]
            await connection.execute(update(captions).where(*mine).values(cues=without, revision=new_id()))
            changed += 1
    return changed


async def _tracks_erased(connection: AsyncConnection, resource_id: str, who: Person, at: int) -> None:
    """They are gone; or they are hidden, as by a decision about the recording. What was imported has no such decisions:
    its tracks are always gone, and their files where they are to be removed."""
    asked = select(resource.c.tracks, resource.c.lesson).where(resource.c.id == resource_id)
    tracks, of_lesson = (await connection.execute(asked)).first() or ([], None)
    theirs = {one["participant"] for one in tracks or ()} & set(who.participants)
    if not theirs:
        return
    removes = who.removes or of_lesson is None
    left = [one for one in tracks if one["participant"] not in theirs] if removes else tracks
    newer = {"tracks": left, "version": resource.c.version + 1}
    await connection.execute(update(resource).where(resource.c.id == resource_id).values(newer))
    decided = (await connection.execute(select(edit).where(edit.c.resource == resource_id))).all()
    undone = {row.data["number"] for row in decided if row.kind == "undo"}
    hidden = {row.data.get("participant") for row in decided if row.kind == "hide" and row.number not in undone}
    number = max((row.number for row in decided), default=0)
    for one in sorted(theirs - hidden) if not removes else ():
        number += 1
        row = {"resource": resource_id, "number": number, "actor": None, "at": at, "kind": "hide"}
        await connection.execute(insert(edit).values(**row, data={"participant": one}))
