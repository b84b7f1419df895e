"""What the server process and a worker say to each other: lines of JSON over a socket pair.

Server to worker: `{"id": n, "do": name, ...}`. Worker to server: `{"id": n, "result": ...}`, `{"id": n, "refusal":
[code, message]}` or `{"event": name, ...}`; before all else `{"event": "Ready"}`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from media.api import (
    Answer,
    Codec,
    LayersWanted,
    MediaEvent,
    Offer,
    PeerConnected,
    PeerGone,
    Show,
    Slot,
    Speaking,
    Track,
    TrackEnded,
    TrackStalled,
    TrackStarted,
)

LINE_LIMIT = 16 << 20  # bytes; an answer with 72 slots is about half a megabyte
Object = dict[str, Any]


def line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def offer_out(offer: Offer) -> Object:
    return {
        "peer": offer.peer,
        "sdp": offer.sdp,
        "direction": offer.direction,
        "sources": dict(offer.sources),
        "group": offer.group,
        "layer": offer.layer,
    }


def offer_in(message: Mapping[str, Any]) -> Offer:
    return Offer(**message)


def answer_out(answer: Answer) -> Object:
    return {"sdp": answer.sdp, "slots": [[slot.mid, slot.kind, list(slot.codecs)] for slot in answer.slots]}


def answer_in(message: Mapping[str, Any]) -> Answer:
    slots = (Slot(mid, kind, tuple(Codec(codec) for codec in codecs)) for mid, kind, codecs in message["slots"])
    return Answer(message["sdp"], tuple(slots))


def slots_out(slots: Mapping[str, Show | None]) -> Object:
    return {mid: show and [show.track, show.ceiling, show.keep] for mid, show in slots.items()}


def slots_in(message: Mapping[str, Any]) -> dict[str, Show | None]:
    return {mid: show and Show(*show) for mid, show in message.items()}


def event_out(event: MediaEvent) -> Object:
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


def event_in(message: Mapping[str, Any]) -> MediaEvent:
    match message["event"]:
        case "PeerConnected":
            return PeerConnected(message["peer"], message["cipher"])
        case "PeerGone":
            return PeerGone(message["peer"], message["reason"])
        case "TrackStarted":
            return TrackStarted(_track(message["track"]))
        case "TrackEnded":
            return TrackEnded(_track(message["track"]))
        case "TrackStalled":
            return TrackStalled(_track(message["track"]), message["stalled"])
        case "Speaking":
            return Speaking(tuple(message["tracks"]))
        case "LayersWanted":
            return LayersWanted(message["peer"], message["mid"], tuple(message["rids"]))
        case other:
            raise ValueError(f"no such event: {other}")


def _track(values: Mapping[str, Any]) -> Track:
    return Track(**{**values, "codec": Codec(values["codec"])})
