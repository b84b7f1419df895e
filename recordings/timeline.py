"""Where a stream's frames lie on this machine's CLOCK_MONOTONIC, and so on the lesson's clock. Pure: all times in µs.

A sender report says that an RTP timestamp and an NTP time of the sender's clock are the same moment (RFC 3550 §6.4.1).
What lies between that clock and ours is (arrival − NTP time): the least of it in the last half minute is the shortest
way through the network, and it is followed by at most 500 ppm in all, so that jitter never shows and a sender's wrong
clock frequency does. It is kept once per publisher, which is what keeps its sound and picture in step. Until the first
report, arrival stands in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from recordings.rtp import nearest

WINDOW_US = 30_000_000
SLEW_PPM = 350
BIAS_PPM = 150  # with the former 500 ppm, the most that a placed frame is pulled by
STEP_US = 50_000  # a sender's clock that disagrees with itself by more has been set
ABSURD_US = 5_000_000  # a frame placed farther than this from its arrival is not believed
JUMP_US = 40_000  # a mapping that changes by more is believed at once, less is slewed


def ntp_us(ntp: int) -> int:
    """An NTP timestamp (32.32 bits, seconds) in µs."""
    return (ntp * 1_000_000) >> 32


class Offset:
    """The sliding minimum of an offset between two clocks, followed slowly."""

    def __init__(self) -> None:
        self._window: deque[tuple[int, int]] = deque()
        self._value: float | None = None
        self._at_us = 0

    def observe(self, value_us: int, now_us: int) -> None:
        while self._window and self._window[-1][1] >= value_us:
            self._window.pop()
        self._window.append((now_us, value_us))
        while self._window[0][0] < now_us - WINDOW_US:
            self._window.popleft()
        if self._value is None:
            self._value, self._at_us = value_us, now_us

    def settle(self) -> None:
        """Takes the least at once: nothing has been placed by it yet."""
        self._value = self._window[0][1]

    @property
    def known(self) -> bool:
        return self._value is not None

    def at(self, now_us: int) -> int:
        """Raises ValueError before anything was observed."""
        if self._value is None:
            raise ValueError("nothing observed")
        most = max(0, now_us - self._at_us) * SLEW_PPM / 1e6
        self._at_us = max(self._at_us, now_us)
        self._value += max(-most, min(most, self._window[0][1] - self._value))
        return round(self._value)


class Publisher:
    """One sender's clock, shared by all its streams. `shift_us` takes back what the sender's clock was set by."""

    def __init__(self) -> None:
        self.offset = Offset()
        self.shift_us = 0


@dataclass(frozen=True, slots=True)
class _Report:
    timestamp: int  # unwrapped
    sender_us: int

    def at(self, timestamp: int, rate: int) -> int:
        """The sender's clock at a timestamp."""
        return self.sender_us + (timestamp - self.timestamp) * 1_000_000 // rate


class Timeline:
    """One stream (SSRC) of a publisher."""

    def __init__(self, publisher: Publisher, clock_rate: int) -> None:
        self._publisher = publisher
        self._rate = clock_rate
        self._last_timestamp: int | None = None
        self._report: _Report | None = None
        self._arrivals = Offset()
        self._bias_us = 0.0
        self._bias_at_us = 0
        self._placed = False

    @property
    def reported(self) -> bool:
        return self._report is not None

    def arrived(self, timestamp: int, arrival_us: int) -> None:
        """A packet, before anything is placed: what the fallback is made of."""
        if self._report is None:
            media_us = self._media_us(self._unwrap(timestamp))
            if self._arrivals.known and abs(arrival_us - media_us - self._arrivals.at(arrival_us)) > ABSURD_US:
                self._arrivals = Offset()
            self._arrivals.observe(arrival_us - media_us, arrival_us)
            if not self._placed:
                self._arrivals.settle()

    def report(self, ntp: int, timestamp: int, arrival_us: int) -> None:
        """A sender report. One without a wall clock (NTP time 0) says nothing."""
        if ntp == 0:
            return
        unwrapped = self._unwrap(timestamp)
        sent_us = ntp_us(ntp) + self._publisher.shift_us
        before_us = self._base_us(unwrapped, arrival_us) if self._placed else None
        offset = self._publisher.offset
        if self._report is not None and offset.known:
            step_us = sent_us - self._report.at(unwrapped, self._rate)
            early_us = offset.at(arrival_us) - (arrival_us - sent_us)
            # The clock was set only if the report itself is as much too early or late; else the RTP timestamps jumped.
            if abs(step_us) > STEP_US and abs(early_us - step_us) < abs(step_us) / 2:
                self._publisher.shift_us -= step_us
                sent_us -= step_us
        offset.observe(arrival_us - sent_us, arrival_us)
        self._report = _Report(unwrapped, sent_us)
        if before_us is not None:
            bias_us = before_us + self._bias(arrival_us) - self._base_us(unwrapped, arrival_us)
            self._bias_us = bias_us if abs(bias_us) <= JUMP_US else 0
            self._bias_at_us = arrival_us

    def place(self, timestamp: int, arrival_us: int) -> int:
        """The moment of CLOCK_MONOTONIC at which a frame belongs, without steps but for those of its timestamps."""
        unwrapped = self._last_timestamp = self._unwrap(timestamp)
        if self._report is None and not self._arrivals.known:
            self.arrived(timestamp, arrival_us)
        placed_us = round(self._base_us(unwrapped, arrival_us) + self._bias(arrival_us))
        if abs(placed_us - arrival_us) > ABSURD_US:
            self._report, self._arrivals, self._bias_us = None, Offset(), 0
            self._arrivals.observe(arrival_us - self._media_us(unwrapped), arrival_us)
            placed_us = arrival_us
        self._placed = True
        return placed_us

    def _unwrap(self, timestamp: int) -> int:
        if self._last_timestamp is None:
            self._last_timestamp = timestamp + (1 << 32)
        return nearest(timestamp, 32, self._last_timestamp)

    def _media_us(self, unwrapped: int) -> int:
        return unwrapped * 1_000_000 // self._rate

    def _base_us(self, unwrapped: int, now_us: int) -> int:
        if self._report is not None:
            return self._report.at(unwrapped, self._rate) + self._publisher.offset.at(now_us)
        return self._media_us(unwrapped) + self._arrivals.at(now_us)

    def _bias(self, now_us: int) -> float:
        most = max(0, now_us - self._bias_at_us) * BIAS_PPM / 1e6
        self._bias_at_us = max(self._bias_at_us, now_us)
        self._bias_us -= max(-most, min(most, self._bias_us))
        return self._bias_us
