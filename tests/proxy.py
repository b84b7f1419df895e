"""The proxy of `deploy/` before two nodes: a real Caddy on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port


@contextmanager
def proxied(a: int, b: int, folder: Path) -> Iterator[str]:
    """The proxy of `deploy/`, before the nodes on these ports; its address."""
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("Caddy is not installed (Debian package: caddy)")
    base = f"http://127.0.0.1:{free_port()}"
    nodes = {"TONGKE_A": f"127.0.0.1:{a}", "TONGKE_B": f"127.0.0.1:{b}"}
    environment = os.environ | nodes | {"TONGKE_DOMAIN": base, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    config = folder / "Caddyfile"
    config.write_text("{\n\tadmin off\n}\n" + (ROOT / "deploy/Caddyfile.nodes").read_text())
    log = (folder / "caddy.log").open("wb")
    process = subprocess.Popen(
        [program, "run", "--adapter", "caddyfile", "--config", config], env=environment, stderr=log
    )
    try:
        yield base
    finally:
        process.terminate()
        process.wait(20)
        log.close()
