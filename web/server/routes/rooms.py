"""Schools, their rooms, and the names of the children in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.store.records import Device, Room
from web.server import seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.sessions import Call


class SchoolView(View):
    """`recording`: its lessons are recorded unless one says otherwise. `names_offered`: whoever joins from one of its
    rooms chooses a name from the roster. `comments`, `ratings`: whether its people say, and read, what others think of
    resources."""

    id: str
    name: str
    recording: bool
    names_offered: bool
    comments: bool
    ratings: bool


class SchoolNew(Body):
    name: Words
    recording: bool = False


class SchoolChange(Body):
    """What is left out stays as it is. `comments` and `ratings` are the administrators'."""

    recording: bool | None = None
    names_offered: bool | None = None
    comments: bool | None = None
    ratings: bool | None = None


class DisplayState(View):
    """`online`: it has asked what to do within the last seconds."""

    paired_at: int
    online: bool


class RoomRow(View):
    """`display` is null where none is paired; `names` is how many the roster has."""

    id: str
    school: str
    name: str
    display: DisplayState | None
    names: int


class RoomNew(Body):
    school: Id
    name: Words


class Roster(Body):
    """In the order in which they are to be shown; none at all erases it."""

    names: Annotated[list[Words], Field(max_length=500)]


class RosterView(View):
    names: list[str]


async def managed(call: Call) -> Room:
    """The room of the address, if the asker keeps it. Raises 404, `not_allowed`."""
    room = await seats.room_of(call, call.path("room"))
    if not seats.belongs(call, room.school):
        raise ClientFault("not_allowed", "This is a room of another school.", Status.FORBIDDEN)
    return room


async def row(call: Call, room: Room) -> RoomRow:
    names = await call.parts.store.rosters.names(room.id)
    return _row(call, room, await call.parts.store.devices.of_room(room.id), len(names))


def _row(call: Call, room: Room, device: Device | None, names: int) -> RoomRow:
    display = None
    if device is not None:
        online = call.parts.places.online(device.id, call.parts.clock.monotonic())
        display = DisplayState(paired_at=device.paired_at, online=online)
    return RoomRow(id=room.id, school=room.school, name=room.name, display=display, names=names)


async def schools(call: Call) -> list[SchoolView]:
    found = await call.parts.store.schools.list()
    return [SchoolView.model_validate(one) for one in found if seats.belongs(call, one.id)]


async def school_made(call: Call, body: SchoolNew) -> SchoolView:
    return SchoolView.model_validate(await call.parts.store.schools.add(body.name, call.parts.now_ms, body.recording))


async def school_changed(call: Call, body: SchoolChange) -> SchoolView:
    school = await seats.school_of(call, call.path("school"))
    is_admin = call.operator or call.signed_in.role == "admin"
    if not is_admin and (body.comments is not None or body.ratings is not None):
        raise ClientFault("not_allowed", "Administrators decide about comments and ratings.", Status.FORBIDDEN)
    changed = await call.parts.store.schools.change(school.id, body.model_dump(exclude_none=True))
    return SchoolView.model_validate(changed)


async def rooms(call: Call) -> list[RoomRow]:
    store = call.parts.store
    devices = {one.room: one for one in await store.devices.list()}
    names = await store.rosters.counts()
    return [
        _row(call, room, devices.get(room.id), names.get(room.id, 0))
        for room in await store.schools.rooms()
        if seats.belongs(call, room.school)
    ]


async def room_made(call: Call, body: RoomNew) -> RoomRow:
    await seats.school_of(call, body.school)
    return await row(call, await call.parts.store.schools.add_room(body.school, body.name))


async def roster(call: Call) -> RosterView:
    room = await managed(call)
    return RosterView(names=list(await call.parts.store.rosters.names(room.id)))


async def roster_put(call: Call, body: Roster) -> RosterView:
    room = await managed(call)
    await call.parts.store.rosters.put(room.id, body.names)
    return RosterView(names=body.names)


async def roster_erased(call: Call) -> None:
    await call.parts.store.rosters.put((await managed(call)).id, [])


ROSTER = "/api/v1/rooms/{room}/roster"
KEPT = ("not_found", "not_allowed")
ROUTES = (
    Route("GET", "/api/v1/schools", schools, "All schools; of a teacher, the own", Needs.ACCOUNT),
    Route("POST", "/api/v1/schools", school_made, "Make a school", Needs.STAFF, 201),
    Route(
        "PATCH",
        "/api/v1/schools/{school}",
        school_changed,
        "Say what is recorded and shown of a school",
        Needs.STAFF,
        codes=("not_found",),
    ),
    Route("GET", "/api/v1/rooms", rooms, "All rooms; of a teacher, those of the own school", Needs.ACCOUNT),
    Route("POST", "/api/v1/rooms", room_made, "Make a room", Needs.STAFF, 201, codes=("not_found",)),
    Route("GET", ROSTER, roster, "The names of the children of a room", Needs.ACCOUNT, codes=KEPT),
    Route("PUT", ROSTER, roster_put, "Give a room its names", Needs.ACCOUNT, codes=KEPT),
    Route("DELETE", ROSTER, roster_erased, "Erase a room's names", Needs.ACCOUNT, 204, codes=KEPT),
)
