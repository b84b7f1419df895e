"""What `tongke doctor` looks at: each check says what it found and what to do."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import random
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp

from classroom.errors import OperatorFault
from classroom.store import Store
from recordings import ledger
from recordings.sender import unsent
from recordings.storage import TRIAL as TRIAL_OBJECT
from recordings.storage import Storage, StorageFault
from web.server import addresses, directory
from web.server.control import Refused, connected
from web.server.courseware import office
from web.server.crowd import gathered
from web.server.settings import Settings

BUFFER_BYTES = 8 << 20
DISK_BYTES = 5_000_000_000
DISK_LEAST_BYTES = 1_000_000_000
CLOCK_S = 5.0
WAITING_S = 900.0
VOTE_S = 1.0  # in which all tablets answer
ACKNOWLEDGED_S, SLOW_S = 0.3, 1.0
TRIAL = "recordings.sandbox"


@dataclass(frozen=True, slots=True)
class Finding:
    state: Literal["good", "poor", "bad"]
    what: str
    found: str
    to_do: str = ""

    def json(self) -> dict[str, Any]:
        return asdict(self)


async def examine(settings: Settings, url: str | None) -> list[Finding]:
    findings = [_data(settings)]
    running = _is_running(settings)
    if findings[0].state == "good":
        findings += [_disk(settings.data), await _database(settings)]
        if settings.storage or ledger.released(settings.data / "recordings"):
            findings += await asyncio.to_thread(storage, settings)
    findings += [
        _tcp(settings, running),
        *(
            _media(settings, kind, number, running)
            for number in range(settings.media_workers)
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        ),
    ]
    findings += [_buffers(), _reachable(settings), _sandbox(), _office()]
    target = url or (addresses.base_url(settings) if running else None)
    if target is not None:
        findings += await _server(settings, target.rstrip("/"))
    return findings


def _data(settings: Settings) -> Finding:
    try:
        directory.prepare(settings.data)
    except OperatorFault as fault:
        return Finding("bad", "data directory", str(fault), "give another with --data, or mend its rights")
    return Finding("good", "data directory", str(settings.data.resolve()))


def _is_running(settings: Settings) -> bool:
    try:
        with directory.locked(settings.data):
            return False
    except (OperatorFault, OSError):
        return settings.data.is_dir()


def _disk(data: Path) -> Finding:
    usage = shutil.disk_usage(data)
    found = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f}"
    if usage.free < DISK_LEAST_BYTES:
        return Finding("bad", "disk", found, "recording stops below 1 GB: make room")
    if usage.free < DISK_BYTES:
        return Finding("poor", "disk", found, "an hour of Ultra HD is about 10 GB: make room")
    return Finding("good", "disk", found)


async def _database(settings: Settings) -> Finding:
    kind = settings.database_url.partition(":")[0]
    try:
        async with asyncio.timeout(15):
            store = await Store.open(settings.database_url)
        try:
            started = time.monotonic()
            accounts = await store.accounts.count()
            took_ms = (time.monotonic() - started) * 1000
        finally:
            await store.close()
    except (OperatorFault, TimeoutError) as fault:
        return Finding("bad", "database", str(fault) or "no answer within 15 s", "check --database and that it runs")
    return Finding("good", "database", f"{kind}, {accounts} accounts, answers in {took_ms:.0f} ms")


STORAGE_TO_DO = {
    "denied": "check the keys in the server's environment, and that they may put, get, list and delete",
    "no_credentials": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AZURE_…, GOOGLE_…) where the server starts",
    "no_bucket": "make it, or give another with --storage",
    "silent": "check the way to it, and that it runs; recordings wait on this disk",
    "unreachable": "check the way to it, and that it runs (AWS_ENDPOINT_URL); recordings wait on this disk",
    "failing": "its own log says why; recordings wait on this disk",
    "wrong": "it loses or changes what it stores: do not use it",
}


def storage(settings: Settings) -> list[Finding]:
    """Tried with an object of a few bytes; and what waits to go there."""
    if not settings.storage:
        return [Finding("bad", "storage", "recordings are in one that is not set", "give it with --storage")]
    there = Storage(settings.storage)
    started = time.monotonic()
    try:
        there.trial()
        took_ms = (time.monotonic() - started) * 1000
        findings = [Finding("good", "storage", f"{settings.storage} takes, gives back and removes, {took_ms:.0f} ms")]
    except StorageFault as fault:
        findings = [Finding("bad", "storage", f"{settings.storage}: {fault}", STORAGE_TO_DO[fault.code])]
    if settings.storage_redirect and findings[0].state == "good":
        findings.append(_pages_may_fetch(settings, there))
    if findings[0].state == "good" and (lost := _elsewhere(settings, there)):
        to_do = "copy the objects of the earlier storage into this one, or set that again"
        findings.append(Finding("bad", "recordings", f"files of {lost} recordings are not in this storage", to_do))
    waiting = unsent(settings.data / "recordings", there.identity)
    since_s = time.time() - waiting.since_s if waiting.since_s is not None else 0.0
    found = f"{waiting.files} files, {waiting.bytes / 1e9:.1f} GB, for {since_s / 60:.0f} minutes"
    if since_s > WAITING_S:
        to_do = "recordings are on this disk alone: keep the server running, and see its log"
        findings.append(Finding("poor", "waiting for storage", found, to_do))
    return findings


def _elsewhere(settings: Settings, there: Storage) -> int:
    found = ledger.elsewhere(settings.data / "recordings", there.identity)
    return sum(
        not {f"{lesson}/{name}" for name in names} <= there.list(lesson).keys() for lesson, names in found.items()
    )


def _pages_may_fetch(settings: Settings, there: Storage) -> Finding:
    """Whether the bucket lets pages of ours read what it gives them. (https://fetch.spec.whatwg.org/#http-cors-protocol)"""
    what, page = "storage for pages", settings.public_url or addresses.base_url(settings)
    address = there.address(f"{TRIAL_OBJECT}/none", 60)
    if address is None:
        return Finding("poor", what, "it has no addresses of its own", "leave out --storage-redirect")
    request = urllib.request.Request(address, headers={"Origin": page})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            headers = answer.headers
    except urllib.error.HTTPError as answer:
        headers = answer.headers
    except OSError:
        return Finding("bad", what, "a signed address is not reached", "leave out --storage-redirect")
    if headers.get("Access-Control-Allow-Origin") in ("*", page):
        return Finding("good", what, f"{page} may fetch from it")
    return Finding(
        "bad", what, f"it lets no page of {page} read", "allow GET for that origin in the bucket's CORS rules"
    )


def _bindable(kind: socket.SocketKind, host: str, port: int) -> str:
    """Empty when the port can be had, else why not."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host or "0.0.0.0", port, type=kind)[0]  # noqa: S104
        with contextlib.closing(socket.socket(family, kind)) as trial:
            if kind is socket.SOCK_STREAM:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as fault:
        return fault.strerror or str(fault)
    return ""


def _tcp(settings: Settings, running: bool) -> Finding:
    what = f"TCP port {settings.port}"
    if running:
        return Finding("good", what, "the server is running")
    why = _bindable(socket.SOCK_STREAM, settings.host, settings.port)
    return Finding("bad", what, why, "choose another with --port") if why else Finding("good", what, "free")


def _media(settings: Settings, kind: socket.SocketKind, number: int, running: bool) -> Finding:
    port = settings.media_port + number
    what = f"{'UDP' if kind is socket.SOCK_DGRAM else 'TCP'} port {port}"
    if running:
        return Finding("good", what, "the server is running")
    why = _bindable(kind, settings.host, port)
    return Finding("bad", what, why, "choose another with --media-port") if why else Finding("good", what, "free")


def _buffers() -> Finding:
    """A UHD keyframe is more than the usual 212,992 bytes hold."""
    path = Path("/proc/sys/net/core/rmem_max")
    if not path.exists():
        return Finding("poor", "UDP buffers", "not known on this system", "allow 8 MB")
    most = int(path.read_text())
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as trial:
        with contextlib.suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, 33, BUFFER_BYTES)  # SO_RCVBUFFORCE, where we may
        got = trial.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if max(most, got) >= BUFFER_BYTES:
        return Finding("good", "UDP buffers", f"{max(most, got):,} bytes")
    return Finding("poor", "UDP buffers", f"{most:,} bytes", f"sysctl -w net.core.rmem_max={BUFFER_BYTES}")


def _reachable(settings: Settings) -> Finding:
    offered = ", ".join(addresses.candidates(settings))
    if settings.loopback and not settings.public_ip:
        return Finding("poor", "media addresses", offered, "only this machine reaches it: --host 0.0.0.0")
    return Finding("good", "media addresses", offered)


def _sandbox() -> Finding:
    """Tried as a conversion would: in a process that is then thrown away."""
    done = subprocess.run([sys.executable, "-m", TRIAL], capture_output=True, text=True, check=False)
    lacks = done.stdout.strip() if done.returncode == 0 else "it does not start"
    if not lacks:
        return Finding("good", "sandbox", "courseware is converted without rights or a network")
    return Finding(
        "poor", "sandbox", f"courseware is converted with limits, but {lacks}", "allow user namespaces (SECURITY.md)"
    )


def _office() -> Finding:
    if office.program() is None:
        return Finding("poor", "LibreOffice", "not installed", "for PPTX and ODP: libreoffice-impress-nogui")
    return Finding("good", "LibreOffice", "converts PPTX and ODP")


async def _server(settings: Settings, url: str) -> list[Finding]:
    """Looks at a server as a device would: does it answer, is its certificate trusted, do the clocks agree."""
    findings: list[Finding] = []
    if url.startswith("https:"):
        findings.append(await _trust(settings, url))
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
            http.get(f"{url}/readyz", ssl=_relaxed()) as response,
        ):
            asked_at = time.time()
            good = response.status == 200
            findings.append(
                Finding("good", "server", f"{url} is ready")
                if good
                else Finding("bad", "server", f"{url} answers {response.status}", "its log says why")
            )
            date = response.headers.get("Date")
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:
        return [
            *findings,
            Finding("bad", "server", f"{url}: {fault or 'no answer'}", "is it running, and the port open?"),
        ]
    if date:
        off_s = abs(email.utils.parsedate_to_datetime(date).timestamp() - asked_at)
        found = f"differ by {off_s:.0f} s"
        findings.append(
            Finding("good", "clocks", found)
            if off_s <= CLOCK_S
            else Finding(
                "bad", "clocks", found, "set the time by NTP, here and there: tokens and certificates depend on it"
            )
        )
    return findings


def _relaxed() -> ssl.SSLContext:
    """Trust is looked at by itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def vote(settings: Settings, url: str | None, tablets: int) -> Finding:
    """Fills a lesson with so many tablets, which answer within a second. On the server's own machine only, for its
    control socket makes the lesson."""
    what, where = f"{tablets} tablets", url or addresses.base_url(settings)
    if not _is_running(settings):
        return Finding("bad", what, "no server runs on this data directory", "start it, or give its --data")
    try:
        async with connected(settings) as control, gathered(control, where.rstrip("/"), tablets, _relaxed()) as crowd:
            result = await crowd.vote(VOTE_S, random.SystemRandom())
    except (Refused, aiohttp.ClientError, OSError, TimeoutError) as fault:
        return Finding("bad", what, str(fault) or type(fault).__name__, "the server's log says why")
    slowest_s = sorted(result.acknowledged_s)[int(len(result.acknowledged_s) * 0.99)]
    found = (
        f"answered within {VOTE_S:.0f} s; 99 of 100 acknowledged after {slowest_s * 1000:.0f} ms, "
        f"all on the teacher's chart {result.chart_s * 1000:.0f} ms after the last"
    )
    if result.lost or result.doubled:
        return Finding(
            "bad", what, f"{result.lost} answers lost, {result.doubled} doubled", "tell us: this must not be"
        )
    if max(slowest_s, result.chart_s) <= ACKNOWLEDGED_S:
        return Finding("good", what, found)
    state: Literal["poor", "bad"] = "poor" if slowest_s <= SLOW_S else "bad"
    return Finding(state, what, found, "a faster disk, or fewer lessons at once")


async def _trust(settings: Settings, url: str) -> Finding:
    async def accepted(context: ssl.SSLContext) -> str:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
                http.get(f"{url}/healthz", ssl=context),
            ):
                return ""
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            return str(fault)

    why = await accepted(ssl.create_default_context())
    if not why:
        return Finding("good", "TLS", "trusted by this machine")
    ours = settings.data / "tls" / "ca.crt"
    if ours.exists() and not await accepted(ssl.create_default_context(cafile=str(ours))):
        return Finding("poor", "TLS", "trusted by devices that have the local authority", f"see {url}/trust")
    return Finding("bad", "TLS", why, "the certificate is of another name or nobody's; see --tls")
