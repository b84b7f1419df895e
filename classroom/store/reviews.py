"""The review of resources: what they are said to be, amendments of what is published, and the trail of steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.store.catalogue import Search, wanted
from classroom.store.database import Database
from classroom.store.paging import Place, behind, place_of
from classroom.store.records import Amendment, Banked, Details, Resource, Review
from classroom.store.rows import values
from classroom.store.tables import account, amendment, granted, published_bank, resource, resource_point, review, shared

if TYPE_CHECKING:
    from classroom.review import Outcome

MOST = 2_000
"""Steps that are kept of a resource."""
SUBMITTED, WITHDRAWN = "submitted", "withdrawn"
QUEUE = "queue"
PAGE = 100
WRITTEN = (
    *Details.__dataclass_fields__,
    *("owner", "school", "state", "state_at", "changed_at", "version", "published_at", "published_edits", "reviewer"),
)
"""Of a resource, what is the catalogue's; the rest is its files'."""


class Reviews:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def amendment(self, resource_id: str) -> Amendment | None:
        async with self._database.reading() as connection:
            found = await connection.execute(select(amendment).where(amendment.c.resource == resource_id))
            row = found.mappings().first()
        return _amendment(row) if row else None

    async def amendments(self, resource_ids: Sequence[str]) -> dict[str, Amendment]:
        query = select(amendment).where(amendment.c.resource.in_(resource_ids))
        async with self._database.reading() as connection:
            return {row["resource"]: _amendment(row) for row in (await connection.execute(query)).mappings()}

    async def trail(self, resource_id: str) -> Sequence[tuple[Review, str]]:
        """From the first step on, each with the name of who took it ("" where nobody is left)."""
        query = select(review, func.coalesce(account.c.name, "").label("name"))
        query = query.outerjoin(account, account.c.id == review.c.actor).where(review.c.resource == resource_id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(review.c.number))).mappings()
            return [(_review(row), row["name"]) for row in rows]

    async def published(self, resource_id: str) -> Review | None:
        """The step that published it last."""
        query = select(review).where(review.c.resource == resource_id, review.c.went_to == "published")
        query = query.where(review.c.action == "publish").order_by(review.c.number.desc()).limit(1)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return _review(row) if row else None

    async def put(self, before: Resource, outcome: Outcome, bank: Sequence[Banked] | None = None) -> None:
        """`bank`: the questions that are published with it. Raises what `outcome_put` raises."""
        text = await asyncio.to_thread(_told_as_text, bank or ())
        async with self._database.writing() as connection:
            await outcome_put(connection, before, outcome)
            if bank is not None:
                await connection.execute(delete(published_bank).where(published_bank.c.resource == before.id))
                await connection.execute(insert(published_bank).values(resource=before.id, questions=text))

    async def bank(self, resource_id: str) -> Sequence[Banked] | None:
        """The questions that were published with it last; None where none ever were."""
        query = select(published_bank.c.questions).where(published_bank.c.resource == resource_id)
        async with self._database.reading() as connection:
            text = (await connection.execute(query)).scalar()
        return None if text is None else [Banked(**one) for one in await asyncio.to_thread(json.loads, text)]

    async def claim(self, resource_id: str, reviewer: str) -> None:
        """Raises ClientFault `claimed` (409) where another has, `wrong_state` (409) where nothing waits for review."""
        async with self._database.writing() as connection:
            for table, key in ((resource, resource.c.id), (amendment, amendment.c.resource)):
                free = or_(table.c.reviewer.is_(None), table.c.reviewer == reviewer)
                waiting = (key == resource_id, table.c.state == SUBMITTED)
                if (await connection.execute(select(key).where(*waiting))).first() is None:
                    continue
                taken = await connection.execute(update(table).where(*waiting, free).values(reviewer=reviewer))
                if taken.rowcount == 0:
                    raise ClientFault("claimed", "Another reviewer takes care of it.", Status.CONFLICT)
                return
        raise ClientFault("wrong_state", "It does not wait for a review.", Status.CONFLICT)

    async def release(self, resource_id: str) -> None:
        """So that another reviewer may take care of it."""
        async with self._database.writing() as connection:
            await connection.execute(update(resource).where(resource.c.id == resource_id).values(reviewer=None))
            await connection.execute(update(amendment).where(amendment.c.resource == resource_id).values(reviewer=None))

    async def queue(
        self, search: Search, carer: str | None = None, free: bool = False, after: str = "", limit: int = PAGE
    ) -> Sequence[tuple[Resource, Amendment | None, str]]:
        """What waits for review, what waits longest first, each with its place; `carer`: what that reviewer takes care
        of, `free`: what nobody does; `after`: the place of the one before. Raises ClientFault `malformed` (400)."""
        amended = amendment.c.resource.is_not(None)
        since = case((amended, amendment.c.state_at), else_=resource.c.state_at)
        reviewer = case((amended, amendment.c.reviewer), else_=resource.c.reviewer)
        waiting = or_(resource.c.state == SUBMITTED, amendment.c.state == SUBMITTED)
        query = select(resource, since.label("since")).outerjoin(amendment, amendment.c.resource == resource.c.id)
        query = query.where(waiting, *wanted(search))
        if after:
            last = place_of(after, QUEUE)
            query = query.where(behind((since, resource.c.id), (last.at, last.id)))
        if carer is not None:
            query = query.where(reviewer == carer)
        if free:
            query = query.where(reviewer.is_(None))
        async with self._database.reading() as connection:
            found = await connection.execute(query.order_by(since, resource.c.id).limit(limit))
            rows = [dict(row) for row in found.mappings()]
        places = [Place(QUEUE, 0, row.pop("since"), row["id"]).code for row in rows]
        changes = await self.amendments([row["id"] for row in rows])
        return [(Resource(**row), changes.get(row["id"]), place) for row, place in zip(rows, places, strict=True)]


async def outcome_put(connection: AsyncConnection, before: Resource, outcome: Outcome) -> None:
    """What came of a step, if nobody changed the resource since `before` was read. Raises ClientFault
    `changed_meanwhile` (409), `not_found` (404) where it is gone, `too_many_steps` (409)."""
    new = {name: value for name, value in values(outcome.resource).items() if name in WRITTEN}
    seen = (resource.c.id == before.id, resource.c.version == before.version)
    if (await connection.execute(update(resource).where(*seen).values(new))).rowcount == 0:
        there = await connection.execute(select(resource.c.id).where(resource.c.id == before.id))
        if there.first() is None:
            raise ClientFault("not_found", "There is no such resource.", Status.NOT_FOUND)
        raise ClientFault("changed_meanwhile", "Somebody else has changed it meanwhile.", Status.CONFLICT)
    await points_put(connection, before.id, outcome.resource.points)
    await connection.execute(delete(amendment).where(amendment.c.resource == before.id))
    if outcome.amendment is not None:
        row = {**values(outcome.amendment), "details": values(outcome.amendment.details)}
        await connection.execute(insert(amendment).values(row))
    if outcome.resource.state == WITHDRAWN:
        await _taken_back(connection, outcome.resource)
    if outcome.step is not None:
        await _noted(connection, outcome.step)


async def _taken_back(connection: AsyncConnection, withdrawn: Resource) -> None:
    """Who was let in to it before it was published is not let in again by the next draft of it."""
    links = update(shared).where(shared.c.resource == withdrawn.id, shared.c.revoked_at.is_(None))
    await connection.execute(links.values(revoked_at=withdrawn.state_at))
    in_person = (granted.c.resource == withdrawn.id, granted.c.account.is_not(None))
    await connection.execute(delete(granted).where(*in_person))


async def points_put(connection: AsyncConnection, resource_id: str, points: Sequence[str]) -> None:
    await connection.execute(delete(resource_point).where(resource_point.c.resource == resource_id))
    if points:
        rows = [{"resource": resource_id, "point": point} for point in dict.fromkeys(points)]
        await connection.execute(insert(resource_point), rows)


async def orphaned(connection: AsyncConnection, gone: str) -> None:
    """What an account owned or took care of is nobody's."""
    for column in (resource.c.owner, resource.c.reviewer):
        await connection.execute(update(resource).where(column == gone).values({column.name: None}))


async def _noted(connection: AsyncConnection, step: Review) -> None:
    last = select(func.coalesce(func.max(review.c.number), 0)).where(review.c.resource == step.resource)
    number = (await connection.execute(last)).scalar_one() + 1
    if number > MOST:
        raise ClientFault("too_many_steps", f"No more than {MOST} steps are kept of a resource.", Status.CONFLICT)
    row: Json = {**values(step), "number": number, "details": values(step.details)}
    await connection.execute(insert(review).values(row))


def _told_as_text(bank: Sequence[Banked]) -> str:
    return json.dumps([values(one) for one in bank], ensure_ascii=False)


def _amendment(row: RowMapping) -> Amendment:
    return Amendment(**{**_fields(row, Amendment), "details": Details(**row["details"])})


def _review(row: RowMapping) -> Review:
    return Review(**{**_fields(row, Review), "details": Details(**row["details"])})


def _fields(row: RowMapping, record: Any) -> Json:
    return {name: row[name] for name in record.__dataclass_fields__}
