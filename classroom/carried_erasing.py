"""What is left of somebody in a lesson's events as an imported recording has them: with words in them, for it has no
side table. Pure.

As in a journal (`erasing`), the order and every event stay: names become `ERASED`, words empty, ink dots, notes blank.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classroom.erasing import ERASED, inkless
from classroom.events import Event, Json
from classroom.nameless import Pupils, nameless
from classroom.notes.blanking import blanked

WORDS = frozenset({"text", "reply", "comment", "note"})
CAME, NOTED = "participant.joined", frozenset({"notes.written", "notes.merged"})


@dataclass(frozen=True, slots=True)
class Came:
    """Who took part, and what they were called."""

    names: dict[str, str]

    def of(self, people: Collection[str]) -> bool:
        return not self.names.keys().isdisjoint(people)

    def called(self, names: Collection[str]) -> bool:
        wanted = {one.casefold() for one in names}
        return any(name.casefold() in wanted for name in self.names.values())


def came(events: Sequence[Json]) -> Came:
    joined = (one["data"] for one in events if one["kind"] == CAME)
    return Came({one["participant"]: one.get("name", "") for one in joined})


def erased(events: Sequence[Event], people: Collection[str]) -> list[Event]:
    """What any of them said, wrote and drew, and what they are called."""
    of = Pupils(dict.fromkeys(people, ERASED), {}, frozenset(), "")
    writers = {event.data.get("client") for event in events if event.kind in NOTED and event.actor in people}
    clients = {client for client in writers if isinstance(client, int)}
    return [_without(event, people, clients) for event in nameless(events, of)]


def _without(event: Event, people: Collection[str], clients: Collection[int]) -> Event:
    said = inkless(event, people)
    data = _wordless(event.data if said is None else said, event.actor, people)
    if clients and event.kind in NOTED and isinstance(data.get("update"), str):
        data = {**data, "update": _blank(data["update"], clients)}
    return replace(event, data=data)


def _blank(update: str, clients: Collection[int]) -> str:
    try:
        return b64encode(blanked(b64decode(update), clients)).decode()
    except ValueError:
        return ""


def _wordless(value: Any, whose: Any, people: Collection[str]) -> Any:
    if isinstance(value, dict):
        whose = value.get("participant", value.get("owner", value.get("by", whose)))
        theirs = isinstance(whose, str) and whose in people
        return {
            key: "" if theirs and key in WORDS and isinstance(inner, str) else _wordless(inner, whose, people)
            for key, inner in value.items()
        }
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):  # points of strokes are numbers
        return [_wordless(one, whose, people) for one in value]
    return value


def files_of(events: Sequence[Event], people: Collection[str]) -> set[str]:
    """Works that they handed in and that were shown to all."""
    return {
        work["file"]
        for event in events
        if event.kind == "activity.shown"
        for work in event.data["works"]
        if work.get("participant", event.data.get("participant")) in people and work.get("file")
    }


def addresses(files: Collection[str], known: Collection[str]) -> Iterator[str]:
    """Under which these works are answered, of the addresses that there are."""
    for name in known:
        if any(name == f"/works/{one}" or name.startswith(f"/works/{one}/") for one in files):
            yield name
