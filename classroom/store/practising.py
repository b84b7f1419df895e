"""What of the library children practise with: what a teacher may give them, and what names a knowledge point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, exists, func, or_, select

from classroom.store.access import seen_by
from classroom.store.database import Database
from classroom.store.records import Account, Resource
from classroom.store.tables import account, participant, resource, resource_point, use

KINDS = ("recording", "upload")
"""Those that the player shows by themselves."""
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

    async def proposed(self, viewer: Account | None, school: str | None, point: str, most: int) -> Sequence[Resource]:
        """What names the knowledge point and may be given to children of that school (None: of several, or of none).
        First what has it in its title, then what is watched the most, then the newest."""
        reached: ColumnElement[bool] = resource.c.reach == "all"
        if school is not None:
            reached = or_(reached, resource.c.school == school)
        names = exists().where(resource_point.c.resource == resource.c.id, resource_point.c.point == point)
        query = select(resource).outerjoin(use, use.c.resource == resource.c.id)
        query = query.where(names, reached, *seen_by(viewer), *_ready(), resource.c.audience.in_(FOR_CHILDREN))
        best = (
            resource.c.title.icontains(point, autoescape=True).desc(),
            func.coalesce(use.c.views, 0).desc(),
            resource.c.created_at.desc(),
            resource.c.id,
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(*best).limit(most))).mappings()
            return [Resource(**row) for row in rows]


def may_practise(row: Resource, school: str | None) -> bool:
    """Whether a child of that school may open what it was given, as it is now."""
    reached = row.reach == "all" or (school is not None and row.school == school)
    return reached and row.state == "published" and row.kind in KINDS and row.status == "ready" and row.path != ""


def _ready() -> tuple[ColumnElement[bool], ...]:
    there = (resource.c.status == "ready", resource.c.path != "")
    return (resource.c.state == "published", resource.c.kind.in_(KINDS), *there)
