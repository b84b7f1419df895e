"""H.264 (RFC 6184, packetization-mode 1) to length-prefixed access units (ISO/IEC 14496-15)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import struct

from recordings.codecs.frames import MAX_SIDE, Bits, Config, Malformed, VideoDepacketizer

IDR, SPS, PPS, AUD, FILLER, STAP_A, FU_A = 5, 7, 8, 9, 12, 24, 28
MAX_SET_BYTES = 4096  # of a parameter set
HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


def parameter_sets(fmtp: str) -> list[bytes]:
    """NAL units of `sprop-parameter-sets` (RFC 6184 §8.1), for encoders that send none in band."""
    for part in fmtp.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "sprop-parameter-sets":
            try:
                return [base64.b64decode(nal, validate=True) for nal in value.split(",")]
            except (binascii.Error, ValueError):
                return []
    return []


def unescape(nal: bytes) -> bytes:
    """Takes out emulation prevention (ITU-T H.264 §7.4.1)."""
    return nal.replace(b"\0\0\3", b"\0\0")


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after cropping (ITU-T H.264 §7.3.2.1.1). Raises Malformed or IndexError."""
    bits = Bits(unescape(sps[1:]))
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma = 1
    if profile in HIGH_PROFILES:
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        bits.ue()
        bits.ue()
        bits.u(1)
        if bits.flag():
            for index in range(12 if chroma == 3 else 8):
                if bits.flag():
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.u(1)
    columns, rows = bits.ue() + 1, bits.ue() + 1
    frame_only = bits.u(1)
    if not frame_only:
        bits.u(1)
    bits.u(1)
    left = right = top = bottom = 0
    if bits.flag():
        left, right, top, bottom = (bits.ue() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frame_only)
    width = columns * 16 - (left + right) * unit_x
    height = rows * 16 * (2 - frame_only) - (top + bottom) * unit_y
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise Malformed("picture size")
    return width, height


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def configuration(sps: list[bytes], pps: list[bytes]) -> Config:
    """The avcC box of these parameter sets. Raises Malformed or IndexError."""
    first = sps[0]
    profile, compatible, level = first[1], first[2], first[3]
    width, height = picture_size(first)
    record = bytes((1, profile, compatible, level, 0xFF, 0xE0 | len(sps)))
    record += b"".join(struct.pack(">H", len(nal)) + nal for nal in sps)
    record += bytes((len(pps),)) + b"".join(struct.pack(">H", len(nal)) + nal for nal in pps)
    if profile in HIGH_PROFILES:
        bits = Bits(unescape(first[4:]))
        bits.ue()
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        luma, colour = bits.ue(), bits.ue()
        if chroma > 3 or luma > 6 or colour > 6:
            raise Malformed("chroma format or bit depth")
        record += bytes((0xFC | chroma, 0xF8 | luma, 0xF8 | colour, 0))
    box = struct.pack(">I4s", 8 + len(record), b"avcC") + record
    return Config("avc1", box, f"avc1.{profile:02x}{compatible:02x}{level:02x}", width, height)


class H264(VideoDepacketizer):
    def __init__(self, fmtp: str) -> None:
        super().__init__(fmtp)
        self._nals: list[bytes] = []
        self._fragments: list[bytes] | None = None
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}
        self._made_from: tuple[list[bytes], list[bytes]] | None = None
        self._config: Config | None = None
        with contextlib.suppress(IndexError, Malformed):
            for nal in parameter_sets(fmtp):
                self._keep(nal)

    def _begins(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        if kind == STAP_A and len(payload) > 3:
            kind = payload[3] & 0x1F
        return kind in (AUD, SPS)

    def _reset(self) -> None:
        self._nals = []
        self._fragments = None

    def _add(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == FU_A:  # RFC 6184 §5.8
            start, end = payload[1] & 0x80, payload[1] & 0x40
            if start:
                self._fragments = [bytes(((payload[0] & 0xE0) | (payload[1] & 0x1F),))]
            if self._fragments is None:
                raise Malformed("fragment without a start")
            self._fragments.append(payload[2:])
            if end:
                self._nal(b"".join(self._fragments))
                self._fragments = None
            return
        if self._fragments is not None:
            raise Malformed("fragment without an end")
        if kind == STAP_A:  # RFC 6184 §5.7.1
            at = 1
            while at + 2 <= len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                if not size or at + 2 + size > len(payload):
                    raise Malformed("aggregation")
                self._nal(payload[at + 2 : at + 2 + size])
                at += 2 + size
        elif 1 <= kind <= 23:
            self._nal(payload)
        else:
            raise Malformed("packet type of another mode")

    def _nal(self, nal: bytes) -> None:
        if nal[0] & 0x1F not in (AUD, FILLER):
            self._nals.append(nal)

    def _keep(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind not in (SPS, PPS):
            return
        start, sets, most = (4, self._sps, 32) if kind == SPS else (1, self._pps, 256)
        number = Bits(unescape(nal[start : start + 8])).ue()
        if number >= most or len(nal) > MAX_SET_BYTES:
            raise Malformed("parameter set")
        sets[number] = nal

    def _build(self) -> tuple[bytes, bool, Config | None] | None:
        if self._fragments is not None:
            raise Malformed("fragment without an end")
        kinds = {nal[0] & 0x1F for nal in self._nals}
        if not any(1 <= kind <= IDR for kind in kinds):
            for nal in self._nals:  # parameter sets sent ahead, with a timestamp of their own
                self._keep(nal)
            return None
        for nal in self._nals:
            self._keep(nal)
        key = IDR in kinds
        if key:
            self._configure()
        # What stands in the configuration need not stand in the pictures (avc1).
        drop = (SPS, PPS) if key else ()
        data = b"".join(len(nal).to_bytes(4, "big") + nal for nal in self._nals if nal[0] & 0x1F not in drop)
        return data, key, self._config

    def _configure(self) -> None:
        made_from = ([*self._sps.values()][:31], [*self._pps.values()][:255])
        if not all(made_from):
            raise Malformed("keyframe without parameter sets")
        if made_from != self._made_from:
            self._config = configuration(*made_from)
            self._made_from = made_from
