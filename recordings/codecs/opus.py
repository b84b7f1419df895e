"""Opus (RFC 7587): a packet is a frame. Its box is OpusSpecificBox of "Encapsulation of Opus in ISO BMFF"."""

from __future__ import annotations

import struct
from typing import ClassVar

from recordings.codecs.frames import Config, Depacketizer, Frame
from recordings.rtp import Packet

CHANNELS = 2
# Pre-skip 0: nothing is cut off, so that a sample's time is the packet's.
CONFIG = Config(
    entry="Opus",
    box=struct.pack(">I4sBBHIhB", 19, b"dOps", 0, CHANNELS, 0, 48_000, 0, 0),
    string="opus",
    channels=CHANNELS,
)
SILENCE = bytes((0xFC, 0xFF, 0xFE))  # 20 ms, CELT, stereo
SILENCE_DURATION = 960


def duration(packet: bytes) -> int:
    """In samples of 48 kHz (RFC 6716 §3.1, §3.2.5); 0 for what is not an Opus packet."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        size = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        size = (480, 960)[config & 1]
    else:
        size = (120, 240, 480, 960)[config & 3]
    count = (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 0)[code]
    return size * count if size * count <= 5_760 else 0


class Opus(Depacketizer):
    clock_rate: ClassVar[int] = 48_000

    def __init__(self, fmtp: str) -> None:
        """Nothing in an Opus format changes how its packets are stored."""

    def push(self, packet: Packet) -> list[Frame]:
        samples = duration(packet.payload)
        if not samples:
            return []
        return [Frame(packet.timestamp, packet.arrival_us, packet.payload, True, CONFIG, samples)]

    def lost(self) -> None:
        """The next packet can be decoded all the same."""

    @property
    def broken(self) -> bool:
        return False
