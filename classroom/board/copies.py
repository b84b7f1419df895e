"""Copies of pages of one's own on the class's board, for all to see, one or two side by side; with what lies under."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from classroom.board import pages
from classroom.board.boards import KINDS, find_page, laid, on_page, own_of, own_page
from classroom.board.bricks import PAGE_HEIGHT, PAGE_WIDTH
from classroom.board.sheet import BoardObject, Number, numbers_of
from classroom.board.writing import owner_to_write_for
from classroom.events import Draft, Event
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, Page, Source, State, missing, refused

MOST_OBJECTS, MOST_NUMBERS = 3000, 300_000
"""Of a copy: it is told to everyone at once."""
Placing = list[Number]
WHOLE: Placing = [1, 1, 0, 0]
HALVES: tuple[Placing, Placing] = ([0.5, 0.5, 0, PAGE_HEIGHT / 4], [0.5, 0.5, PAGE_WIDTH / 2, PAGE_HEIGHT / 4])


class PageCopy(Payload):
    """A new page of the class's, `page`: what is on one page of someone's own, or on two, side by side."""

    page: Id
    of: Annotated[list[Id], Field(min_length=1, max_length=2)]
    after: Id | None = None


class Copied(Payload):
    """Whose it is. `name`: a group's, or a participant's for those who may read it."""

    handout: Id
    owner: Id
    kind: str
    name: str | None = None


class PageFilled(Payload):
    page: Id
    objects: list[dict[str, Any]]
    of: list[Copied]


def copy(state: State, command: PageCopy, ask: Ask) -> list[Draft]:
    sources = [_source(state, name, ask) for name in command.of]
    under = [page for page, _, _ in sources]
    paper = under[0]["paper"] if len(sources) == 1 else pages.BLANK.model_dump()
    added = pages.add(state, pages.PageAdd.model_validate({**_new(command), "paper": paper}), ask)
    names: dict[str, None] = {}
    objects: list[BoardObject] = []
    for half, (below, own, _) in zip([WHOLE] if len(sources) == 1 else HALVES, sources, strict=True):
        for one in _layers(below, own, half, ask.seat.participant):
            objects.append(_named_anew(one, names))
    if len(objects) > MOST_OBJECTS or sum(map(numbers_of, objects)) > MOST_NUMBERS:
        raise refused("too_many", "There is too much on this page to show it to everyone.")
    data = {"page": command.page, "objects": objects, "of": [source for _, _, source in sources]}
    return [*added, Draft("page.filled", data)]


def _new(command: PageCopy) -> dict[str, Any]:
    return command.model_dump(include={"page", "after"}, exclude_none=True)


def _source(state: State, name: str, ask: Ask) -> tuple[Page, Page, Source]:
    """What lies under, what lies on it, and whose it is."""
    owner, own = owner_to_write_for(state, name, ask.seat, ask.now), own_of(state, name)
    below = find_page(state, own[0]["page"]) if own else None
    if owner is None or own is None or below is None:
        raise missing("page")
    handout, _ = own
    source: Source = {"handout": handout["handout"], "owner": owner, "kind": KINDS[handout["to"]]}
    named = state["groups"]["by_id"].get(owner) or state["boards"].get(owner)
    if named and "name" in named:
        source["name"] = named["name"]
    return below, own_page(state, name, owner), source


def _layers(below: Page, own: Page, half: Placing, actor: str) -> Iterator[BoardObject]:
    paper = below["paper"]
    if half is not WHOLE and "courseware" in paper:
        slide: Any = {"type": "image", "courseware": paper["courseware"], "slide": paper["slide"]}
        yield {**slide, "object": "paper", "by": actor, "z": 0, "box": [0, 0, PAGE_WIDTH, PAGE_HEIGHT], "place": half}
    for one in (*below["objects"], *own["objects"]):
        yield one if half is WHOLE else {**one, "place": _within(one.get("place", WHOLE), half)}


def _within(place: Placing, half: Placing) -> Placing:
    (sx, sy, dx, dy), (hx, hy, left, top) = place, half
    return [sx * hx, sy * hy, dx * hx + left, dy * hy + top]


def _named_anew(one: BoardObject, names: dict[str, None]) -> BoardObject:
    """Under another id where that is taken; its words stand where they stood."""
    name, number = one["object"], 0
    while name in names:
        number += 1
        name = f"{one['object'][:56]}_{number}"
    names[name] = None
    if name == one["object"]:
        return one
    words = {"copy_of": one.get("copy_of", one["object"])} if "words" in one else {}
    return {**one, "object": name, **words}


def filled(state: State, event: Event) -> State:
    """All lies in the order in which it is told, also what is erased and comes back."""
    told = event.data["objects"]
    objects: list[Any] = [{**one, "z": event.seq + place / len(told)} for place, one in enumerate(told)]
    return on_page(state, event.data, lambda page: {**laid(page, objects), "of": event.data["of"]})


COMMANDS: dict[str, type[Payload]] = {"page.copy": PageCopy}
EVENTS: dict[str, type[Payload]] = {"page.filled": PageFilled}
DECIDE: dict[str, Decider] = {"page.copy": copy}
APPLY: dict[str, Applier] = {"page.filled": filled}
