"""Publishers instead of an SFU, and a recording service around them: journal, store, recorder process and files are
real, and packets come over the real tap socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classroom.events import Command, Json, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from classroom.store.records import Resource
from media.api import (
    TAP_HEADER,
    TAP_RTP,
    TAP_SENDER_REPORT,
    Answer,
    Codec,
    MediaEvent,
    Offer,
    Show,
    Track,
    TrackEnded,
    TrackStarted,
)
from recordings.recorder import REPORT
from recordings.service import Recordings
from tests.unit.recordings.harness import now_us, paced
from tests.unit.recordings.streams import Sender, encode, encode_opus

SECONDS = 12


class Studio:
    """Publishers instead of an SFU: sends real streams, in real time, to wherever a track is tapped to."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[MediaEvent], None]] = []
        self._playing: dict[str, tuple[Track, asyncio.Task[None]]] = {}
        self._taps: dict[str, tuple[socket.socket, int]] = {}
        self.keyframes: list[str] = []

    def publish(
        self, participant: str, source: str, seconds: int = SECONDS, layer: str = "", called: Codec | None = None
    ) -> Track:
        """`called`: what the codec is said to be, if it is another."""
        audio = source == "mic"
        sender = Sender("opus" if audio else "H264", ssrc=len(self._playing))
        kind, codec = ("audio", Codec.OPUS) if audio else ("video", Codec.H264)
        track = Track(
            f"{participant}:main{layer}:{source}",
            f"{participant}:main{layer}",
            source,
            kind,
            called or codec,
            layer=layer,
        )
        packets = (
            [(n * 20_000, p) for n, data in enumerate(encode_opus(seconds)) for p in sender.rtp(data, n * 20_000)]
            if audio
            else list(paced(sender, encode("H264", seconds * 30)))
        )
        self._playing[track.id] = (track, asyncio.get_running_loop().create_task(self._play(track, sender, packets)))
        for listener in self._listeners:
            listener(TrackStarted(track))
        return track

    def leave(self, track: Track) -> None:
        self._playing.pop(track.id)[1].cancel()
        if (tap := self._taps.pop(track.id, None)) is not None:
            tap[0].close()
        for listener in self._listeners:
            listener(TrackEnded(track))

    async def _play(self, track: Track, sender: Sender, packets: list[tuple[int, bytes]]) -> None:
        start_us, reported = now_us(), -1
        for media_us, packet in packets:
            await asyncio.sleep(max(0, (start_us + media_us - now_us()) / 1e6))
            if (tap := self._taps.get(track.id)) is not None:
                if media_us // 500_000 != reported:
                    reported = media_us // 500_000
                    body = REPORT.pack(*sender.report(media_us, start_us + media_us))
                    self._send(tap, TAP_SENDER_REPORT, body)
                self._send(tap, TAP_RTP, packet)

    @staticmethod
    def _send(tap: tuple[socket.socket, int], kind: int, body: bytes) -> None:
        with contextlib.suppress(OSError):  # a recorder that has died is no reason to stop
            tap[0].sendall(TAP_HEADER.pack(len(body), kind, 0, 0, tap[1], now_us()) + body)

    async def close(self) -> None:
        for _, task in self._playing.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in self._playing.values()), return_exceptions=True)
        for sock, _ in self._taps.values():
            sock.close()

    # media.api.MediaService

    async def tap(self, track: str, socket_path: str | None, tag: int = 0) -> None:
        if (old := self._taps.pop(track, None)) is not None:
            old[0].close()
        if socket_path is not None:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(socket_path)
            self._taps[track] = (sock, tag)

    async def request_keyframe(self, track: str) -> None:
        self.keyframes.append(track)

    def tracks(self) -> Sequence[Track]:
        return [track for track, _ in self._playing.values()]

    def listen(self, listener: Callable[[MediaEvent], None]) -> None:
        self._listeners.append(listener)

    async def answer(self, offer: Offer) -> Answer:
        raise NotImplementedError

    async def remove(self, peer: str) -> None:
        raise NotImplementedError

    async def assign(self, peer: str, slots: Mapping[str, Show | None]) -> None:
        raise NotImplementedError

    async def counters(self) -> Mapping[str, float]:
        return {}

    @property
    def ports(self) -> Sequence[int]:
        return []


@dataclass
class House:
    store: Store
    directory: Path
    studio: Studio
    journal: Journal
    recordings: Recordings
    lead: Seat
    lesson: str = ""
    alarms: list[tuple[str, str]] = field(default_factory=list)

    async def say(self, kind: str, data: Json | None = None, seat: Seat | None = None) -> int:
        return await self.journal.submit(self.lesson, seat or self.lead, Command(str(uuid.uuid4()), kind, data or {}))

    async def begin(self, recording: bool = True) -> None:
        row = await self.store.lessons.add("Ancient poems", 1_800_000_000_000, recording=recording)
        self.lesson = row.id
        self.lead = await self.seat(Role.LEAD_TEACHER)
        await self.say("lesson.open")
        await self.say("lesson.start")

    async def seat(self, role: Role) -> Seat:
        return Seat((await self.store.participants.add(self.lesson, role, "Li", 0)).id, role)

    async def entry(self, most_s: float = 5) -> Resource:
        async with asyncio.timeout(most_s):
            while not (found := await self.store.resources.of_lesson(self.lesson)):
                await asyncio.sleep(0.02)
        return found[0]

    async def restart(self) -> None:
        """The server stops and starts again on the same data."""
        await self.recordings.close()
        await self.journal.close()
        self.journal = Journal(self.store)
        self.recordings = Recordings(self.studio, self.journal, self.store, self.directory)
        await self.recordings.start()
