"""Erasing a person, for administrators, and for the staff of the school where that was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import Field

from classroom.errors import ClientFault, Status
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.keeping import erasing, imports
from web.server.keeping.erasing import Wanted
from web.server.keeping.remover import advance
from web.server.routes.keeping import KEEPING, RemovalView
from web.server.sessions import Call

MOST = 500


class PersonAsked(Body):
    """By name, whole and without case; or by account."""

    name: Words | None = None
    account: Id | None = None


class MetView(View):
    """A participant: in which lesson (`at`: when that was made), from which room."""

    participant: str
    name: str
    role: str
    room: str
    account: str | None
    lesson: str
    title: str
    school: str | None
    at: int


class Erasure(Body):
    """`tracks`: what was recorded of them is hidden, or deleted. `account` is erased too, by administrators alone."""

    participants: Annotated[tuple[Id, ...], Field(max_length=MOST)] = ()
    account: Id | None = None
    tracks: Literal["hide", "remove"] = "hide"


class AlikeView(View):
    id: str
    title: str


class TracesView(View):
    """How much there is of them: lessons, words of theirs, lines of ink, files that they handed in, pieces of notes,
    resources that name them, and tracks; `imported` recordings that they are in. `alike`: such in which somebody of
    that name is, of whom it is not known who that is: they stay as they are."""

    lessons: int
    words: int
    lines: int
    files: int
    notes: int
    said: int
    tracks: int
    imported: int
    alike: list[AlikeView]


def _school(call: Call) -> str | None:
    """Whose lessons these may be; None: any. Raises 403 for staff without a school."""
    if call.operator or call.signed_in.role == "admin":
        return None
    if call.signed_in.school is None:
        raise ClientFault("not_allowed", "Your account belongs to no school.", Status.FORBIDDEN)
    return call.signed_in.school


def _wanted(call: Call, body: Erasure) -> Wanted:
    school = _school(call)
    if body.account is not None and school is not None:
        raise ClientFault("not_allowed", "Only administrators erase accounts.", Status.FORBIDDEN)
    if body.account is not None and not call.operator and body.account == call.signed_in.id:
        raise ClientFault("not_allowed", "Not your own account.", Status.FORBIDDEN)
    if not body.participants and body.account is None:
        raise ClientFault("not_found", "Nobody is named.", Status.NOT_FOUND)
    return Wanted(body.participants, body.account, body.tracks == "remove", school)


async def people(call: Call, body: PersonAsked) -> list[MetView]:
    school = _school(call)
    found = await call.parts.store.erasing.named(body.name or "", body.account, school)
    return [MetView.model_validate(one) for one in found]


async def imported(call: Call, body: PersonAsked) -> list[AlikeView]:
    """Imported recordings in which somebody of that name is."""
    _school(call)
    found = await imports.look(call.parts, (), (body.name or "",))
    return [AlikeView(id=one.id, title=one.title) for one in found.alike]


async def previewed(call: Call, body: Erasure) -> TracesView:
    traces, found = await erasing.preview(call.parts, _wanted(call, body))
    alike = [AlikeView(id=one.id, title=one.title) for one in found.alike]
    return TracesView(imported=len(found.theirs), alike=alike, **asdict(traces))


async def erased(call: Call, body: Erasure) -> RemovalView:
    """Nobody is given any of it when this is answered; the record says when it was looked for and not found."""
    wanted = _wanted(call, body)
    job = await erasing.erase(call.parts, wanted, None if call.operator else call.signed_in.id)
    if call.parts.live is None:
        await advance(call.parts)
    [row] = [one for one in await call.parts.store.removals.of(job.digest) if one.id == job.id]
    return RemovalView(by=None, **{name: getattr(row, name) for name in RemovalView.model_fields.keys() - {"by"}})


CODES = ("not_found", "not_allowed")
ROUTES = (
    Route("POST", f"{KEEPING}/people", people, "Where somebody took part", Needs.STAFF, codes=("not_allowed",)),
    Route(
        "POST",
        f"{KEEPING}/people/imported",
        imported,
        "Imported recordings in which somebody of that name is",
        Needs.STAFF,
        codes=("not_allowed",),
    ),
    Route("POST", f"{KEEPING}/erasures/preview", previewed, "What erasing would touch", Needs.STAFF, codes=CODES),
    Route(
        "POST",
        f"{KEEPING}/erasures",
        erased,
        "Erase a person from lessons and recordings",
        Needs.STAFF,
        codes=(*CODES, "on_hold", "not_ended", "recording_busy"),
    ),
)
