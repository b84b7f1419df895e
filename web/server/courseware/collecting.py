"""What comes out of the sandbox: what it said to have made, and nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from recordings.files import Floor, sync_directory, write_atomically
from web.server.courseware.forms import IMAGES, MEDIA, MIMES, Form
from web.server.courseware.making import BOXES, SIMULATION, SPOKEN, TEXT, Made, slide_file

MADE = "made.json"
MOST_BYTES = 2 << 30  # of all that one file becomes
PIECE = 1 << 20
LIES = frozenset({errno.ELOOP, errno.ENXIO, errno.EACCES})  # a link, a socket, what may not be read


class Untrue(Exception):
    """What lies in the sandbox's folder is not what it said: whoever sent the file may have taken it over."""


def collect(
    made: Made, form: Form, folder: Path, keep: Path, floor: Floor, largest: int = BOXES[-1], *, anew: bool = False
) -> None:
    """Takes what was said to be made, and nothing else, out of the sandbox. Raises Untrue, FileNotFoundError,
    DiskShort."""
    if not _is_of(form, made) or made.anew != anew:
        raise Untrue("kind")
    if made.boxes != [box for box in BOXES if box in made.boxes and box <= largest] or bool(made.boxes) != bool(
        made.slides
    ):
        raise Untrue("sizes")
    mime = MIMES[Form.MP3] if made.anew else MIMES.get(form, "")
    if made.mime not in (mime, mime.replace("video/", "audio/")):
        raise Untrue("type")  # it is served under this one
    taking = _Taking(folder, keep, floor)
    for slide in range(1, made.slides + 1):
        for box in made.boxes:
            taking.take(slide_file(slide, box), b"RIFF")
    with contextlib.suppress(FileNotFoundError):
        taking.take(TEXT, b"[")
    if made.kind == "simulation":
        taking.take(SIMULATION, b"")
    if made.anew:
        taking.take(SPOKEN, b"")
    write_atomically(keep / MADE, made.model_dump_json().encode())
    sync_directory(keep)


def _is_of(form: Form, made: Made) -> bool:
    """Whether such a file becomes such a thing."""
    match made.kind:
        case "slides":
            return made.slides == 1 if form in IMAGES else made.slides >= 1 and form in (Form.PDF, Form.OFFICE)
        case "video":
            return made.slides == 1 and form in MEDIA
        case "audio":
            return made.slides == 0 and form in MEDIA
        case "simulation":
            return made.slides == 0 and form in (Form.HTML, Form.OFFICE)


class _Taking:
    """File by file, as much as all may have, and as the disk has room for."""

    def __init__(self, folder: Path, keep: Path, floor: Floor) -> None:
        self._folder, self._keep, self._floor = folder, keep, floor
        self._left = MOST_BYTES

    def take(self, name: str, begins: bytes) -> None:
        """A copy of a plain file: never what a link leads to."""
        try:
            file = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as fault:
            if fault.errno in LIES:
                raise Untrue(f"{name}: {errno.errorcode[fault.errno]}") from None
            raise
        seen = os.fstat(file)
        if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1:
            os.close(file)
            raise Untrue(name)
        with os.fdopen(file, "rb") as source:
            self._left -= seen.st_size
            if self._left < 0:
                raise Untrue(f"{name}: too much")
            self._floor.check(self._keep, seen.st_size)
            self._copy(source, name, seen.st_size, begins)

    def _copy(self, source: BinaryIO, name: str, size: int, begins: bytes) -> None:
        """No more than was there, be it written on by what is left of the sandbox."""
        with (self._keep / name).open("xb") as copy:
            piece = source.read(min(PIECE, size))
            if not piece.startswith(begins):
                raise Untrue(name)
            while piece:
                copy.write(piece)
                size -= len(piece)
                piece = source.read(min(PIECE, size))
            copy.flush()
            os.fsync(copy.fileno())
