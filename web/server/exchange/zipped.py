"""An exported folder that comes in as one zip: of it is unpacked what its manifest lists, under the names that it has
there and to so many bytes as that says; nothing else of it is ever written."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from recordings.files import Floor
from web.server.exchange import folder
from web.server.exchange.folder import CHUNK, NotAFolder

MOST_FILES = 20_000
MOST_LIST = 8 << 20
"""Bytes of a zip's own list of what is in it, which is read into memory."""
MOST_MANIFEST = 8 << 20
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, NotImplementedError, EOFError)


def unpack(packed: Path, into: Path, most_bytes: int, floor: Floor) -> dict[str, tuple[int, str]]:
    """Length and SHA-256 of each file of it, by its path below `into`. Blocks. Raises NotAFolder, DiskShort,
    OSError."""
    try:
        with Sparing(packed) as file, zipfile.ZipFile(file) as parts:
            inside = _entries(parts, packed.stat().st_size)
            before = _beginning(inside)
            wanted = _wanted(parts, inside, before, most_bytes)
            floor.check(into, sum(size for size, _ in wanted.values()))
            for path, said in wanted.items():
                _one(parts, inside[before + path], into / path, path, said)
    except NotAFolder:
        raise
    except UNREADABLE:
        raise NotAFolder("it is damaged, or not whole", "damaged") from None
    return wanted


class Sparing(io.FileIO):
    """Reads no more at once than is good: a zip's list of what is in it is read whole, and may say any length."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        if (left if size is None or size < 0 else min(size, left)) > MOST_LIST:
            raise NotAFolder("there is too much in it", "too_complex")
        return super().read(size)


def _entries(parts: zipfile.ZipFile, packed_bytes: int) -> Mapping[str, zipfile.ZipInfo]:
    """Files by their names; none of them may be read twice."""
    infos = parts.infolist()
    if len(infos) > MOST_FILES or sum(one.compress_size for one in infos) > packed_bytes:
        raise NotAFolder("there is too much in it", "too_complex")
    inside = {one.filename: one for one in infos if not one.is_dir()}
    if len(inside) < sum(not one.is_dir() for one in infos):
        raise NotAFolder("a name is in it twice", "damaged")
    return inside


def _beginning(inside: Mapping[str, zipfile.ZipInfo]) -> str:
    """What stands before the names of the folder's files: "", or the folder's own name."""
    found = [name for name in inside if name.rpartition("/")[2] == folder.MANIFEST and name.count("/") <= 1]
    if not found:
        raise NotAFolder(f"it is no exported folder: there is no {folder.MANIFEST} in it", "no_folder")
    return min(found, key=len).removesuffix(folder.MANIFEST)


def _wanted(
    parts: zipfile.ZipFile, inside: Mapping[str, zipfile.ZipInfo], before: str, most_bytes: int
) -> dict[str, tuple[int, str]]:
    listed = inside[before + folder.MANIFEST]
    if listed.file_size > MOST_MANIFEST:
        raise NotAFolder(f"its {folder.MANIFEST} is too long", "too_complex")
    _readable(listed, folder.MANIFEST)
    with parts.open(listed) as file:
        _, files = folder.read_manifest(file.read(MOST_MANIFEST + 1))
    wanted = {path: said for path, said in files.items() if folder.is_taken(path)}
    if folder.DATA not in wanted:
        raise NotAFolder(f"its manifest lists no {folder.DATA}")
    if len({path.lower() for path in wanted}) < len(wanted):
        raise NotAFolder("two names differ by capitals alone")
    if any(size < 0 for size, _ in wanted.values()) or sum(size for size, _ in wanted.values()) > most_bytes:
        raise NotAFolder("it is larger than it may be", "too_large")
    for path, (size, _) in wanted.items():
        info = inside.get(before + path)
        if info is None:
            raise NotAFolder(f"{path} is missing", "damaged")
        if info.file_size != size:
            raise NotAFolder(f"{path} is not as long as its manifest says", "damaged")
        _readable(info, path)
    return wanted


def _readable(info: zipfile.ZipInfo, path: str) -> None:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise NotAFolder(f"{path} is a link, which may lead anywhere")
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise NotAFolder(f"{path} is encrypted, or packed in a way that is not read here", "type_unsupported")


def _one(parts: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, path: str, said: tuple[int, str]) -> None:
    """It may be longer than the zip says, so no more is read than the manifest does."""
    size, sha = said
    left, hashed = size, hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with parts.open(info) as source, target.open("xb") as file:
        while chunk := source.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise NotAFolder(f"{path} is longer than its manifest says", "damaged")
            hashed.update(chunk)
            file.write(chunk)
    if left or hashed.hexdigest() != sha:
        raise NotAFolder(f"{path} is not what its manifest says", "damaged")
