"""What comes out of the sandbox: what it said to have made, and nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from pathlib import Path

from recordings.files import sync_directory, write_atomically
from web.server.courseware.forms import MIMES, Form
from web.server.courseware.making import BOXES, SIMULATION, TEXT, Made, slide_file

MADE = "made.json"
LIES = frozenset({errno.ELOOP, errno.ENXIO, errno.EACCES})  # a link, a socket, what may not be read


class Untrue(Exception):
    """What lies in the sandbox's folder is not what it said: whoever sent the file may have taken it over."""


def collect(made: Made, form: Form, folder: Path, keep: Path) -> None:
    """Takes what was said to be made, and nothing else, out of the sandbox."""
    if not set(made.boxes) <= set(BOXES):
        raise Untrue("sizes")
    mime = MIMES.get(form, "")
    if made.mime not in (mime, mime.replace("video/", "audio/")):
        raise Untrue("type")  # it is served under this one
    for slide in range(1, made.slides + 1):
        for box in made.boxes:
            _take(folder / slide_file(slide, box), keep, b"RIFF")
    with contextlib.suppress(FileNotFoundError):
        _take(folder / TEXT, keep, b"[")
    if made.kind == "simulation":
        _take(folder / SIMULATION, keep, b"")
    write_atomically(keep / MADE, made.model_dump_json().encode())
    sync_directory(keep)


def _take(path: Path, keep: Path, begins: bytes) -> None:
    """A copy of a plain file: never what a link leads to."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        if fault.errno in LIES:
            raise Untrue(f"{path.name}: {errno.errorcode[fault.errno]}") from None
        raise
    seen = os.fstat(file)
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1:
        os.close(file)
        raise Untrue(path.name)
    with os.fdopen(file, "rb") as source, (keep / path.name).open("xb") as copy:
        head = source.read(len(begins))
        if head != begins:
            raise Untrue(path.name)
        copy.write(head)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
