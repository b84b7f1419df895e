"""The servers that are given the same load: how each is started, and how its clients are signalled."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.bench.load.client import Client

ALL = ("tongke", "janus", "galene", "livekit")


class Skipped(Exception):
    """A peer that cannot be had or spoken to here, and why."""


class System(Protocol):
    """The server. It runs on the address that it is told, and is ended by `stop`, which may come at any time."""

    profiles: Sequence[str]  # names of tests.bench.load.dtls.PROFILES that its clients offer

    def prepare(self) -> None:
        """Gets what it needs, while there is a network beyond this machine. Raises Skipped."""

    def start(self, folder: Path, host: str, subscribers: int) -> None:
        """Raises Skipped."""

    def stop(self) -> None: ...

    @property
    def pids(self) -> Sequence[int]:
        """The processes that forward."""

    @property
    def access(self) -> Mapping[str, Any]:
        """What the load's process needs to reach it, as JSON."""


class Signaller(Protocol):
    """In the load's process: offers and answers, until the client can connect."""

    async def open(self) -> None: ...

    async def publish(self, client: Client) -> None: ...

    async def subscribe(self, client: Client, number: int) -> None: ...

    async def leave(self, client: Client) -> None:
        """A subscriber hangs up."""

    async def close(self) -> None: ...


def system(name: str) -> System:
    return importlib.import_module(f"tests.bench.systems.{name}").Server()  # type: ignore[no-any-return]


def prepared(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Those that can be started, and why the others cannot."""
    skipped: dict[str, str] = {}
    for name in names:
        try:
            system(name).prepare()
        except Skipped as why:
            skipped[name] = str(why)
    return [name for name in names if name not in skipped], skipped


def signaller(name: str, access: Mapping[str, Any]) -> Signaller:
    return importlib.import_module(f"tests.bench.systems.{name}").Clients(access)  # type: ignore[no-any-return]
