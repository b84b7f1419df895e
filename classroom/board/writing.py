"""Who may write where: teachers on every page and on what anyone wrote; who was given the pen, on the page that is
shown and on what is their own."""

from __future__ import annotations

from collections.abc import Iterable

from classroom.board.bricks import MAX_NUMBERS, MAX_OBJECTS
from classroom.board.sheet import BoardObject, Kept, Sheet
from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat
from classroom.leading import TEACHERS
from classroom.reducer import Ask, BoardState, Page, Pens, State, missing, refused

KEPT = 1000
"""What was erased of a page is kept to be restored: so much, as long as it is not more than a page may hold, and at
least all that was erased at once."""
OTHERS_SHARE = 0.8
"""Of what a page may hold. However much others write, there is room for a teacher."""


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


def sheet_of(page: Page) -> Sheet:
    objects = page["objects"]
    return objects if isinstance(objects, Sheet) else Sheet(objects)  # a state that was JSON


def kept_of(page: Page) -> Kept:
    erased = page["erased"]
    return erased if isinstance(erased, Kept) else Kept(erased)


def find_page(state: State, name: str) -> Page | None:
    return next((page for page in state["board"]["pages"] if page["id"] == name), None)


def page_to_write_on(state: State, name: str, ask: Ask) -> Page:
    """Raises `not_found`, `no_pen`, `not_shown`."""
    check_pen(state, ask.seat)
    page = find_page(state, name)
    if page is None:
        raise missing("page")
    if ask.seat.role not in TEACHERS and name != state["board"]["shown"]:
        raise refused("not_shown", "This page is not shown any more.")
    return page


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


def check_room(page: Page, things: int, numbers: int, ask: Ask) -> None:
    """Raises `too_many` where so many things, whose points are so many numbers, are too much for the page."""
    share = 1 if ask.seat.role in TEACHERS else OTHERS_SHARE
    objects = sheet_of(page)
    if len(objects) + things > share * MAX_OBJECTS or objects.numbers + numbers > share * MAX_NUMBERS:
        raise refused("too_many", "The page is full.")


def with_page(state: State, page: Page) -> State:
    """The state with this page instead of that of its id."""
    pages = [page if one["id"] == page["id"] else one for one in state["board"]["pages"]]
    return with_board(state, {**state["board"], "pages": pages})


def with_board(state: State, board: BoardState) -> State:
    return {**state, "board": board}


def laid(state: State, name: str, objects: Iterable[BoardObject]) -> State:
    """With these on the page of that id."""
    page = find_page(state, name)
    return state if page is None else with_page(state, {**page, "objects": sheet_of(page).with_(objects)})


def taken_off(page: Page, names: Iterable[str], by: str) -> Page:
    """The page without these, which are kept aside."""
    objects, gone = sheet_of(page).without(names)
    if not gone:
        return page
    erased = Kept([*page["erased"], *({"by": by, "object": one} for one in gone)])  # type: ignore[list-item]
    return {**page, "objects": objects, "erased": erased.latest(len(gone), KEPT, MAX_NUMBERS)}
