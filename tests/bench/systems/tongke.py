"""Tongke itself: `tongke serve` with one open lesson; an encoder by WHIP, observers by WHEP."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from tests.bench.load.client import Client
from tests.bench.network import serving_at
from tests.processes import Server as Process
from web.server.control import connected
from web.server.settings import Settings

NAMESPACE = "/lesson"
TOKEN_S = 3600


class Server:
    profiles = ("SRTP_AEAD_AES_256_GCM",)

    def __init__(self, *, recording: bool = False) -> None:
        self._recording = recording
        self._process: Process | None = None
        self._access: dict[str, Any] = {}
        self.lead = ""

    def prepare(self) -> None:
        """`make setup` did."""

    def start(self, folder: Path, host: str, subscribers: int) -> None:
        self._process = Process(folder / "tongke", options=[*serving_at(host), "--media-places", "0"])
        self._process.start()
        lesson, tokens = asyncio.run(self._lesson(folder / "tongke", subscribers))
        base = f"http://{host}:{self._process.port}"
        self._access = {"base": base, "lesson": lesson, "encoder": tokens[0], "players": tokens[1:]}

    async def _lesson(self, data: Path, subscribers: int) -> tuple[str, list[str]]:
        assert self._process is not None
        async with connected(Settings(data=data)) as control:
            made = await control.ask("POST", "/api/v1/lessons", {"title": "Load", "recording": self._recording})
            roles = ["lead_teacher", "encoder", *["observer"] * subscribers]
            self.lead, *tokens = [
                (
                    await control.ask(
                        "POST",
                        f"/api/v1/lessons/{made['id']}/tokens",
                        {"role": role, "name": f"{role} {n}", "ttl_s": TOKEN_S},
                    )
                )["token"]
                for n, role in enumerate(roles)
            ]
        await self._command("lesson.open", "lesson.start")
        return made["id"], tokens

    def end_lesson(self) -> None:
        """Returns when it is acknowledged."""
        self.say("lesson.end")

    def say(self, kind: str) -> None:
        """A command of the lead's; returns when it is acknowledged."""
        asyncio.run(self._command(kind))

    async def _command(self, *kinds: str) -> None:
        assert self._process is not None
        page = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        there = asyncio.Event()
        page.on("snapshot", lambda _: there.set(), namespace=NAMESPACE)
        await page.connect(
            self._process.base, auth={"token": self.lead}, namespaces=[NAMESPACE], transports=["websocket"]
        )
        await asyncio.wait_for(there.wait(), 10)
        for kind in kinds:
            command: dict[str, object] = {"id": str(uuid.uuid4()), "kind": kind, "data": {}}
            await page.call("command", command, namespace=NAMESPACE, timeout=10)
        await page.disconnect()

    def stop(self) -> None:
        if self._process is not None and self._process.process is not None:
            self._process.stop()

    @property
    def pids(self) -> Sequence[int]:
        return self.children("media.worker")

    def children(self, module: str) -> list[int]:
        """Of the server's processes those that run this module."""
        assert self._process is not None
        assert self._process.process is not None
        children = Path(f"/proc/{self._process.process.pid}/task/{self._process.process.pid}/children")
        pids = [int(text) for text in children.read_text().split()]
        return [pid for pid in pids if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def media_port(self) -> int:
        assert self._process is not None
        return self._process.media_port

    @property
    def access(self) -> Mapping[str, Any]:
        return self._access


class Clients:
    def __init__(self, access: Mapping[str, Any]) -> None:
        self._access = access
        self._places: dict[Client, tuple[str, str]] = {}

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(
            base_url=self._access["base"], connector=aiohttp.TCPConnector(limit=0), raise_for_status=False
        )

    async def publish(self, client: Client) -> None:
        await self._post("whip", client, self._access["encoder"], client.offer("sendonly"))

    async def subscribe(self, client: Client, number: int) -> None:
        await self._post("whep", client, self._access["players"][number], client.offer("recvonly"))

    async def _post(self, kind: str, client: Client, token: str, offer: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        place = f"/{kind}/{self._access['lesson']}"
        async with self._http.post(place, params={"source": "camera"}, data=offer, headers=headers) as response:
            text = await response.text()
            if response.status != 201:
                raise ValueError(f"{kind}: {response.status} {text}")
            client.accept(text)
            self._places[client] = (response.headers["Location"], token)

    async def leave(self, client: Client) -> None:
        place, token = self._places.pop(client)
        async with self._http.delete(place, headers={"Authorization": f"Bearer {token}"}):
            pass

    async def close(self) -> None:
        await self._http.close()
