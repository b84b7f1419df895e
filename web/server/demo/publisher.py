"""The simulated lead classroom: `python -m web.server.demo.publisher --base URL --lesson ID --clip FILE`, token on
standard input.

A real aiortc peer publishes the clip by WHIP (RFC 9725) without encoding anything, over and over with running
timestamps, and comes back by itself when the server does; another publishes the small clip beside it as its low layer,
picture for picture at the same time. Each line on standard output is a JSON object: `{"event":
"connected"}`, `{"event": "lost"}`, and at every turn of the loop `{"event": "loop", "started": s, "fps": n, "frames":
n}`: frame counter n was sent at `started` + n / fps, in seconds of CLOCK_MONOTONIC, so that glass-to-glass delay can
be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import av
import uvloop
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av.bitstream import BitStreamFilterContext

from web.server.demo.clip import small_of

BACKOFF_S = (0.25, 0.5, 1.0, 2.0, 4.0)
DEAF_S = 5.0  # without a receiver report the server is taken for dead; ICE would need half a minute
LATE_S = 2.0
VIDEO_CLOCK, AUDIO_CLOCK = 90_000, 48_000
START_CODE = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded pictures (Annex B, parameter sets before each keyframe) and sounds of one loop."""

    pictures: tuple[bytes, ...]
    sounds: tuple[bytes, ...]
    fps: int
    sound_s: float

    @classmethod
    def load(cls, path: Path) -> Clip:
        pictures, sounds = [], []
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
            for packet in container.demux():
                if packet.stream is not video:
                    sounds += [bytes(packet)] if packet.size else []
                else:
                    pictures += [bytes(out) for out in annex_b.filter(packet if packet.size else None)]
            fps = round(video.average_rate or 30)
        sound_s = 0.02
        return cls(tuple(pictures), tuple(sounds[: round(len(pictures) / fps / sound_s)]), fps, sound_s)


class Pace:
    """When things are due, in seconds of CLOCK_MONOTONIC; both tracks of a connection share one. It starts when first
    asked, or when the one beside it did, and goes on from now after a long interruption: nobody wants the missed frames
    in one burst."""

    def __init__(self, beside: Pace | None = None) -> None:
        self.started = 0.0
        self._beside = beside

    def due(self, offset_s: float, now: float) -> float:
        if not self.started:
            self.started = (self._beside.started if self._beside is not None else 0.0) or now
        if (late := now - self.started - offset_s) > LATE_S:
            self.started += late
        return self.started + offset_s


class Loop(MediaStreamTrack):
    """Gives encoded packets at their time, for ever. Calls `turned` with the time at which each turn begins."""

    def __init__(
        self,
        kind: str,
        packets: tuple[bytes, ...],
        every_s: float,
        clock: int,
        pace: Pace,
        turned: Callable[[float], None],
    ) -> None:
        self.kind = kind
        super().__init__()
        self._packets, self._every_s, self._clock = packets, every_s, clock
        self._pace, self._turned = pace, turned
        self._next = 0
        self._sent_at = 0.0

    async def recv(self) -> av.Packet[Any]:
        if self.readyState != "live":
            raise MediaStreamError
        number, self._next = self._next, self._next + 1
        now = time.monotonic()
        due = self._pace.due(number * self._every_s, now)
        # What is late is caught up with at twice the pace, not at once.
        at = max(due, self._sent_at + self._every_s / 2)
        if at > now:
            await asyncio.sleep(at - now)
        self._sent_at = max(at, now)
        if number % len(self._packets) == 0:
            self._turned(due)
        packet = av.Packet(self._packets[number % len(self._packets)])
        packet.pts = round(number * self._every_s * self._clock)
        packet.time_base = Fraction(1, self._clock)
        return packet


def say(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)  # noqa: T201


class Publisher:
    def __init__(self, clip: Clip, small: Clip, endpoint: str, token: str) -> None:
        self._clip, self._small, self._endpoint = clip, small, endpoint
        self._headers = {"Authorization": f"Bearer {token}"}

    async def run(self) -> None:
        """Publishes until it is cancelled."""
        failures = 0
        async with aiohttp.ClientSession(headers=self._headers) as http:
            while True:
                began = time.monotonic()
                try:
                    await self._publish(http)
                except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
                    say("lost", why=f"{type(error).__name__}: {error}")
                failures = 0 if time.monotonic() - began > DEAF_S else failures + 1
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])

    async def _publish(self, http: aiohttp.ClientSession) -> None:
        """Both connections, until one is lost."""
        clip, pace = self._clip, Pace()

        def turned(due: float) -> None:
            say("loop", started=due, fps=clip.fps, frames=len(clip.pictures))

        async with contextlib.AsyncExitStack() as stack:
            large = await stack.enter_async_context(publishing(http, self._endpoint, clip, pace, turned))
            small = await stack.enter_async_context(
                publishing(http, f"{self._endpoint}&layer=low", self._small, Pace(pace), lambda due: None)
            )
            await self._watch(large, small)

    async def _watch(self, large: RTCPeerConnection, small: RTCPeerConnection) -> None:
        heard, connected = time.monotonic(), False
        last: object = None
        while time.monotonic() - heard < DEAF_S:
            await asyncio.sleep(0.2)
            if {large.connectionState, small.connectionState} & {"failed", "closed"}:
                break
            if large.connectionState == "connected" and not connected:
                connected = True
                say("connected")
            stats = await large.getStats()
            reports = [one.timestamp for one in stats.values() if one.type == "remote-inbound-rtp"]
            if reports != last:
                last, heard = reports, time.monotonic()
        say("lost", why="the server is silent" if large.connectionState == "connected" else large.connectionState)


@contextlib.asynccontextmanager
async def publishing(
    http: aiohttp.ClientSession, endpoint: str, clip: Clip, pace: Pace, turned: Callable[[float], None]
) -> AsyncIterator[RTCPeerConnection]:
    """One connection. Raises ValueError if the server will not have it."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    resource = None
    try:
        pc.addTrack(Loop("video", clip.pictures, 1 / clip.fps, VIDEO_CLOCK, pace, turned))
        if clip.sounds:
            pc.addTrack(Loop("audio", clip.sounds, clip.sound_s, AUDIO_CLOCK, pace, lambda due: None))
        for transceiver in pc.getTransceivers():
            transceiver.direction = "sendonly"
        await pc.setLocalDescription(await pc.createOffer())
        offer = pc.localDescription.sdp
        content = {"Content-Type": "application/sdp"}
        limit = aiohttp.ClientTimeout(10)
        async with http.post(endpoint, data=offer, headers=content, timeout=limit) as response:
            text = await response.text()
            if response.status != 201:
                raise ValueError(f"the server answered {response.status}: {text[:200]}")
            resource = urljoin(str(response.url), response.headers["Location"])
        await pc.setRemoteDescription(RTCSessionDescription(text, "answer"))
        yield pc
    finally:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            if resource is not None:
                await http.delete(resource, timeout=aiohttp.ClientTimeout(2))
        await pc.close()


async def run(arguments: argparse.Namespace, token: str) -> None:
    clip, small = await asyncio.gather(
        *(asyncio.to_thread(Clip.load, path) for path in (arguments.clip, small_of(arguments.clip)))
    )
    endpoint = f"{arguments.base.rstrip('/')}/whip/{arguments.lesson}?source={arguments.source}"
    task = asyncio.ensure_future(Publisher(clip, small, endpoint, token).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    watcher = asyncio.ensure_future(_end_with_parent(task))
    with contextlib.suppress(asyncio.CancelledError):
        await task
    watcher.cancel()


async def _end_with_parent(task: asyncio.Future[None]) -> None:
    """Whoever started this may be killed without a chance to say so."""
    parent = os.getppid()
    while True:
        await asyncio.sleep(1)
        if os.getppid() != parent:
            task.cancel()
            return


def main() -> None:
    parser = argparse.ArgumentParser(description="Publishes the demo clip by WHIP; the token comes on standard input.")
    parser.add_argument("--base", required=True, help="http://127.0.0.1:8443")
    parser.add_argument("--lesson", required=True)
    parser.add_argument("--clip", required=True, type=Path)
    parser.add_argument("--source", default="camera")
    arguments = parser.parse_args()
    token = sys.stdin.readline().strip()
    uvloop.run(run(arguments, token))


if __name__ == "__main__":
    main()
