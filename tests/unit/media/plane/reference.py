"""What a slot sends, said in Python: the plane's rules for numbers, keyframes and repeats, without sockets or ciphers.

Packets are (number, payload, keyframe) of streams by name; what goes out is (number, payload) of the slot, which begins
at 0. Gaps are small and the cache forgets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REPLAY_SECONDS = 1.0
SERVING = 16  # packets of a replay at a time


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
    awaited: str | None = None
    started: bool = False
    first: int = 0
    offset: int = 0
    next: int = 0
    cursor: int | None = None  # of the replay that is under way

    def receive(self, name: str, number: int, payload: bytes, keyframe: bool, now: float) -> list[tuple[int, bytes]]:
        stream = self.streams[name]
        if number in stream.cache:
            return []
        stream.cache[number] = (payload, keyframe, now)
        begins = keyframe and (stream.key is None or number > stream.key)
        if begins:
            stream.key = number
        if name == self.awaited and begins:
            self._show(name)
        if name != self.bound:
            return []
        if not self.started:
            if not begins:
                return []
            self._start(number)
            return [out for later in sorted(stream.cache) if later >= number for out in self._forward(stream, later)]
        if self.cursor is not None and number >= self.cursor:
            return []
        return self._forward(stream, number)

    def bind(self, name: str | None, keep: bool, now: float) -> None:
        if keep and name is not None and name == self.awaited:
            return
        self.awaited = None
        if name is not None and name == self.bound:
            return
        if keep and name is not None and self.started:
            self.awaited = name
            return
        self._show(name)
        if name is None:
            return
        stream = self.streams[name]
        if stream.key is not None and now - stream.cache[stream.key][2] < REPLAY_SECONDS:
            self._start(stream.key)
            self.cursor = stream.key

    def serve(self) -> list[tuple[int, bytes]]:
        """The next packets of the replay."""
        if self.bound is None or self.cursor is None:
            return []
        stream, sent = self.streams[self.bound], []
        while self.cursor <= stream.highest and len(sent) < SERVING:
            if self.cursor in stream.cache:
                sent += self._forward(stream, self.cursor)
            self.cursor += 1
        if self.cursor > stream.highest:
            self.cursor = None
        return sent

    def _show(self, name: str | None) -> None:
        self.bound, self.awaited, self.started, self.cursor = name, None, False, None

    def _start(self, number: int) -> None:
        self.first, self.offset, self.started = number, self.next - number, True

    def _forward(self, stream: Stream, number: int) -> list[tuple[int, bytes]]:
        if number < self.first:
            return []
        self.next = max(self.next, number + self.offset + 1)
        return [(number + self.offset, stream.cache[number][0])]
