"""A recording that is made of others: what may be one of them, how long it lasts, and which state of all it is in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from classroom.errors import ClientFault, Status
from classroom.store.joined import KIND
from classroom.store.records import Account, Resource
from recordings.carried import is_carried
from recordings.edits import left_ms
from web.server.edited import edited
from web.server.parts import Parts

FEWEST, MOST = 2, 20


async def fit(parts: Parts, ids: Sequence[str], viewer: Account | None) -> list[Resource]:
    """Those recordings. Raises ClientFault `not_found` (404) for what this account may not see, `part_unfit` (422) for
    what is no recording that has ended, or is named twice."""
    found = []
    for one in ids:
        row = await parts.store.resources.get(one, viewer)
        if row is None:
            raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND)
        if (row.kind, row.status) != ("recording", "ready") or row.duration_ms is None or is_carried(row):
            raise _unfit(f"“{row.title}” is no recording of this installation that has ended.")
        found.append(row)
    if len(set(ids)) < len(ids):
        raise _unfit("Each recording can be a part once.")
    return found


async def lasts_ms(parts: Parts, made_of: Sequence[Resource]) -> int:
    return sum([left_ms(await edited(parts, one), one.duration_ms or 0) for one in made_of])


async def refresh(parts: Parts, resource: Resource) -> None:
    """What it is a part of lasts otherwise now."""
    for one in await parts.store.joins.having(resource.id):
        await parts.store.joins.lasts(one.id, await lasts_ms(parts, await parts.store.joins.parts(one.id)))


async def revision(parts: Parts, resource: Resource) -> int:
    """Another number once something of it was decided: of a joined one also by an edit of a part."""
    if resource.kind != KIND:
        return (await edited(parts, resource)).revision
    decided = [(one.id, (await edited(parts, one)).revision) for one in await parts.store.joins.parts(resource.id)]
    told = json.dumps([await parts.store.joins.revision(resource.id), *decided])
    return zlib.crc32(told.encode()) & 0x7FFFFFFF


def _unfit(message: str) -> ClientFault:
    return ClientFault("part_unfit", message, Status.REFUSED)
