"""Files that come in, until all of them are there: each is announced, comes whole, and is what was announced. Then they
become the folder of a resource at once, or nothing does. Everything here blocks.

It lies beside the recordings, for only within one file system is a folder renamed. What is sent has a folder of its
own: nothing that somebody names takes the place of what is written here about it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from classroom.events import Json
from classroom.ids import new_id
from recordings.carried import BEFORE
from recordings.files import Floor, sync_directory
from web.server.exchange import folder
from web.server.exchange.folder import NotAFolder

STAGING = ".imports"
ORDER, TAKEN, FILES, COMING = "order.json", "taken.json", "files", "coming"
MOST_FILES = 20_000
MOST_BYTES = 1 << 40
MOST_DATA = 64 << 20
KEPT_S = 24 * 3600
ID = frozenset("abcdefghijkmnpqrstuvwxyz23456789")

Wanted = Mapping[str, tuple[int, str]]
"""Path → length in bytes, SHA-256 or "" where it was not said."""


class Staging:
    def __init__(self, recordings: Path, floor: Floor | None = None) -> None:
        self._recordings, self._home = recordings, recordings / STAGING
        self._floor = floor or Floor()

    def begin(self, wanted: Wanted, said: Json) -> str:
        """`said` is kept with it. Raises NotAFolder, DiskShort, OSError."""
        for path, (size, sha) in wanted.items():
            if not folder.is_within(path):
                raise NotAFolder(f"the name leads elsewhere, or is none that every system takes: {path[:80]!r}")
            if size <= 0:
                raise NotAFolder(f"it is empty: {path}")
            if len(sha) not in (0, 64):
                raise NotAFolder(f"no SHA-256 of {path}")
        if len({path.lower() for path in wanted}) < len(wanted):
            raise NotAFolder("two names differ by capitals alone")
        if not 0 < len(wanted) <= MOST_FILES or sum(size for size, _ in wanted.values()) > MOST_BYTES:
            raise NotAFolder(f"no files, more than {MOST_FILES}, or more than a terabyte of them")
        self._home.mkdir(parents=True, exist_ok=True)
        self._floor.check(self._home, sum(size for size, _ in wanted.values()))
        self._sweep()
        name = new_id()
        for inner in (FILES, COMING):
            (self._home / name / inner).mkdir(parents=True)
        (self._home / name / ORDER).write_text(json.dumps({"wanted": dict(wanted), "said": said}))
        return name

    def wanted(self, name: str) -> dict[str, tuple[int, str]]:
        """Raises KeyError where there is no such import, or no longer."""
        return self._read(name, ORDER)[0]

    def said(self, name: str) -> Json:
        """What was said of it as it was announced. Raises KeyError."""
        return self._read(name, ORDER)[1]

    def coming(self, by: str) -> tuple[int, int]:
        """How many imports this account has announced that are not over, and their bytes."""
        many = size = 0
        for place in self._home.iterdir() if self._home.is_dir() else ():
            with contextlib.suppress(KeyError, ValueError):  # over meanwhile, or none of ours
                wanted, said = self._read(place.name, ORDER)
                if said.get("by") == by:
                    many, size = many + 1, size + sum(one for one, _ in wanted.values())
        return many, size

    def take(self, name: str) -> tuple[dict[str, tuple[int, str]], Json]:
        """What is wanted of it and was said of it, for one who makes a resource of it: no other does, and nothing more
        comes. Raises KeyError."""
        try:
            (self._place(name) / ORDER).rename(self._place(name) / TAKEN)
        except OSError:
            raise KeyError(name) from None
        return self._read(name, TAKEN)

    def files(self, name: str) -> Path:
        """Where what was sent lies. Raises KeyError."""
        return self._place(name) / FILES

    def incoming(self, name: str, path: str) -> Incoming:
        """Raises KeyError for what was not announced, OSError."""
        return Incoming(self.files(name) / path, self._place(name) / COMING / new_id(), *self.wanted(name)[path])

    def give_up(self, name: str) -> None:
        shutil.rmtree(self._place(name), ignore_errors=True)

    def has(self, name: str) -> set[str]:
        return {path for path in self.wanted(name) if (self.files(name) / path).is_file()}

    def become(self, name: str, resource: str) -> str:
        """The folder of a resource; its name. Raises OSError."""
        path, files = f"{BEFORE}{resource}", self.files(name)
        for one in files.rglob("*"):
            one.chmod(0o700 if one.is_dir() else 0o600)
        os.sync()
        files.rename(self._recordings / path)
        sync_directory(self._recordings)
        return path

    def _place(self, name: str) -> Path:
        if len(name) != 20 or not set(name) <= ID:
            raise KeyError(name)
        return self._home / name

    def _read(self, name: str, order: str) -> tuple[dict[str, tuple[int, str]], Json]:
        try:
            read = json.loads((self._place(name) / order).read_bytes())
        except OSError:
            raise KeyError(name) from None
        return {path: (int(size), str(sha)) for path, (size, sha) in read["wanted"].items()}, read["said"]

    def _sweep(self) -> None:
        """What nobody went on with for a day."""
        until = time.time() - KEPT_S
        for place in self._home.iterdir():
            with contextlib.suppress(FileNotFoundError):  # given up meanwhile
                if place.stat().st_mtime < until:
                    shutil.rmtree(place, ignore_errors=True)


class Incoming:
    """One file on its way in. Raises OSError."""

    def __init__(self, target: Path, part: Path, size: int, sha: str) -> None:
        self._target, self._part = target, part
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")
        self._left, self._wanted, self._hash = size, sha, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Raises NotAFolder where more comes than was said."""
        self._left -= len(data)
        if self._left < 0:
            raise NotAFolder("it is longer than was said")
        self._hash.update(data)
        self._file.write(data)

    def close(self) -> None:
        """Raises NotAFolder where it is not what was said; then it is gone."""
        self._file.close()
        if self._left or self._wanted not in ("", self._hash.hexdigest()):
            self._part.unlink()
            raise NotAFolder("it is shorter than was said" if self._left else "its content is not what was said")
        self._part.rename(self._target)
        os.utime(self._part.parent.parent)  # somebody goes on with it

    def drop(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)
