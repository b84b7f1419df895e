"""The folder that a resource is exported to (docs/exchange.md): what lies where in it, written and read strictly. Pure
but for reading files.

`data.js` carries what the server would have answered below the resource's address, and where the files of it lie;
`manifest.json` lists every file with its length and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from classroom.events import Json
from recordings.carried import Carried

FORMAT, VERSION = "tongke-resource", 1
MANIFEST, DATA, PAGE = "manifest.json", "data.js", "index.html"
MEDIA, COURSEWARE, WORKS, CAPTIONS, PLAYER, METADATA = (
    "media", "courseware", "works", "captions", "player", "metadata"
)  # fmt: skip
TAKEN = (MEDIA, COURSEWARE, WORKS)
BEGINS, ENDS = "window.TONGKE = ", ";\n"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", re.ASCII)
MOST_DEEP = 6
CHUNK = 1 << 20
ENDINGS = {
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "audio/mp4": ".m4a",
    "audio/webm": ".weba",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "text/html": ".html",
    "image/gif": ".gif",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "application/pdf": ".pdf",
}


class NotAFolder(ValueError):
    """It is no such folder, or not whole: why, in a line for a person; `reason` is a code of that, where it has one."""

    def __init__(self, why: str, reason: str = "") -> None:
        super().__init__(why)
        self.reason = reason


def script(carried: Carried) -> str:
    """As a script for a page: nothing in it ends the script, or a line of it where no line ends."""
    text = json.dumps(
        {"answers": dict(carried.answers), "files": dict(carried.files)}, ensure_ascii=False, separators=(",", ":")
    )
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"{BEGINS}{text}{ENDS}"


def carried(text: str) -> Carried:
    """Raises NotAFolder."""
    if not text.startswith(BEGINS) or not text.endswith(ENDS):
        raise NotAFolder(f"{DATA} does not begin and end as it should")
    try:
        read = json.loads(text[len(BEGINS) : -len(ENDS)])
        answers, files = read["answers"], read["files"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotAFolder(f"{DATA} holds no answers") from None
    if not isinstance(answers, dict) or not isinstance(files, dict):
        raise NotAFolder(f"{DATA} holds no answers")
    if not all(isinstance(one, str) for one in files.values()):
        raise NotAFolder(f"{DATA} names no files")
    return Carried(answers, files)


def safe(name: str) -> str:
    """The name as every file system takes it: FAT and Windows too."""
    plain = UNSAFE.sub("-", name).strip("-.")[:80] or "file"
    return f"{plain}-" if WINDOWS.fullmatch(plain) else plain


def ending(mime: str) -> str:
    kind = mime.partition(";")[0].strip().lower()
    return ENDINGS.get(kind, ".bin")


def is_within(path: str) -> bool:
    """Whether this is the path of a file of ours within such a folder: it leads nowhere else, on any system."""
    parts = PurePosixPath(path).parts
    return (
        0 < len(parts) <= MOST_DEEP
        and "/".join(parts) == path
        and all(SAFE.fullmatch(one) and not WINDOWS.fullmatch(one) for one in parts)
    )


def is_taken(path: str) -> bool:
    """Whether it comes along when such a folder comes in; its player is made anew."""
    return path == DATA or path.partition("/")[0] in TAKEN


def digest(path: Path) -> tuple[int, str]:
    """Length and SHA-256. Blocks. Raises OSError."""
    taken, hashed = 0, hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            taken += len(chunk)
            hashed.update(chunk)
    return taken, hashed.hexdigest()


def manifest(resource: str, title: str, exported_at: str, files: Mapping[str, tuple[int, str]]) -> str:
    content = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": exported_at,
        "resource": resource,
        "title": title,
        "files": {path: {"bytes": size, "sha256": sha} for path, (size, sha) in sorted(files.items())},
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_manifest(data: bytes) -> tuple[Json, dict[str, tuple[int, str]]]:
    """What it says, and length and SHA-256 of each file. Raises NotAFolder."""
    try:
        said = json.loads(data)
        files = {path: (int(one["bytes"]), str(one["sha256"])) for path, one in said["files"].items()}
        form, version = said["format"], said["version"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotAFolder(f"{MANIFEST} cannot be read") from None
    if form != FORMAT:
        raise NotAFolder(f"{MANIFEST} is of something else")
    if version != VERSION:
        raise NotAFolder(f"it is of version {version}; this server reads version {VERSION}")
    for path in files:
        if not is_within(path):
            raise NotAFolder(f"it names a file that leads elsewhere: {path[:80]!r}")
    return said, files
