"""Moodle XML."""

from classroom.bank.moodle.reading import read
from classroom.bank.moodle.writing import holds, write

__all__ = ["holds", "read", "write"]
