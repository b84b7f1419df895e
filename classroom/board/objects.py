"""What lies on a page besides strokes (shapes, text, notes, images), and what can be done to anything: change it, erase
it, bring it back. The last who changes a field has it, in the journal's order."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from classroom.board import words
from classroom.board.boards import bounds_of, laid, on_page, sheet_of, taken_off
from classroom.board.bricks import UNSET, Box, Color, Ids, OnPage, Place, Placing, Size, Width
from classroom.board.sheet import BoardObject, Kept, numbers_of
from classroom.board.writing import check_new, check_own, check_room, find_object, spot_to_write_on
from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event
from classroom.leading import TEACHERS
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, Page, State, missing, refused

MAX_CHANGES = 1000
"""In one command."""


class NewShape(Payload):
    """From one corner or end to the other; `fill` null: none."""

    object: Id
    type: Literal["shape"]
    shape: Literal["line", "arrow", "rectangle", "ellipse", "triangle", "axes"]
    color: Color
    width: Width
    fill: Color | None = None
    from_: Annotated[Place, Field(alias="from")]
    to: Place
    place: Placing = UNSET


class NewWords(Payload):
    """Letters on the page, or on a note; `size` is theirs."""

    object: Id
    type: Literal["text", "note"]
    color: Color
    size: Size
    box: Box
    text: Words
    place: Placing = UNSET


class NewImage(Payload):
    object: Id
    type: Literal["image"]
    courseware: Id
    slide: Annotated[int, Field(ge=1, le=10_000)] = 1
    box: Box
    place: Placing = UNSET


class AddedWords(Payload):
    """`words` says where the words stand in the side table; `text` is there for those who may read them."""

    object: Id
    type: Literal["text", "note"]
    color: Color
    size: Size
    box: Box
    words: int
    text: str | None = None
    place: Placing = UNSET


class OneChange(Payload):
    """What is named is from now on so. Which fields an object has depends on its type."""

    object: Id
    place: Placing = UNSET
    color: Color = UNSET
    width: Width = UNSET
    fill: Color | None = None
    from_: Place = Field(default=UNSET, alias="from")
    to: Place = UNSET
    size: Size = UNSET
    box: Box = UNSET
    text: Words = UNSET


class OneChanged(Payload):
    object: Id
    place: Placing = UNSET
    color: Color = UNSET
    width: Width = UNSET
    fill: Color | None = None
    from_: Place = Field(default=UNSET, alias="from")
    to: Place = UNSET
    size: Size = UNSET
    box: Box = UNSET
    words: int = UNSET
    text: str | None = None


class ObjectAdd(Payload):
    page: Id
    object: Annotated[NewShape | NewWords | NewImage, Field(discriminator="type")]


class ObjectChange(Payload):
    page: Id
    changes: Annotated[list[OneChange], Field(min_length=1, max_length=MAX_CHANGES)]


class ObjectErase(Payload):
    page: Id
    objects: Ids


class ObjectRestore(Payload):
    """What was erased lies again where it lay. Others than teachers bring back what they erased themselves."""

    page: Id
    objects: Ids


class ObjectAdded(OnPage):
    object: Annotated[NewShape | AddedWords | NewImage, Field(discriminator="type")]


class ObjectChanged(OnPage):
    changes: list[OneChanged]


class ObjectErased(OnPage):
    objects: list[Id]


class ObjectRestored(OnPage):
    objects: list[Id]


FIELDS: dict[str, frozenset[str]] = {
    "stroke": frozenset({"place", "color", "width"}),
    "shape": frozenset({"place", "color", "width", "fill", "from", "to"}),
    "text": frozenset({"place", "color", "size", "box", "text"}),
    "note": frozenset({"place", "color", "size", "box", "text"}),
    "image": frozenset({"place", "box"}),
}
"""What can be changed of each type."""
OF_WORDS = frozenset({"text", "copy_of"})
"""What goes with the words when others come."""


def add(state: State, command: ObjectAdd, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    check_new(spot.page, [command.object.object])
    check_room(spot, 1, 0, ask)
    data, texts = words.set_aside(command.object.model_dump(by_alias=True, exclude_unset=True), state["seq"] + 1)
    return [Draft("object.added", {**spot.where, "object": data}, texts)]


def change(state: State, command: ObjectChange, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    known = [find_object(spot.page, one.object) for one in command.changes]
    check_own(known, ask)
    changes: list[dict[str, Any]] = []
    texts: dict[str, str] = {}
    for one, was in zip(command.changes, known, strict=True):
        data = one.model_dump(by_alias=True, exclude_unset=True)
        if strange := data.keys() - FIELDS[was["type"]] - {"object"}:
            raise ClientFault("malformed", f"{min(strange)}: A {was['type']} has none.", Status.MALFORMED)
        if any(key not in was or was[key] != value for key, value in data.items()):
            data, its_words = words.set_aside(data, state["seq"] + 1)
            changes.append(data)
            texts |= its_words
    if len({one["object"] for one in changes}) < len(changes):
        raise ClientFault("malformed", "changes: An object is named twice.", Status.MALFORMED)
    return [Draft("object.changed", {**spot.where, "changes": changes}, texts)] if changes else []


def erase(state: State, command: ObjectErase, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    found = sheet_of(spot.page).some(command.objects)
    check_own(found, ask)
    names = [one["object"] for one in found]
    return [Draft("object.erased", {**spot.where, "objects": names})] if names else []


def restore(state: State, command: ObjectRestore, ask: Ask) -> list[Draft]:
    spot = spot_to_write_on(state, command.page, ask)
    there = {one["object"] for one in sheet_of(spot.page).some(command.objects)}
    names = [name for name in dict.fromkeys(command.objects) if name not in there]
    if not names:
        return []
    kept = {one["object"]["object"]: one for one in spot.page["erased"]}
    if not kept.keys() >= set(names):
        raise missing("object")
    check_own([kept[name]["object"] for name in names], ask)
    if ask.seat.role not in TEACHERS and any(kept[name]["by"] != ask.seat.participant for name in names):
        raise refused("erased", "A teacher has erased this.")
    check_room(spot, len(names), sum(numbers_of(kept[name]["object"]) for name in names), ask, again=True)
    return [Draft("object.restored", {**spot.where, "objects": names})]


def added(state: State, event: Event) -> State:
    one = {**event.data["object"], "by": event.actor, "z": event.seq}
    return on_page(state, event.data, lambda page: laid(page, [one]))


def changed(state: State, event: Event) -> State:
    return on_page(state, event.data, lambda page: _with_changes(page, event.data["changes"]))


def _with_changes(page: Page, changes: list[dict[str, Any]]) -> Page:
    objects = sheet_of(page)
    after: dict[str, BoardObject] = {}
    for one in changes:
        was = objects.find(one["object"])
        if was is not None:
            kept = {key: value for key, value in was.items() if key not in OF_WORDS} if "words" in one else was
            after[one["object"]] = {**kept, **one}
    return {**page, "objects": objects.changed(after)} if after else page


def erased(state: State, event: Event) -> State:
    gone, bounds = event.data["objects"], bounds_of(state, event.data)
    return on_page(state, event.data, lambda page: taken_off(page, gone, event.actor, bounds))


def restored(state: State, event: Event) -> State:
    return on_page(state, event.data, lambda page: _with_again(page, set(event.data["objects"])))


def _with_again(page: Page, names: set[str]) -> Page:
    names = names - {one["object"] for one in sheet_of(page).some(names)}
    back: dict[str, BoardObject] = {}
    for one in page["erased"]:  # what was erased last, counts
        name = one["object"]["object"]
        if name in names:
            back.pop(name, None)
            back[name] = one["object"]
    if not back:
        return page
    erased = Kept(one for one in page["erased"] if one["object"]["object"] not in back)
    return {**page, "objects": sheet_of(page).with_(back.values()), "erased": erased}


COMMANDS: dict[str, type[Payload]] = {
    "object.add": ObjectAdd,
    "object.change": ObjectChange,
    "object.erase": ObjectErase,
    "object.restore": ObjectRestore,
}
EVENTS: dict[str, type[Payload]] = {
    "object.added": ObjectAdded,
    "object.changed": ObjectChanged,
    "object.erased": ObjectErased,
    "object.restored": ObjectRestored,
}
DECIDE: dict[str, Decider] = {
    "object.add": add,
    "object.change": change,
    "object.erase": erase,
    "object.restore": restore,
}
APPLY: dict[str, Applier] = {
    "object.added": added,
    "object.changed": changed,
    "object.erased": erased,
    "object.restored": restored,
}
