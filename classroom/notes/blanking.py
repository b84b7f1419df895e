"""Takes somebody's words out of updates of notes, and leaves what others wrote where it stands.

What one wrote is bound to what stands beside it, so nothing is taken out: each unit of a text becomes a mark of the
same length. The bytes are Yjs's format 1, as `updates` reads them.
"""

from __future__ import annotations

from collections.abc import Collection

from classroom.notes.updates import Reader, read, struct_of

MARK = "·"


def blanked(data: bytes, clients: Collection[int]) -> bytes:
    """The update with the texts of these clients of Yjs unreadable. Raises ValueError for what is no update."""
    read(data, len(data) + 1)
    reader = Reader(data, len(data) + 1)
    out, kept = bytearray(), 0
    for _ in reader.times():
        turns = reader.times()
        client, clock = reader.id()
        for _ in turns:
            at, length = _text(reader, clock)
            clock += length
            if at is not None and client in clients:
                out += data[kept:at] + _string(length)
                kept = reader.at
    return bytes(out + data[kept:])


def _text(reader: Reader, clock: int) -> tuple[int | None, int]:
    """Where a struct's text begins, if it has one, and how long the struct is; reads on behind it."""
    info = reader.data[reader.at]
    begin = reader.at
    struct = struct_of(reader, clock)
    if info == 0 or info & 0x1F != 4:
        return None, struct.end - struct.clock
    end = reader.at
    reader.at = begin + 1
    if info & 0x80:
        reader.id()
    if info & 0x40:
        reader.id()
    if not info & 0xC0:
        if reader.number() == 0:
            reader.id()
        else:
            reader.text()
        if info & 0x20:
            reader.text()
    at, reader.at = reader.at, end
    return at, struct.end - struct.clock


def _string(units: int) -> bytes:
    words = (MARK * units).encode()
    return _number(len(words)) + words


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
