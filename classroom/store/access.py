"""Who sees which resource: the one condition that every query about the library has."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select

from classroom.store.records import Account
from classroom.store.tables import part, resource


def seen_by(viewer: Account | None) -> list[ColumnElement[bool]]:
    """All of them where no viewer is given. One's own; the staff's are all; and what is published, by its reach. Who
    has no school shares none. One that is made of others, who sees all of these too."""
    if viewer is None or viewer.role in ("staff", "admin"):
        return []
    inner = resource.alias("inner")
    seen = exists(select(inner.c.id).where(inner.c.id == part.c.resource, _seen(inner, viewer)))
    unseen = exists(select(part.c.resource).where(part.c.joined == resource.c.id, ~seen))
    return [_seen(resource, viewer), or_(resource.c.kind != "joined", ~unseen)]


def _seen(one: FromClause, viewer: Account) -> ColumnElement[bool]:
    reached: ColumnElement[bool] = one.c.reach == "all"
    if viewer.school is not None:
        reached = or_(reached, and_(one.c.reach == "school", one.c.school == viewer.school))
    return or_(one.c.owner == viewer.id, and_(one.c.state == "published", reached))
