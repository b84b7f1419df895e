"""Which stream is in which slot and which one the recorder gets, and which layers their publishers are to send: carries
out on the plane what media/layers.py decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from media.answerer import Receiving, Sending
from media.api import LayersWanted, Quality, Refusal, Show, Track
from media.codecs import Carried, receiving_format
from media.layers import Layers
from media.plane import Plane, StreamStarted

Formats = dict[int, tuple[int, int]]


@dataclass(slots=True, eq=False)
class Incoming:
    """A sending section of a peer on the plane; `track` from its first packet on."""

    peer: str
    section: Sending
    streams: list[int]
    layers: Layers
    started_at: float
    track: Track | None = None
    format: Carried | None = None
    stalled: bool = False
    next: StreamStarted | None = None  # starts a track as soon as one may
    watchers: list[Outgoing] = field(default_factory=list)
    tag: int | None = None
    tapped: int | None = None  # the stream that the recorder gets


@dataclass(slots=True, eq=False)
class Outgoing:
    """A slot; `stream` is what of `source` is bound to it, None while that waits for the right layer."""

    section: Receiving
    slot: int
    show: Show | None = None
    source: Incoming | None = None
    stream: int | None = None


class Showing:
    def __init__(self, plane: Plane, emit: Callable[[LayersWanted], None]) -> None:
        self._plane = plane
        self._emit = emit

    def show(self, outgoing: Outgoing, show: Show, source: Incoming, now: float) -> None:
        """The slot must be able to show it: see `formats`."""
        if (outgoing.show, outgoing.source) == (show, source):
            return
        if outgoing.source is not source:
            self._leave(outgoing)
            outgoing.source = source
            source.watchers.append(outgoing)
        outgoing.show = show
        self.review(source, now)
        if outgoing.stream is None and not show.keep:
            self._plane.bind(outgoing.slot, None)

    def empty(self, outgoing: Outgoing) -> None:
        self._leave(outgoing)
        self._plane.bind(outgoing.slot, None)

    def remove(self, outgoing: Outgoing) -> None:
        self._leave(outgoing)
        self._plane.remove_slot(outgoing.slot)

    def _leave(self, outgoing: Outgoing) -> None:
        if outgoing.source is not None:
            outgoing.source.watchers.remove(outgoing)
        outgoing.show = outgoing.source = outgoing.stream = None

    def tap(self, source: Incoming, tag: int | None, now: float) -> None:
        if source.tapped is not None:
            self._plane.tap(source.tapped, None)
        source.tag, source.tapped = tag, None
        self.review(source, now)

    def end(self, source: Incoming) -> None:
        """Its track ends: empties its slots and its tap."""
        for outgoing in list(source.watchers):
            self.empty(outgoing)
        if source.tapped is not None:
            self._plane.tap(source.tapped, None)
        source.tag = source.tapped = None

    def review(self, source: Incoming, now: float) -> None:
        """Puts into each slot, and into the tap, the layer that is theirs now, and says which are watched."""
        layers = source.layers
        for outgoing in source.watchers:
            if outgoing.show is not None:
                stream = layers.choose(outgoing.show.ceiling, outgoing.stream, now, ahead=True)
                if stream is not None and stream != outgoing.stream:
                    keep = outgoing.show.keep or outgoing.stream is not None
                    self._plane.bind(outgoing.slot, stream, formats(outgoing, source), keep=keep)
                    outgoing.stream = stream
        if source.tag is not None:
            self._tap_highest(source, source.tag, now)
        if layers.several:
            ceilings: set[Quality] = {one.show.ceiling for one in source.watchers if one.show is not None}
            shown = {one.stream for one in source.watchers if one.stream is not None}
            if source.tapped is not None:
                ceilings.add("high")
                shown.add(source.tapped)
            wanted = layers.watch(ceilings, shown, now)
            if wanted is not None:
                named = zip(source.streams, source.section.rids, strict=True)
                rids = tuple(rid for stream, rid in named if stream in wanted)
                self._emit(LayersWanted(source.peer, source.section.mid, rids))

    def _tap_highest(self, source: Incoming, tag: int, now: float) -> None:
        if source.tapped is None and source.layers.several and source.layers.early(now):
            return  # a recording that began with a smaller layer would change its picture's size at once
        stream = source.layers.choose("high", source.tapped, now)
        if stream is not None and stream != source.tapped:
            if source.tapped is not None:
                self._plane.tap(source.tapped, None)
            self._plane.tap(stream, tag)
            source.tapped = stream
            if source.section.kind == "video":
                self._plane.request_keyframe(stream, now)


def formats(outgoing: Outgoing, source: Incoming) -> Formats:
    """The receiver's payload types for the sender's; raises `Refusal` if it lacks the one that is being sent."""
    found = {
        one.payload_type: (taken.payload_type, taken.rtx)
        for one in source.section.formats
        if (taken := receiving_format(one, outgoing.section.formats)) is not None
    }
    format = source.format
    if format is None or outgoing.section.kind != source.section.kind or format.payload_type not in found:
        codec = format.codec if format is not None else "that track"
        raise Refusal("codec_unsupported", f"Slot {outgoing.section.mid} cannot show {codec} as it is sent.")
    return found
