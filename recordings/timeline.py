"""Where a stream's frames lie on this machine's CLOCK_MONOTONIC, and so on the lesson's clock. Pure: all times in µs.

A sender report says that an RTP timestamp and an NTP time of the sender's clock are the same moment (RFC 3550 §6.4.1);
busy senders take the NTP time too late now and then, so the least difference counts. What lies between that clock and
ours is (arrival − NTP time): the least of it in the last half minute is the shortest way through the network. Both are
followed by at most 500 ppm together, so that jitter never shows and a sender's wrong clock frequency does. The latter
is kept once a publisher, which is what keeps its sound and picture in step. Until the first report, arrival stands in.
"""

from __future__ import annotations

from collections import deque

from recordings.rtp import nearest

WINDOW_US = 30_000_000
SETTLE_US = 5_000_000
STREAM_PPM = 350  # a sound card against its computer's clock
PUBLISHER_PPM = 150  # a computer's clock against ours; with the former, 500 ppm is the most that a frame is pulled by
STEP_US = 50_000  # a clock that disagrees with itself by more has been set; corrections up to this are slewed
ODD_REPORTS = 4  # reports in a row that disagree by the same, more than a step: the RTP timestamps have jumped
ABSURD_US = 5_000_000  # a frame placed farther than this from its arrival is not believed


def ntp_us(ntp: int) -> int:
    """An NTP timestamp (32.32 bits, seconds) in µs."""
    return (ntp * 1_000_000) >> 32


class Offset:
    """The sliding minimum of an offset between two clocks, followed by at most `ppm`, but at once in the first
    `settle_us`: the first reports are often the worst."""

    def __init__(self, ppm: int, settle_us: int = 0) -> None:
        self._ppm = ppm
        self._settle_us = settle_us
        self._settled_us = 0
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
            self._value, self._at_us, self._settled_us = value_us, now_us, now_us + self._settle_us
        if now_us < self._settled_us:
            self.settle()

    def settle(self, value_us: int | None = None) -> None:
        """Takes this value at once, or the least that was observed."""
        self._value = self._window[0][1] if value_us is None else value_us

    @property
    def known(self) -> bool:
        return self._value is not None

    def at(self, now_us: int) -> int:
        """Raises ValueError before anything was observed."""
        if self._value is None:
            raise ValueError("nothing observed")
        most = max(0, now_us - self._at_us) * self._ppm / 1e6
        self._at_us = max(self._at_us, now_us)
        self._value += max(-most, min(most, self._window[0][1] - self._value))
        return round(self._value)


class Publisher:
    """One sender's clock, shared by all its streams. `shift_us` takes back what the sender's clock was set by."""

    def __init__(self) -> None:
        self.offset = Offset(PUBLISHER_PPM, SETTLE_US)
        self.shift_us = 0


class Timeline:
    """One stream (SSRC) of a publisher."""

    def __init__(self, publisher: Publisher, clock_rate: int) -> None:
        self._publisher = publisher
        self._rate = clock_rate
        self._last_timestamp: int | None = None
        self._mapping = Offset(STREAM_PPM, SETTLE_US)  # sender's clock − media time, by its reports
        self._arrivals = Offset(STREAM_PPM)  # our clock − media time, until there is one
        self._odd_us: list[int] = []
        self._placed = False

    @property
    def reported(self) -> bool:
        return self._mapping.known

    def arrived(self, timestamp: int, arrival_us: int) -> None:
        """A packet, before it is placed: what the fallback is made of."""
        if self._mapping.known:
            return
        value_us = arrival_us - self._media_us(timestamp)
        if self._arrivals.known and abs(value_us - self._arrivals.at(arrival_us)) > ABSURD_US:
            self._arrivals = Offset(STREAM_PPM)
        self._arrivals.observe(value_us, arrival_us)
        if not self._placed:
            self._arrivals.settle()

    def report(self, ntp: int, timestamp: int, arrival_us: int) -> None:
        """A sender report. One without a wall clock (NTP time 0) says nothing."""
        if ntp == 0:
            return
        offset, mapping = self._publisher.offset, self._mapping
        sent_us = ntp_us(ntp) + self._publisher.shift_us
        media_us = self._media_us(timestamp)
        if mapping.known:
            step_us = sent_us - media_us - mapping.at(arrival_us)
            early_us = offset.at(arrival_us) - (arrival_us - sent_us)
            # The sender's clock was set only if the report is as much too early or late; else its timestamps jumped.
            if abs(step_us) > STEP_US and abs(early_us - step_us) < abs(step_us) / 2:
                self._publisher.shift_us -= step_us
                sent_us -= step_us
                step_us = 0
            if self._jumped(step_us):
                mapping = self._mapping = Offset(STREAM_PPM)
            offset.observe(arrival_us - sent_us, arrival_us)
            mapping.observe(sent_us - media_us, arrival_us)
        else:
            offset.observe(arrival_us - sent_us, arrival_us)
            if not self._placed:
                mapping.observe(sent_us - media_us, arrival_us)
                return
            mapping = self._mapping = Offset(STREAM_PPM)
            mapping.observe(sent_us - media_us, arrival_us)
            by_arrival_us = self._arrivals.at(arrival_us) - offset.at(arrival_us)
            if abs(by_arrival_us - (sent_us - media_us)) <= STEP_US:
                mapping.settle(by_arrival_us)

    def _jumped(self, step_us: int) -> bool:
        """Whether reports have disagreed for long enough, and by the same, for it to be no accident."""
        if self._odd_us and abs(step_us - self._odd_us[-1]) > STEP_US // 2:
            self._odd_us = []
        if abs(step_us) > STEP_US:
            self._odd_us.append(step_us)
        if len(self._odd_us) < ODD_REPORTS:
            return False
        self._odd_us = []
        return True

    def place(self, timestamp: int, arrival_us: int) -> int:
        """The moment of CLOCK_MONOTONIC at which a frame belongs, without steps but for those of its timestamps."""
        media_us = self._media_us(timestamp)
        self._last_timestamp = self._unwrap(timestamp)
        if self._mapping.known:
            placed_us = media_us + self._mapping.at(arrival_us) + self._publisher.offset.at(arrival_us)
        else:
            if not self._arrivals.known:
                self.arrived(timestamp, arrival_us)
            placed_us = media_us + self._arrivals.at(arrival_us)
        if abs(placed_us - arrival_us) > ABSURD_US:
            self._mapping, self._arrivals, self._odd_us = Offset(STREAM_PPM), Offset(STREAM_PPM), []
            self._arrivals.observe(arrival_us - media_us, arrival_us)
            placed_us = arrival_us
        self._placed = True
        return placed_us

    def _unwrap(self, timestamp: int) -> int:
        if self._last_timestamp is None:
            self._last_timestamp = timestamp + (1 << 32)
        return nearest(timestamp, 32, self._last_timestamp)

    def _media_us(self, timestamp: int) -> int:
        return self._unwrap(timestamp) * 1_000_000 // self._rate
