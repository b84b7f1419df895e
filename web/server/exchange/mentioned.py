"""The files that a lesson's events speak of. An imported lesson's events were written by anyone: what they name is
asked for only where it is a name of ours, which leads nowhere else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from classroom.activities.media import PICTURE, media_of
from classroom.events import Json
from web.server.courseware.making import MOST_SLIDES

OURS = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""As `classroom.payload.Id` has it."""
Mention = tuple[str, ...]
"""What it is (slide, media, simulation, recording, work), its name, and of slides the number."""


def mentioned(event: Json) -> list[Mention]:
    """Raises ValueError where its data are not those of such an event."""
    try:
        return [tuple(map(str, one)) for one in _named(event)]
    except (KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ValueError(f"{type(fault).__name__}: {fault}") from None


def is_ours(one: Mention) -> bool:
    return all(OURS.fullmatch(part) for part in one)


def _named(event: Json) -> Iterator[tuple[Any, ...]]:
    data = event["data"]
    match event["kind"]:
        case "courseware.opened":
            yield from _opened(data)
        case "activity.opened":
            for name, kind in media_of(data):
                yield ("slide", name, 1) if kind == PICTURE else ("media", name)
        case "activity.shown":
            for work in data["works"]:
                if work.get("file"):
                    yield "work", work["file"]
    yield from _pictures(data)


def _opened(data: Json) -> Iterator[tuple[Any, ...]]:
    name = data["courseware"]
    match data["kind"]:
        case "slides":
            if data["slides"] > MOST_SLIDES:
                raise ValueError(f"{data['slides']} slides")
            yield from (("slide", name, number) for number in range(1, data["slides"] + 1))
        case "video":
            yield "slide", name, 1
            yield "media", name
        case "audio":
            yield "media", name
        case "simulation" | "recording" as kind:
            yield kind, name
        case kind:
            raise ValueError(f"courseware of kind {kind!r}")


def _pictures(data: Any) -> Iterator[tuple[Any, ...]]:
    """Slides and photos that lie on pages, wherever an event has them."""
    if isinstance(data, dict):
        if isinstance(data.get("courseware"), str) and isinstance(data.get("slide"), int):
            yield "slide", data["courseware"], data["slide"]
        for one in data.values():
            yield from _pictures(one)
    elif isinstance(data, list):
        for one in data:
            yield from _pictures(one)
