"""Clients' signals on their way to others: what comes within a moment goes to all in one frame.

Where one writes, each telling goes on at once, or nearly. Where thirty do, a frame for each of them to each who watches
would take more than a core. So the more there are to be told, the longer is a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from classroom.events import Event, Json

from .fanout import Outgoing, Reach, encode

A_VIEWER_S = 0.0002
"""A frame to one takes a twentieth of that or less: so no more than a twentieth of a core is spent on them."""
LONGEST_S = 0.1
QUICK_S = 0.02
"""As often as a page tells of what is being written, where nobody says otherwise."""
PACE_S = 10.0
"""So long it keeps to what was said."""
LATEST = frozenset({"caret", "cursor", "view"})
"""Of these only the latest of a sender counts."""

Key = tuple[str, str, str]  # kind, sender, stroke


@dataclass(slots=True)
class _Signal:
    sid: str
    sender: str
    kind: str
    data: Json

    def text(self) -> str:
        return encode({"kind": self.kind, "data": self.data, "from": self.sender})


@dataclass(slots=True)
class _Moment:
    """What waits to be told to these of a lesson, in order; None was taken back."""

    waiting: list[_Signal | None] = field(default_factory=list)
    places: dict[Key, int] = field(default_factory=dict)  # of what later signals change
    timer: asyncio.Handle | None = None
    lasts_s: float = 0
    ends_at: float = 0  # of the loop's clock; uvloop's timer does not say where it is almost due


class Relay:
    """`live` names the sockets that are in reach, `pass_on` tells other nodes what they are to tell theirs."""

    def __init__(
        self,
        post: Callable[[Outgoing], None],
        live: Callable[[str, Reach], Sequence[str]],
        pass_on: Callable[[str, str, Reach], None],
    ) -> None:
        self._post, self._live, self._pass_on = post, live, pass_on
        self._moments: dict[tuple[str, Reach], _Moment] = {}

    def tell(self, lesson: str, reach: Reach, sid: str, sender: str, kind: str, data: Json) -> float:
        """To all in reach but the socket that it came by. Answers how long a moment lasts now, in seconds: to send more
        often would tell them nothing sooner."""
        moment = self._moments.get((lesson, reach))
        if moment is None:
            moment = self._moments[lesson, reach] = _Moment()
        _add(moment, _Signal(sid, sender, kind, data))
        if moment.timer is None:
            self._flush(lesson, reach, moment)
        return moment.lasts_s

    def happened(self, lesson: str, events: Iterable[Event]) -> None:
        """Called before these are sent. What waits and is overtaken by them is not told any more; the rest goes along
        where its moment is nearly over: what is written in one turn of the loop is one call of the system."""
        overtaken = [key for event in events if (key := _overtaken(event))]
        now = asyncio.get_running_loop().time()
        for (where, reach), moment in list(self._moments.items()):
            if where != lesson or not moment.waiting:
                continue
            for key in overtaken:
                if (place := moment.places.pop(key, None)) is not None:
                    moment.waiting[place] = None
            if moment.timer is not None and moment.ends_at - now < moment.lasts_s / 2:
                moment.timer.cancel()
                self._flush(lesson, reach, moment)

    def close(self) -> None:
        for moment in self._moments.values():
            if moment.timer is not None:
                moment.timer.cancel()

    def _flush(self, lesson: str, reach: Reach, moment: _Moment) -> None:
        signals = [signal for signal in moment.waiting if signal is not None]
        moment.waiting, moment.places = [], {}
        if not signals:  # a moment in which nothing came: the next signal goes at once
            del self._moments[lesson, reach]
            return
        to = self._live(lesson, reach)
        texts = [signal.text() for signal in signals]
        senders = {signal.sid for signal in signals}
        self._send(texts, [sid for sid in to if sid not in senders])
        for sender in senders.intersection(to):
            others = [text for text, signal in zip(texts, signals, strict=True) if signal.sid != sender]
            self._send(others, [sender])
        self._pass_on(lesson, _together(texts), reach)
        moment.lasts_s = min(LONGEST_S, len(to) * A_VIEWER_S)
        loop = asyncio.get_running_loop()
        moment.ends_at = loop.time() + moment.lasts_s
        moment.timer = loop.call_later(moment.lasts_s, self._flush, lesson, reach, moment)

    def _send(self, texts: Sequence[str], to: Sequence[str]) -> None:
        if texts and to:
            self._post(Outgoing("signal", _together(texts), tuple(to), droppable=True))


def _add(moment: _Moment, signal: _Signal) -> None:
    key = (signal.kind, signal.sender, signal.data.get("stroke", ""))
    place = moment.places.get(key)
    known = moment.waiting[place] if place is not None else None
    if signal.kind == "ink" and not signal.data["points"]:
        moment.places.pop(key, None)  # nothing comes of it, whatever waits
        moment.waiting.append(signal)
    elif known is not None and place is not None and signal.kind == "ink":
        moment.waiting[place] = _Signal(
            signal.sid, signal.sender, "ink", {**signal.data, "points": known.data["points"] + signal.data["points"]}
        )
    elif place is not None and signal.kind in LATEST:
        moment.waiting[place] = signal
    else:
        if signal.kind == "ink" or signal.kind in LATEST:
            moment.places[key] = len(moment.waiting)
        moment.waiting.append(signal)


def _overtaken(event: Event) -> Key | None:
    match event.kind:
        case "stroke.added":
            return "ink", event.actor, event.data["stroke"]
        case "view.shown":
            return "view", event.actor, ""
    return None


def _together(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
