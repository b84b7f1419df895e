"""Simulations: an HTML file, or a zip of one with what it names, made one file that needs nothing else.

What it does is not looked at: it runs in a frame that reaches nothing (docs/simulations.md).
"""

from __future__ import annotations

import base64
import re
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from web.server.courseware.making import SIMULATION, Made

INDEX = "index.html"
MOST_FILES, MOST_BYTES = 100, 8 << 20
TYPES = {
    "css": "text/css",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff2": "font/woff2",
}
NAMED = re.compile(r"""(\b(?:src|href|poster)\s*=\s*)(["'])(?:\./)?([^"'<>]{1,120})\2""", re.IGNORECASE)
IN_STYLE = re.compile(r"""(url\(\s*)(["']?)(?:\./)?([^"'()<>\s]{1,120})\2(?=\s*\))""", re.IGNORECASE)


class Unfit(Exception):
    """No UTF-8, too large, or a zip with folders, paths or files of another kind."""


def from_html(source: BinaryIO) -> Made:
    data = source.read(MOST_BYTES + 1)
    return _kept(_text(data))


def is_one(parts: zipfile.ZipFile) -> bool:
    return INDEX in parts.namelist()


def from_zip(parts: zipfile.ZipFile) -> Made:
    """Raises Unfit."""
    entries = parts.infolist()
    names = [one.filename for one in entries]
    if len(entries) > MOST_FILES or len(set(names)) < len(names) or sum(one.file_size for one in entries) > MOST_BYTES:
        raise Unfit
    if any(name != INDEX and _kind(name) is None for name in names):
        raise Unfit
    files = {}
    left = MOST_BYTES
    for name in names:
        try:
            with parts.open(name) as part:  # it may be larger than it says
                files[name] = part.read(left + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
            raise Unfit from None
        left -= len(files[name])
        if left < 0:
            raise Unfit
    addresses = {name: _address(name, data) for name, data in files.items() if name != INDEX}
    for name in names:
        if name.endswith(".css"):
            addresses[name] = _address(name, _with(IN_STYLE, _text(files[name]), addresses).encode())
    whole = _text(files[INDEX])
    return _kept(_with(IN_STYLE, _with(NAMED, whole, addresses), addresses))


def _kind(name: str) -> str | None:
    """None for what is not taken, or stands in a folder."""
    stem, dot, ending = name.rpartition(".")
    plain = stem and dot and not set(name) & set("/\\:") and not name.startswith(".")
    return TYPES.get(ending.lower()) if plain else None


def _address(name: str, data: bytes) -> str:
    return f"data:{_kind(name)};base64,{base64.b64encode(data).decode()}"


def _with(pattern: re.Pattern[str], text: str, addresses: dict[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        before, quote, name = found.groups()
        return f"{before}{quote}{addresses[name]}{quote}" if name in addresses else found.group()

    return pattern.sub(put, text)


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Unfit
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit from None


def _kept(text: str) -> Made:
    Path(SIMULATION).write_text(text, "utf-8")
    return Made(kind="simulation")
