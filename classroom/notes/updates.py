"""Reads an update of Yjs (its encoding, version 1), and lets through only what notes are made of.

What is read is `lib0`'s encoding: whole numbers of seven bits a byte, the lowest first; strings are UTF-8 behind their
length in bytes. An update is, for each client that wrote, its structs from a clock on, and then which ranges of clocks
are deleted. A struct is as long as what it holds: a string in UTF-16 units, all else here 1 each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ROOT = "notes"
"""The one fragment that all is in."""
ELEMENTS = frozenset({"paragraph", "heading", "bullet_list", "ordered_list", "list_item"})
MARKS = frozenset({"strong"})
ATTRIBUTES = frozenset({"level"})
MARKED = frozenset({"{}", "true", "null"})
"""The values of a mark, as JSON: it begins here, or ends."""
MOST = 5000
"""Structs and deleted ranges of an update, at most: a page of text that is pasted is some hundred."""

MAX_CLIENT = 2**53 - 1
"""Larger ones are other numbers in JavaScript."""
MAX_CLOCK = 2**31 - 1
"""Of the end of what is there; pycrdt has no more bits for a length."""

Id = tuple[int, int]
"""Client and clock."""


class Holds(Enum):
    GONE = "gone"
    """Deleted together with what it was in."""
    DELETED = "deleted"
    TEXT = "text"
    """Characters, or where a mark begins or ends."""
    VALUE = "value"
    """Of an attribute."""
    ELEMENT = "element"
    WORDS = "words"
    """What characters are in."""


@dataclass(frozen=True, slots=True)
class Struct:
    """`left`, `right`: what it was put between; `parent`: what it is in, where it is between nothing (None: the
    root); `halves`: clocks at which the second halves of characters stand that are two UTF-16 units long."""

    clock: int
    length: int
    holds: Holds
    left: Id | None = None
    right: Id | None = None
    parent: Id | None = None
    attribute: bool = False
    halves: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        return self.clock + self.length


@dataclass(frozen=True, slots=True)
class Update:
    structs: dict[int, list[Struct]]
    """Of each client, one after the other."""
    deleted: list[tuple[int, int, int]]
    """Client, clock, length."""

    @property
    def grows(self) -> bool:
        """It says that it writes more than it deletes."""
        written = sum(struct.length for mine in self.structs.values() for struct in mine)
        return written > sum(length for *_, length in self.deleted)


class Reader:
    def __init__(self, data: bytes, most: int) -> None:
        self.data = data
        self.at = 0
        self._left = most

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self) -> int:
        value = shift = 0
        while True:
            one = self.byte()
            value |= (one & 0x7F) << shift
            shift += 7
            if one < 0x80:
                return value
            if shift > 49:
                raise ValueError("a number that is too large")

    def text(self) -> str:
        length = self.number()
        if self.at + length > len(self.data):
            raise ValueError("cut off")
        words = self.data[self.at : self.at + length].decode()
        self.at += length
        return words

    def client(self) -> int:
        client = self.number()
        if client > MAX_CLIENT:
            raise ValueError("a client that is too large")
        return client

    def clock(self) -> int:
        return _ends(self.number())

    def id(self) -> Id:
        return self.client(), self.clock()

    def times(self) -> range:
        """As many turns as the number that stands here, of `most` in all."""
        count = self.number()
        self._left -= count
        if self._left < 0:
            raise ValueError("too much at once")
        return range(count)

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError("something behind the end")


def read(data: bytes, most: int = MOST) -> Update:
    """Raises ValueError for anything else than an update of notes, of at most so many structs and ranges."""
    reader = Reader(data, most)
    try:
        structs: dict[int, list[Struct]] = {}
        for _ in reader.times():
            turns = reader.times()
            client, clock = reader.id()
            mine = structs.setdefault(client, [])
            if mine:
                raise ValueError("a client that comes twice")
            for _ in turns:
                mine.append(struct_of(reader, clock))
                clock = mine[-1].end
        deleted: dict[int, list[tuple[int, int, int]]] = {}
        for _ in reader.times():
            client, end = reader.client(), 0
            if client in deleted:
                raise ValueError("a client that comes twice")
            ranges = deleted[client] = []
            for _ in reader.times():
                clock = reader.clock()
                if clock < end:
                    raise ValueError("what is deleted is out of order")
                ranges.append((client, clock, _length(clock, reader.number())))
                end = clock + ranges[-1][2]
        reader.end()
    except IndexError:
        raise ValueError("cut off") from None
    gone = [one for ranges in deleted.values() for one in ranges]
    return Update({client: mine for client, mine in structs.items() if mine}, gone)


def struct_of(reader: Reader, clock: int) -> Struct:
    info = reader.byte()
    if info == 0:
        return Struct(clock, _length(clock, reader.number()), Holds.GONE)
    left = reader.id() if info & 0x80 else None
    right = reader.id() if info & 0x40 else None
    parent, attribute = None, False
    if left is None and right is None:
        match reader.number():
            case 0:
                parent = reader.id()
            case 1 if reader.text() == ROOT:
                pass
            case _:
                raise ValueError("another root")
        attribute = bool(info & 0x20)
        if attribute and (parent is None or reader.text() not in ATTRIBUTES):
            raise ValueError("another attribute")
    if info & 0x1F == 4:
        length, halves = _units(reader.text(), clock)
        return Struct(clock, _length(clock, length), Holds.TEXT, left, right, parent, attribute, halves)
    holds, length = _content(reader, info & 0x1F)
    return Struct(clock, _length(clock, length), holds, left, right, parent, attribute)


def _units(words: str, clock: int) -> tuple[int, tuple[int, ...]]:
    """How long a ContentString is, in UTF-16 units, and its halves."""
    long = [place for place, one in enumerate(words) if one > "\uffff"] if not words.isascii() else []
    return len(words) + len(long), tuple(clock + place + before + 1 for before, place in enumerate(long))


def _content(reader: Reader, what: int) -> tuple[Holds, int]:
    """ContentDeleted, ContentFormat, ContentType and, as an attribute's value, ContentAny."""
    match what:
        case 1:
            return Holds.DELETED, reader.number()
        case 6:
            if reader.text() not in MARKS or reader.text() not in MARKED:
                raise ValueError("another mark")
            return Holds.TEXT, 1
        case 7:
            return _type(reader), 1
        case 8:
            if reader.number() != 1:
                raise ValueError("several values")
            _value(reader)
            return Holds.VALUE, 1
    raise ValueError("another content")


def _type(reader: Reader) -> Holds:
    match reader.number():
        case 3 if reader.text() in ELEMENTS:
            return Holds.ELEMENT
        case 6:
            return Holds.WORDS
    raise ValueError("another type")


def _value(reader: Reader) -> None:
    """A whole number under 64, as a heading's level is; or a short string that is one."""
    match reader.byte():
        case 125 if reader.byte() < 0x40:
            return
        case 119 if reader.text() in ("1", "2", "3"):
            return
    raise ValueError("another value")


def _length(clock: int, length: int) -> int:
    if length < 1:
        raise ValueError("nothing")
    _ends(clock + length)
    return length


def _ends(clock: int) -> int:
    if clock > MAX_CLOCK:
        raise ValueError("a clock that is too large")
    return clock
