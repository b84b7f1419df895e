"""What a load can be asked to do; each method is a request of tests/bench/load/__main__.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench import systems, trace
from tests.bench.load import join
from tests.bench.load.client import Client
from tests.bench.load.dtls import PROFILES, Identity
from tests.bench.load.fleet import AUDIO, VIDEO, Fleet
from tests.bench.load.processes import Spent, rss_kb

AT_ONCE = 10  # clients that connect at a time
SETTLE_S = 1.5
GRACE_S = 1.0  # for packets that are under way when a window closes
PATIENCE_S = 15.0
CATCH_UP_S = 10.0
BEHIND_MS = 200.0


class Work:
    def __init__(self) -> None:
        self._fleet = Fleet()
        self._trace = trace.given()
        self._subscribers: list[Client] = []
        self._signaller: systems.Signaller | None = None
        self._host = "127.0.0.1"
        self._identity = Identity(tuple(PROFILES))
        self._pids: Sequence[int] = ()
        self._asked = 0

    async def do_open(
        self,
        system: str,
        access: Mapping[str, Any],
        host: str,
        profiles: Sequence[str],
        pids: Sequence[int],
        group_s: float | None = None,
    ) -> None:
        self._host, self._pids = host, pids
        self._identity = Identity(tuple(profiles))
        if group_s is not None:
            self._trace = self._trace.grouped(group_s)
        self._signaller = systems.signaller(system, access)
        await self._signaller.open()

    async def do_publish(self) -> dict[str, Any]:
        assert self._signaller is not None
        client = Client(self._host, self._identity)
        await self._signaller.publish(client)
        await client.connect()
        self._fleet.trace(self._trace)
        self._fleet.publish(client)
        assert client.keys is not None
        return {"cipher": client.keys.cipher}

    async def do_subscribe(self, count: int, group: int = 0) -> dict[str, Any]:
        """On the paced stream. Raises where one could not connect, tried twice."""
        self._fleet.trace(self._trace)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with limit:
                try:
                    await self._connected(Client(self._host, self._identity), group)
                except TimeoutError:
                    await self._connected(Client(self._host, self._identity), group)

        before = len(self._subscribers)
        try:
            await asyncio.gather(*(one() for _ in range(count)))
        except TimeoutError:
            there = len(self._subscribers) - before
            raise TimeoutError(f"{there} of {count} more subscribers had connected when one could not") from None
        ciphers = {client.keys.cipher for client in self._subscribers if client.keys}
        return {"subscribers": len(self._subscribers), "cipher": ",".join(sorted(ciphers))}

    async def _connected(self, client: Client, group: int) -> None:
        assert self._signaller is not None
        number, self._asked = self._asked, self._asked + 1
        try:
            await self._signaller.subscribe(client, number)
            await client.connect()
        except BaseException:
            client.close()
            raise
        self._fleet.subscribe(client, group)
        self._subscribers.append(client)

    async def do_pictures(self) -> dict[str, Any]:
        """Waits until every subscriber has had a whole keyframe (`PATIENCE_S` at most), and has caught up where the
        server sends newcomers what is past (`CATCH_UP_S` at most)."""
        began = time.monotonic()
        while waiting := [one for one in self._subscribers if not self._fleet.first_frame_ns(one)]:
            if time.monotonic() > began + PATIENCE_S:
                return {"without_picture": len(waiting)}
            await asyncio.sleep(0.1)
        began = time.monotonic()
        while time.monotonic() < began + CATCH_UP_S:
            self._fleet.open_window()
            await asyncio.sleep(0.5)
            figures = self._fleet.figures(VIDEO)
            if figures.delivered and figures.p99_ms < BEHIND_MS:
                break
        return {"caught_up_s": round(time.monotonic() - began, 1)}

    async def do_measure(self, pacing: str, seconds: float) -> dict[str, Any]:
        self._fleet.trace(self._trace.burst() if pacing == "burst" else self._trace)
        await asyncio.sleep(SETTLE_S)
        return await self._window(seconds, len(self._subscribers))

    async def _window(self, seconds: float, subscribers: int) -> dict[str, Any]:
        before, sent = Spent.now(self._pids), self._fleet.totals()
        self._fleet.open_window()
        began = time.monotonic()
        await asyncio.sleep(seconds)
        spent, got = Spent.now(self._pids).since(before), self._fleet.totals()
        lasted = time.monotonic() - began
        self._fleet.close_window()
        rss = sum(rss_kb(pid) for pid in self._pids)
        await asyncio.sleep(GRACE_S)
        packets = got.received - sent.received
        video, audio = self._fleet.figures(VIDEO), self._fleet.figures(AUDIO)
        expected, delivered = video.expected + audio.expected, video.delivered + audio.delivered
        late = self._fleet.totals()
        return {
            "subscribers": subscribers,
            "pps_in": round((got.sent - sent.sent) / lasted),
            "packets": packets,
            "cpu_us_per_packet": round(spent.server_ns / 1000 / packets, 2) if packets else None,
            "machine_cpu_us_per_packet": (
                round((spent.machine_ns - spent.own_ns) / 1000 / packets, 2) if packets else None
            ),
            "core_share": round(spent.server_ns / 1e9 / lasted, 3),
            "delay_ms_p50": round(video.p50_ms, 2),
            "delay_ms_p99": round(video.p99_ms, 2),
            "audio_delay_ms_p99": round(audio.p99_ms, 2),
            "loss": round(1 - delivered / expected, 6) if expected else None,
            "checked": late.checked - sent.checked,
            "wrong": late.wrong - sent.wrong,
            "load_dropped": late.dropped_here - sent.dropped_here,
            "load_late_ms": round(got.latest_send_ns / 1e6, 1),
            "load_core_share": round(spent.own_ns / 1e9 / lasted, 3),
            "elsewhere_core_share": round((spent.machine_ns - spent.own_ns - spent.server_ns) / 1e9 / lasted, 3),
            "rss_kb": rss,
        }

    async def do_rss(self) -> dict[str, Any]:
        return {"rss_kb": sum(rss_kb(pid) for pid in self._pids)}

    async def do_idle(self, seconds: float) -> dict[str, Any]:
        await asyncio.sleep(SETTLE_S)
        before = Spent.now(self._pids)
        began = time.monotonic()
        await asyncio.sleep(seconds)
        spent = Spent.now(self._pids).since(before)
        lasted = time.monotonic() - began
        return {"seconds": round(lasted), "percent_of_core": round(spent.server_ns / 1e7 / lasted, 3)}

    async def do_direct(self, host: str, pacing: str, seconds: float) -> dict[str, Any]:
        """The same without a server."""
        self._fleet.trace(self._trace.burst() if pacing == "burst" else self._trace)
        publisher, subscriber = Client(host, self._identity), Client(host, self._identity)
        self._fleet.direct(publisher, subscriber)
        await asyncio.sleep(SETTLE_S)
        figures = await self._window(seconds, 1)
        self._fleet.forget(publisher)
        self._fleet.forget(subscriber)
        return figures

    async def do_join(self, clients: int, within_s: float) -> dict[str, Any]:
        """On a running stream; those who were there are group 0, those who come group 1."""
        coming = [Client(self._host, self._identity) for _ in range(clients)]

        async def subscribe(client: Client) -> None:
            await self._connected(client, group=1)

        self._fleet.trace(self._trace)
        await asyncio.sleep(SETTLE_S)
        before, asked = Spent.now(self._pids), self._fleet.keyframes_asked
        self._fleet.open_window()
        began = time.monotonic()
        joined, failures = await join.join(coming, within_s, subscribe)
        joined_s = time.monotonic() - began
        spent = Spent.now(self._pids).since(before)
        frames = await join.first_frames_ms(joined, self._fleet.first_frame_ns)
        self._fleet.close_window()
        there, came = await self._arrived()
        return {
            "first_frame_ms_p50": join.quantile(frames, 50),
            "first_frame_ms_p95": join.quantile(frames, 95),
            "first_frame_ms_most": round(frames[-1], 1) if frames else None,
            "frames": len(frames),
            "answer_ms_p50": join.since_offer_ms(joined, [one.client.answered_ns for one in joined]),
            "keyed_ms_p50": join.since_offer_ms(joined, [one.client.keyed_ns for one in joined]),
            "others_delay_ms_p99": there[VIDEO].p99_ms,
            "lost_others": sum(one.expected - one.delivered for one in there),
            "lost_joining": sum(one.expected - one.delivered for one in came),
            "failed": len(failures),
            **({"failure": failures[0]} if failures else {}),
            "joined_s": round(joined_s, 2),
            "keyframes_asked": self._fleet.keyframes_asked - asked,
            "core_share": round(spent.server_ns / 1e9 / joined_s, 2),
            "load_core_share": round(spent.own_ns / 1e9 / joined_s, 2),
        }

    async def _arrived(self) -> tuple[list[Any], list[Any]]:
        """The figures of both groups, once nothing is missing or `CATCH_UP_S` have passed: newcomers may be behind."""
        until = time.monotonic() + CATCH_UP_S
        while True:
            await asyncio.sleep(GRACE_S)
            there, came = ([self._fleet.figures(kind, group) for kind in (VIDEO, AUDIO)] for group in (0, 1))
            if time.monotonic() > until or all(one.expected == one.delivered for one in (*there, *came)):
                return there, came

    async def do_sink(self, host: str, count: int) -> dict[str, Any]:
        """Sockets whose datagrams are read and thrown away."""
        ports = []
        for _ in range(count):
            client = Client(host, self._identity)
            self._fleet.sink(client)
            ports.append(client.own.port)
        return {"ports": ports}

    async def close(self) -> None:
        self._fleet.close()
        if self._signaller is not None:
            await self._signaller.close()
