"""What of a recording is known to be in the storage: `{lesson}/stored.jsonl`, lines that are only added.

The first line names the storage. Every other is of one file: `{name, bytes, mtime_ns, md5, etag}` once the storage has
been seen to have it, with `released: true` when its local copy went; `{name}` alone when it is not known any more. The
last line of a name counts, and one that a crash tore is none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

LEDGER = "stored.jsonl"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was on disk when it went."""

    name: str
    bytes: int
    mtime_ns: int
    md5: str
    etag: str
    released: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """`begun`: it is of the storage that was asked about."""

    sent: dict[str, Sent] = field(default_factory=dict)
    begun: bool = False

    @property
    def released(self) -> list[str]:
        return [name for name, sent in self.sent.items() if sent.released]


def read(folder: Path, storage: str) -> Ledger:
    """Empty where there is none, or it is of another storage. Raises OSError."""
    found = _lines(folder)
    if _storage(found) != storage:
        return Ledger()
    sent: dict[str, Sent] = {}
    begun = max(index for index, one in enumerate(found) if "storage" in one)
    for one in found[begun + 1 :]:
        sent.pop(one["name"], None)
        if "etag" in one:
            sent[one["name"]] = Sent(**one)
    return Ledger(sent, begun=True)


def released(directory: Path) -> list[str]:
    """The lessons of which something is in a storage alone."""
    ledgers = sorted(directory.glob(f"*/{LEDGER}"))
    return [path.parent.name for path in ledgers if any(one.get("released") for one in _lines(path.parent))]


def elsewhere(directory: Path, storage: str) -> dict[str, list[str]]:
    """By lesson, what was released into another storage than this, and is not known to be in this one."""
    out = {}
    for path in sorted(directory.glob(f"*/{LEDGER}")):
        folder = path.parent
        names = {one["name"] for one in _lines(folder) if one.get("released")} - read(folder, storage).sent.keys()
        if gone := [name for name in sorted(names) if not (folder / name).exists()]:
            out[folder.name] = gone
    return out


def begin(folder: Path, storage: str) -> None:
    """Another storage from here on. Raises OSError."""
    _add(folder, [{"storage": storage}])


def add(folder: Path, sent: Iterable[Sent]) -> None:
    """Raises OSError."""
    _add(folder, [asdict(one) for one in sent])


def forget(folder: Path, names: Iterable[str]) -> None:
    """Raises OSError."""
    _add(folder, [{"name": name} for name in names])


def came_back(folder: Path, names: Iterable[str], storage: str) -> None:
    """Their local copies are there again, as they were. Raises OSError."""
    known = read(folder, storage).sent
    back = [replace(known[name], released=False) for name in names]
    for one in back:
        os.utime(folder / one.name, ns=(one.mtime_ns, one.mtime_ns))
    add(folder, back)


def _add(folder: Path, lines: list[dict[str, Any]]) -> None:
    """On disk when it returns; after a torn line, on a line of its own."""
    if not lines:
        return
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    with (folder / LEDGER).open("ab") as file:
        file.write((("\n" if file.tell() else "") + text).encode())
        file.flush()
        os.fsync(file.fileno())


def _lines(folder: Path) -> list[dict[str, Any]]:
    try:
        lines = (folder / LEDGER).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [one for line in lines if (one := _parsed(line)) is not None]


def _storage(lines: list[dict[str, Any]]) -> str | None:
    return next((one["storage"] for one in reversed(lines) if "storage" in one), None)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
        if isinstance(found, dict) and ("storage" in found or "name" in found):
            return found
    except ValueError:
        pass
    return None
