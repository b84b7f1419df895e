"""What of the library is wanted, as conditions on the table of resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists

from classroom.store.tables import collected, resource, resource_point

BY_COLUMN = (
    *("kind", "subject", "grade", "edition", "type", "language", "licence", "audience"),
    *("owner", "school", "lesson", "state"),
)


@dataclass(frozen=True, slots=True)
class Search:
    """What of the library is wanted; empty: all of it."""

    words: str = ""
    kind: str = ""
    subject: str = ""
    grade: str = ""
    edition: str = ""
    type: str = ""
    language: str = ""
    licence: str = ""
    audience: str = ""
    owner: str = ""
    school: str = ""
    lesson: str = ""
    state: str = ""
    point: str = ""
    collection: str = ""
    mine: str = ""  # favourites | history
    sort: str = ""  # relevance | newest | used | title


def wanted(search: Search) -> Iterator[ColumnElement[bool]]:
    for name in BY_COLUMN:
        if value := getattr(search, name):
            yield resource.c[name] == value
    if search.point:
        yield exists().where(resource_point.c.resource == resource.c.id, resource_point.c.point == search.point)
    if search.collection:
        yield exists().where(collected.c.resource == resource.c.id, collected.c.collection == search.collection)
