"""Fragmented MP4 boxes (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19): written for one track, read for recovery."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from recordings.codecs.frames import Config

NON_KEY, KEY = 0x01010000, 0x02000000  # sample flags: depends on others and is no sync sample; depends on none
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Sample:
    """Times in the track's timescale. `offset` is presentation less decoding time; it may be negative."""

    duration: int
    offset: int
    key: bool
    data: bytes


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init_segment(config: Config, timescale: int) -> bytes:
    video = config.channels == 0
    if video:
        entry = box(
            config.entry.encode(),
            struct.pack(">6xH16xHHIIIH32xHh", 1, config.width, config.height, 0x480000, 0x480000, 0, 1, 24, -1),
            config.box,
        )
        handler, name, media_header = b"vide", b"video\0", full(b"vmhd", 0, 1, bytes(8))
    else:
        entry = box(
            config.entry.encode(),
            struct.pack(">6xH8xHHHHI", 1, config.channels, 16, 0, 0, timescale << 16),
            config.box,
        )
        handler, name, media_header = b"soun", b"sound\0", full(b"smhd", 0, 0, bytes(4))
    empty = [full(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    table = box(b"stbl", full(b"stsd", 0, 0, struct.pack(">I", 1), entry), *empty, full(b"stsz", 0, 0, bytes(8)))
    references = box(b"dinf", full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 1)))
    media = box(
        b"mdia",
        full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), name),
        box(b"minf", media_header, references, table),
    )
    track = full(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0 if video else 0x100, 0),
        MATRIX,
        struct.pack(">II", config.width << 16, config.height << 16),
    )
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41") + box(
        b"moov",
        full(
            b"mvhd",
            0,
            0,
            struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
            MATRIX,
            bytes(24),
            struct.pack(">I", 2),
        ),
        box(b"trak", track, media),
        box(b"mvex", full(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0))),
    )


def fragment(sequence: int, decode_time: int, samples: Sequence[Sample]) -> bytes:
    """moof and mdat. `decode_time` of the first sample, in the timescale, on the lesson's clock."""
    rows = b"".join(struct.pack(">IIIi", s.duration, len(s.data), KEY if s.key else NON_KEY, s.offset) for s in samples)
    # data-offset, duration, size, flags, composition offset are present
    run = struct.pack(">I", len(samples)), rows
    size = 8 + 16 + 8 + 16 + 20 + (12 + 8 + len(rows))
    moof = box(
        b"moof",
        full(b"mfhd", 0, 0, struct.pack(">I", sequence)),
        box(
            b"traf",
            full(b"tfhd", 0, 0x020000, struct.pack(">I", 1)),
            full(b"tfdt", 1, 0, struct.pack(">Q", decode_time)),
            full(b"trun", 1, 0xF01, run[0], struct.pack(">i", size + 8), run[1]),
        ),
    )
    return moof + box(b"mdat", *(s.data for s in samples))


@dataclass(frozen=True, slots=True)
class Found:
    """What of a segment's file is whole: its first `size` bytes, decode times from `start` to `end`."""

    size: int
    start: int
    end: int
    fragments: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One that is whole: `size` bytes at `offset` of its file; times in the timescale; whether it starts at a key."""

    offset: int
    size: int
    start: int
    duration: int
    key: bool


def fragments(file: BinaryIO, at: int = 0) -> Iterator[Fragment]:
    """Reads our own segment from a fragment's beginning on, up to the first torn fragment."""
    file.seek(0, 2)
    total = file.tell()
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[4:] != b"moof":
            return
        size = int.from_bytes(head[:4], "big")
        body = file.read(size - 8) if 100 <= size <= total - at else b""
        run = _run(body)
        data = file.read(8)
        if run is None or len(data) < 8 or data[4:] != b"mdat":
            return
        data_size = int.from_bytes(data[:4], "big")
        if at + size + data_size > total or data_size != 8 + run.bytes:
            return
        yield Fragment(at, size + data_size, run.start, run.duration, run.key)
        at += size + data_size


def whole_fragments(file: BinaryIO) -> Found | None:
    """What is whole of our own segment; None if not one fragment is."""
    whole = list(fragments(file))
    if not whole:
        return None
    last = whole[-1]
    return Found(last.offset + last.size, whole[0].start, last.start + last.duration, len(whole))


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    duration: int
    bytes: int
    key: bool


def _run(moof_body: bytes) -> _Run | None:
    """What a fragment's samples are altogether, as `fragment` lays them out."""
    if len(moof_body) < 80 or moof_body[20:24] != b"traf" or moof_body[44:48] != b"tfdt":
        return None
    (decode_time,) = struct.unpack_from(">Q", moof_body, 52)
    if moof_body[64:68] != b"trun":
        return None
    (count,) = struct.unpack_from(">I", moof_body, 72)
    if len(moof_body) != 80 + 16 * count:
        return None
    rows = list(struct.iter_unpack(">IIIi", moof_body[80:]))
    key = bool(rows) and rows[0][2] == KEY
    return _Run(decode_time, sum(row[0] for row in rows), sum(row[1] for row in rows), key)


def samples(data: bytes) -> list[tuple[int, Sample]]:
    """Decoding time and sample, of all fragments of a segment as `fragment` lays them out. Raises ValueError."""
    out: list[tuple[int, Sample]] = []
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at) if len(data) - at >= 8 else (0,)
        body = data[at + 8 : at + size]
        run = _run(body) if data[at + 4 : at + 8] == b"moof" else None
        if run is None or data[at + size + 4 : at + size + 8] != b"mdat" or at + size + 8 + run.bytes > len(data):
            raise ValueError("not a segment of ours")
        time, start = run.start, at + size + 8
        for duration, length, flags, offset in struct.iter_unpack(">IIIi", body[80:]):
            out.append((time, Sample(duration, offset, flags == KEY, data[start : start + length])))
            time, start = time + duration, start + length
        at = start
    return out
