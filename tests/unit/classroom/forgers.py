"""Who forges updates of notes: in Yjs's encoding (version 1), with anything in it, whatever Yjs itself would write."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from classroom.notes.updates import ELEMENTS, ROOT, Holds, Id, read

Content = tuple[int, bytes]
"""What kind of content it is, and the content."""


def number(value: int) -> bytes:
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*coded, value])


def text(words: str) -> bytes:
    return number(len(words.encode())) + words.encode()


def gone(length: int) -> bytes:
    return b"\0" + number(length)


def dead(length: int) -> Content:
    return 1, number(length)


def written(words: str) -> Content:
    return 4, text(words)


def mark(value: str) -> Content:
    return 6, text("strong") + text(value)


def element(name: str) -> Content:
    return 7, number(3) + text(name)


WORDS: Content = 7, number(6)
LEVEL: Content = 8, number(1) + bytes([125, 2])


def struct(
    content: Content, left: Id | None = None, right: Id | None = None, parent: Id | None = None, key: str | None = None
) -> bytes:
    what, held = content
    info = what | (0x80 if left else 0) | (0x40 if right else 0) | (0x20 if key else 0)
    where = b"".join(number(one[0]) + number(one[1]) for one in (left, right) if one)
    if not where:
        where = b"\1" + text(ROOT) if parent is None else b"\0" + number(parent[0]) + number(parent[1])
        where += text(key) if key else b""
    return bytes([info]) + where + held


def forged(client: int, clock: int, *structs: bytes, deleted: Sequence[tuple[int, int, int]] = ()) -> str:
    """An update of this client, from that clock on."""
    said = number(1) + number(len(structs)) + number(client) + number(clock) + b"".join(structs) if structs else b"\0"
    of: dict[int, list[bytes]] = {}
    for one, start, length in deleted:
        of.setdefault(one, []).append(number(start) + number(length))
    ranges = b"".join(number(one) + number(len(some)) + b"".join(some) for one, some in of.items())
    return b64encode(said + number(len(of)) + ranges).decode()


@dataclass
class Forger:
    """Knows what is there, and says what mostly might be let through, and must not all be."""

    clients: list[int]
    rng: random.Random
    ends: dict[int, int] = field(default_factory=dict)
    known: dict[Holds, list[Id]] = field(default_factory=dict)

    def hear(self, update: str) -> None:
        for client, structs in read(b64decode(update), 10**6).structs.items():
            for one in structs:
                self.ends[client] = max(one.end, self.ends.get(client, 0))
                self.known.setdefault(one.holds, []).append((client, one.clock))
                if one.length > 1:
                    self.known[one.holds].append((client, one.clock + self.rng.randrange(min(one.length, 99))))

    def say(self) -> str:
        rng = self.rng
        client = rng.choice(self.clients)
        end = self.ends.get(client, 0)
        clock = max(0, end + (rng.choice([-2, -1, 1]) if rng.random() < 0.2 else 0))
        at, structs = clock, []
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            mine: Id | None = (client, rng.randrange(at + 1)) if rng.random() < 0.3 else None
            one, length = self._struct(mine)
            structs.append(one)
            at += length
        deleted = [self._range() for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        return forged(client, clock, *structs, deleted=deleted)

    def bend(self, update: str) -> str:
        """Some bytes changed, cut out or put in."""
        bent = bytearray(b64decode(update))
        for _ in range(self.rng.randrange(1, 4)):
            place = self.rng.randrange(len(bent))
            bent[place : place + self.rng.randrange(2)] = self.rng.randbytes(self.rng.randrange(3))
        return b64encode(bent).decode()

    def _range(self) -> tuple[int, int, int]:
        client, clock = self._one(*Holds) or (1, 0)
        return client, clock, self.rng.choice([1, 1, 2, 9])

    def _one(self, *holds: Holds) -> Id | None:
        ones = self.known.get(self.rng.choice(holds)) if holds else None
        return self.rng.choice(ones) if ones else None

    def _struct(self, mine: Id | None) -> tuple[bytes, int]:
        rng = self.rng
        any_one = tuple(Holds)
        match rng.choice(["gone", "dead", "words", "words", "mark", "element", "element", "text", "level", "any"]):
            case "gone":
                return gone(length := rng.choice([1, 3, 2**31 - 1000])), length
            case "dead":
                length = rng.choice([1, 2, 2**31 - 1000])
                return struct(dead(length), self._one(*any_one), None, mine or self._one(*any_one)), length
            case "words":
                beside = self._one(Holds.TEXT, Holds.DELETED)
                if beside and rng.random() < 0.7:
                    return struct(written("xy"), mine or beside, rng.choice([None, self._one(Holds.TEXT)])), 2
                return struct(written("z"), parent=mine or self._one(Holds.WORDS)), 1
            case "mark":
                return struct(mark(rng.choice(["{}", "null", "true", "1"])), right=self._one(Holds.TEXT) or mine), 1
            case "element":
                parent = rng.choice([None, None, mine, self._one(Holds.ELEMENT), self._one(*any_one)])
                beside = rng.choice([None, self._one(Holds.ELEMENT)])
                return struct(element(rng.choice(sorted(ELEMENTS))), beside, None, parent), 1
            case "text":
                return struct(WORDS, parent=mine or self._one(Holds.ELEMENT)), 1
            case "level":
                beside = rng.choice([None, self._one(Holds.VALUE)])
                return struct(LEVEL, beside, None, mine or self._one(Holds.ELEMENT) or (1, 0), "level"), 1
        content, length = rng.choice([(WORDS, 1), (LEVEL, 1), (written("q"), 1), (element("heading"), 1), (dead(3), 3)])
        left, right, parent = (rng.choice([None, self._one(*any_one)]) for _ in range(3))
        return struct(content, left, right, parent), length
