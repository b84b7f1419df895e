"""A zip of strangers: what is in it under which name, or why not. Nothing is unpacked onto a disk."""

from __future__ import annotations

import io
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from classroom.errors import ClientFault

MOST_FILES = 10_000
MOST_BYTES = 128 << 20
"""All of it, unpacked."""
MOST_RATIO = 200
"""Text and XML do not become smaller than a hundredth; what is smaller was made to be large."""
FREE_BYTES = 1 << 20
"""Where that does not matter yet."""


class Package:
    """Raises ClientFault `zip_unfit` (422) where it is none, is encrypted, or has names that lead out of it, links, a
    name twice, or more than is good; also when what it says of itself was not true."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, RuntimeError, OSError, EOFError) as fault:
            raise _unfit("this is no zip that can be read") from fault
        if len(infos) > MOST_FILES:
            raise _unfit(f"it has more than {MOST_FILES} files")
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            self._checked(info)
        if sum(info.file_size for info in self._infos.values()) > MOST_BYTES:
            raise _unfit(f"it has more than {MOST_BYTES >> 20} MB")

    def _checked(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        if name.startswith("/") or "\\" in name or ":" in name.split("/")[0] or ".." in name.split("/"):
            raise _unfit("a name leads out of it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _unfit("it has a link")
        if info.flag_bits & 1:
            raise _unfit("it is encrypted")
        if info.file_size > FREE_BYTES and info.file_size > MOST_RATIO * info.compress_size:
            raise _unfit("it becomes too large")
        name = posixpath.normpath(name)
        if name in self._infos:
            raise _unfit("a name is there twice")
        if not info.is_dir():
            self._infos[name] = info

    @property
    def names(self) -> Mapping[str, Any]:
        return self._infos

    def read(self, name: str) -> bytes | None:
        info = self._infos.get(posixpath.normpath(name))
        if info is None:
            return None
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, OSError, EOFError) as fault:
            raise _unfit("a file in it cannot be read") from fault
        if len(data) > info.file_size:
            raise _unfit("a file in it is larger than it says")
        return data


def _unfit(why: str) -> ClientFault:
    return ClientFault("zip_unfit", f"The package was not read: {why}.")
