"""Pages of a list that changes meanwhile: each row has a place in the order, and the next page is what stands behind
the last one's. So nothing that comes or goes in front of it doubles a row, or leaves one out.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, StringConstraints, TypeAdapter
from sqlalchemy import ColumnElement, literal, tuple_

from classroom.errors import ClientFault, Status

Plain = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
_said = TypeAdapter(tuple[Plain, FiniteFloat | Plain, Annotated[int, Field(ge=0, lt=1 << 62)], Plain])


@dataclass(frozen=True, slots=True)
class Place:
    """In a list of that `order`: by what comes `first` there, then by time (ms), then by id."""

    order: str
    first: float | str
    at: int
    id: str

    @property
    def code(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(astuple(self), ensure_ascii=False).encode()).decode().rstrip("=")


def place_of(code: str, order: str) -> Place:
    """Raises ClientFault `malformed` (400) where it is no place of a list in that order."""
    try:
        place = Place(*_said.validate_json(base64.b64decode(code + "=" * (-len(code) % 4), b"-_", validate=True)))
    except (ValueError, binascii.Error):
        place = None
    if place is None or place.order != order or isinstance(place.first, str) != (order == "title"):
        raise ClientFault("malformed", "after: that is no place in this list.", Status.MALFORMED)
    return place


def behind(keys: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Of rows in the ascending order of these keys, those after the one that has these values."""
    return tuple_(*keys) > tuple_(*(one if isinstance(one, ColumnElement) else literal(one) for one in values))
