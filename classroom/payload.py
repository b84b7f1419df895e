"""The bricks that payload models are built of: strict, bounded, frozen. Anything else is `malformed`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

CONTROL_BUT_LINES = frozenset(map(chr, (*range(9), *range(11, 32), 127)))


class Payload(BaseModel):
    """What a command asks with, or an event tells. Strict: no field more, no type bent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _printable(words: str) -> str:
    if not CONTROL_BUT_LINES.isdisjoint(words):
        raise ValueError("control characters")
    return words


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A random id: of a participant, or made by a client for a page, a stroke, an activity, a message."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_printable)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_printable)
]
Millis = Annotated[int, Field(ge=0, le=2**42)]
"""Milliseconds of the lesson's clock, or of a length of time."""
