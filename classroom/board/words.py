"""The words on the board are those of whoever wrote them last: they stand in the side table, the journal says where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classroom.board.sheet import BoardObject
from classroom.events import Json
from classroom.participants import name_key
from classroom.reducer import BoardState, OwnBoard, Page, Source


def words_key(one: Mapping[str, Any]) -> str:
    """Where in the side table the words of an object, or of a change of one, stand."""
    return f"words:{one['words']}:{one.get('copy_of', one['object'])}"


def set_aside(data: Json, number: int) -> tuple[Json, dict[str, str]]:
    """An object or a change without its `text`, and this for the side table; `number` is of nothing else in the
    lesson."""
    if "text" not in data:
        return data, {}
    after = {key: value for key, value in data.items() if key != "text"} | {"words": number}
    return after, {words_key(after): data["text"]}


def added(data: Json, texts: Mapping[str, str]) -> Json:
    """The data of `object.added` with its words."""
    return {**data, "object": _worded(data["object"], texts)}


def changed(data: Json, texts: Mapping[str, str]) -> Json:
    """The data of `object.changed` with its words."""
    return {**data, "changes": [_worded(one, texts) for one in data["changes"]]}


def filled(data: Json, texts: Mapping[str, str]) -> Json:
    """The data of `page.filled` with its words and names."""
    return {**data, "objects": [_worded(one, texts) for one in data["objects"]], "of": _named(data["of"], texts)}


def own(board: OwnBoard, texts: Mapping[str, str]) -> OwnBoard:
    """A board of one's own with its words."""
    return {**board, "pages": [_page(page, texts) for page in board["pages"]]}


def board(state: BoardState, texts: Mapping[str, str]) -> BoardState:
    """The board with its words."""
    return {**state, "pages": [_page(page, texts) for page in state["pages"]]}


def _page(page: Page, texts: Mapping[str, str]) -> Page:
    objects, erased = page["objects"], page["erased"]
    if any("words" in one for one in objects):
        objects = [_worded(one, texts) for one in objects]
    if any("words" in one["object"] for one in erased):
        erased = [{**one, "object": _worded(one["object"], texts)} for one in erased]
    page = {**page, "objects": objects, "erased": erased}
    return {**page, "of": _named(page["of"], texts)} if "of" in page else page


def _named(of: list[Source], texts: Mapping[str, str]) -> list[Source]:
    keys = [name_key(one["owner"]) if one["kind"] == "participant" else "" for one in of]
    return [{**one, "name": texts[key]} if key in texts else one for one, key in zip(of, keys, strict=True)]


def _worded(one: BoardObject, texts: Mapping[str, str]) -> BoardObject:
    text = texts.get(words_key(one)) if "words" in one else None
    return one if text is None else {**one, "text": text}
