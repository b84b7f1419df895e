"""DTLS as the server, by aiortc's RTCDtlsTransport; the only module that touches its private parts.

The transport is given a pipe of ours instead of an ICE transport: it asks for `_recv`, `_send`, `role` and `state`,
and after `start` its `_rx_srtp` and `_tx_srtp` are the SRTP sessions. RFC 5764 (DTLS-SRTP), RFC 8842 (in SDP).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL
from pylibsrtp import Session

HANDSHAKE_S = 10.0
MAX_WAITING = 32  # datagrams; a handshake's longest flight is a few

log = logging.getLogger(__name__)


class Certificate(RTCCertificate):
    """Made once for a worker. One SSL context serves all its connections: each of its own would cost half of a peer's
    memory."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return self._context

    @property
    def fingerprint(self) -> str:
        """SHA-256, as in SDP."""
        return str(next(one.value for one in self.getFingerprints() if one.algorithm == "sha-256"))


class _Pipe:
    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)

    async def _recv(self) -> bytes:
        return await self.waiting.get()

    async def _send(self, data: bytes) -> None:
        self._out(data)


class Dtls:
    """One connection. Calls `keyed(receive, send, cipher)` once, and `gone(reason)` once, when it ends by the peer's
    doing."""

    def __init__(
        self,
        certificate: Certificate,
        fingerprints: Sequence[tuple[str, str]],
        send: Callable[[bytes], None],
        keyed: Callable[[Session, Session, str], None],
        gone: Callable[[Literal["closed", "failed"]], None],
    ) -> None:
        self._pipe = _Pipe(send)
        self._send = send
        self._keyed = keyed
        self._gone = gone
        self._transport = RTCDtlsTransport(cast(RTCIceTransport, self._pipe), [certificate])
        self._transport._set_role("server")
        self._parameters = RTCDtlsParameters([RTCDtlsFingerprint(*one) for one in fingerprints], "client")
        self._task = asyncio.ensure_future(self._run())

    def receive(self, data: bytes) -> None:
        """A DTLS datagram; when too many wait it is dropped, as the network might have."""
        if data:
            with contextlib.suppress(asyncio.QueueFull):
                self._pipe.waiting.put_nowait(data)

    def close(self) -> None:
        """Says close_notify (RFC 5246 §7.2.1) and ends, without a call to `gone`."""
        self._task.cancel()
        if (pump := self._transport._task) is not None:
            pump.cancel()
        if (ssl := self._transport._ssl) is not None:
            with contextlib.suppress(SSL.Error):
                ssl.shutdown()
            with contextlib.suppress(SSL.Error):
                self._send(ssl.bio_read(1500))

    async def _run(self) -> None:
        reason: Literal["closed", "failed"] = "failed"
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await self._transport.start(self._parameters)
            ssl, pump = self._transport._ssl, self._transport._task
            if ssl is not None and pump is not None and self._transport.state == "connected":
                cipher = ssl.get_selected_srtp_profile().decode()
                self._keyed(self._transport._rx_srtp, self._transport._tx_srtp, cipher)
                await pump  # ends when the peer closes
                reason = "closed"
        except TimeoutError:
            log.info("dtls handshake timed out")
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("dtls failed")
        self._gone(reason)
