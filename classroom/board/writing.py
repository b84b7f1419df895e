"""Who may write where: teachers on every page that they see and on what anyone wrote; who was given the pen, on the
page that is shown; whoever has a page of one's own, on that, until it is collected. Others than teachers change what is
theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from classroom.board import boards
from classroom.board.boards import Bounds, bounds_of, find_page, is_taught, kept_of, own_of, own_page, sheet_of
from classroom.board.handouts import is_open
from classroom.board.sheet import BoardObject
from classroom.errors import ClientFault, Status
from classroom.events import Json, Role, Seat
from classroom.groups import members_of
from classroom.leading import TEACHERS
from classroom.reducer import Ask, Handout, Page, Pens, State, missing, refused

OTHERS_SHARE = 0.8
"""Of what a page may hold. However much others write, there is room for a teacher; and for what comes back."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody writes: the page as it is, and what in an event's data says so."""

    page: Page
    where: Json
    bounds: Bounds


def has_pen(state: State, seat: Seat) -> bool:
    """Whether the seat may write on the page that is shown."""
    if seat.role in TEACHERS:
        return True
    return seat.role in (Role.STUDENT, Role.DISPLAY) and is_given(state["board"]["pens"], seat.participant, seat.room)


def is_given(pens: Pens, participant: str, room: str | None) -> bool:
    """The pen, to this student or display."""
    if participant in pens["participants"]:
        return True
    if participant in pens["without"]["participants"]:
        return False
    return room in pens["rooms"] or (pens["everyone"] and room not in pens["without"]["rooms"])


def check_pen(state: State, seat: Seat) -> None:
    """Raises `no_pen`."""
    if not has_pen(state, seat):
        raise ClientFault("no_pen", "You have not been given the pen.", Status.FORBIDDEN)


def owner_to_write_for(state: State, name: str, seat: Seat, now: int) -> str | None:
    """Whose own board the page is on, if it is on one and the seat may write there at `now` (lesson clock, ms). Raises
    `not_found`, `not_yours`, `collected`."""
    own = own_of(state, name)
    if own is None or find_page(state, name):
        return None
    handout, owner = own
    if owner not in state["boards"] and not _has_one(state, handout, owner):
        raise missing("page")
    if not (_oversees(state, owner, seat) if seat.role in TEACHERS else _owns(state, handout, owner, seat)):
        raise ClientFault("not_yours", "This page is somebody else's.", Status.FORBIDDEN)
    if seat.role not in TEACHERS and not is_open(handout, now):
        raise refused("collected", "This page has been collected.")
    return owner


def _oversees(state: State, owner: str, seat: Seat) -> bool:
    """A lead teacher's seat sees all, whoever leads now."""
    known = state["participants"].get(seat.participant)
    role = known["role"] if known else seat.role
    return Role.LEAD_TEACHER in (role, seat.role) or is_taught(boards.room_of(state, owner), seat.room)


def _has_one(state: State, handout: Handout, owner: str) -> bool:
    people = state["participants"]
    match handout["to"]:
        case "students":
            return owner in people and people[owner]["role"] == Role.STUDENT
        case "rooms":
            return any(one["room"] == owner for one in people.values())
        case _:
            return owner in state["groups"]["by_id"]


def _owns(state: State, handout: Handout, owner: str, seat: Seat) -> bool:
    match handout["to"]:
        case "students":
            return seat.participant == owner
        case "rooms":
            return seat.room == owner
        case _:
            return seat.participant in members_of(state, owner)


def owners_of(state: State, owner: str) -> tuple[frozenset[str], str | None]:
    """Whose a board is: participants, or a room."""
    if owner in state["participants"]:
        return frozenset({owner}), None
    if owner in state["groups"]["by_id"]:
        return frozenset(members_of(state, owner)), None
    return frozenset(), owner


def spot_to_write_on(state: State, name: str, ask: Ask) -> Spot:
    """Raises `not_found`, `no_pen`, `not_shown`, `not_yours`, `collected`."""
    owner = owner_to_write_for(state, name, ask.seat, ask.now)
    if owner is not None:
        where: Json = {"page": name, "board": owner, **boards.room_of(state, owner)}
        return Spot(own_page(state, name, owner), where, bounds_of(state, where))
    check_pen(state, ask.seat)
    page = find_page(state, name)
    if page is None:
        raise missing("page")
    if ask.seat.role not in TEACHERS and name != state["board"]["shown"]:
        raise refused("not_shown", "This page is not shown any more.")
    return Spot(page, {"page": name}, boards.CLASS)


def find_object(page: Page, name: str) -> BoardObject:
    """Raises `erased`, `not_found`."""
    found = sheet_of(page).find(name)
    if found is not None:
        return found
    if name in kept_of(page).names:
        raise refused("erased", "This has been erased.")
    raise missing("object")


def check_own(objects: Iterable[BoardObject], ask: Ask) -> None:
    """Raises `not_yours`."""
    if ask.seat.role not in TEACHERS and any(one["by"] != ask.seat.participant for one in objects):
        raise ClientFault("not_yours", "Somebody else made this.", Status.FORBIDDEN)


def check_new(page: Page, names: list[str]) -> None:
    """Raises `exists`. What was erased has its id still: it may be restored."""
    if len(set(names)) < len(names) or sheet_of(page).some(names) or not kept_of(page).names.isdisjoint(names):
        raise refused("exists", "There is something of that id.")


def check_room(spot: Spot, things: int, numbers: int, ask: Ask, *, again: bool = False) -> None:
    """Raises `too_many` where so many things more, whose points are so many numbers more, are too much for the page.
    What gets less is never too much. `again`: they have been there before."""
    share = 1 if again or ask.seat.role in TEACHERS else OTHERS_SHARE
    objects, bounds = sheet_of(spot.page), spot.bounds
    too_many = things > 0 and len(objects) + things > share * bounds.objects
    if too_many or (numbers > 0 and objects.numbers + numbers > share * bounds.numbers):
        raise refused("too_many", "The page is full.")
