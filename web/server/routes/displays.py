"""A room's display: what a screen is to do now, and pairing it with its room."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from classroom.errors import ClientFault, Status
from classroom.ids import new_secret
from classroom.store.records import Device, Room
from web.server import displays, seats
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View
from web.server.displays import Candidate
from web.server.routes.lessons import RoomView, join_base
from web.server.routes.qr import svg
from web.server.routes.rooms import RoomRow, managed, row
from web.server.sessions import DISPLAY_COOKIE, Call

CODE_LIFE_S = 15 * 60


class ScreenAsks(Body):
    """`instance` is a random word of the page that stays the same until it is closed: a device runs in one place."""

    instance: Id


class ScreenUnpaired(View):
    """`code` is what the screen shows; it is good for `expires_in` seconds, then there is another."""

    state: Literal["unpaired"] = "unpaired"
    code: str
    expires_in: int


class NextLesson(View):
    title: str
    scheduled_at: int


class ScreenWaiting(View):
    state: Literal["waiting"] = "waiting"
    room: RoomView
    school: str
    next: NextLesson | None


class ScreenInLesson(View):
    state: Literal["lesson"] = "lesson"
    room: RoomView
    lesson: str
    seat: str


class PairingCode(Body):
    """As it is read from the screen: in any case, with spaces or without."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]


async def asked(call: Call, body: ScreenAsks) -> ScreenUnpaired | ScreenWaiting | ScreenInLesson:
    """A screen asks every few seconds, and does what the answer says; it needs to remember nothing."""
    store, now_s = call.parts.store, call.parts.clock.monotonic()
    token = call.request.cookies.get(DISPLAY_COOKIE, "")
    device = await store.devices.by_token(token)
    room = await store.schools.room(device.room) if device else None
    if device is None or room is None:
        return await _code(call, token)
    if not call.parts.places.claim(device, body.instance, now_s):
        raise ClientFault(
            "display_elsewhere", "This display runs in another window or on another device.", Status.CONFLICT, 5
        )
    if device.instance != body.instance:
        await store.devices.hold(device.id, body.instance)
    if call.parts.places.renewal(device.id, now_s):
        call.set_display = token
    return await _place(call, device, room)


async def _code(call: Call, token: str) -> ScreenUnpaired:
    pairing = await call.parts.store.devices.code(token, call.parts.now_ms)
    if pairing is None:
        call.parts.newcomers.take(call.address, call.parts.now_s)
        call.set_display = new_secret()
        pairing = await call.parts.store.devices.new_code(call.set_display, call.parts.now_ms, CODE_LIFE_S * 1000)
    return ScreenUnpaired(code=pairing.code, expires_in=max(1, (pairing.expires_at - call.parts.now_ms) // 1000))


async def _place(call: Call, device: Device, room: Room) -> ScreenWaiting | ScreenInLesson:
    store, now = call.parts.store, call.parts.now_ms
    shown = RoomView.model_validate(room)
    candidates = []
    for lesson, named in await store.lessons.of_room(room):
        there = displays.running(lesson) and displays.attended(await call.parts.journal.state(lesson.id))
        candidates.append(Candidate(lesson, named, there))
    due = displays.due(candidates)
    if due is not None:
        participant = await store.participants.for_device(due.id, device, room.name, now)
        seat = await store.seats.of(participant.id, call.here.id_hash, now)
        return ScreenInLesson(room=shown, lesson=due.id, seat=seat.id)
    following = displays.following(candidates, now)
    return ScreenWaiting(
        room=shown,
        school=(await seats.school_of(call, room.school)).name,
        next=NextLesson.model_validate(following) if following else None,
    )


async def qr(call: Call) -> web.Response:
    """Where a telephone pairs this very screen."""
    token = call.request.cookies.get(DISPLAY_COOKIE, "")
    pairing = await call.parts.store.devices.code(token, call.parts.now_ms)
    if pairing is None:
        raise seats.not_found("code")
    return svg(f"{join_base(call)}/staff#pair={pairing.code}")


async def paired(call: Call, body: PairingCode) -> RoomRow:
    """A miss costs a try, by account and by address. The display that the room had is cut off."""
    room = await managed(call)
    devices, misses, now_s = call.parts.store.devices, call.parts.pairing_misses, call.parts.now_s
    guessers = () if call.operator else (call.signed_in.id, call.address)
    for guesser in guessers:
        misses.check(guesser, now_s)
    before = await devices.of_room(room.id)
    code = "".join(body.code.split()).replace("-", "").lower()
    try:
        await devices.pair(code, room.id, call.parts.now_ms)
    except ClientFault as fault:
        if fault.code == "pairing_code_unknown":
            for guesser in guessers:
                misses.take(guesser, now_s)
        raise
    await _cut_off(call, before)
    return await row(call, room)


async def unpaired(call: Call) -> RoomRow:
    room = await managed(call)
    before = await call.parts.store.devices.of_room(room.id)
    await call.parts.store.devices.unpair(room.id)
    await _cut_off(call, before)
    return await row(call, room)


async def _cut_off(call: Call, device: Device | None) -> None:
    """Out of the lesson that it is in; what tokens it has open nothing any more."""
    if device is None:
        return
    call.parts.places.forget(device.id)
    if call.parts.live is not None:
        await call.parts.live.gateway.revoke(await call.parts.store.participants.of_device(device.id))


DISPLAY = "/api/v1/rooms/{room}/display"
ROUTES = (
    Route(
        "POST",
        "/api/v1/display",
        asked,
        "What this screen is to do now: show a code, wait, or take its seat in a lesson",
        Needs.SESSION,
        codes=("display_elsewhere", "too_often"),
    ),
    Route(
        "GET",
        "/api/v1/display/qr.svg",
        qr,
        "The address that pairs this screen, as a QR code",
        codes=("not_found",),
        gives="image/svg+xml",
    ),
    Route(
        "PUT",
        DISPLAY,
        paired,
        "Make the screen that shows this code the room's display",
        Needs.ACCOUNT,
        codes=("not_found", "not_allowed", "pairing_code_unknown", "too_often"),
    ),
    Route("DELETE", DISPLAY, unpaired, "Unpair the room's display", Needs.ACCOUNT, codes=("not_found", "not_allowed")),
)
