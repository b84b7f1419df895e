"""The pictures and sounds of a question: courseware of who asks it, which the lesson keeps from then on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from classroom.activities.question import Asked
from classroom.errors import ClientFault
from classroom.reducer import Offered, missing

PICTURE, SOUND = "slides", "audio"
"""Kinds of courseware. A picture is one of a single slide."""
FIELDS = ("picture", "alt", "sound", "plays", "pictures", "target_pictures")
"""What a question has of them, and says about them."""
WORDS = {PICTURE: "picture", SOUND: "sound"}


def media_of(question: Asked) -> Iterator[tuple[str, str]]:
    """The courseware that a question has, with its parts, each with the kind that it is to be of."""
    for part in question.get("questions") or ():
        yield from media_of(part)
    for field in ("pictures", "target_pictures"):
        yield from ((one, PICTURE) for one in question.get(field) or () if one is not None)
    for field, kind in (("picture", PICTURE), ("sound", SOUND)):
        if (one := question.get(field)) is not None:
            yield one, kind


def names(question: Asked) -> frozenset[str]:
    return frozenset(one for one, _ in media_of(question))


def renamed(question: Asked, other: Mapping[str, str]) -> dict[str, Any]:
    """The same question with other courseware in the place of its own."""
    parts = [renamed(part, other) for part in question.get("questions") or ()]
    lists = {
        field: [one and other.get(one, one) for one in question[field]]
        for field in ("pictures", "target_pictures")
        if field in question
    }
    return {
        **question,
        **({"questions": parts} if parts else {}),
        **lists,
        **{one: other.get(question[one], question[one]) for one in ("picture", "sound") if one in question},
    }


def check(question: Asked, offered: Mapping[str, Offered]) -> None:
    """Raises `not_found` where it has something that its asker has not, `media_unfit` where that is of another
    kind."""
    for one, kind in media_of(question):
        found = offered.get(one)
        if found is None:
            raise missing("courseware")
        if found.kind != kind or (kind == PICTURE and found.slides != 1):
            raise ClientFault("media_unfit", f"A question has pictures and sounds; this is no {WORDS[kind]}.")


def had(questions: Iterable[Asked], courseware: str) -> dict[str, Any] | None:
    """As what one of these questions has it."""
    return next(({"kind": kind} for one in questions for name, kind in media_of(one) if name == courseware), None)
