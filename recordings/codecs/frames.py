"""What all codecs have in common: a frame, its configuration, and putting frames together from packets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from recordings.rtp import Packet

MAX_FRAME_BYTES = 16 << 20
MAX_SIDE = 16_384  # pixels


@dataclass(frozen=True, slots=True)
class Config:
    """What a decoder must know before the first frame. `entry` is the MP4 sample entry's type, `box` its configuration
    box whole, `string` the codec's name in playlists (RFC 6381)."""

    entry: str
    box: bytes
    string: str
    width: int = 0
    height: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One access unit in the form MP4 wants it. `timestamp` is RTP's; `duration` in its units, 0 for unknown. `config`
    is the one it is decoded with. `arrival_us` of its first packet. `after_gap`: packets before it are missing."""

    timestamp: int
    arrival_us: int
    data: bytes
    key: bool
    config: Config
    duration: int = 0
    after_gap: bool = False


class Malformed(ValueError):
    """A payload that the codec's RTP format does not allow; counts as lost."""


class Depacketizer(ABC):
    """Takes the packets of one stream in order. After `lost` nothing comes out until the next keyframe."""

    clock_rate: ClassVar[int] = 90_000

    @abstractmethod
    def __init__(self, fmtp: str) -> None: ...

    @abstractmethod
    def push(self, packet: Packet) -> list[Frame]:
        """The frames that this packet completes. Never raises on what the network sent."""

    @abstractmethod
    def lost(self) -> None:
        """Packets are missing before the next one."""

    @property
    @abstractmethod
    def broken(self) -> bool:
        """Whether a keyframe is needed before anything can come out."""


class VideoDepacketizer(Depacketizer):
    """An access unit is all packets of one timestamp, ended by the marker or by the next timestamp. A unit with a
    packet missing is dropped, and so is all that builds on it."""

    def __init__(self, fmtp: str) -> None:
        self._timestamp: int | None = None
        self._arrival_us = 0
        self._size = 0
        self._whole = True
        self._need_key = True
        self._after_gap = True

    @property
    def broken(self) -> bool:
        return self._need_key

    def lost(self) -> None:
        self._need_key = True
        self._after_gap = True
        self._whole = False

    def push(self, packet: Packet) -> list[Frame]:
        if not packet.payload:
            return []
        out: list[Frame] = []
        if packet.timestamp != self._timestamp:
            out += self._end()
            self._timestamp, self._arrival_us, self._size = packet.timestamp, packet.arrival_us, 0
            # After a gap only a unit whose beginning can be told is surely whole.
            self._whole = not self._after_gap or self._begins(packet.payload)
            self._after_gap = False
            self._reset()
        if self._after_gap:  # the gap was inside this unit
            self._after_gap = False
            self._whole = False
        self._size += len(packet.payload)
        if self._whole:
            try:
                if self._size > MAX_FRAME_BYTES:
                    raise Malformed("frame too large")
                self._add(packet.payload)
            except (Malformed, IndexError):
                self._whole = False
                self._need_key = True
        if packet.marker:
            out += self._end()
            self._timestamp = None
        return out

    def _end(self) -> list[Frame]:
        if self._timestamp is None:
            return []
        built = None
        if self._whole:
            try:
                built = self._build()
            except (Malformed, IndexError):
                self._need_key = True
        else:
            self._need_key = True
        self._reset()
        if built is None:
            return []
        data, key, config = built
        if key:
            self._need_key = False
        if self._need_key or config is None:
            return []
        return [Frame(self._timestamp, self._arrival_us, data, key, config)]

    @abstractmethod
    def _begins(self, payload: bytes) -> bool:
        """Whether a payload is surely the first of its access unit."""

    @abstractmethod
    def _add(self, payload: bytes) -> None: ...

    @abstractmethod
    def _build(self) -> tuple[bytes, bool, Config | None] | None:
        """The unit that was added; None if there is nothing in it."""

    @abstractmethod
    def _reset(self) -> None: ...


class Bits:
    """Reads big-endian bit fields; past the end raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def u(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | (self._data[self._at >> 3] >> (7 - (self._at & 7))) & 1
            self._at += 1
        return value

    def flag(self) -> bool:
        return bool(self.u(1))

    def ue(self) -> int:
        """Exp-Golomb, ITU-T H.264 §9.1."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise Malformed("exp-golomb")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value & 1 else -(value // 2)
