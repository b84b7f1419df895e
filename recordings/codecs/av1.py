"""AV1 ("RTP Payload Format For AV1", AOM) to MP4 samples ("AV1 Codec ISO Media File Format Binding")."""

from __future__ import annotations

import struct

from recordings.codecs.frames import MAX_SIDE, Bits, Config, Malformed, VideoDepacketizer

SEQUENCE, TEMPORAL_DELIMITER, FRAME_HEADER, FRAME, TILE_LIST, PADDING = 1, 2, 3, 6, 8, 15


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """Value and the position after it (AV1 specification §4.10.5)."""
    value = 0
    for index in range(8):
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise Malformed("leb128")


def to_leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def elements(payload: bytes) -> tuple[bool, bool, list[bytes]]:
    """The OBU elements of a packet (§4.4), after whether the first continues an earlier one and the last goes on."""
    head = payload[0]
    count = head >> 4 & 3
    at = 1
    out: list[bytes] = []
    while at < len(payload):
        if count and len(out) == count - 1:
            size = len(payload) - at
        else:
            size, at = leb128(payload, at)
        if at + size > len(payload):
            raise Malformed("OBU element")
        out.append(payload[at : at + size])
        at += size
    if count and len(out) != count:
        raise Malformed("OBU count")
    return bool(head & 0x80), bool(head & 0x40), out


def split(obu: bytes) -> tuple[int, bytes, bytes]:
    """Type, header (without the size flag), content of an OBU (AV1 specification §5.3)."""
    head = obu[0]
    if head & 0x80:
        raise Malformed("forbidden bit")
    header = bytes((head & ~0x02, obu[1])) if head & 0x04 else bytes((head & ~0x02,))
    at = len(header)
    if head & 0x02:
        size, at = leb128(obu, at)
        if at + size > len(obu):
            raise Malformed("OBU size")
        return head >> 3 & 15, header, obu[at : at + size]
    return head >> 3 & 15, header, obu[at:]


def sized(header: bytes, content: bytes) -> bytes:
    return bytes((header[0] | 0x02,)) + header[1:] + to_leb128(len(content)) + content


def configuration(header: bytes, content: bytes) -> Config:
    """The av1C box of a sequence header OBU (AV1 specification §5.5). Raises Malformed or IndexError."""
    bits = Bits(content)
    profile = bits.u(3)
    bits.u(1)
    tier = level = 0
    if bits.flag():  # reduced_still_picture_header
        level = bits.u(5)
    else:
        delay_size = 0
        decoder_model = False
        if bits.flag():
            bits.u(64)
            if bits.flag():
                bits.ue()
            decoder_model = bits.flag()
            if decoder_model:
                delay_size = bits.u(5) + 1
                bits.u(42)
        display_delay = bits.flag()
        for index in range(bits.u(5) + 1):
            bits.u(12)
            point_level = bits.u(5)
            point_tier = bits.u(1) if point_level > 7 else 0
            if index == 0:
                level, tier = point_level, point_tier
            if decoder_model and bits.flag():
                bits.u(2 * delay_size + 1)
            if display_delay and bits.flag():
                bits.u(4)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    if width > MAX_SIDE or height > MAX_SIDE:
        raise Malformed("picture size")
    color = _color(bits, content, profile)
    record = bytes((0x81, profile << 5 | level, tier << 7 | color, 0)) + sized(header, content)
    box = struct.pack(">I4s", 8 + len(record), b"av1C") + record
    depth = 8 if not color & 0x40 else 12 if color & 0x20 else 10
    string = f"av01.{profile}.{level:02d}{'H' if tier else 'M'}.{depth:02d}"
    return Config("av01", box, string, width, height)


def _color(bits: Bits, content: bytes, profile: int) -> int:
    """high_bitdepth, twelve_bit, monochrome, subsampling x, y, sample position, as av1C packs them into seven bits."""
    if not content[0] & 0x08:  # not a reduced still picture header
        if bits.flag():
            bits.u(7)
        bits.u(3)
        bits.u(4)
        order_hint = bits.flag()
        if order_hint:
            bits.u(2)
        screen = 2 if bits.flag() else bits.u(1)
        if screen and not bits.flag():
            bits.u(1)
        if order_hint:
            bits.u(3)
    else:
        bits.u(3)
    bits.u(3)
    high = bits.u(1)
    twelve = bits.u(1) if profile == 2 and high else 0
    mono = bits.u(1) if profile != 1 else 0
    primaries, transfer, matrix = (bits.u(8), bits.u(8), bits.u(8)) if bits.flag() else (2, 2, 2)
    position = 0
    if mono:
        x = y = 1
    elif (primaries, transfer, matrix) == (1, 13, 0):
        x = y = 0
    else:
        bits.u(1)
        if profile == 0:
            x = y = 1
        elif profile == 1:
            x = y = 0
        elif twelve:
            x = bits.u(1)
            y = bits.u(1) if x else 0
        else:
            x, y = 1, 0
        if x and y:
            position = bits.u(2)
    return high << 6 | twelve << 5 | mono << 4 | x << 3 | y << 2 | position


class Av1(VideoDepacketizer):
    def __init__(self, fmtp: str) -> None:
        super().__init__(fmtp)
        self._obus: list[bytes] = []
        self._open: list[bytes] | None = None
        self._sequence = b""
        self._config: Config | None = None

    def _begins(self, payload: bytes) -> bool:
        return bool(payload[0] & 0x08)

    def _reset(self) -> None:
        self._obus = []
        self._open = None

    def _add(self, payload: bytes) -> None:
        continues, goes_on, parts = elements(payload)
        if continues != (self._open is not None) or not parts:
            raise Malformed("fragment")
        for index, part in enumerate(parts):
            if index == 0 and self._open is not None:
                self._open.append(part)
            else:
                self._open = [part]
            if not (goes_on and index == len(parts) - 1):
                self._obus.append(b"".join(self._open))
                self._open = None

    def _build(self) -> tuple[bytes, bool, Config | None] | None:
        if self._open is not None:
            raise Malformed("fragment without an end")
        out: list[bytes] = []
        key = sequence = pictured = False
        for obu in filter(None, self._obus):
            kind, header, content = split(obu)
            if kind in (TEMPORAL_DELIMITER, TILE_LIST, PADDING):
                continue
            if kind == SEQUENCE:
                sequence = True
                if content != self._sequence:
                    self._config = configuration(header, content)
                    self._sequence = content
            elif kind in (FRAME_HEADER, FRAME) and not pictured:
                # show_existing_frame 0, frame_type KEY_FRAME, show_frame 1 (AV1 specification §5.9.2)
                key = sequence and content[0] >> 4 == 0b0001
                pictured = True
            out.append(sized(header, content))
        if not out:
            return None
        return b"".join(out), key, self._config
