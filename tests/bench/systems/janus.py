"""Janus with its VideoRoom plugin, from Debian's package, over its HTTP API; its configuration as it comes, but for the
addresses and a bitrate without limit."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.load.client import Client
from tests.bench.systems import Skipped, packages
from tests.bench.systems.child import Child, Peer
from tests.processes import free_port

ROOM, FEED = 1234, 1
ANSWER_S = 20.0
PLUGIN = "janus.plugin.videoroom"
MAIN = """general: {{ debug_level = 3; log_to_stdout = true; }}
media: {{ ipv6 = false; }}
nat: {{ nice_debug = false; ice_enforce_list = "{host}"; }}
plugins: {{ disable = "{plugins}"; }}
transports: {{ disable = "{transports}"; }}
"""
HTTP = """general: {{ json = "plain"; base_path = "/janus"; http = true; port = {port}; ip = "{host}"; https = false; }}
admin: {{ admin_http = false; }}
"""


class Server(Peer):
    profiles = ("SRTP_AEAD_AES_256_GCM",)

    def prepare(self) -> None:
        self._program = packages.debian("janus", "janus")

    def start(self, folder: Path, host: str, subscribers: int) -> None:
        self.prepare()
        port = free_port()
        config = folder / "janus"
        config.mkdir()
        others = {kind: self._others(kind) for kind in ("plugins", "transports")}
        (config / "janus.jcfg").write_text(MAIN.format(host=host, **others))
        (config / "janus.transport.http.jcfg").write_text(HTTP.format(host=host, port=port))
        (config / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        self._child = Child([self._program, "-F", str(config), "-C", str(config / "janus.jcfg")], folder / "janus.log")
        self._child.listening(host, port)
        self._access = {"base": f"http://{host}:{port}/janus"}

    def _others(self, kind: str) -> str:
        used = ("libjanus_videoroom.so", "libjanus_http.so")
        return ",".join(path.name for path in Path("/usr/lib").glob(f"*/janus/{kind}/*.so") if path.name not in used)


class Clients:
    """One session, a handle a client."""

    def __init__(self, access: Mapping[str, Any]) -> None:
        self._base = access["base"]
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._handles: dict[Client, int] = {}
        self._ids = itertools.count(1)

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._session = (await self._post("", {"janus": "create"}))["data"]["id"]
        self._events = asyncio.create_task(self._listen())
        handle = await self._attach()
        room = {"request": "create", "room": ROOM, "publishers": 2, "bitrate": 0, "fir_freq": 0}
        made = await self._post(
            f"/{self._session}/{handle}",
            {"janus": "message", "body": {**room, "audiocodec": "opus", "videocodec": "h264"}},
        )
        if made["plugindata"]["data"].get("videoroom") != "created":
            raise Skipped(f"no room: {made}")

    async def _post(self, path: str, message: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(self._base + path, json={"transaction": uuid.uuid4().hex, **message}) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
        if answer["janus"] == "error":
            raise ValueError(str(answer["error"]))
        return answer

    async def _attach(self) -> int:
        return int((await self._post(f"/{self._session}", {"janus": "attach", "plugin": PLUGIN}))["data"]["id"])

    async def _listen(self) -> None:
        """The session's long poll, which also keeps it."""
        while True:
            async with self._http.get(f"{self._base}/{self._session}", params={"maxev": 50}) as response:
                events = await response.json(content_type=None)
            for event in events if isinstance(events, list) else [events]:
                waiting = self._waiting.pop(event.get("transaction", ""), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(event)

    async def _ask(self, handle: int, body: dict[str, Any], sdp: str | None = None, kind: str = "") -> dict[str, Any]:
        """A request that is answered by an event."""
        transaction = uuid.uuid4().hex
        waiting = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        message: dict[str, Any] = {"janus": "message", "transaction": transaction, "body": body}
        if sdp is not None:
            message["jsep"] = {"type": kind, "sdp": sdp, "trickle": False}
        await self._post(f"/{self._session}/{handle}", message)
        event: dict[str, Any] = await asyncio.wait_for(waiting, ANSWER_S)
        data = event.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise ValueError(data["error"])
        return event

    async def publish(self, client: Client) -> None:
        handle = self._handles[client] = await self._attach()
        body = {"request": "joinandconfigure", "room": ROOM, "ptype": "publisher", "id": FEED, "bitrate": 0}
        event = await self._ask(handle, body, client.offer("sendonly"), "offer")
        client.accept(event["jsep"]["sdp"])

    async def subscribe(self, client: Client, number: int) -> None:
        handle = self._handles[client] = await self._attach()
        body = {"request": "join", "room": ROOM, "ptype": "subscriber", "streams": [{"feed": FEED}]}
        event = await self._ask(handle, body)
        answer = client.answer(event["jsep"]["sdp"])
        await self._ask(handle, {"request": "start", "room": ROOM}, answer, "answer")

    async def leave(self, client: Client) -> None:
        await self._post(f"/{self._session}/{self._handles.pop(client)}", {"janus": "detach"})

    async def close(self) -> None:
        self._events.cancel()
        await self._http.close()
