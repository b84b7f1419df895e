"""A lesson of two hours with four tracks and a journal of its size, given to a real recorder process as fast as it
takes it; and how long it then takes from `lesson.end` until the library has it. Packets say that they came in what is
yet to come, so the recorder's clock goes with them. Packets come by its tap; journal, store and process are real."""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from classroom.events import Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from media.api import TAP_HEADER, TAP_RTP, TAP_SENDER_REPORT, Codec, Track, TrackStarted
from recordings.files import PLAYLIST
from recordings.recorder import REPORT
from recordings.service import Recordings
from tests.unit.recordings.harness import now_us
from tests.unit.recordings.streams import Sender, encode, encode_opus
from tests.unit.recordings.studio import House, Studio

CHUNK_US = 4_000_000
AHEAD_BYTES = 8 << 20
EVENTS = 5_000
STROKE = {"page": "1", "tool": "pen", "color": "#1a1a1a", "width": 3, "began": 0}


class Fed(Studio):
    """Tracks whose packets are made up and sent without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: dict[str, Sender] = {}

    def begin(self, participant: str, source: str) -> None:
        codec = "opus" if source == "mic" else "H264"
        kind, name = ("audio", Codec.OPUS) if codec == "opus" else ("video", Codec.H264)
        track = Track(f"{participant}:{source}", f"{participant}:main", source, kind, name)
        self.senders[track.id] = Sender(codec, ssrc=len(self.senders) + 1)
        self._playing[track.id] = (track, asyncio.get_running_loop().create_task(asyncio.sleep(0)))
        for listener in self._listeners:
            listener(TrackStarted(track))

    @property
    def tapped(self) -> dict[str, tuple[socket.socket, int]]:
        return self._taps


def chunks(sender: Sender, tag: int, start_us: int, total_us: int) -> Iterator[bytes]:
    """`CHUNK_US` of a track each, a sender report before it."""
    if sender.codec == "opus":
        units, every_us = [[sound] for sound in encode_opus(2)], 20_000
    else:
        units, every_us = [[packet[12:] for packet in sender.rtp(one, 0)] for one in encode("H264", 60, 60)], 33_333
    endless, seq = cycle(units), 0
    for begin_us in range(0, total_us, CHUNK_US):
        body = REPORT.pack(*sender.report(begin_us, start_us + begin_us))
        parts = [TAP_HEADER.pack(len(body), TAP_SENDER_REPORT, 0, 0, tag, start_us + begin_us + 20_000), body]
        for number in range(-(-begin_us // every_us), -(-(begin_us + CHUNK_US) // every_us)):
            media_us = number * every_us
            arrival_us = start_us + media_us + 20_000
            timestamp = (sender.base + media_us * sender.rate // 1_000_000) & 0xFFFFFFFF
            unit = next(endless)
            for index, payload in enumerate(unit):
                marker = 0x80 if index == len(unit) - 1 and sender.codec != "opus" else 0
                head = struct.pack("!BBHII", 0x80, marker | 96, seq & 0xFFFF, timestamp, sender.ssrc)
                parts += [TAP_HEADER.pack(12 + len(payload), TAP_RTP, 0, 0, tag, arrival_us), head, payload]
                seq += 1
        yield b"".join(parts)


async def feed(house: House, studio: Fed, total_us: int) -> None:
    start_us, loop = now_us(), asyncio.get_running_loop()
    streams = [
        (sock, chunks(studio.senders[track], tag, start_us, total_us)) for track, (sock, tag) in studio.tapped.items()
    ]
    fed = 0
    for _ in range(0, total_us, CHUNK_US):
        for sock, parts in streams:
            data = next(parts)
            fed += len(data)
            await loop.run_in_executor(None, sock.sendall, data)
        while fed - house.recordings.counters()["bytes_total"] > fed // 20 + AHEAD_BYTES:
            await asyncio.sleep(0.05)


async def until_written(house: House) -> None:
    """As it stands in a lesson at any time: what came is on disk, but for the last moment."""
    before = -1.0
    while before != (before := house.recordings.counters()["bytes_total"]):
        await asyncio.sleep(2.5)


async def measure(folder: Path, hours: float) -> dict[str, Any]:
    store, studio = await Store.open(f"sqlite:///{folder / 'tongke.db'}"), Fed()
    journal = Journal(store)
    recordings = Recordings(studio, journal, store, folder / "recordings")
    house = House(store, folder / "recordings", studio, journal, recordings, Seat("", Role.LEAD_TEACHER))
    await recordings.start()
    await house.begin()
    points = [part for n in range(20) for part in (n * 7, n * 5, 0.5, n * 8)]
    for number in range(EVENTS):
        await house.say("stroke.add", {**STROKE, "stroke": f"s{number}", "points": points})
    for source in ("camera", "courseware", "mic"):
        studio.begin(house.lead.participant, source)
    studio.begin((await house.seat(Role.DISPLAY)).participant, "mic")
    while len(studio.tapped) < 4:
        await asyncio.sleep(0.02)
    began = time.monotonic()
    await feed(house, studio, round(hours * 3_600_000_000))
    await until_written(house)
    fed_s = time.monotonic() - began
    playlists = list((folder / "recordings" / house.lesson).glob(f"*/{PLAYLIST}"))
    began = time.monotonic()
    await house.say("lesson.end")
    entry = await house.entry(60)
    while not all(path.read_text().endswith("#EXT-X-ENDLIST\n") for path in playlists):
        await asyncio.sleep(0.02)
    ready_s = time.monotonic() - began
    lengths = [(track["end_ms"] - track["start_ms"]) / 3_600_000 for track in entry.tracks]
    await studio.close()
    await recordings.close()
    await journal.close()
    await store.close()
    return {
        "hours": round(min(lengths), 3),
        "tracks": len(lengths),
        "segments": sum(path.read_text().count("#EXTINF") for path in playlists),
        "events": EVENTS,
        "fed_in_s": round(fed_s),
        "ready_s_after_end": round(ready_s, 2),
    }


def run(hours: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="tongke-bench-"))
    try:
        return asyncio.run(measure(folder, hours))
    finally:
        shutil.rmtree(folder)
