"""What of the library children practise with: what a teacher may give them, and what names a knowledge point."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from classroom.store.access import seen_by
from classroom.store.database import Database
from classroom.store.questions import POINT
from classroom.store.records import Account, Resource
from classroom.store.tables import account, participant, question, question_label, resource, resource_point, use

POINTERS = ("joined", "link")
"""They have no files of their own."""
KINDS = ("recording", "upload", *POINTERS)
"""Those that are opened by themselves."""
FOR_CHILDREN = ("", "learners", "both", "public")
"""Audiences."""


class Practising:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def givable(self, participant_id: str, named: Iterable[str]) -> frozenset[str]:
        """Of these, what this participant's account may give: it is published, is all there, and the account sees
        it."""
        whose = select(account).join(participant, participant.c.account == account.c.id)
        whose = whose.where(participant.c.id == participant_id, account.c.disabled.is_(False))
        async with self._database.reading() as connection:
            row = (await connection.execute(whose)).mappings().first()
            if row is None:
                return frozenset()
            wanted = select(resource.c.id).where(resource.c.id.in_(list(named)), *seen_by(Account(**row)), *_ready())
            return frozenset((await connection.execute(wanted)).scalars())

    async def proposed(
        self, viewer: Account | None, schools: Collection[str | None], point: str, most: int
    ) -> Sequence[Resource]:
        """What names the knowledge point and may be given to children of some of these schools (None: of none).
        First what reaches all of them, then what has it in its title, is watched the most, is the newest."""
        everyone, here = resource.c.reach == "all", [one for one in schools if one is not None]
        theirs = resource.c.school.in_(here)
        reaches_all = [everyone.desc()] if len(schools) > 1 else []
        query = select(resource).where(_names(point), or_(everyone, theirs), *seen_by(viewer), *_ready())
        query = query.where(resource.c.audience.in_(FOR_CHILDREN))
        return await self._best(query, reaches_all, point, most)

    async def banks(self, viewer: Account | None, point: str, most: int) -> Sequence[Resource]:
        """Published banks of others that name the knowledge point, or in which a question asks for it."""
        asks = exists().where(
            question.c.owner == resource.c.owner,
            question.c.folder == resource.c.target,
            question_label.c.question == question.c.id,
            question_label.c.kind == POINT,
            question_label.c.label == point,
        )
        query = select(resource).where(resource.c.kind == "bank", resource.c.state == "published", *seen_by(viewer))
        query = query.where(or_(_names(point), asks))
        if viewer is not None:
            query = query.where(resource.c.owner != viewer.id)
        return await self._best(query, [], point, most)

    async def _best(
        self, query: Select[Any], first: Sequence[ColumnElement[Any]], point: str, most: int
    ) -> Sequence[Resource]:
        best = (
            resource.c.title.icontains(point, autoescape=True).desc(),
            func.coalesce(use.c.views, 0).desc(),
            resource.c.created_at.desc(),
            resource.c.id,
        )
        query = query.outerjoin(use, use.c.resource == resource.c.id).order_by(*first, *best)
        async with self._database.reading() as connection:
            return [Resource(**row) for row in (await connection.execute(query.limit(most))).mappings()]


def may_practise(made_of: Iterable[Resource], school: str | None) -> bool:
    """Whether a child of that school may open what it was given, as it is now; with all that it is made of."""
    return all(_reaches(row, school) for row in made_of)


def _reaches(row: Resource, school: str | None) -> bool:
    reached = row.reach == "all" or (school is not None and row.school == school)
    there = row.status == "ready" and (row.path != "" or row.kind in POINTERS)
    return reached and there and row.state == "published" and row.kind in KINDS


def _names(point: str) -> ColumnElement[bool]:
    return exists().where(resource_point.c.resource == resource.c.id, resource_point.c.point == point)


def _ready() -> tuple[ColumnElement[bool], ...]:
    there = (resource.c.status == "ready", or_(resource.c.path != "", resource.c.kind.in_(POINTERS)))
    return (resource.c.state == "published", resource.c.kind.in_(KINDS), *there)
