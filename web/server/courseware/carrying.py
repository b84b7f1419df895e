"""Pictures and sounds of a shelf, to be carried away in a file of another kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from classroom.activities.media import PICTURE, SOUND
from classroom.store.records import Courseware
from web.server.courseware.forms import IMAGES, Form
from web.server.courseware.making import slide_file
from web.server.courseware.shelf import ORIGINAL, Shelf

MOST_BYTES = 40 << 20
"""Of one file, so that it can be brought again: in base 64 a third is added."""
SUFFIXES = {
    Form.PNG: ".png",
    Form.JPEG: ".jpg",
    Form.WEBP: ".webp",
    Form.GIF: ".gif",
    Form.MP3: ".mp3",
    Form.OGG: ".ogg",
    Form.WAV: ".wav",
    Form.FLAC: ".flac",
    Form.MP4: ".m4a",
    Form.WEBM: ".weba",
}


def carried(shelf: Shelf, rows: Iterable[Courseware], originals: bool, bytes_: int = 0) -> dict[str, tuple[str, str]]:
    """By their ids, what they are called and where they lie, as far as there is room behind so many bytes. Without
    `originals`, which may say who took them and where, pictures are as they are shown."""
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        one = _file(shelf, row, originals)
        if one is not None and (bytes_ := bytes_ + (size := one[1].stat().st_size)) > MOST_BYTES:
            bytes_ -= size
        elif one is not None:
            found[row.id] = (one[0], str(one[1]))
    return found


def _file(shelf: Shelf, row: Courseware, originals: bool) -> tuple[str, Path] | None:
    if row.digest is None or row.kind not in (PICTURE, SOUND) or (row.kind == PICTURE and row.slides != 1):
        return None
    folder, stem = shelf.content(row.digest), PurePath(row.name).stem
    try:
        form = shelf.form(folder / ORIGINAL)
        if row.kind == SOUND or (originals and form in IMAGES):
            return (f"{stem}{SUFFIXES[form]}", folder / ORIGINAL) if form in SUFFIXES else None
        shown = folder / slide_file(1, max(row.boxes))
        return (f"{stem}.webp", shown) if shown.is_file() else None
    except OSError:
        return None
