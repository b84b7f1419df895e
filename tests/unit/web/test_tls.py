"""The local authority: its certificates hold before a real client that trusts it, and before no other."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509

from classroom.errors import OperatorFault
from web.server import tls
from web.server.settings import Settings

NOW = datetime.now(UTC)
NAMES = ["localhost", "127.0.0.1", "::1", "school.local"]


async def test_a_client_that_trusts_the_authority_trusts_the_server(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, host="0.0.0.0", data=tmp_path)
    context = tls.context(settings, NAMES, NOW)
    assert context is not None

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    try:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.crt"))
        async with aiohttp.ClientSession() as http:
            for host in ("127.0.0.1", "localhost"):
                async with http.get(f"https://{host}:{port}/", ssl=trusting) as response:
                    assert await response.text() == "hello"
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(f"https://127.0.0.1:{port}/", ssl=ssl.create_default_context())
    finally:
        await runner.cleanup()


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    tls.certificate_for(tmp_path, NAMES, NOW)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.key")} == {
        "ca.key": 0o600,
        "server.key": 0o600,
    }


def test_a_certificate_is_kept_until_it_must_be_renewed(tmp_path: Path) -> None:
    def serial(now: datetime, names: list[str] = NAMES) -> int:
        chain, _ = tls.certificate_for(tmp_path, names, now)
        return x509.load_pem_x509_certificate(chain.read_bytes()).serial_number

    first = serial(NOW)
    authority = tls.authority(tmp_path, NOW).fingerprint
    assert serial(NOW + timedelta(days=300)) == first
    renewed = serial(NOW + timedelta(days=340))
    assert renewed != first
    assert serial(NOW + timedelta(days=341), [*NAMES, "192.0.2.9"]) != renewed
    assert tls.authority(tmp_path, NOW + timedelta(days=341)).fingerprint == authority


def test_certificates_of_one_own(tmp_path: Path) -> None:
    chain, key = tls.certificate_for(tmp_path, NAMES, NOW)
    settings = Settings(_env_file=None, tls=f"{chain},{key}", data=tmp_path)
    assert settings.with_tls
    assert tls.context(settings, NAMES, NOW) is not None
    wrong = Settings(_env_file=None, tls=f"{tmp_path}/none,{key}", data=tmp_path)
    with pytest.raises(OperatorFault, match="cannot be used"):
        tls.context(wrong, NAMES, NOW)


def test_what_is_plain_and_what_is_not_there_yet(tmp_path: Path) -> None:
    assert tls.context(Settings(_env_file=None, data=tmp_path), NAMES, NOW) is None
    assert tls.context(Settings(_env_file=None, host="0.0.0.0", tls="off", data=tmp_path), NAMES, NOW) is None
    with pytest.raises(OperatorFault, match="proxy"):
        tls.context(Settings(_env_file=None, tls="acme:school.example", data=tmp_path), NAMES, NOW)
