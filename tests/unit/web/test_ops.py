"""Health, numbers, the API's description, pages, headers, and what is at no address."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from tests.unit.web.people import Client, good, refusal
from web.server import addresses, headers, logs, serve
from web.server.api import read
from web.server.app import ROUTES, create_app
from web.server.parts import Parts
from web.server.problems import problems
from web.server.routes import pages
from web.server.serve import opened
from web.server.settings import Settings


async def test_alive_and_ready(app_client: Client) -> None:
    assert await good(await app_client.get("/healthz")) == {"status": "alive"}
    assert await good(await app_client.get("/readyz")) == {"status": "ready"}
    assert (await app_client.head("/healthz")).status == 200


async def test_not_ready_without_a_database(app_client: Client, parts: Parts) -> None:
    broken = parts.store.settings

    async def fail(_: str) -> None:
        raise OSError("gone")

    broken.get = fail  # type: ignore[method-assign, assignment]
    response = await app_client.get("/readyz")
    assert await refusal(response) == (503, "database_unavailable")


async def test_numbers_are_prometheus_text_with_the_promised_names(app_client: Client) -> None:
    response = await app_client.get("/metrics")
    families = {family.name for family in text_string_to_metric_families(await response.text())}
    promised = {
        "tongke_media_packets_received",
        "tongke_media_packets_forwarded",
        "tongke_media_packets_lost",
        "tongke_media_cpu_seconds",
        "tongke_media_consumers",
        "tongke_media_publishers",
        "tongke_media_forward_delay_seconds",
        "tongke_sessions",
        "tongke_lessons_live",
        "tongke_events",
        "tongke_command_seconds",
        "tongke_recording_bytes",
        "tongke_recording_segments",
    }
    assert promised <= families


async def test_numbers_are_for_this_machine_or_the_token(settings: Settings, parts: Parts, aiohttp_client: Any) -> None:
    from web.server.app import create_app

    behind = settings.model_copy(update={"public_url": "https://school.example"})
    parts.settings = behind
    client = await aiohttp_client(create_app(behind, parts))
    away = {"X-Forwarded-For": "203.0.113.9"}
    assert await refusal(await client.get("/metrics", headers=away)) == (403, "not_allowed")
    wrong = {**away, "Authorization": "Bearer guess"}
    assert await refusal(await client.get("/metrics", headers=wrong)) == (403, "not_allowed")
    response = await client.get("/metrics", headers={**away, "Authorization": "Bearer scrape-me"})
    assert response.status == 200


async def test_the_description_covers_every_route(app_client: Client) -> None:
    described = await good(await app_client.get("/api/v1/openapi.json"))
    assert described["openapi"] == "3.1.0"
    for route in ROUTES:
        path = re.sub(r":[^}]*\}", "}", route.path)
        operation = described["paths"][path][route.method.lower()]
        assert operation["summary"] == route.summary
        assert str(route.status) in operation["responses"]
    response = await app_client.get("/docs")
    page = await response.text()
    assert "/api/v1/lessons/{lesson}" in page
    assert "<script" not in page


async def test_what_is_not_there_is_a_problem(app_client: Client) -> None:
    assert await refusal(await app_client.get("/api/v1/nothing")) == (404, "not_found")
    response = await app_client.delete("/api/v1/lessons")
    assert await refusal(response) == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("style", ["console", "json"])
async def test_our_own_fault_is_a_500_that_says_nothing(aiohttp_client: Any, capsys: Any, style: Any) -> None:
    logs.configure(style)

    async def broken(_: web.Request) -> web.Response:
        password = "hunter" + "22"
        raise RuntimeError(f"the secret has {len(password)} letters")

    app = web.Application(middlewares=[problems])
    app.router.add_get("/x/{code}", broken)
    client = await aiohttp_client(app)
    response = await client.get("/x/12345678")
    assert await refusal(response) == (500, "internal")
    assert "secret" not in await response.text()
    logged = capsys.readouterr().err
    structlog.reset_defaults()
    assert "the secret has 8 letters" in logged
    assert "12345678" not in logged
    assert "hunter22" not in logged


@pytest.mark.parametrize("style", ["console", "json"])
async def test_what_is_no_http_is_a_line_without_its_bytes(app_client: Client, capsys: Any, style: Any) -> None:
    logs.configure(style)
    reader, writer = await asyncio.open_connection(app_client.host, app_client.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nbad\x00name: hunter22\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    logged = capsys.readouterr().err
    structlog.reset_defaults()
    assert "malformed request" in logged
    assert len(logged.splitlines()) == 1
    assert "hunter22" not in logged
    assert "127.0.0.1" not in logged


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: Any, style: Any) -> None:
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closing it fails too
    monkeypatch.setattr("sys.stderr", full)
    logs.configure(style)
    structlog.get_logger("test").error("full", of="lines")
    logging.getLogger("library").error("full")
    structlog.reset_defaults()
    with pytest.raises(OSError, match="No space"):
        full.close()


async def test_a_connection_that_is_idle_is_closed(settings: Settings, parts: Parts, monkeypatch: Any) -> None:
    monkeypatch.setattr(serve, "KEEP_ALIVE_S", 0.1)
    async with contextlib.AsyncExitStack() as stack:
        runner = await serve._started(stack, create_app(settings, parts))
        listening = await asyncio.get_running_loop().create_server(serve.serves(runner), "127.0.0.1", 0)
        stack.callback(listening.close)
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        stack.callback(writer.close)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reader.read()  # until it is closed
        assert b" 200 " in answer


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with opened(settings) as made:
        yield made


@pytest.fixture
async def site(settings: Settings, tmp_path: Path, aiohttp_client: Any) -> Client:
    """The pages' routes on a small build of their own."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>home")
    (static / "join.html").write_text("<!doctype html>join")
    (static / "icon.svg").write_text("<svg/>")
    (static / "assets" / "a-1234.js").write_text("plain")
    (static / "assets" / "a-1234.js.br").write_bytes(b"brotli")
    (static / "assets" / "a-1234.js.gz").write_bytes(b"gzip")
    (tmp_path / "outside.txt").write_text("outside")
    app = web.Application(middlewares=[problems, headers.guard(settings, addresses.names(settings))])
    app.on_response_prepare.append(headers.signer(settings, lambda: None))
    pages.add(app, static)
    return await aiohttp_client(app, auto_decompress=False)  # type: ignore[no-any-return]


async def test_pages_are_checked_anew_and_assets_kept_for_ever(site: Client) -> None:
    response = await site.get("/join/12345678")
    assert await response.text() == "<!doctype html>join"
    assert response.headers["Cache-Control"] == "no-cache"
    again = await site.get("/join/12345678", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304
    response = await site.get("/assets/a-1234.js", headers={"Accept-Encoding": "identity"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert await response.read() == b"plain"
    response = await site.get("/assets/a-1234.js", headers={"Accept-Encoding": "gzip, br"})
    assert response.headers["Content-Encoding"] in ("br", "gzip")
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert await (await site.get("/icon.svg")).text() == "<svg/>"


async def test_every_answer_is_shielded(site: Client) -> None:
    for path in ("/", "/nothing.txt", "/assets/a-1234.js"):
        response = await site.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/assets/../outside.txt", "/assets/%2e%2e/%2e%2e/outside.txt", "/assets/%00", "/assets/" + "a" * 5000]
)
async def test_nothing_outside_is_served(site: Client, path: str) -> None:
    response = await site.get(URL(path, encoded=True))
    assert response.status == 404


async def test_pages_that_are_not_built_say_so(settings: Settings, tmp_path: Path, aiohttp_client: Any) -> None:
    app = web.Application(middlewares=[problems])
    pages.add(app, tmp_path / "none")
    client = await aiohttp_client(app)
    assert await refusal(await client.get("/teach")) == (503, "pages_not_built")


async def _body(request: web.Request) -> web.Response:
    return web.Response(body=await read(request, "application/json", 1000))


async def _socket(request: web.Request) -> web.WebSocketResponse:
    transport, socket = request.transport, web.WebSocketResponse()
    while transport is not None and not transport.is_closing():
        await asyncio.sleep(0)
    await socket.prepare(request)
    return socket


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + 22 * "A" + "=="
)


@pytest.mark.parametrize("leave", ["close", "abort"])
@pytest.mark.parametrize(
    ("method", "head", "handler"),
    [("POST", "Content-Type: application/json\r\nContent-Length: 1000", _body), ("GET", UPGRADE, _socket)],
)
async def test_who_leaves_early_is_no_error(method: str, head: str, handler: Any, leave: str) -> None:
    """As a page that is closed: its body ends in the middle; or it has its socket answered no more."""
    began, answers = asyncio.Event(), asyncio.Queue[int]()

    @web.middleware
    async def answered(request: web.Request, handler: Any) -> web.StreamResponse:
        answer: web.StreamResponse = await handler(request)
        answers.put_nowait(answer.status)
        return answer

    async def takes(request: web.Request) -> web.StreamResponse:
        began.set()
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[answered, problems])
    app.router.add_route(method, "/", takes)
    runner = web.AppRunner(app)  # which, unlike the tests' server, lets a handler go on when its client is gone
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*runner.addresses[0])
    writer.write(f"{method} / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{{".encode())
    async with asyncio.timeout(10):
        await began.wait()
        with structlog.testing.capture_logs() as told:
            writer.close() if leave == "close" else writer.transport.abort()
            status = await answers.get()
    await runner.cleanup()
    assert (status, told) == (400, [])
