"""Node's Socket.IO, for the measurement of broadcasts alone: it forwards no media."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.load.native import OUT
from tests.bench.systems import Skipped, packages
from tests.bench.systems.child import Child
from tests.processes import NODE, free_port

VERSION = "4.8.4"
HOME = OUT / "socketio-node"


def prepare() -> None:
    """Installs it into build/bench. Raises Skipped."""
    if (HOME / "node_modules" / "socket.io").exists():
        return
    print("  installing socket.io …", flush=True)
    HOME.mkdir(parents=True, exist_ok=True)
    npm = str(Path(sys.executable).with_name("npm"))
    done = subprocess.run(
        [npm, "install", "--no-save", "--loglevel=error", "--prefix", str(HOME), f"socket.io@{VERSION}"],
        env=os.environ | {"PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True, text=True, check=False, timeout=packages.INSTALL_S,
    )  # fmt: skip
    if done.returncode:
        raise Skipped(f"socket.io could not be installed: {packages.last_line(done.stderr)}")


class Server:
    """`certificate`: chain and key for TLS, or nothing."""

    def __init__(self, folder: Path, host: str, certificate: Sequence[Path] = ()) -> None:
        self.port, self._host = free_port(), host
        program = HOME / "server.mjs"
        program.write_text(Path(__file__).with_suffix(".mjs").read_text())  # beside what it imports
        command = [NODE, str(program), host, str(self.port), *map(str, certificate)]
        self._child = Child(command, folder / "socketio-node.log")
        self.pid = self._child.process.pid

    def __enter__(self) -> Server:
        self._child.listening(self._host, self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()
