"""Whether people may say, and read, what others think of a resource. Off until a school's administrators turn it on."""

from __future__ import annotations

from typing import Literal

from classroom.store.records import Resource
from web.server.sessions import RANKS, Call

Opinion = Literal["comments", "ratings"]


async def are_on(call: Call, resource: Resource, which: Opinion) -> bool:
    """Where the resource's school has it on, and the asker's too; staff is of all schools."""
    if resource.school is None or call.account is None:
        return False
    schools = {resource.school}
    if RANKS[call.account.role] < RANKS["staff"]:
        if call.account.school is None:
            return False
        schools.add(call.account.school)
    found = [await call.parts.store.schools.get(one) for one in schools]
    return all(one is not None and getattr(one, which) for one in found)
