"""The bricks that payload models are built of: strict, bounded, frozen. Anything else is `malformed`."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

CONTROL_BUT_LINES = frozenset(map(chr, (*range(9), *range(11, 32), 127)))


class Payload(BaseModel):
    """What a command asks with, or an event tells. Strict: no field more, no type bent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _printable(words: str) -> str:
    if not CONTROL_BUT_LINES.isdisjoint(words):
        raise ValueError("control characters")
    return words


# Embeddings, overrides and isolates of Unicode's bidirectional algorithm. What stands after a name is not the name's to
# turn round; marks (LRM, RLM), which turn nothing but themselves, stay. Spreadsheets leave them in what is copied.
TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def straight(words: object) -> object:
    return words.translate(TURNING) if isinstance(words, str) else words


def visible(words: str) -> str:
    """Raises ValueError where there is nothing to see: neither controls and formats nor spaces are."""
    if all(unicodedata.category(one)[0] in "CZ" for one in words):
        raise ValueError("nothing to be seen")
    return words


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A random id: of a participant, or made by a client for a page, a stroke, an activity, a message."""

Name = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(_printable),
    AfterValidator(visible),
]
"""Of a person or a room. As long as those that are given by HTTP: who has a seat can join."""

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_printable)
]
LongWords = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_printable)
]
Millis = Annotated[int, Field(ge=0, le=2**42)]
"""Milliseconds of the lesson's clock, or of a length of time."""
