"""Where pages are: on the class's board, or on somebody's own, which comes into being by what is written on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from classroom.board.bricks import MAX_NUMBERS, MAX_OBJECTS
from classroom.board.sheet import BoardObject, Kept, Sheet
from classroom.events import Json
from classroom.reducer import BoardState, Handout, OwnBoard, Page, State


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a page may hold: things, numbers that their points are; and what was erased of it is kept to be restored:
    so much, as long as it is not more numbers than a page may hold, and at least all that was erased at once."""

    objects: int
    numbers: int
    kept: int


CLASS = Bounds(MAX_OBJECTS, MAX_NUMBERS, 1000)
OWN = Bounds(1000, 80_000, 100)
"""Of one's own: there may be a thousand of them, and a hundred characters are eight hundred strokes."""
SHARED = Bounds(4 * OWN.objects, 4 * OWN.numbers, 4 * OWN.kept)
"""Of a room's or a group's, on which several write."""

KINDS: Final = {"students": "participant", "rooms": "room", "groups": "group"}
"""To whom a page is handed out → what its owners are."""


def sheet_of(page: Page) -> Sheet:
    objects = page["objects"]
    return objects if isinstance(objects, Sheet) else Sheet(objects)  # a state that was JSON


def kept_of(page: Page) -> Kept:
    erased = page["erased"]
    return erased if isinstance(erased, Kept) else Kept(erased)


def new_page(name: str, paper: Json) -> Page:
    return {"id": name, "paper": paper, "objects": Sheet(), "erased": Kept()}


def find_page(state: State, name: str) -> Page | None:
    """Of the class's board."""
    return next((page for page in state["board"]["pages"] if page["id"] == name), None)


def find_handout(state: State, name: str) -> Handout | None:
    return next((one for one in state["handouts"] if one["handout"] == name), None)


def own_of(state: State, name: str) -> tuple[Handout, str] | None:
    """Of which handout such a page is, and whose, be it there already or not."""
    handout, _, owner = name.partition("-")
    known = find_handout(state, handout) if owner else None
    return None if known is None else (known, owner)


def own_page(state: State, name: str, owner: str) -> Page:
    """The page, or one on which nothing is."""
    board = state["boards"].get(owner)
    there = next((page for page in board["pages"] if page["id"] == name), None) if board else None
    return there or new_page(name, {"kind": "blank"})


def room_of(state: State, owner: str) -> Json:
    """Where the owner of a board is, as `bricks.OnPage` says it."""
    people = state["participants"]
    if owner in people:
        return {"room": people[owner]["room"]}
    return {} if owner in state["groups"]["by_id"] or _was_a_group(state, owner) else {"room": owner}


def is_taught(where: Json, room: str | None) -> bool:
    """Whether a board is shown to the local teachers of this room: its own, those of who is in it, and all groups'."""
    return "room" not in where or where["room"] == room is not None


def _was_a_group(state: State, owner: str) -> bool:
    board = state["boards"].get(owner)
    return board is not None and board["kind"] == "group"


def on_page(state: State, data: Json, change: Callable[[Page], Page]) -> State:
    """The state with a page changed, that of an event's data. A change that does nothing answers the very page."""
    if "board" in data:
        return _on_own(state, data["page"], data["board"], change)
    page = find_page(state, data["page"])
    return state if page is None or (after := change(page)) is page else with_page(state, after)


def _on_own(state: State, name: str, owner: str, change: Callable[[Page], Page]) -> State:
    own = own_of(state, name)
    if own is None:
        return state
    before = own_page(state, name, owner)
    after = change(before)
    if after is before:
        return state
    board = state["boards"].get(owner) or _new_board(state, KINDS[own[0]["to"]], owner)
    pages = [after if page["id"] == name else page for page in board["pages"]]
    if all(page["id"] != name for page in pages):
        pages.append(after)
    return {**state, "boards": {**state["boards"], owner: {**board, "pages": pages}}}


def _new_board(state: State, kind: str, owner: str) -> OwnBoard:
    group = state["groups"]["by_id"].get(owner) if kind == "group" else None
    named: OwnBoard = {"kind": kind, "pages": []}
    if group is not None and "name" in group:
        named["name"] = group["name"]
    return named


def with_page(state: State, page: Page) -> State:
    """The state with this page of the class's instead of that of its id."""
    pages = [page if one["id"] == page["id"] else one for one in state["board"]["pages"]]
    return with_board(state, {**state["board"], "pages": pages})


def with_board(state: State, board: BoardState) -> State:
    return {**state, "board": board}


def laid(page: Page, objects: Iterable[BoardObject]) -> Page:
    """The page with these on it."""
    before = sheet_of(page)
    after = before.with_(objects)
    return page if after is before else {**page, "objects": after}


def bounds_of(state: State, data: Json) -> Bounds:
    """Of the page of an event's data."""
    if "board" not in data:
        return CLASS
    own = own_of(state, data["page"])
    return OWN if own is None or own[0]["to"] == "students" else SHARED


def taken_off(page: Page, names: Iterable[str], by: str, bounds: Bounds) -> Page:
    """The page without these, which are kept aside."""
    objects, gone = sheet_of(page).without(names)
    if not gone:
        return page
    erased = Kept([*page["erased"], *({"by": by, "object": one} for one in gone)])  # type: ignore[list-item]
    return {**page, "objects": objects, "erased": erased.latest(len(gone), bounds.kept, bounds.numbers)}
