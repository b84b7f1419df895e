"""Opening the parts, listening, and closing all of it in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from classroom.clock import SystemClock
from classroom.errors import OperatorFault
from classroom.journal import Journal
from classroom.store import Store
from media.supervisor import PortInUse, Supervisor
from recordings.mirroring import Mirroring
from recordings.service import Recordings
from recordings.storage import StorageFault
from signaling.gateway import Gateway
from signaling.nodes import Nodes
from signaling.tokens import Tokens
from web.server import addresses, descriptors, directory, edited, tls
from web.server.accepting import accepting
from web.server.app import MOST_IN_LINE, create_app, create_control
from web.server.courseware.converter import Converter
from web.server.indexing import Indexer
from web.server.keeping.remover import Remover
from web.server.keeping.retiring import Retirer
from web.server.parts import Live, Parts
from web.server.problems import Answering
from web.server.renderer import RENDERS, Renderer
from web.server.settings import Settings
from web.server.xapi.sending import Store as LearningStore
from web.server.xapi.telling import Telling

SETUP_LIFE_MS = 30 * 24 * 3600 * 1000
RENEW_EVERY_S = 24 * 3600
GRACE_S = 3.0
KEEP_ALIVE_S = 150.0  # an idle connection is closed; proxies close theirs after two minutes, and must come first
BACKLOG = 4096
YOUNG = 5000
"""Objects, from which on the garbage collector looks for cycles: there are few, and a thousand sockets take long."""
ANY = "0.0.0.0"  # noqa: S104

log = structlog.get_logger("serve")


@dataclass(slots=True)
class Running:
    parts: Parts
    base: str

    @property
    def live(self) -> Live:
        return live_of(self.parts)


def live_of(parts: Parts) -> Live:
    if parts.live is None:
        raise RuntimeError("these parts are not running")
    return parts.live


@contextlib.asynccontextmanager
async def stored(settings: Settings, *, fresh_tokens: bool = False) -> AsyncIterator[Parts]:
    """The parts that a stopped installation has too. The data directory must be prepared and locked. With
    `fresh_tokens` no token of an earlier run is good, nor will one of this run be."""
    store = await Store.open(settings.database_url)
    try:
        clock = SystemClock()
        secret = os.urandom(32) if fresh_tokens else await store.settings.secret("tokens")
        journal = Journal(store, clock)
        parts = Parts(settings, store, journal, Tokens(secret), clock=clock)
        try:
            yield parts
        finally:
            await parts.broadcasts.close()
            await parts.reporter.close()
            parts.files.close()
            await journal.close()
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def opened(settings: Settings, base: str = "", *, fresh_tokens: bool = False) -> AsyncIterator[Parts]:
    """All parts, with media and recordings running. `base`: where clients reach this server."""
    descriptors.allow_enough()
    async with stored(settings, fresh_tokens=fresh_tokens) as parts, contextlib.AsyncExitStack() as stack:
        nodes = await _among_nodes(settings, parts, base)
        if nodes is not None:
            stack.push_async_callback(nodes.close)
            stack.push_async_callback(parts.journal.close)
        media = Supervisor(
            port=settings.media_port,
            addresses=addresses.candidates(settings),
            workers=settings.media_workers,
            bind=await _bind(ANY if settings.proxied else settings.host),
        )
        try:
            await media.start()
        except PortInUse as fault:
            raise OperatorFault(
                f"{fault.protocol} port {fault.port} is in use: choose another with --media-port"
            ) from None
        except OSError as fault:
            raise OperatorFault(f"media cannot listen on {settings.host}: {fault.strerror or fault}") from None
        stack.push_async_callback(media.close)
        recordings = Recordings(media, parts.journal, parts.store, parts.files.directory, parts.clock)
        ice_servers = settings.turn.ice_servers if settings.turn is not None else None
        places = settings.media_places * settings.media_workers
        gateway = Gateway(parts.journal, parts.tokens, media, parts.clock, ice_servers, nodes, places=places)
        recordings.on_alarm(gateway.alarm)
        stack.push_async_callback(recordings.close)
        try:
            await recordings.start()
        except OSError as fault:
            raise OperatorFault(f"recording cannot start: {fault.strerror or fault}") from None
        converter = Converter(parts.shelf, parts.store, parts.clock)
        await converter.start()
        stack.push_async_callback(converter.close)
        renderer = Renderer(
            parts.store, parts.journal, parts.files, parts.shelf, parts.files.directory / RENDERS, parts.clock
        )
        await renderer.start()
        stack.push_async_callback(renderer.close)
        parts.captioner.start(settings.public_url or base, partial(edited.sounds, parts))
        stack.push_async_callback(parts.captioner.close)
        indexer = Indexer(parts)
        indexer.start()
        stack.push_async_callback(indexer.close)
        parts.counter.start()
        stack.push_async_callback(parts.counter.close)
        learning = LearningStore(settings.lrs, settings.lrs_auth)
        if learning.there:
            learning.start()
            stack.push_async_callback(learning.close)
            secret = await parts.store.settings.secret("xapi")
            here = settings.public_url or base
            parts.telling = Telling(learning, here, secret, with_names=settings.lrs_names)
        mirroring = await _mirroring(settings, parts)
        if mirroring is not None:
            stack.push_async_callback(mirroring.close)
        stack.push_async_callback(parts.sample.close)
        parts.live = Live(media, gateway, recordings, converter, renderer, mirroring)
        remover = Remover(parts)
        remover.start()
        stack.push_async_callback(remover.close)
        retirer = Retirer(parts)
        retirer.start()
        stack.push_async_callback(retirer.close)
        yield parts


async def _mirroring(settings: Settings, parts: Parts) -> Mirroring | None:
    """What sends recordings to their storage, where there is one."""
    if not settings.storage:
        return None
    if settings.storage_redirect:
        try:
            await parts.files.address("trial", "x", 60)  # so that pages are told from the first where they may be sent
        except StorageFault as fault:
            log.error("storage_redirect", reason=str(fault))
    mirroring = Mirroring(
        parts.files.directory, settings.storage, settings.keep_local * 86400, settings.storage_mbit * 1e6, parts.store
    )
    mirroring.start()
    return mirroring


async def _among_nodes(settings: Settings, parts: Parts, base: str) -> Nodes | None:
    if not settings.redis:
        return None
    if settings.database_url.startswith("sqlite"):
        raise OperatorFault("--redis is for several nodes, and they share a --database postgresql://…")
    if settings.public_url and not _same_origin(settings.node_url, settings.public_url):
        raise OperatorFault("--node-url must be where --public-url is, with a path of this node's: pages follow there")
    secret = await parts.store.settings.secret("nodes")
    url = settings.node_url or base
    nodes = Nodes(settings.redis, secret, url, parts.journal, parts.store.owners, parts.clock)
    await nodes.reach()
    return nodes


def _same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


async def _bind(host: str) -> tuple[str, ...]:
    """The addresses to listen on; the name that `--host` may be is looked up."""
    if host in {"", "::"}:
        return ("0.0.0.0", "::")  # noqa: S104
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 0, type=socket.SOCK_DGRAM)
    except OSError:
        raise OperatorFault(f"--host: {host} is no address of this machine") from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@contextlib.asynccontextmanager
async def running(settings: Settings, *, fresh_tokens: bool = False) -> AsyncIterator[Running]:
    """A whole server that answers, until the block is left. Raises OperatorFault for what only an operator can mend."""
    directory.prepare(settings.data)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(directory.locked(settings.data))
        encryption = tls.context(settings, addresses.names(settings), datetime.now(UTC))
        listeners = await _listeners(settings)
        for listener in listeners:
            stack.callback(listener.close)
        base = addresses.base_url(settings, listeners[0].getsockname()[1])
        parts = await stack.enter_async_context(opened(settings, base, fresh_tokens=fresh_tokens))
        path = stack.enter_context(directory.control_socket(settings.data))
        control = await _started(stack, create_control(parts, directory.new_key(path)))
        previous = os.umask(0o177)
        try:
            await web.UnixSite(control, path).start()
        finally:
            os.umask(previous)
        # Entered last, so left first: pages are told before what they stand on goes.
        public = await _started(stack, create_app(settings, parts))
        for listener in listeners:
            if encryption is None:
                plain = await asyncio.get_running_loop().create_server(serves(public), sock=listener, backlog=BACKLOG)
                stack.callback(plain.close)
            else:
                await stack.enter_async_context(accepting(listener, serves(public), encryption))
        if encryption is not None:
            renewal = asyncio.create_task(_renew(encryption, settings))
            stack.callback(renewal.cancel)
        gc.collect()
        gc.freeze()  # what is there now stays: to look at it each time would hold up everyone
        gc.set_threshold(YOUNG)
        gc.enable()
        log.info("serving", base=base, media_ports=list(live_of(parts).media.ports))
        yield Running(parts, base)
        log.info("stopping")


async def _started(stack: contextlib.AsyncExitStack, app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, shutdown_timeout=GRACE_S, **_of_connections())
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner


def serves(runner: web.AppRunner) -> Callable[[], asyncio.Protocol]:
    """What makes a protocol for each connection."""
    if runner.server is None:
        raise RuntimeError("this runner is not set up")
    return partial(Answering, runner.server, loop=asyncio.get_running_loop(), **_of_connections())


def _of_connections() -> dict[str, Any]:
    return {"access_log": None, "keepalive_timeout": KEEP_ALIVE_S, "max_line_size": MOST_IN_LINE}


async def _listeners(settings: Settings) -> list[socket.socket]:
    """Bound before anything else is opened: a port in use costs nothing."""
    made: list[socket.socket] = []
    port = settings.port
    try:
        for host in await _bind(settings.host):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.socket(family, socket.SOCK_STREAM)
            made.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((host, port))
            # Bound alone is not taken yet: another could still listen.
            listener.listen(BACKLOG)
            port = listener.getsockname()[1]
    except OSError as fault:
        for listener in made:
            listener.close()
        if fault.errno == errno.EADDRINUSE:
            raise OperatorFault(f"port {port} is in use: choose another with --port") from None
        raise OperatorFault(f"cannot listen on {settings.host}, port {port}: {fault.strerror}") from None
    return made


async def _renew(encryption: ssl.SSLContext, settings: Settings) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            tls.load(encryption, settings, addresses.names(settings), datetime.now(UTC))
        except OperatorFault as fault:
            log.error("certificate_not_renewed", reason=str(fault))


async def setup_secret(parts: Parts) -> str | None:
    """A new secret for `/setup#…` while there is no account; earlier ones are void."""
    if await parts.store.accounts.count():
        return None
    await parts.store.links.remove("setup")
    return await parts.store.links.add("setup", {}, parts.now_ms + SETUP_LIFE_MS)


def stop_signal() -> asyncio.Event:
    """Set at SIGTERM or SIGINT from now on. To be called before anything is opened: what comes early is not lost."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told
