"""One track on its way from packets to segments: order, frames, times, stretches. Pure but for its sinks.

A *stretch* is an unbroken piece of a track with a playlist of its own: a track that is silent for ten seconds ends, and
begins anew as another. Within one, a frozen picture lasts and missing sound is filled with silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from recordings.codecs import DEPACKETIZERS, Config, Frame
from recordings.codecs.opus import SILENCE, SILENCE_DURATION
from recordings.rtp import Gap, Packet, Reorder, parse
from recordings.segmenter import Segmenter, Sink
from recordings.timeline import Publisher, Timeline

STRETCH_GAP_US = 10_000_000
REPORT_WAIT_US = 1_500_000  # the first frames wait this long for a sender report, so that they are placed once
LAYER_WAIT_US = 1_000_000  # a layer that is silent for this long is left for a lower one
FLUSH_US = 1_000_000
REQUEST_EVERY_US = 1_000_000
SILENCE_US = 20_000
LEAST_GAP_US = 10_000  # what is less cannot be seen nor heard; padding may get lost, too
# Another configuration costs files: a publisher may have this many at once, then one every so often.
CONFIG_BURST = 4
CONFIG_EVERY_US = 1_000_000


class StretchSink(Sink, Protocol):
    def begin(self, start_us: int, config: Config) -> None: ...

    def gap(self, start_us: int, end_us: int) -> None:
        """Something is missing there. (What lies between two stretches says so by itself.)"""

    def end(self, end_us: int) -> None: ...


@dataclass(frozen=True, slots=True)
class _Stretch:
    sink: StretchSink
    segmenter: Segmenter


class _Stream:
    """One SSRC: a track without simulcast has one."""

    def __init__(self, ssrc: int, codec: str, fmtp: str, publisher: Publisher) -> None:
        self.ssrc = ssrc
        self.reorder = Reorder()
        self.depacketizer = DEPACKETIZERS[codec](fmtp)
        self.timeline = Timeline(publisher, self.depacketizer.clock_rate)
        self.waiting: list[Frame] | None = []
        self.gap = False  # since the last frame
        self.first_us: int | None = None

    def frames(self, items: list[Packet | Gap]) -> list[Frame]:
        out: list[Frame] = []
        for item in items:
            if isinstance(item, Gap):
                self.depacketizer.lost()
                self.gap = True
                continue
            frames = self.depacketizer.push(item)
            if frames and self.gap:
                frames[0] = replace(frames[0], after_gap=True)
                self.gap = False
            out += frames
        return out

    def placeable(self, frames: list[Frame], now_us: int) -> list[Frame]:
        """These and earlier frames, once it is known where they belong or waiting has taken too long."""
        if self.waiting is None:
            return frames
        self.waiting += frames
        if self.first_us is None or not (self.timeline.reported or now_us - self.first_us >= REPORT_WAIT_US):
            return []
        frames, self.waiting = self.waiting, None
        return frames


class Track:
    """`open_sink` makes the sink of the next stretch. `zero_us` is the lesson's zero on CLOCK_MONOTONIC."""

    def __init__(
        self, codec: str, fmtp: str, publisher: Publisher, zero_us: int, open_sink: Callable[[], StretchSink]
    ) -> None:
        self.audio = codec == "opus"
        self._codec, self._fmtp, self._publisher = codec, fmtp, publisher
        self._zero_us = zero_us
        self._open_sink = open_sink
        self._streams: dict[int, _Stream] = {}
        self._layer = 0
        self._stretch: _Stretch | None = None
        self._newest_timestamp = 0
        self._last_us = 0  # lesson time where the last frame was put
        self._until_us = 0  # and, for sound, where it ends
        self._asked_us = 0
        self._config: Config | None = None
        self._config_full_us = 0  # when a whole burst may come again, by arrival
        self._refused = False  # frames are left out until a keyframe may be taken
        self._heard_us = 0
        self._payload_type = -1
        self.packets_lost = 0

    def rtp(self, data: bytes, layer: int, arrival_us: int) -> None:
        packet = parse(data, arrival_us)
        if packet is None or packet.payload_type != self._expected(packet):
            return
        self._heard_us = arrival_us
        stream = self._streams.get(layer)
        if stream is None or stream.ssrc != packet.ssrc:
            if stream is not None:
                self._drain(layer, stream, arrival_us)
            stream = self._streams[layer] = _Stream(packet.ssrc, self._codec, self._fmtp, self._publisher)
        if stream.first_us is None:
            stream.first_us = arrival_us
        stream.timeline.arrived(packet.timestamp, arrival_us)
        self._take(layer, stream, stream.reorder.push(packet), arrival_us)

    def _expected(self, packet: Packet) -> int:
        """A track is of one payload type: what comes of another, where a sender changes its codec, is of the next."""
        if self._payload_type < 0:
            self._payload_type = packet.payload_type
        return self._payload_type

    def report(self, ssrc: int, ntp: int, timestamp: int, arrival_us: int) -> None:
        for layer, stream in list(self._streams.items()):
            if stream.ssrc == ssrc:
                stream.timeline.report(ntp, timestamp, arrival_us)
                self._take(layer, stream, [], arrival_us)

    def lost(self) -> None:
        """Packets were dropped on the way here; nobody knows of which layer."""
        for layer, stream in list(self._streams.items()):
            self._take(layer, stream, [*stream.reorder.flush(), Gap(0)], self._heard_us)

    def tick(self, now_us: int) -> bool:
        """Lets time pass; whether a keyframe is wanted now. To be called a few times a second."""
        for layer, stream in list(self._streams.items()):
            self._take(layer, stream, stream.reorder.release(now_us), now_us)
        lesson_us = now_us - self._zero_us
        if lesson_us - self._last_us > STRETCH_GAP_US:
            self._end_stretch()
        elif self._stretch is not None and lesson_us - self._last_us > FLUSH_US:
            self._stretch.segmenter.flush()
        if self.audio or now_us - self._heard_us > FLUSH_US or now_us - self._asked_us < REQUEST_EVERY_US:
            return False
        current = self._streams.get(self._layer)
        wanted = (
            self._stretch is None
            or self._stretch.segmenter.overdue(lesson_us)
            or current is None
            or current.depacketizer.broken
            or self._refused
        )
        if wanted:
            self._asked_us = now_us
        return wanted

    def finish(self) -> None:
        """Takes what is there and ends."""
        for layer, stream in list(self._streams.items()):
            self._drain(layer, stream, self._heard_us)
        self._streams = {}
        self._end_stretch()

    def _drain(self, layer: int, stream: _Stream, now_us: int) -> None:
        stream.first_us = now_us - REPORT_WAIT_US
        self._take(layer, stream, stream.reorder.flush(), now_us)

    def _take(self, layer: int, stream: _Stream, items: list[Packet | Gap], now_us: int) -> None:
        if not items and not stream.waiting:
            return
        self.packets_lost += sum(item.packets for item in items if isinstance(item, Gap))
        for frame in stream.placeable(stream.frames(items), now_us):
            placed_us = max(0, stream.timeline.place(frame.timestamp, frame.arrival_us) - self._zero_us)
            if self.audio:
                self._put_audio(frame, placed_us)
            else:
                self._put_video(layer, frame, placed_us)

    def _put_video(self, layer: int, frame: Frame, placed_us: int) -> None:
        if layer != self._layer:
            better = layer < self._layer or placed_us - self._last_us > LAYER_WAIT_US
            if not (frame.key and (better or self._stretch is None)):
                return
        if not self._acceptable(frame):
            return
        if layer != self._layer:
            self._layer = layer
            self._newest_timestamp = frame.timestamp
        if placed_us - self._last_us > STRETCH_GAP_US:
            self._end_stretch()
        if self._stretch is None:
            if not frame.key:
                return
            self._stretch = self._begin_stretch(frame, placed_us)
            self._newest_timestamp = frame.timestamp
        if frame.after_gap:
            self._mark_gap(self._last_us + self._stretch.segmenter.usual_us, placed_us)
        ahead = (frame.timestamp - self._newest_timestamp) & 0xFFFFFFFF
        backwards = ahead >= 0x80000000
        if not backwards:
            self._newest_timestamp = frame.timestamp
        self._stretch.segmenter.push(placed_us, frame.data, frame.key, frame.config, backwards=backwards)
        self._last_us = max(self._last_us, placed_us)

    def _acceptable(self, frame: Frame) -> bool:
        """Not if its configuration comes too soon after others, nor until the keyframe after one that did."""
        if self._refused and not frame.key:
            return False
        if frame.config != self._config:
            wait_us = self._config_full_us - frame.arrival_us
            self._refused = wait_us > (CONFIG_BURST - 1) * CONFIG_EVERY_US
            if self._refused:
                return False
            self._config, self._config_full_us = frame.config, frame.arrival_us + max(0, wait_us) + CONFIG_EVERY_US
        self._refused = False
        return True

    def _put_audio(self, frame: Frame, placed_us: int) -> None:
        duration_us = frame.duration * 1_000_000 // 48_000
        if placed_us - self._until_us > STRETCH_GAP_US:
            self._end_stretch()
        if self._stretch is None:
            self._stretch = self._begin_stretch(frame, placed_us)
            self._until_us = placed_us
        if frame.after_gap:
            self._mark_gap(self._until_us, placed_us)
        push = self._stretch.segmenter.push
        while placed_us - self._until_us >= SILENCE_US * 3 // 4:
            push(self._until_us, SILENCE, True, frame.config, SILENCE_DURATION)
            self._until_us += SILENCE_US
        if self._until_us - placed_us > duration_us // 2:
            return
        push(placed_us, frame.data, True, frame.config, frame.duration)
        self._last_us = placed_us
        self._until_us = placed_us + duration_us

    def _mark_gap(self, start_us: int, end_us: int) -> None:
        if self._stretch is not None and end_us - start_us >= LEAST_GAP_US:
            self._stretch.sink.gap(start_us, end_us)

    def _begin_stretch(self, frame: Frame, placed_us: int) -> _Stretch:
        sink = self._open_sink()
        sink.begin(placed_us, frame.config)
        self._last_us = placed_us
        return _Stretch(sink, Segmenter(sink, DEPACKETIZERS[self._codec].clock_rate))

    def _end_stretch(self) -> None:
        if self._stretch is not None:
            end_us = self._stretch.segmenter.close()
            self._stretch.sink.end(self._last_us if end_us is None else end_us)
            self._stretch = None
