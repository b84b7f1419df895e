"""What was imported (docs/exchange.md): an exported folder as it came, beside the recordings, and what is asked of it.

It is as those saw it who could watch it where it was exported: no journal of ours, so nothing of it is folded or cut.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from classroom.store.records import Resource
from recordings.files import sync_directory

BEFORE = "upload-"
"""Of the names of such folders, beside those of lessons."""
KEPT = "carried.json"
CUTS = "/cuts"
"""Among the answers, and no address: over which stretches the files close up."""
TYPES = {
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".m4a": "audio/mp4",
    ".weba": "audio/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
}
"""As what its files are served, whatever is in them."""


@dataclass(frozen=True, slots=True)
class Carried:
    """`answers` and `files` by what follows the resource's address: `""`, `/events`, `/courseware/…`. Files are paths
    within the folder."""

    answers: Mapping[str, Any]
    files: Mapping[str, str]


def is_carried(resource: Resource) -> bool:
    return resource.path.startswith(BEFORE)


def keep(folder: Path, carried: Carried) -> None:
    """In the place of what was kept there, at once. Blocks. Raises OSError."""
    said, whole = json.dumps({"answers": carried.answers, "files": carried.files}, ensure_ascii=False), folder / KEPT
    beside = whole.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(said)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(whole)
    sync_directory(folder)


def load(folder: Path) -> Carried:
    """It changes where somebody is erased from it, by any node. Blocks. Raises OSError, ValueError."""
    seen = (folder / KEPT).stat()
    return _load(folder, seen.st_mtime_ns, seen.st_ino)


@lru_cache(maxsize=16)
def _load(folder: Path, written_ns: int, file: int) -> Carried:
    read = json.loads((folder / KEPT).read_bytes())
    return Carried(read["answers"], read["files"])


def forget() -> None:
    """What was read of folders that are gone."""
    _load.cache_clear()
