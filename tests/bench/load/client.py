"""One WebRTC client of the load: a socket of its own, ICE (RFC 8445) with consent (RFC 7675), then DTLS.

While it connects it reads its own socket; afterwards the engine does, and STUN comes by `on_stun`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time

from aioice import stun
from OpenSSL import SSL

from tests.bench.load import sdp
from tests.bench.load.dtls import Handshake, Identity, Keys

RECEIVE_BUFFER = 16 << 20
SO_RCVBUFFORCE, SO_TIMESTAMPNS, SO_RXQ_OVFL = 33, 35, 40
CONNECT_S = 15.0
RETRY_S = 0.1
PRIORITY = 2130706431


class Client:
    """`remote` is set by `accept` or `answer`; its candidate may come later, by `reached_at`."""

    def __init__(self, host: str, identity: Identity) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        except OSError:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        self.sock.bind((host, 0))
        self._identity = identity
        self.own = sdp.Own(
            secrets.token_hex(4),
            secrets.token_hex(12),
            identity.fingerprint,
            tuple(secrets.randbits(32) | 1 for _ in range(3)),  # type: ignore[arg-type]
            *self.sock.getsockname(),
        )
        self.remote: sdp.Remote | None = None
        self.keys: Keys | None = None
        self.number = -1  # the engine's
        self.answered_ns = self.keyed_ns = 0
        self._controlling = True
        self._tie_breaker = secrets.randbits(64)
        self._reachable = asyncio.Event()
        self._valid = asyncio.Event()
        self._nominated = asyncio.Event()
        self._handshake: Handshake | None = None
        self._progress = asyncio.Event()
        self.failure: Exception | None = None

    def close(self) -> None:
        self.sock.close()

    # offer and answer

    def offer(self, direction: sdp.Direction) -> str:
        return sdp.offer(self.own, direction)

    def accept(self, text: str) -> None:
        """The answer to our offer."""
        self._told(sdp.read(text), controlling=True)

    def answer(self, text: str) -> str:
        """To an offer of the server's; the server controls then (RFC 8445 §6.1.1), unless it is lite."""
        remote = sdp.read(text)
        self._told(remote, controlling=remote.lite)
        return sdp.answer(self.own, remote)

    def _told(self, remote: sdp.Remote, controlling: bool) -> None:
        self.remote, self._controlling = remote, controlling
        self.answered_ns = time.time_ns()
        if remote.candidate is not None:
            self.reached_at(remote.candidate)

    def reached_at(self, address: tuple[str, int]) -> None:
        """The first that is told is the one that is used."""
        if not self._reachable.is_set():
            self.sock.connect(address)
            self._reachable.set()

    def payload_types(self) -> tuple[int, int]:
        """Of video and audio, by which the other side sends; 0 for what it does not."""
        assert self.remote is not None
        found = [self.remote.section(kind) for kind in ("video", "audio")]
        video, audio = ((one.payload_type or 0) if one else 0 for one in found)
        return video, audio

    # connecting

    async def connect(self) -> None:
        """ICE, then DTLS. Raises TimeoutError, SSL.Error."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            await self._reachable.wait()
            assert self.remote is not None
            loop.add_reader(self.sock.fileno(), self._readable)
            try:
                await self._check()
                self._handshake = Handshake(self._identity, self.remote.fingerprint)
                self._handshake.step()
                await self._shake(self._handshake)
            finally:
                loop.remove_reader(self.sock.fileno())
        if self.failure is not None:
            raise self.failure

    async def _check(self) -> None:
        ready = self._valid if self._controlling else self._nominated
        while not (self._valid.is_set() and ready.is_set()):
            self.check()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for((ready if self._valid.is_set() else self._valid).wait(), RETRY_S)

    async def _shake(self, handshake: Handshake) -> None:
        while handshake.keys is None and self.failure is None:
            self._progress.clear()
            for data in handshake.outgoing():
                self._send(data)
            try:
                await asyncio.wait_for(self._progress.wait(), handshake.timeout_s())
            except TimeoutError:
                handshake.expired()
        for data in handshake.outgoing():
            self._send(data)
        self.keys, self.keyed_ns = handshake.keys, time.time_ns()

    def _readable(self) -> None:
        for _ in range(64):
            if self.keys is not None or (self._handshake is not None and self._handshake.keys is not None):
                return  # the rest is for the engine
            try:
                data = self.sock.recv(2048)
            except OSError:
                return
            if data[:1] and data[0] < 4:
                self.on_stun(data)
            elif data[:1] and 20 <= data[0] <= 63 and self._handshake is not None:
                try:
                    self._handshake.receive(data)
                except SSL.Error as error:
                    self.failure = error
                self._progress.set()

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.sock.send(data)

    # STUN

    def check(self) -> None:
        """A connectivity check, which is also how consent is kept."""
        assert self.remote is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote.ufrag}:{self.own.ufrag}"
        request.attributes["PRIORITY"] = PRIORITY
        if self._controlling:
            request.attributes["ICE-CONTROLLING"] = self._tie_breaker
            request.attributes["USE-CANDIDATE"] = None
        else:
            request.attributes["ICE-CONTROLLED"] = self._tie_breaker
        request.add_message_integrity(self.remote.pwd.encode())
        self._send(bytes(request))

    def on_stun(self, data: bytes) -> None:
        try:
            message = stun.parse_message(data)
        except Exception:
            return
        if message.message_method != stun.Method.BINDING:
            return
        if message.message_class == stun.Class.RESPONSE:
            self._valid.set()
        elif message.message_class == stun.Class.REQUEST and message.check_message_integrity(self.own.pwd.encode()):
            reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            reply.attributes["XOR-MAPPED-ADDRESS"] = self.sock.getpeername()
            reply.add_message_integrity(self.own.pwd.encode())
            self._send(bytes(reply))
            if "USE-CANDIDATE" in message.attributes:
                self._nominated.set()
