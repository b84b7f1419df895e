"""Retention: rules, what goes by them, legal holds, and what rules ask of each resource."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, delete, func, insert, or_, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.events import Phase
from classroom.ids import digest, new_id
from classroom.keeping import Facts, Going, Rule, Turn, check, judge, may_be_on
from classroom.store.database import Database
from classroom.store.records import Hold, HoldKind
from classroom.store.rows import values
from classroom.store.tables import (
    PLANNED,
    collected,
    event,
    going,
    hold,
    keeping_rule,
    lesson,
    part,
    participant,
    resource,
    spared,
    use_day,
    watched,
)
from classroom.store.using import DAY_MS

MOST_RULES, MOST_SHOWN = 100, 500
AT_ONCE = 1000  # rows


class Rules:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Rule]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(keeping_rule).order_by(keeping_rule.c.created_at))).mappings()
            return [Rule(**row) for row in rows]

    async def get(self, rule_id: str) -> Rule:
        """Raises ClientFault `not_found` (404)."""
        async with self._database.reading() as connection:
            row = (
                (await connection.execute(select(keeping_rule).where(keeping_rule.c.id == rule_id))).mappings().first()
            )
        if row is None:
            raise _no_rule()
        return Rule(**row)

    async def put(self, rule: Rule, now: int) -> Rule:
        """A new one (`id` ""), or in the place of the one of its id. It is off: whoever puts it on has seen what it
        takes as it now is. Raises ClientFault `rule_invalid`, `too_many_rules` (422), `not_found` (404)."""
        check(rule)
        made = replace(rule, id=rule.id or new_id(), on=False, changed_at=now, previewed_at=0)
        try:
            async with self._database.writing() as connection:
                if rule.id:
                    mine = keeping_rule.c.id == rule.id
                    if not (await connection.execute(update(keeping_rule).where(mine).values(values(made)))).rowcount:
                        raise _no_rule()
                    await connection.execute(delete(going).where(going.c.rule == rule.id))
                    return made
                counted = select(func.count()).select_from(keeping_rule)
                if (await connection.execute(counted)).scalar_one() >= MOST_RULES:
                    raise ClientFault("too_many_rules", f"No more than {MOST_RULES} rules.", Status.REFUSED)
                made = replace(made, created_at=now)
                await connection.execute(insert(keeping_rule).values(values(made)))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such school.", Status.NOT_FOUND) from None
        return made

    async def previewed(self, rule: Rule, now: int) -> None:
        """As it was when it was looked at; of one that was changed since, nothing."""
        same = keeping_rule.c.id == rule.id, keeping_rule.c.changed_at == rule.changed_at
        async with self._database.writing() as connection:
            await connection.execute(update(keeping_rule).where(*same).values(previewed_at=now))

    async def switch(self, rule: Rule, *, on: bool) -> None:
        """Off it goes however it is by now. Raises ClientFault `not_previewed` (409) where nobody has looked at what it
        takes, or it was changed since; `not_found` (404)."""
        if on and not may_be_on(rule):
            raise _not_previewed()
        mine = keeping_rule.c.id == rule.id
        wanted = mine & (keeping_rule.c.changed_at == rule.changed_at) if on else mine
        async with self._database.writing() as connection:
            if not (await connection.execute(update(keeping_rule).where(wanted).values(on=on))).rowcount:
                raise _not_previewed() if on else _no_rule()
            if not on:
                await connection.execute(delete(going).where(going.c.rule == rule.id))

    async def remove(self, rule_id: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(keeping_rule).where(keeping_rule.c.id == rule_id))

    async def facts(self, resource_id: str | None = None) -> list[Facts]:
        """Of all resources, or of one."""
        columns = ("id", "school", "kind", "state", "subject", "lesson", "target", "created_at")
        any_tracks = cast(resource.c.tracks, Text) != "[]"
        query = select(*(resource.c[name] for name in columns), any_tracks.label("tracks"))
        query = query.order_by(resource.c.created_at, resource.c.id)
        if resource_id is not None:
            query = query.where(resource.c.id == resource_id)
        async with self._database.reading() as connection:
            rows: list[Any] = []
            for some in (await connection.execute(query)).partitions(AT_ONCE):
                rows += some
                await asyncio.sleep(0)
            collections = defaultdict[str, set[str]](set)
            for one in await connection.execute(select(collected.c.resource, collected.c.collection)):
                collections[one.resource].add(one.collection)
            viewed = await _viewed(connection)
            held = set((await connection.execute(held_resources())).scalars())
            parts = set((await connection.execute(select(part.c.resource))).scalars())
            asked = {one.resource: one.at for one in await connection.execute(select(spared))}
            used = await _used(connection)
        return [
            Facts(
                row.id,
                row.school,
                row.kind,
                row.state,
                row.subject,
                frozenset(collections[row.id]) if row.id in collections else frozenset(),
                row.created_at,
                viewed.get(row.id),
                bool(row.lesson and row.tracks),
                row.id in held,
                row.id in parts,
                row.id in used or row.target in used,
                asked.get(row.id),
            )
            for row in rows
        ]

    async def weights(self) -> dict[str, tuple[str, int]]:
        """Of every resource, where its files are, and how many bytes it says that it has."""
        query = select(resource.c.id, resource.c.path, resource.c.bytes)
        found: dict[str, tuple[str, int]] = {}
        async with self._database.reading() as connection:
            for some in (await connection.execute(query)).partitions(AT_ONCE):
                found |= {row.id: (row.path, row.bytes) for row in some}
                await asyncio.sleep(0)
        return found

    async def still(self, one: Going, now: int) -> bool:
        """Whether it goes by that rule as both are now."""
        mine = select(going).where(going.c.resource == one.resource)
        rules = select(keeping_rule).where(keeping_rule.c.id == one.rule, keeping_rule.c.on)
        async with self._database.reading() as connection:
            row = (await connection.execute(mine)).mappings().first()
            rule = (await connection.execute(rules)).mappings().first()
        if row is None or rule is None or Going(**row) != one:
            return False
        verdicts = [judge(Rule(**rule), fact, now) for fact in await self.facts(one.resource)]
        return any(found is not None and found.kept is None for found in verdicts)

    async def going(self) -> Sequence[Going]:
        """What goes, the soonest first."""
        query = select(going).order_by(going.c.due_at, going.c.resource)
        async with self._database.reading() as connection:
            return [Going(**row) for row in (await connection.execute(query)).mappings()]

    async def leaving(self, owner: str | None) -> Sequence[tuple[Going, str]]:
        """What goes of an owner's, each with its title, the soonest first; None: of all."""
        query = select(going, resource.c.title).join(resource, resource.c.id == going.c.resource)
        query = query.order_by(going.c.due_at, going.c.resource).limit(MOST_SHOWN)
        if owner is not None:
            query = query.where(resource.c.owner == owner)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [(Going(**{name: row[name] for name in Going.__dataclass_fields__}), row["title"]) for row in rows]

    async def turned(self, turn: Turn) -> None:
        """What begins to go, and what stays after all. Of what is gone by now, nothing."""
        async with self._database.writing() as connection:
            ids = [*turn.stays, *(one.resource for one in turn.begins)]
            await connection.execute(delete(going).where(going.c.resource.in_(ids)))
            on = set((await connection.execute(select(keeping_rule.c.id).where(keeping_rule.c.on))).scalars())
            begins = [one for one in turn.begins if one.rule in on]
            wanted = [one.resource for one in begins]
            there = set((await connection.execute(select(resource.c.id).where(resource.c.id.in_(wanted)))).scalars())
            if rows := [values(one) for one in begins if one.resource in there]:
                await connection.execute(insert(going), rows)

    async def spare(self, resource_id: str, account: str | None, now: int) -> None:
        """Keeps it for a year, whatever the rules say. Raises ClientFault `not_found` (404)."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(delete(going).where(going.c.resource == resource_id))
                await connection.execute(delete(spared).where(spared.c.resource == resource_id))
                await connection.execute(insert(spared).values(resource=resource_id, account=account, at=now))
        except IntegrityError:
            raise ClientFault("not_found", "There is no such resource.", Status.NOT_FOUND) from None


class Holds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, kind: HoldKind, subject: str, reason: str, account: str | None, now: int) -> Hold:
        row = Hold(new_id(), kind, subject, reason, account, now)
        async with self._database.writing() as connection:
            await connection.execute(insert(hold).values(values(row)))
        return row

    async def lift(self, hold_id: str, why: str, account: str | None, now: int) -> None:
        """Raises ClientFault `not_found` (404) where there is none that holds."""
        change = {"lifted_at": now, "lifted_by": account, "lifted_why": why}
        mine = hold.c.id == hold_id, hold.c.lifted_at.is_(None)
        async with self._database.writing() as connection:
            if (await connection.execute(update(hold).where(*mine).values(change))).rowcount == 0:
                raise ClientFault("not_found", "There is no such hold.", Status.NOT_FOUND)

    async def list(self) -> Sequence[Hold]:
        """Those that hold first; the newest first."""
        query = select(hold).order_by(hold.c.lifted_at.is_not(None), hold.c.since.desc(), hold.c.id).limit(MOST_SHOWN)
        async with self._database.reading() as connection:
            return [Hold(**row) for row in (await connection.execute(query)).mappings()]

    async def of(self, resource_ids: Collection[str]) -> frozenset[str]:
        """Those of them that are held, whatever it is by."""
        query = held_resources().subquery()
        mine = select(query.c.id).where(query.c.id.in_(resource_ids))
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(mine)).scalars())

    async def check(self, resource_id: str) -> None:
        """Raises ClientFault `on_hold` (409)."""
        if await self.of([resource_id]):
            raise on_hold()

    async def check_people(self, participants: Collection[str], account: str | None = None) -> None:
        """Whether nothing of these, nor of a lesson that they took part in, is held. Raises ClientFault `on_hold`."""
        ids = [*participants, *([account] if account else [])]
        mine = participant.c.id.in_(participants)
        lessons = select(participant.c.lesson).where(mine)
        accounts = select(participant.c.account).where(mine, participant.c.account.is_not(None))
        held_there = select(resource.c.id).where(resource.c.lesson.in_(lessons), resource.c.id.in_(held_resources()))
        holds = select(hold.c.id).where(
            _holds(),
            or_(
                (hold.c.kind == "person") & (hold.c.subject.in_(ids) | hold.c.subject.in_(accounts)),
                (hold.c.kind == "lesson") & hold.c.subject.in_(lessons),
            ),
        )
        owned = select(resource.c.id).where(resource.c.owner == account, resource.c.id.in_(held_resources()))
        async with self._database.reading() as connection:
            if (await connection.execute(union(holds, held_there, owned).limit(1))).first() is not None:
                raise on_hold()

    async def check_bank(self, owner: str, folder: str) -> None:
        """Whether no bank is held in which the questions of that folder are. Raises ClientFault `on_hold`."""
        bank = resource.c.kind == "bank", resource.c.owner == owner, resource.c.target == folder
        query = select(resource.c.id).where(*bank, resource.c.id.in_(held_resources())).limit(1)
        async with self._database.reading() as connection:
            if (await connection.execute(query)).first() is not None:
                raise on_hold()


def _no_rule() -> ClientFault:
    return ClientFault("not_found", "There is no such rule.", Status.NOT_FOUND)


def _not_previewed() -> ClientFault:
    return ClientFault("not_previewed", "Look first at what this rule would take.", Status.CONFLICT)


def on_hold() -> ClientFault:
    return ClientFault("on_hold", "It is under a legal hold: nothing of it can be removed.", Status.CONFLICT)


def held_resources() -> Select[tuple[str]]:
    """Their ids: of what is held, of the parts of a joined recording that is, of what a lesson left that is, and of
    what a person owns or took part in who is."""
    direct, lessons, people = (select(hold.c.subject).where(_holds(), hold.c.kind == kind)
                               for kind in ("resource", "lesson", "person"))  # fmt: skip
    theirs = select(participant.c.lesson).where(or_(participant.c.id.in_(people), participant.c.account.in_(people)))
    return select(resource.c.id).where(
        or_(
            resource.c.id.in_(direct),
            resource.c.id.in_(select(part.c.resource).where(part.c.joined.in_(direct))),
            resource.c.lesson.in_(lessons),
            resource.c.lesson.in_(theirs),
            resource.c.owner.in_(people),
        )
    )


async def holds_of_gone(connection: AsyncConnection, resource_id: str, lesson_id: str | None) -> None:
    """Before they go: of holds that were lifted the trail stays, with the digest of what they held."""
    theirs = select(participant.c.id).where(participant.c.lesson == lesson_id)
    mine = or_(hold.c.subject.in_((resource_id, lesson_id or resource_id)), hold.c.subject.in_(theirs))
    for one in (await connection.execute(select(hold.c.id, hold.c.subject).where(mine))).all():
        change = update(hold).where(hold.c.id == one.id).values(subject=digest(one.subject))
        await connection.execute(change)


def _holds() -> ColumnElement[bool]:
    return hold.c.lifted_at.is_(None)


async def _viewed(connection: AsyncConnection) -> dict[str, int]:
    """When it was watched last; of what nobody is remembered to have watched, the end of the day."""
    days = select(use_day.c.resource, func.max(use_day.c.day)).group_by(use_day.c.resource)
    found = {row[0]: (row[1] + 1) * DAY_MS for row in await connection.execute(days)}
    people = select(watched.c.resource, func.max(watched.c.at)).group_by(watched.c.resource)
    for row in await connection.execute(people):
        found[row[0]] = max(found.get(row[0], 0), row[1])
    return found


async def _used(connection: AsyncConnection) -> set[str]:
    """What the plans of lessons open that have not ended: recordings, and courseware."""
    planned = select(event.c.lesson, event.c.data).join(lesson, lesson.c.id == event.c.lesson)
    planned = planned.where(PLANNED, lesson.c.phase != Phase.ENDED.value).order_by(event.c.lesson, event.c.seq)
    latest = {row.lesson: json.loads(row.data) for row in await connection.execute(planned)}
    opened = (step.get("opens") or {} for plan in latest.values() for step in plan["steps"])
    return {one["courseware"] for one in opened if "courseware" in one}
