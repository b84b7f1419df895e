"""The board's pages: what paper they are of, and which one is shown."""

from __future__ import annotations

from pydantic import Field

from classroom.board.boards import find_page, new_page, with_board, with_page
from classroom.board.bricks import PAGE_WIDTH, Paper, PlainPaper, X, Y
from classroom.events import Draft, Event
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, State, ViewState, missing, refused

MAX_PAGES = 1000
"""A slide that is shown is a page: so two of the longest courseware (400 slides), and as much again to write on. One
on which nothing is written is a hundred bytes."""
MIN_WIDTH = PAGE_WIDTH / 32
"""Nearer nobody looks at a page."""

BLANK = PlainPaper(kind="blank")


class PageAdd(Payload):
    """A new page, `after` another one or at the end."""

    page: Id
    paper: Paper = BLANK
    after: Id | None = None


class PageChange(Payload):
    """Other paper, under what is written."""

    page: Id
    paper: Paper


class PageShow(Payload):
    page: Id


class ViewShow(Payload):
    """What part of a page the presenter shows: from its left upper corner, so many units wide. Left out: the whole."""

    page: Id
    x: X = 0
    y: Y = 0
    width: float = Field(default=PAGE_WIDTH, ge=MIN_WIDTH, le=PAGE_WIDTH)


class PageAdded(Payload):
    page: Id
    paper: Paper = BLANK
    after: Id | None = None


class PageChanged(Payload):
    page: Id
    paper: Paper


class PageShown(Payload):
    page: Id


class ViewShown(Payload):
    page: Id
    x: X
    y: Y
    width: float


def add(state: State, command: PageAdd, _: Ask) -> list[Draft]:
    if find_page(state, command.page):
        raise refused("exists", "There is a page of that id.")
    if command.after is not None and find_page(state, command.after) is None:
        raise missing("page")
    if len(state["board"]["pages"]) >= MAX_PAGES:
        raise refused("too_many", f"A board has at most {MAX_PAGES} pages.")
    return [Draft("page.added", command.model_dump(exclude_none=True))]


def change(state: State, command: PageChange, _: Ask) -> list[Draft]:
    page = find_page(state, command.page)
    if page is None:
        raise missing("page")
    data = command.model_dump()
    return [Draft("page.changed", data)] if data["paper"] != page["paper"] else []


def show(state: State, command: PageShow, _: Ask) -> list[Draft]:
    if find_page(state, command.page) is None:
        raise missing("page")
    if state["board"]["shown"] == command.page:
        return []
    return [Draft("page.shown", {"page": command.page})]


def show_view(state: State, command: ViewShow, _: Ask) -> list[Draft]:
    if find_page(state, command.page) is None:
        raise missing("page")
    if state["board"]["shown"] != command.page:
        raise refused("not_shown", "This page is not shown.")
    data = command.model_dump()
    return [Draft("view.shown", data)] if _view(data) != state["board"]["view"] else []


def added(state: State, event: Event) -> State:
    data, board = event.data, state["board"]
    if find_page(state, data["page"]):
        return state
    paper = data.get("paper", BLANK.model_dump())
    page = new_page(data["page"], paper)
    places = [place for place, one in enumerate(board["pages"], 1) if one["id"] == data.get("after")]
    place = places[0] if places else len(board["pages"])
    return with_board(state, {**board, "pages": [*board["pages"][:place], page, *board["pages"][place:]]})


def changed(state: State, event: Event) -> State:
    page = find_page(state, event.data["page"])
    return state if page is None else with_page(state, {**page, "paper": event.data["paper"]})


def shown(state: State, event: Event) -> State:
    """A page that is turned to is shown whole."""
    return with_board(state, {**state["board"], "shown": event.data["page"], "view": None})


def view_shown(state: State, event: Event) -> State:
    if event.data["page"] != state["board"]["shown"]:
        return state
    return with_board(state, {**state["board"], "view": _view(event.data)})


def _view(data: dict[str, float]) -> ViewState | None:
    if data["width"] >= PAGE_WIDTH:
        return None
    return {"x": data["x"], "y": data["y"], "width": data["width"]}


COMMANDS: dict[str, type[Payload]] = {
    "page.add": PageAdd,
    "page.change": PageChange,
    "page.show": PageShow,
    "view.show": ViewShow,
}
EVENTS: dict[str, type[Payload]] = {
    "page.added": PageAdded,
    "page.changed": PageChanged,
    "page.shown": PageShown,
    "view.shown": ViewShown,
}
DECIDE: dict[str, Decider] = {"page.add": add, "page.change": change, "page.show": show, "view.show": show_view}
APPLY: dict[str, Applier] = {
    "page.added": added,
    "page.changed": changed,
    "page.shown": shown,
    "view.shown": view_shown,
}
