"""Who sees which resource: the one condition that every query about the library has."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from classroom.store.records import Account
from classroom.store.tables import resource


def seen_by(viewer: Account | None) -> list[ColumnElement[bool]]:
    """All of them where no viewer is given. One's own; the staff's are all; and what is published, by its reach. Who
    has no school shares none."""
    if viewer is None or viewer.role in ("staff", "admin"):
        return []
    reached: ColumnElement[bool] = resource.c.reach == "all"
    if viewer.school is not None:
        reached = or_(reached, and_(resource.c.reach == "school", resource.c.school == viewer.school))
    return [or_(resource.c.owner == viewer.id, and_(resource.c.state == "published", reached))]
