"""Galène from the Go module proxy, where that has it. It had not where this was written, so nobody has spoken to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.systems import Skipped, packages


class Server:
    profiles = ("SRTP_AEAD_AES_256_GCM",)
    pids: Sequence[int] = ()
    access: Mapping[str, Any] = {}

    def prepare(self) -> None:
        packages.go("github.com/jech/galene", "latest", ".", "galene")
        raise Skipped("it could be built, but no client for its protocol was written yet")

    def start(self, folder: Path, host: str, subscribers: int) -> None:
        self.prepare()

    def stop(self) -> None:
        pass
