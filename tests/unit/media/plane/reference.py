"""What a slot sends, said in Python: the plane's rules for numbers, keyframes and repeats, without sockets or ciphers.

Packets are (number, payload, keyframe) of streams by name; what goes out is (number, payload) of the slot, which begins
at 0. Gaps are small and the cache forgets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REPLAY_PACKETS = 64
REPLAY_SECONDS = 0.5


@dataclass
class Stream:
    cache: dict[int, tuple[bytes, bool, float]] = field(default_factory=dict)
    key: int | None = None

    @property
    def highest(self) -> int:
        return max(self.cache)


@dataclass
class Slot:
    streams: dict[str, Stream]
    bound: str | None = None
    started: bool = False
    first: int = 0
    offset: int = 0
    next: int = 0

    def receive(self, name: str, number: int, payload: bytes, keyframe: bool, now: float) -> list[tuple[int, bytes]]:
        stream = self.streams[name]
        if number in stream.cache:
            return []
        stream.cache[number] = (payload, keyframe, now)
        begins = keyframe and (stream.key is None or number > stream.key)
        if begins:
            stream.key = number
        if name != self.bound:
            return []
        if not self.started:
            if not begins:
                return []
            self._start(number)
        return self._forward(stream, number)

    def bind(self, name: str | None, now: float) -> list[tuple[int, bytes]]:
        if name is not None and name == self.bound:
            return []
        self.bound, self.started = name, False
        if name is None:
            return []
        stream = self.streams[name]
        if stream.key is None or stream.highest - stream.key >= REPLAY_PACKETS:
            return []
        if now - stream.cache[stream.key][2] >= REPLAY_SECONDS:
            return []
        self._start(stream.key)
        numbers = sorted(n for n in stream.cache if n >= self.first)
        return [out for number in numbers for out in self._forward(stream, number)]

    def _start(self, number: int) -> None:
        self.first, self.offset, self.started = number, self.next - number, True

    def _forward(self, stream: Stream, number: int) -> list[tuple[int, bytes]]:
        if number < self.first:
            return []
        self.next = max(self.next, number + self.offset + 1)
        return [(number + self.offset, stream.cache[number][0])]
