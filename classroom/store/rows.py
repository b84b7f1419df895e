"""From a record to the values of its row."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from classroom.events import Json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def values(record: DataclassInstance) -> Json:
    return {field.name: getattr(record, field.name) for field in fields(record)}
