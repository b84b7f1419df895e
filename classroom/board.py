"""The whiteboard: pages of 1600 × 900 units, and finished strokes on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from classroom.events import Draft, Event
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, BoardState, Decider, Page, State, missing, refused

PAGE_WIDTH, PAGE_HEIGHT = 1600, 900
MAX_PAGES = 200
MAX_STROKES = 5000  # a page
MAX_POINTS = 2000  # a stroke
MAX_STROKE_MS = 600_000

Number = int | float


def _points(points: list[Number]) -> list[Number]:
    if len(points) % 4:
        raise ValueError("points come in fours: x, y, pressure, t_ms")
    if not all(-PAGE_WIDTH <= x <= 2 * PAGE_WIDTH for x in points[0::4]):
        raise ValueError("x is off the page")
    if not all(-PAGE_HEIGHT <= y <= 2 * PAGE_HEIGHT for y in points[1::4]):
        raise ValueError("y is off the page")
    if not all(0 <= pressure <= 1 for pressure in points[2::4]):
        raise ValueError("pressure is 0 to 1")
    if not all(0 <= t_ms <= MAX_STROKE_MS for t_ms in points[3::4]):
        raise ValueError("a time is out of range")
    return points


class PageAdd(Payload):
    page: Id


class PageShow(Payload):
    page: Id


class Stroke(Payload):
    """A finished line. `points` is flat, x, y, pressure, t_ms for each point: x, y in board units, pressure 0 to 1,
    t_ms since `began`, which is the lesson's clock when the pen touched."""

    stroke: Id
    page: Id
    tool: Literal["pen"]
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
    width: Annotated[float, Field(gt=0, le=100)]
    began: Millis
    points: Annotated[list[Number], Field(min_length=4, max_length=4 * MAX_POINTS), AfterValidator(_points)]


class StrokeErase(Payload):
    page: Id
    stroke: Id


class PageAdded(Payload):
    page: Id


class PageShown(Payload):
    page: Id


class StrokeErased(Payload):
    page: Id
    stroke: Id


def _page(state: State, page: str) -> Page | None:
    return next((one for one in state["board"]["pages"] if one["id"] == page), None)


def add_page(state: State, command: PageAdd, _: Ask) -> list[Draft]:
    if _page(state, command.page):
        raise refused("exists", "There is a page of that id.")
    if len(state["board"]["pages"]) >= MAX_PAGES:
        raise refused("too_many", f"A board has at most {MAX_PAGES} pages.")
    return [Draft("page.added", {"page": command.page})]


def show_page(state: State, command: PageShow, _: Ask) -> list[Draft]:
    if _page(state, command.page) is None:
        raise missing("page")
    if state["board"]["shown"] == command.page:
        return []
    return [Draft("page.shown", {"page": command.page})]


def add_stroke(state: State, command: Stroke, _: Ask) -> list[Draft]:
    page = _page(state, command.page)
    if page is None:
        raise missing("page")
    if any(stroke["stroke"] == command.stroke for stroke in reversed(page["strokes"])):
        raise refused("exists", "There is a stroke of that id.")
    if len(page["strokes"]) >= MAX_STROKES:
        raise refused("too_many", f"A page has at most {MAX_STROKES} strokes.")
    return [Draft("stroke.added", command.model_dump())]


def erase_stroke(state: State, command: StrokeErase, _: Ask) -> list[Draft]:
    page = _page(state, command.page)
    if page is None:
        raise missing("page")
    if not any(stroke["stroke"] == command.stroke for stroke in page["strokes"]):
        return []
    return [Draft("stroke.erased", {"page": command.page, "stroke": command.stroke})]


def page_added(state: State, event: Event) -> State:
    if _page(state, event.data["page"]):
        return state
    page: Page = {"id": event.data["page"], "strokes": []}
    return _board(state, {**state["board"], "pages": [*state["board"]["pages"], page]})


def page_shown(state: State, event: Event) -> State:
    return _board(state, {**state["board"], "shown": event.data["page"]})


def stroke_added(state: State, event: Event) -> State:
    stroke = {key: value for key, value in event.data.items() if key != "page"}
    return _strokes(state, event.data["page"], lambda strokes: [*strokes, stroke])


def stroke_erased(state: State, event: Event) -> State:
    erased = event.data["stroke"]
    return _strokes(state, event.data["page"], lambda strokes: [s for s in strokes if s["stroke"] != erased])


def _board(state: State, board: BoardState) -> State:
    return {**state, "board": board}


def _strokes(state: State, page_id: str, change: Any) -> State:
    pages: list[Page] = [
        {"id": page["id"], "strokes": change(page["strokes"])} if page["id"] == page_id else page
        for page in state["board"]["pages"]
    ]
    return _board(state, {**state["board"], "pages": pages})


COMMANDS: dict[str, type[Payload]] = {
    "page.add": PageAdd,
    "page.show": PageShow,
    "stroke.add": Stroke,
    "stroke.erase": StrokeErase,
}
EVENTS: dict[str, type[Payload]] = {
    "page.added": PageAdded,
    "page.shown": PageShown,
    "stroke.added": Stroke,
    "stroke.erased": StrokeErased,
}
DECIDE: dict[str, Decider] = {
    "page.add": add_page,
    "page.show": show_page,
    "stroke.add": add_stroke,
    "stroke.erase": erase_stroke,
}
APPLY: dict[str, Applier] = {
    "page.added": page_added,
    "page.shown": page_shown,
    "stroke.added": stroke_added,
    "stroke.erased": stroke_erased,
}
