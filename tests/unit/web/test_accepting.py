"""Connections by TLS: many at once, and those that never say who they are."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from web.server import accepting, tls
from web.server.serve import serves
from web.server.settings import Settings

SILENT = accepting.AT_ONCE + 10


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """A server's port, and what trusts it."""
    encryption = tls.context(Settings(_env_file=None, host="0.0.0.0", data=tmp_path), ["127.0.0.1"], datetime.now(UTC))
    assert encryption is not None

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        async with accepting.accepting(listener, serves(runner), encryption):
            trust = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.crt"))
            yield listener.getsockname()[1], trust
    await runner.cleanup()


async def ask(port: int, trust: ssl.SSLContext) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"https://127.0.0.1:{port}/", ssl=trust) as response:
        return await response.text()


async def test_more_than_are_let_in_at_once_are_all_answered(door: tuple[int, ssl.SSLContext]) -> None:
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(ask(*door) for _ in range(3 * accepting.AT_ONCE)))
    assert set(answers) == {"hello"}


@pytest.mark.parametrize("says", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_does_not_shake_hands_keeps_nobody_out_and_is_closed(
    door: tuple[int, ssl.SSLContext], says: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "HANDSHAKE_S", 1.0)
    silent = [await asyncio.open_connection("127.0.0.1", door[0]) for _ in range(SILENT)]
    for _, writer in silent:
        writer.write(says)
    async with asyncio.timeout(10):
        assert await ask(*door) == "hello"
        for reader, writer in silent:
            await reader.read()
            writer.close()


async def test_what_was_under_way_at_the_end_is_given_up(tmp_path: Path) -> None:
    encryption = tls.context(Settings(_env_file=None, host="0.0.0.0", data=tmp_path), ["127.0.0.1"], datetime.now(UTC))
    assert encryption is not None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with asyncio.timeout(10):
            async with accepting.accepting(listener, asyncio.Protocol, encryption):
                reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
                await asyncio.sleep(0.1)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
