"""VP9 (RFC 9628) to MP4 samples ("VP Codec ISO Media File Format Binding")."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from recordings.codecs.frames import MAX_SIDE, Bits, Config, Malformed, VideoDepacketizer

# Luma picture size → level, as far as 37 frames/s; the two large ones as far as 60 ("VP9 Levels").
LEVELS = (
    (36_864, 10),
    (73_728, 11),
    (122_880, 20),
    (245_760, 21),
    (552_960, 30),
    (983_040, 31),
    (2_228_224, 41),
    (8_912_896, 51),
)
COLOURS = {1: 6, 2: 1, 5: 9}  # VP9 color_space → ISO/IEC 23091-2, one number for primaries, transfer and matrix


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a recorder needs of the payload descriptor (RFC 9628 §4.2)."""

    begins: bool
    predicted: bool
    spatial: int
    width: int  # of the largest layer; 0 when the packet does not say
    height: int
    size: int


def descriptor(payload: bytes) -> Descriptor:
    first = payload[0]
    at = 1
    if first & 0x80:
        at += 2 if payload[at] & 0x80 else 1
    spatial = 0
    if first & 0x20:
        spatial = payload[at] >> 1 & 7
        at += 1 if first & 0x10 else 2
    if first & 0x10 and first & 0x40:
        for _ in range(3):
            more = payload[at] & 1
            at += 1
            if not more:
                break
        else:
            if more:
                raise Malformed("reference indices")
    width = height = 0
    if first & 0x02:
        structure = payload[at]
        at += 1
        if structure & 0x10:
            for _ in range((structure >> 5) + 1):
                width, height = struct.unpack_from("!HH", payload[at : at + 4].ljust(4, b"\0"))
                at += 4
        if structure & 0x08:
            pictures = payload[at]
            at += 1
            for _ in range(pictures):
                at += 1 + (payload[at] >> 2 & 3)
    if at > len(payload):
        raise Malformed("descriptor")
    return Descriptor(bool(first & 0x08), bool(first & 0x40), spatial, width, height, at)


def configuration(frame: bytes, width: int, height: int) -> Config | None:
    """The vpcC box a keyframe asks for; None if the frame is not a keyframe (VP9 bitstream specification §6.2)."""
    bits = Bits(frame)
    if bits.u(2) != 2:
        raise Malformed("frame marker")
    profile = bits.u(1) | bits.u(1) << 1
    if profile == 3:
        bits.u(1)
    if bits.flag() or bits.flag():  # show_existing_frame; frame_type 1 is "not a keyframe"
        return None
    bits.u(2)
    if bits.u(24) != 0x498342:
        raise Malformed("sync code")
    depth = 8
    if profile >= 2:
        depth = 12 if bits.flag() else 10
    space = bits.u(3)
    if space != 7:
        full_range = bits.u(1)
        chroma = 1
        if profile & 1:
            chroma = 3 if not bits.u(1) else 2
            bits.u(2)
    else:
        full_range, chroma = 1, 3
        if profile & 1:
            bits.u(1)
    own_width, own_height = bits.u(16) + 1, bits.u(16) + 1
    width, height = width or own_width, height or own_height
    if width > MAX_SIDE or height > MAX_SIDE:
        raise Malformed("picture size")
    level = next((level for most, level in LEVELS if width * height <= most), 61)
    colour = COLOURS.get(space, 2)
    record = struct.pack(
        ">IBBBBBBH",
        1 << 24,
        profile,
        level,
        depth << 4 | chroma << 1 | full_range,
        colour,
        colour,
        0 if space == 7 else colour,
        0,
    )
    box = struct.pack(">I4s", 8 + len(record), b"vpcC") + record
    return Config("vp09", box, f"vp09.{profile:02d}.{level:02d}.{depth:02d}", width, height)


def superframe(frames: list[bytes]) -> bytes:
    """The layers of one picture as one sample, with the index of Annex B if there are several."""
    if len(frames) == 1:
        return frames[0]
    width = max(1, (max(map(len, frames)).bit_length() + 7) // 8)
    marker = bytes((0xC0 | (width - 1) << 3 | len(frames) - 1,))
    sizes = b"".join(len(frame).to_bytes(width, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


class Vp9(VideoDepacketizer):
    def __init__(self, fmtp: str) -> None:
        super().__init__(fmtp)
        self._frames: list[list[bytes]] = []
        self._size = 0
        self._picture = (0, 0)
        self._config: Config | None = None

    def _begins(self, payload: bytes) -> bool:
        try:
            head = descriptor(payload)
        except (Malformed, IndexError):
            return False
        return head.begins and head.spatial == 0

    def _reset(self) -> None:
        self._frames = []
        self._picture = (0, 0)

    def _add(self, payload: bytes) -> None:
        head = descriptor(payload)
        if head.begins:
            self._frames.append([])
        if not self._frames or len(self._frames) > 8:
            raise Malformed("frame without a start")
        self._frames[-1].append(payload[head.size :])
        if head.width and head.height:
            self._picture = (head.width, head.height)

    def _build(self) -> tuple[bytes, bool, Config | None] | None:
        frames = [b"".join(parts) for parts in self._frames]
        if not frames or not all(frames):
            return None
        config = configuration(frames[0], *self._picture)
        if config is not None:
            self._config = config
        return superframe(frames), config is not None, self._config
