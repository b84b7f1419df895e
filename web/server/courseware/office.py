"""Slides of office programs (PPTX, ODP): a zip that is looked through, then made a PDF by LibreOffice, where that is
installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from web.server.courseware.making import Fault

MOST_FILES = 10_000
MOST_BYTES = 1 << 30  # unpacked
MOST_RATIO = 200  # of what is larger than
RATIO_COUNTS_FROM = 32 << 20
MOST_XML = 32 << 20  # of one part that is looked through

NEW_PROFILE = 81
"""How it ends where it has made a profile, and wants to be started again."""
ALIVE_S, LONGEST_S = 5.0, 900.0
HERE = "/proc/self/cwd"
"""The working folder, by a way that leads past the folders above it: they are the server's alone."""

PPTX, ODP = "ppt/presentation.xml", "content.xml"
ODP_TYPE = b"application/vnd.oasis.opendocument.presentation"

# ECMA-376-2 §9.3: what a part refers to outside. A link that one may click is no harm; what is fetched to be shown is.
RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
OUTSIDE = re.compile(rb"""TargetMode\s*=\s*["']External["']""")
CLICKED = re.compile(rb"""Type\s*=\s*["'][^"']*/(?:hyperlink|slide)["']""")
# OpenDocument 1.3 part 3 §19.918: of all that has xlink:href, only a:… and events are clicked.
ODP_OUTSIDE = re.compile(
    rb"""<(?:draw:(?:image|object|object-ole|plugin|applet|floating-frame|fill-image)|text:section-source|presentation:sound)"""
    rb"""\s[^>]*xlink:href\s*=\s*["']\s*(?:[A-Za-z][A-Za-z0-9+.-]*:|//|/|\.\./)"""
)


class Unfit(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def program() -> str | None:
    """LibreOffice itself, not the script before it, which wants to see the folders above the working one."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    itself = Path(found).resolve().with_name("soffice.bin") if found else None
    return str(itself) if itself is not None and itself.is_file() else None


def examine(source: BinaryIO) -> None:
    """Raises Unfit for what is not slides, would become too large, or fetches something from elsewhere."""
    try:
        with zipfile.ZipFile(source) as parts:
            _examine(parts)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        raise Unfit("damaged") from None


def _examine(parts: zipfile.ZipFile) -> None:
    entries = parts.infolist()
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if len(entries) > MOST_FILES or unpacked > MOST_BYTES:
        raise Unfit("too_complex")
    if unpacked > RATIO_COUNTS_FROM and unpacked > MOST_RATIO * max(1, packed):
        raise Unfit("too_complex")
    names = {one.filename for one in entries}
    if PPTX in names:
        outside = any(_goes_outside(_read(parts, name)) for name in names if name.endswith(".rels"))
    elif ODP in names and "mimetype" in names and _read(parts, "mimetype").startswith(ODP_TYPE):
        outside = any(ODP_OUTSIDE.search(_read(parts, name)) for name in names if name.endswith((ODP, "styles.xml")))
    else:
        raise Unfit("type_unsupported")
    if outside:
        raise Unfit("links_outside")


def _read(parts: zipfile.ZipFile, name: str) -> bytes:
    with parts.open(name) as part:
        data = part.read(MOST_XML + 1)
    if len(data) > MOST_XML:
        raise Unfit("too_complex")
    return data


def _goes_outside(relations: bytes) -> bool:
    return any(OUTSIDE.search(one.group()) and not CLICKED.search(one.group()) for one in RELATION.finditer(relations))


def to_pdf(source: BinaryIO, alive: Callable[[], None]) -> BinaryIO:
    """A PDF of the slides, in the working folder. Raises Unfit.

    LibreOffice says nothing while it works, which takes minutes on a slow machine: `alive` is called instead.
    """
    soffice = program()
    if soffice is None:
        raise Unfit("office_missing")
    source.seek(0)
    with Path("slides").open("wb") as copy:
        shutil.copyfileobj(source, copy)
    command = [soffice, "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation=file://{HERE}/profile"]
    command += ["--convert-to", "pdf:impress_pdf_Export", "--outdir", f"{HERE}/made", f"{HERE}/slides"]
    until = time.monotonic() + LONGEST_S
    while _run(command, until, alive) == NEW_PROFILE:
        pass
    try:
        return Path("made/slides.pdf").open("rb")
    except FileNotFoundError:
        raise Unfit("conversion_failed") from None


def _run(command: list[str], until: float, alive: Callable[[], None]) -> int:
    null = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=null, stdout=null, stderr=null) as running:
        while True:
            try:
                return running.wait(ALIVE_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() >= until:
                    running.kill()
                    raise Unfit("too_complex") from None
                alive()
