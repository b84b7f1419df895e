"""Taking a seat: who may sit where, what they may publish, and the token for it."""

from __future__ import annotations

from collections.abc import Sequence

from classroom.errors import ClientFault, Status
from classroom.events import Json, Phase, Role, Seat
from classroom.store.records import Lesson, Participant, Room, School, SeatRow
from signaling.media import PUBLISH
from signaling.tokens import Claims
from web.server.parts import Parts
from web.server.sessions import RANKS, Call

# Which account may take which role in a lesson that is not its own.
RANK_FOR = {
    Role.LOCAL_TEACHER: "teacher",
    Role.DISPLAY: "teacher",
    Role.OBSERVER: "staff",
    Role.LEAD_TEACHER: "admin",
}
TEACHERS = (Role.LEAD_TEACHER, Role.LOCAL_TEACHER)
IN_A_ROOM = {Role.LOCAL_TEACHER, Role.DISPLAY}
# A token outlives the longest lesson by the hour that CONTRACT.md gives it.
TOKEN_S = 9 * 3600


def not_found(what: str) -> ClientFault:
    return ClientFault("not_found", f"There is no such {what}.", Status.NOT_FOUND)


async def lesson_of(parts: Parts, lesson_id: str) -> Lesson:
    lesson = await parts.store.lessons.get(lesson_id)
    if lesson is None:
        raise not_found("lesson")
    return lesson


def owns(call: Call, lesson: Lesson | None) -> bool:
    """A lesson that is not there any more, or what it left, is the administrators'."""
    if call.operator:
        return True
    owner = lesson.owner if lesson is not None else None
    return call.account is not None and (call.account.id == owner or call.account.role == "admin")


async def school_of(call: Call, school_id: str) -> School:
    school = await call.parts.store.schools.get(school_id)
    if school is None:
        raise not_found("school")
    return school


async def room_of(call: Call, room_id: str) -> Room:
    room = await call.parts.store.schools.room(room_id)
    if room is None:
        raise not_found("room")
    return room


def belongs(call: Call, school: str | None) -> bool:
    """Whether this school is the asker's business: the staff's is every one, a teacher's the own."""
    if call.operator or RANKS[call.signed_in.role] >= RANKS["staff"]:
        return True
    return school is not None and school == call.signed_in.school


async def taught(call: Call, lesson: Lesson) -> frozenset[str]:
    """The rooms for which the asker has been a teacher in the lesson."""
    return await call.parts.store.participants.taught(lesson.id, call.signed_in.id)


async def rooms_taught(call: Call, lesson: Lesson) -> frozenset[str] | None:
    """The rooms of whose lesson the asker may know afterwards what a teacher does; None for all. Raises 404."""
    if owns(call, lesson) or RANKS[call.signed_in.role] >= RANKS["staff"]:
        return None
    if not (mine := await taught(call, lesson)):
        raise not_found("lesson")
    return mine


async def teaching(call: Call, lesson: Lesson) -> list[Seat]:
    """The teachers that the asker was in the lesson, a lead teacher first: one for each room."""
    people = await call.parts.store.participants.list(lesson.id)
    mine = [one for one in people if call.account and one.account == call.account.id and one.role in TEACHERS]
    return [
        Seat(one.id, Role(one.role), one.room) for one in sorted(mine, key=lambda one: one.role != Role.LEAD_TEACHER)
    ]


def of_room(mine: Sequence[Seat], room: str | None) -> Seat:
    """Which of these acts for somebody of that room. Raises `not_allowed` where there are none."""
    if not mine:
        raise ClientFault("not_allowed", "Who taught in the lesson may do that.", Status.FORBIDDEN)
    return next((one for one in mine if one.role == Role.LEAD_TEACHER or one.room == room), mine[0])


async def taking_part(parts: Parts, lesson: Lesson) -> list[Room]:
    """The rooms that the lesson names, else those of its school and whichever have come to it, else any."""
    rooms = await parts.store.schools.rooms()
    named = (await parts.store.lessons.rooms([lesson.id])).get(lesson.id)
    if named is None and lesson.school is None:
        return list(rooms)
    come = {one.room for one in await parts.store.participants.list(lesson.id)}
    return [room for room in rooms if room.id in come or (room.id in named if named else room.school == lesson.school)]


def may_take(call: Call, lesson: Lesson, role: Role) -> None:
    """Raises `not_allowed` for an account that has no business in that role."""
    if role not in RANK_FOR:
        raise ClientFault("not_allowed", "This role is not taken that way.", Status.FORBIDDEN)
    if not owns(call, lesson) and RANKS[call.signed_in.role] < RANKS[RANK_FOR[role]]:
        raise ClientFault("not_allowed", "Your account may not take this role here.", Status.FORBIDDEN)


async def room_name(parts: Parts, role: Role, room: str | None) -> str:
    """The room's name. Raises `room_needed` where the role stands in one and none is given, 404 for one unknown."""
    if room is None:
        if role in IN_A_ROOM:
            raise ClientFault("room_needed", "Say which room this is.", Status.REFUSED)
        return ""
    found = await parts.store.schools.room(room)
    if found is None:
        raise not_found("room")
    return found.name


async def take(
    call: Call, lesson: Lesson, role: Role, room: str | None, name: str, account: str | None = None
) -> tuple[SeatRow, Participant]:
    """A new participant, seated in this session. Raises `wrong_phase` when the lesson has ended."""
    if lesson.phase == Phase.ENDED:
        raise ClientFault("wrong_phase", "This lesson has ended.", Status.CONFLICT)
    store, now = call.parts.store, call.parts.now_ms
    participant = await store.participants.add(lesson.id, role, name, now, room=room, account=account)
    seat = await store.seats.add(participant.id, call.here.id_hash, now)
    return seat, participant


async def take_from_link(call: Call, data: Json) -> tuple[SeatRow, Participant]:
    lesson = await lesson_of(call.parts, data["lesson"])
    role = Role(data["role"])
    return await take(call, lesson, role, data.get("room"), data.get("name", ""), data.get("account"))


async def claimed(call: Call, seat_id: str) -> Participant:
    """The participant of a seat that belongs to this session. Raises 404."""
    seat = await call.parts.store.seats.get(seat_id, call.session.id_hash) if call.session else None
    if seat is None:
        raise not_found("seat")
    participant = await call.parts.store.participants.get(seat.participant)
    if participant is None:
        raise not_found("seat")
    return participant


async def token_for(parts: Parts, participant: Participant, ttl_s: int = TOKEN_S) -> str:
    """An encoder's token names what it may send; everyone else's right is their role's, which may change."""
    role = Role(participant.role)
    claims = Claims(
        participant.lesson,
        participant.id,
        role,
        participant.room,
        tuple(PUBLISH[role]) if role is Role.ENCODER else (),
        participant.name,
        recorded=await _agreed(parts, participant),
    )
    return parts.tokens.issue(claims, ttl_s, parts.now_s)


async def _agreed(parts: Parts, participant: Participant) -> bool:
    """Whether the room of a participant may be recorded: its school is the lesson's, which decided, or records its
    lessons. A lesson of no school decides for all who come."""
    room = await parts.store.schools.room(participant.room) if participant.room else None
    lesson = await parts.store.lessons.get(participant.lesson)
    if room is None or lesson is None or lesson.school in (None, room.school):
        return True
    school = await parts.store.schools.get(room.school)
    return school is not None and school.recording
