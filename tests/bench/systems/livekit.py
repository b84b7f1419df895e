"""LiveKit's server from the Go module proxy, over its WebSocket signalling in JSON. Its configuration as it comes, but
for the addresses, and without congestion control, since the load reports no bandwidth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.bench.load import sdp
from tests.bench.load.client import Client
from tests.bench.systems import packages
from tests.bench.systems.child import Child, Peer
from tests.processes import free_port

VERSION = "v1.11.0"  # the latest whose dependencies the module proxy had where this was written
KEY, SECRET = "load", "a secret of this run alone, on this machine alone"
ROOM = "load"
TRACKS_S = 20.0
CONFIG = """port: {port}
bind_addresses: ["{host}"]
keys: {{"{key}": "{secret}"}}
logging: {{level: error}}
rtc:
  udp_port: {media}
  tcp_port: 0
  use_external_ip: false
  node_ip: "{host}"
  enable_loopback_candidate: true
  ips: {{includes: ["{host}/32"]}}
  congestion_control: {{enabled: false}}
"""


class Server(Peer):
    profiles = ("SRTP_AEAD_AES_256_GCM",)

    def prepare(self) -> None:
        self._program = packages.go("github.com/livekit/livekit-server", VERSION, "./cmd/server", "livekit-server")

    def start(self, folder: Path, host: str, subscribers: int) -> None:
        self.prepare()
        port, media = free_port(), free_port()
        config = folder / "livekit.yaml"
        config.write_text(CONFIG.format(host=host, port=port, media=media, key=KEY, secret=SECRET))
        self._child = Child([self._program, "--config", str(config)], folder / "livekit.log")
        self._child.listening(host, port)
        self._access = {"base": f"http://{host}:{port}"}


def token(identity: str) -> str:
    now = int(time.time())
    claims = {"iss": KEY, "sub": identity, "nbf": now - 5, "exp": now + 3600}
    grant = {"room": ROOM, "roomJoin": True, "canPublish": identity == "publisher", "canSubscribe": True}
    return jwt.encode({"alg": "HS256"}, {**claims, "video": grant}, OctKey.import_key(SECRET))


def fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Of a protobuf message: before the first request in JSON the server does not know that we speak it."""
    at = 0

    def varint() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        match key & 7:
            case 0:
                yield key >> 3, varint()
            case 2:
                length = varint()
                yield key >> 3, data[at : at + length]
                at += length
            case other:
                at += {1: 8, 5: 4}[other]


def decoded(data: bytes) -> dict[str, Any]:
    """A SignalResponse, as far as it is used here."""
    for number, body in fields(data):
        if number in (2, 3) and isinstance(body, bytes):
            inner = dict(fields(body))
            return {"answer" if number == 2 else "offer": {"sdp": bytes(inner[2]).decode()}}
        if number == 4 and isinstance(body, bytes):
            inner = dict(fields(body))
            target = "SUBSCRIBER" if inner.get(2) else "PUBLISHER"
            return {"trickle": {"candidateInit": bytes(inner[1]).decode(), "target": target}}
    return {}


class Participant:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, client: Client, target: str) -> None:
        self._socket = socket
        self._client = client
        self._target = target
        self.settled = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def say(self, **message: Any) -> None:
        await self._socket.send_str(json.dumps(message))

    async def _listen(self) -> None:
        pinged = 0.0
        while True:
            try:
                incoming = await self._socket.receive(5)
            except TimeoutError:
                incoming = None
            if time.monotonic() - pinged > 5:
                pinged = time.monotonic()
                with contextlib.suppress(ConnectionError):
                    await self.say(ping=str(int(time.time() * 1000)))
            if incoming is None:
                continue
            if incoming.type is aiohttp.WSMsgType.TEXT:
                await self._heard(json.loads(incoming.data))
            elif incoming.type is aiohttp.WSMsgType.BINARY:
                await self._heard(decoded(incoming.data))
            else:
                return

    async def _heard(self, message: dict[str, Any]) -> None:
        if "trickle" in message and message["trickle"].get("target", "PUBLISHER") == self._target:
            init = json.loads(message["trickle"]["candidateInit"])
            address = sdp.candidate(init["candidate"].removeprefix("candidate:"))
            if address is not None:
                self._client.reached_at(address)
        elif "answer" in message and self._target == "PUBLISHER":
            self._client.accept(message["answer"]["sdp"])
            self.settled.set()
        elif "offer" in message and self._target == "SUBSCRIBER":
            await self.say(answer={"type": "answer", "sdp": self._client.answer(message["offer"]["sdp"])})
            if all(self._client.payload_types()):
                self.settled.set()


class Clients:
    def __init__(self, access: Mapping[str, Any]) -> None:
        self._base = access["base"]
        self._participants: dict[Client, Participant] = {}

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def _join(self, client: Client, identity: str, target: str) -> Participant:
        query = {"access_token": token(identity), "protocol": "9", "sdk": "js", "auto_subscribe": "1"}
        if target == "PUBLISHER":
            query["auto_subscribe"] = "0"
        socket = await self._http.ws_connect(f"{self._base}/rtc", params=query, max_msg_size=0)
        one = self._participants[client] = Participant(socket, client, target)
        return one

    async def publish(self, client: Client) -> None:
        one = await self._join(client, "publisher", "PUBLISHER")
        await one.say(addTrack={"cid": "audio", "name": "audio", "type": "AUDIO", "source": "MICROPHONE"})
        size = {"width": 3840, "height": 2160}
        await one.say(addTrack={"cid": "video", "name": "video", "type": "VIDEO", "source": "CAMERA", **size})
        await one.say(offer={"type": "offer", "sdp": client.offer("sendonly")})
        await asyncio.wait_for(one.settled.wait(), TRACKS_S)

    async def subscribe(self, client: Client, number: int) -> None:
        one = await self._join(client, f"subscriber {number}", "SUBSCRIBER")
        await asyncio.wait_for(one.settled.wait(), TRACKS_S)

    async def leave(self, client: Client) -> None:
        await self._participants.pop(client).say(leave={})

    async def close(self) -> None:
        for one in self._participants.values():
            one.task.cancel()
        await self._http.close()
