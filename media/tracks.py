"""A worker's tracks: when one begins, stalls and ends, who speaks, and the copy that the recorder gets."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable

from media.answerer import Sending
from media.api import MediaEvent, Refusal, Speaking, Track, TrackEnded, TrackStalled, TrackStarted
from media.layers import Layers, Seen
from media.plane import Plane, StreamStarted, StreamStopped
from media.showing import Incoming, Showing
from media.taps import Pump
from media.voices import Voices

STALL_S = 3.0
TICK_S = 0.25
START_EVERY_S = 1.0  # a section that changes its codec or says goodbye more often starts its next track later


class Tracks:
    """Times are seconds of CLOCK_MONOTONIC."""

    def __init__(self, plane: Plane, showing: Showing, emit: Callable[[MediaEvent], None]) -> None:
        self._plane = plane
        self._showing = showing
        self._emit = emit
        self._by_stream: dict[int, Incoming] = {}
        self._live: dict[str, Incoming] = {}
        self._pump = Pump(plane)
        self._voices = Voices()
        self._ticked_at = 0.0

    def __len__(self) -> int:
        return len(self._live)

    def find(self, track: str) -> Incoming | None:
        return self._live.get(track)

    def close(self) -> None:
        self._pump.close()

    # sections

    def add(self, peer: str, section: Sending, streams: list[int]) -> Incoming:
        incoming = Incoming(peer, section, streams, Layers(streams), -START_EVERY_S)
        self._by_stream |= dict.fromkeys(streams, incoming)
        return incoming

    def remove(self, incoming: Incoming) -> None:
        self._end(incoming)
        for stream in incoming.streams:
            del self._by_stream[stream]
            self._plane.remove_stream(stream)

    # what the recorder asks

    def tap(self, track: str, path: str | None, tag: int, now: float) -> None:
        incoming = self._live.get(track)
        if path is None:
            if incoming is not None and incoming.tag is not None:
                self._showing.tap(incoming, None, now)
            if all(one.tag is None for one in self._live.values()):
                self._pump.pump()
                self._pump.close()
        elif incoming is not None:
            if not self._pump.connect(path):
                raise Refusal("media_unavailable", "No recorder listens at the socket.")
            self._showing.tap(incoming, tag, now)

    def request_keyframe(self, track: str, now: float) -> None:
        """Of the layer that the recorder has."""
        incoming = self._live.get(track)
        if incoming is not None and incoming.section.kind == "video":
            stream = incoming.layers.choose("high", incoming.tapped, now)
            if stream is not None:
                self._plane.request_keyframe(stream, now)

    # what happens

    def on_event(self, event: StreamStarted | StreamStopped, now: float) -> None:
        incoming = self._by_stream.get(event.stream)
        if incoming is None:
            return
        match event:
            case StreamStopped():
                incoming.layers.ended(event.stream, now)
                if incoming.next is not None and incoming.next.stream == event.stream:
                    incoming.next = None
                others = [one for one in incoming.streams if one != event.stream]
                stats = [self._plane.stream_stats(one) for one in others]
                if not any(self._ticked_at - one.last_packet_at < STALL_S for one in stats if one.last_packet_at):
                    self._end(incoming)
            case StreamStarted():
                incoming.layers.heard(event.stream, now)
                incoming.next = event
                self._start_next(incoming, now)
        if incoming.track is not None:
            self._showing.review(incoming, now)

    @property
    def due(self) -> float:
        """When `tick` has something to do: four times a second while there are tracks, or someone is said to speak."""
        waiting = any(incoming.next is not None for incoming in self._by_stream.values())
        return self._ticked_at + TICK_S if self._live or waiting or self._voices.speaking else math.inf

    def tick(self, now: float) -> None:
        """Tracks that had to wait, layers, stalls, voices."""
        self._ticked_at = now
        for incoming in list(self._by_stream.values()):
            self._start_next(incoming, now)
        levels: dict[str, int] = {}
        for incoming in list(self._live.values()):
            stats = {stream: self._plane.stream_stats(stream) for stream in incoming.streams}
            track = incoming.track
            if track is None:
                continue
            stalled = now - max(one.last_packet_at for one in stats.values()) >= STALL_S
            if stalled != incoming.stalled:
                incoming.stalled = stalled
                self._emit(TrackStalled(track, stalled))
            if track.kind == "audio":
                if not stalled:
                    levels[track.id] = min(one.audio_level for one in stats.values())
            elif incoming.layers.several:
                seen = {stream: Seen(one.bytes, one.last_packet_at) for stream, one in stats.items()}
                incoming.layers.update(seen, now)
                self._showing.review(incoming, now)
        speaking = self._voices.update(levels, now)
        if speaking is not None:
            self._emit(Speaking(speaking))

    def _start_next(self, incoming: Incoming, now: float) -> None:
        """Whatever a publisher sends, a section starts no more than a track in `START_EVERY_S`."""
        event, section = incoming.next, incoming.section
        if event is None:
            return
        format = next((one for one in section.formats if one.payload_type == event.payload_type), None)
        if format is None or format == incoming.format:
            incoming.next = None
        elif now - incoming.started_at >= START_EVERY_S:
            self._end(incoming)
            track = Track(
                secrets.token_hex(8),
                incoming.peer,
                section.source,
                section.kind,
                format.codec,
                format.fmtp,
                section.layer,
                incoming.layers.several,
            )
            incoming.track, incoming.format = track, format
            incoming.stalled, incoming.started_at, incoming.next = False, now, None
            self._live[track.id] = incoming
            self._emit(TrackStarted(track))

    def _end(self, incoming: Incoming) -> None:
        track = incoming.track
        if track is None:
            return
        self._showing.end(incoming)
        del self._live[track.id]
        incoming.track = incoming.format = None
        self._emit(TrackEnded(track))
