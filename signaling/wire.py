"""What a client's Socket.IO packets may look like here, checked before anything acts on them.

Socket.IO protocol 5 over Engine.IO 4, WebSocket only. A client may connect, disconnect, and send the two messages;
all else becomes the message `malformed` or `too_large`, which is answered where an answer was asked for. So no packet
raises.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .limits import MAX_MESSAGE
from .protocol import NAMESPACE

CONNECT, DISCONNECT, EVENT = 0, 1, 2
MESSAGES = frozenset({"command", "signal"})
EVENT_HEAD = re.compile(rf"2{NAMESPACE},([0-9]{{0,15}})(?=\[)", re.ASCII)
CONNECT_HEAD = re.compile(rf"0{NAMESPACE},?", re.ASCII)
PONG, CLOSE = "3", "1"
SIGNAL_HEAD = f'4{EVENT}{NAMESPACE},["signal",'
"""How a frame begins that has a signal in it of which no answer is asked."""


@dataclass(frozen=True, slots=True)
class ClientPacket:
    type: int
    data: Any = None
    id: int | None = None


def acceptable_frame(frame: object) -> bool:
    """Whether a WebSocket message is an Engine.IO packet that a client may send: pong, close, or a Socket.IO packet."""
    if not isinstance(frame, str):
        return False
    return frame in (PONG, CLOSE) or (frame[:1] == "4" and frame[1:2] in tuple("0123456"))


def parse(text: str) -> ClientPacket:
    if text == f"1{NAMESPACE}," or text == f"1{NAMESPACE}":
        return ClientPacket(DISCONNECT)
    if head := CONNECT_HEAD.match(text):
        auth = _loads(text[head.end() :]) if len(text) <= MAX_MESSAGE else None
        return ClientPacket(CONNECT, auth if isinstance(auth, dict) else None)
    head = EVENT_HEAD.match(text)
    if head is None:
        return ClientPacket(EVENT, ["malformed"])
    id_ = int(head[1]) if head[1] else None
    if len(text) > MAX_MESSAGE:
        return ClientPacket(EVENT, ["too_large"], id_)
    data = _loads(text[head.end() :])
    if isinstance(data, list) and len(data) == 2 and data[0] in MESSAGES:
        return ClientPacket(EVENT, data, id_)
    return ClientPacket(EVENT, ["malformed"], id_)


def _loads(text: str) -> Any:
    """None for anything that is not JSON (RFC 8259: no NaN), nested too deeply, or with a number of absurd length."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)
