"""A server under load: started, published to, joined by subscribers; used by every measurement of forwarding."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import cores, loads, systems
from tests.bench.network import Network


@dataclass(frozen=True, slots=True)
class Session:
    load: loads.Load
    pids: list[int]
    folder: Path
    cipher: str
    media_port: int  # of Tongke; 0 of others


@contextlib.contextmanager
def of(
    name: str,
    network: Network,
    subscribers: int,
    *,
    publish: bool = True,
    server: systems.System | None = None,
    **opened: Any,
) -> Iterator[Session]:
    """`subscribers` is how many may join at most; `server` stands in for the system's usual one. Raises
    systems.Skipped, loads.Failed."""
    core = cores.load()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tongke-bench-")))
        server = server or systems.system(name)
        stack.callback(server.stop)
        with cores.on(cores.SERVER):
            server.start(folder, network.server, subscribers)
        load = stack.enter_context(loads.running(core, network.load_prefix))
        pids = list(server.pids)
        load.ask(
            "open",
            system=name,
            access=dict(server.access),
            host=network.load,
            profiles=list(server.profiles),
            pids=pids,
            **opened,
        )
        cipher = load.ask("publish")["cipher"] if publish else ""
        yield Session(load, pids, folder, cipher, getattr(server, "media_port", 0))
