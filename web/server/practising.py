"""How a child opens what of the library it was given to practise with: a pass of its seat's, for hours."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from classroom.errors import ClientFault
from classroom.store.joined import KIND as JOINED
from classroom.store.practising import may_practise
from classroom.store.records import Participant, Resource, SharedLink
from web.server import seats
from web.server.live.keys import derived
from web.server.parts import Parts
from web.server.sessions import Call
from web.server.sharing import LIFE_S


async def school_of(parts: Parts, participant: Participant) -> str | None:
    """A child is of the school of its room; who sits at home, of the lesson's."""
    room = await parts.store.schools.room(participant.room) if participant.room else None
    if room is not None:
        return room.school
    lesson = await parts.store.lessons.get(participant.lesson)
    return lesson.school if lesson is not None else None


async def made_of(parts: Parts, row: Resource) -> list[Resource]:
    """Itself first; where it is made of others, these too."""
    return [row, *(await parts.store.joins.parts(row.id) if row.kind == JOINED else ())]


async def passes_for(call: Call, seat: str, made_of: Sequence[Resource]) -> dict[str, str]:
    """By resource, the cookie's value: for the first, which was given, and all that it is made of. It is for who has
    given it to this seat, and has looked whether it was."""
    until_s, given = call.parts.now_ms // 1000 + LIFE_S, made_of[0].id
    macs = {one.id: await _mac(call.parts, seat, given, one.id, until_s) for one in made_of}
    return {name: f"{seat}.{given}.{until_s}.{mac}" for name, mac in macs.items()}


async def opened_by(call: Call, resource_id: str, value: str) -> tuple[Resource, SharedLink] | None:
    """What a pass is good for now, and what it is as good as: a link to watch. Looked up each time: the seat is still
    this browser's, its participant is there, and what was given is published, reaches its school, and has the resource
    in it."""
    seat, _, said = value.partition(".")
    given, _, said = said.partition(".")
    until, _, mac = said.partition(".")
    if not value.isascii() or not until.isdecimal() or len(until) > 12:
        return None
    good = hmac.compare_digest(await _mac(call.parts, seat, given, resource_id, int(until)), mac)
    if not good or call.parts.now_ms >= 1000 * int(until):
        return None
    try:
        participant = await seats.claimed(call, seat)
    except ClientFault:
        return None
    top = await call.parts.store.resources.get(given)
    whole = await made_of(call.parts, top) if top is not None else []
    row = next((one for one in whole if one.id == resource_id), None)
    if row is None or not may_practise(whole, await school_of(call.parts, participant)):
        return None
    return row, SharedLink(seat, row.id, "", None, True, "", None, call.parts.now_ms, 1000 * int(until))


async def _mac(parts: Parts, seat: str, given: str, resource: str, until_s: int) -> str:
    return derived(await parts.store.settings.secret("shared"), "practice", seat, given, resource, str(until_s))
