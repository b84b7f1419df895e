"""RTP packets as they came (RFC 3550 §5.1), put back in order. Pure: time is an argument, in µs of CLOCK_MONOTONIC."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

REORDER_WAIT_US = 500_000
REORDER_PACKETS = 8_192  # more than 2 s of an Ultra HD stream
RESTART_AFTER = 64  # packets in a row that are older than all that is remembered: the sender began anew
OLDER_THAN = 4_096


class Packet(NamedTuple):
    """`payload` is without padding: empty for packets that only probe the path. (A tuple, since there are thousands a
    second.)"""

    seq: int
    timestamp: int
    marker: bool
    payload_type: int
    ssrc: int
    payload: bytes
    arrival_us: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets that will not come any more."""

    packets: int


HEADER = struct.Struct("!BBHII")


def parse(data: bytes, arrival_us: int) -> Packet | None:
    """None for what is not an RTP packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    first, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
    start = 12 + 4 * (first & 0x0F)
    end = len(data)
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        if data[-1] == 0:
            return None
        end -= data[-1]
    if start > end:
        return None
    return Packet(seq, timestamp, second > 0x7F, second & 0x7F, ssrc, data[start:end], arrival_us)


def nearest(value: int, bits: int, reference: int) -> int:
    """The integer that is `value` modulo 2^bits and lies nearest to `reference`."""
    size = 1 << bits
    return reference + ((value - reference + size // 2) % size) - size // 2


class Reorder:
    """Gives packets of one SSRC in order, each once; a missing one is waited for, then is a `Gap`."""

    def __init__(self, wait_us: int = REORDER_WAIT_US) -> None:
        self._wait_us = wait_us
        self._next = -1
        self._waiting: dict[int, Packet] = {}
        self._old_in_a_row = 0

    def push(self, packet: Packet) -> list[Packet | Gap]:
        if self._next < 0:
            self._next = packet.seq + 0x10000
        if not self._waiting and packet.seq == self._next & 0xFFFF:  # as nearly all are
            self._next += 1
            self._old_in_a_row = 0
            return [packet]
        number = nearest(packet.seq, 16, self._next)
        if number < self._next:
            self._old_in_a_row = self._old_in_a_row + 1 if number < self._next - OLDER_THAN else 0
            if self._old_in_a_row < RESTART_AFTER:
                return []
            out = [*self.flush(), Gap(0)]
            self._next, self._old_in_a_row = packet.seq + 0x10001, 0
            return [*out, packet]
        self._old_in_a_row = 0
        self._waiting.setdefault(number, packet)
        return self.release(packet.arrival_us)

    def release(self, now_us: int) -> list[Packet | Gap]:
        """What is in order, or has waited long enough."""
        out: list[Packet | Gap] = []
        while self._waiting:
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                out.append(packet)
                self._next += 1
                continue
            oldest = next(iter(self._waiting.values()))  # they stand in the order of arrival
            if now_us - oldest.arrival_us < self._wait_us and len(self._waiting) < REORDER_PACKETS:
                break
            first = min(self._waiting)
            out.append(Gap(first - self._next))
            self._next = first
        return out

    def flush(self) -> list[Packet | Gap]:
        """All that is there, for a stream that ends."""
        return self.release(1 << 62)
