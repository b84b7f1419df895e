"""A tablet without a screen: a WebSocket client that speaks docs/protocol.md, and can be there by the thousand."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import aiohttp

from web.server.control import Refused

PATH = "/socket.io/?EIO=4&transport=websocket"
SNAPSHOT = "/api/v1/lessons/{}/snapshot"
MESSAGE = re.compile(r'42/lesson,\["(events|snapshot|signal)",(.*)\]', re.DOTALL)
ANSWER = re.compile(r"43/lesson,(\d+)\[(.*)\]", re.DOTALL)
SEQ = re.compile(r'\{"seq":(\d+),"at":')  # of a snapshot, and of each event
TO_FETCH = '"state":null}'
OPEN_S = 30.0

Heard = Callable[[str, str], None]


class Tablet:
    """One client. `heard(name, text)` gets each message as it comes, its argument still JSON; `fetched` each snapshot
    that was too large for the socket, gzipped as it came.

    Usage: `await tablet.open()`, `await tablet.command(…)`, `await tablet.close()`; after `cut()` it may open again and
    gets what it missed.
    """

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str, heard: Heard | None = None) -> None:
        self._http, self._base, self._token = http, base, token
        self.heard = heard
        self.fetched: Callable[[bytes], None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._lesson = self.participant = ""
        self._in_step: asyncio.Future[None] | None = None
        self._asked: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._count = 0
        self.seq = 0

    async def open(self) -> None:
        """Returns when it is in step with the lesson. Raises Refused, OSError, aiohttp.ClientError, TimeoutError."""
        async with asyncio.timeout(OPEN_S):
            self._in_step, self._fetching = asyncio.get_running_loop().create_future(), None
            self._socket = await self._http.ws_connect(self._base + PATH, compress=0, max_msg_size=0)
            auth = {"token": self._token} | ({"since": self.seq} if self.seq else {})
            await self._socket.send_str(f"40/lesson,{json.dumps(auth)}")
            self._reader = asyncio.create_task(self._read(self._socket))
            await self._in_step

    async def command(self, kind: str, data: Mapping[str, Any], id_: str = "") -> int:
        """Its `seq`, once it is committed. Raises Refused with the code; ConnectionError where the line was lost before
        there was an answer: the same id may be sent again."""
        if self._socket is None or self._socket.closed:
            raise ConnectionError("not open")
        self._count += 1
        answer = self._asked[self._count] = asyncio.get_running_loop().create_future()
        message = json.dumps({"id": id_ or str(uuid4()), "kind": kind, "data": data}, ensure_ascii=False)
        await self._socket.send_str(f'42/lesson,{self._count}["command",{message}]')
        said = await answer
        if not said["ok"]:
            raise Refused(said["error"]["code"])
        return int(said["seq"])

    async def signal(self, kind: str, data: Mapping[str, Any]) -> None:
        """Told, and forgotten. Raises ConnectionError."""
        if self._socket is None or self._socket.closed:
            raise ConnectionError("not open")
        message = json.dumps({"kind": kind, "data": data}, ensure_ascii=False)
        await self._socket.send_str(f'42/lesson,["signal",{message}]')

    async def cut(self) -> None:
        """As a line that is lost: nothing is said any more, on either side."""
        if self._socket is not None:
            connection = self._socket._response.connection  # aiohttp has no way to hang up rudely
            if connection is not None and connection.transport is not None:
                connection.transport.abort()
        await self.close()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        for task in (self._reader, self._fetching):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(socket, message.data)
        except ConnectionError:
            pass  # it closed while it was answered
        finally:
            lost = ConnectionError("the line was lost")
            for waiting in (self._in_step, *self._asked.values()):
                if waiting is not None and not waiting.done():
                    waiting.set_exception(lost)
                    waiting.exception()  # nobody may be waiting
            self._asked.clear()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        if text == "2":
            await socket.send_str("3")
        elif found := MESSAGE.fullmatch(text):
            name, content = found.groups()
            if name == "signal":
                if content.startswith('{"kind":"welcome"'):
                    welcome = json.loads(content)["data"]
                    self._lesson, self.participant = welcome["lesson"], welcome["participant"]
            elif name == "snapshot" and content.endswith(TO_FETCH):
                self._fetching = asyncio.create_task(self._fetch(content))
            else:
                self._follow(content)
            if self.heard is not None:
                self.heard(name, content)
        elif found := ANSWER.fullmatch(text):
            waiting = self._asked.pop(int(found[1]), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(json.loads(found[2]))
        elif text.startswith("44/lesson,") and self._in_step is not None and not self._in_step.done():
            self._in_step.set_exception(Refused(json.loads(text.removeprefix("44/lesson,"))["data"]["code"]))

    async def _fetch(self, told: str) -> None:
        """Its content is not looked into, for there may be thousands of us: it has what it is told to have, or more."""
        address, headers = self._base + SNAPSHOT.format(self._lesson), {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._http.get(address, headers=headers, auto_decompress=False) as response:
                body = await response.read()
                if response.status != 200:
                    raise Refused(json.loads(body)["code"])
        except (aiohttp.ClientError, OSError, Refused) as error:
            if self._in_step is not None and not self._in_step.done():
                self._in_step.set_exception(error)
            return
        self._fetching = None
        if self.fetched is not None:
            self.fetched(body)
        self._follow(told)

    def _follow(self, content: str) -> None:
        if self._fetching is not None:  # what comes before the snapshot is there is in it too, or comes again
            return
        self.seq = max(self.seq, *map(int, SEQ.findall(content)), 0)
        if self._in_step is not None and not self._in_step.done():
            self._in_step.set_result(None)
