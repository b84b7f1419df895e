"""Of which format a file is, by its beginning."""

from __future__ import annotations

import re

from classroom.bank.reading import MARKS

BEGINNING = 64 * 1024
"""By so much of a file it is seen what it is."""
ZIP = b"PK\x03\x04"
JSON = re.compile(r'\{\s*"questions"\s*:')
# What stands before the first element: a declaration, remarks, instructions. Each ends where it says so.
PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
ELEMENT = re.compile(r"\s*<(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)")
ROOTS = {"quiz": "xml", "assessmentItem": "zip", "qti-assessment-item": "zip", "questestinterop": "zip"}
ANSWER = re.compile(r"^[ \t]*ANSWER[ \t]*[:：][ \t]*[A-Z]\b", re.MULTILINE | re.IGNORECASE)
BRACES = re.compile(r"\{[^{}]*\}")
HEADS = frozenset(("type", "options", "targets", "answer", "explanation", "folder", "tags", "level", "points"))


def beginning(data: bytes) -> str:
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return data[len(mark) : BEGINNING].decode(name, "ignore").lstrip()
    return data[:BEGINNING].decode("utf-8", "ignore").lstrip()


def unmistakable(data: bytes, text: str) -> str | None:
    """What no other format begins with."""
    if data.startswith(ZIP):
        return "zip"
    if JSON.match(text):
        return "json"
    return ROOTS.get(_root(text)) if text.startswith("<") else None


def probable(text: str) -> str | None:
    """Of formats that are plain text, the likeliest."""
    if is_table(text):
        return "csv"
    if is_gift(text):
        return "gift"
    if ANSWER.search(text):
        return "txt"
    return "gift" if BRACES.search(text) else None


def is_table(text: str) -> bool:
    """Whether its first line names columns of ours."""
    cells = {cell.strip(' "').lower() for cell in text.partition("\n")[0].split(",")}
    return "prompt" in cells and not cells.isdisjoint(HEADS)


def is_gift(text: str) -> bool:
    return text.startswith(("//", "::", "$CATEGORY:"))


def _root(text: str) -> str:
    at = 0
    while found := PROLOG.match(text, at):
        at = found.end()
    element = ELEMENT.match(text, at)
    return element[1] if element else ""
