"""Slides of office programs (PPTX, ODP): a zip that is looked through, then made a PDF by LibreOffice, where that is
installed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import socket
import stat
import subprocess
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from recordings.sandbox import UID
from web.server.courseware import links
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

SYSTEM = (
    *("/usr", "/lib", "/lib64", "/opt", "/etc/fonts", "/etc/libreoffice", "/etc/ld.so.cache", "/etc/localtime"),
    *("/var/cache/fontconfig", "/var/lib/libreoffice", "/var/spool/libreoffice", "/dev/urandom", "/dev/random"),
)
SOCKETS = ("/tmp",)  # noqa: S108
"""Where one LibreOffice finds another of the same profile, as which there is none. It makes a socket there, whatever
TMPDIR says, and within the fence can remove none, its own neither: that does `sweep`."""
PPTX, ODP = "ppt/presentation.xml", "content.xml"
OF_PPTX, OF_ODP = {PPTX, "[content_types].xml"}, {ODP, "mimetype", "meta-inf/manifest.xml"}
PPTX_FILTER, ODP_FILTER = "Impress MS PowerPoint 2007 XML", "impress8"
ODP_TYPE = b"application/vnd.oasis.opendocument.presentation"


class Unfit(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def program() -> str | None:
    """LibreOffice itself, not the script before it, which wants to see the folders above the working one."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    itself = Path(found).resolve().with_name("soffice.bin") if found else None
    return str(itself) if itself is not None and itself.is_file() else None


def reads() -> list[str]:
    """What it needs, beside its profile: itself, the libraries and fonts of the system; no account, no setting."""
    itself = program()
    return [*SYSTEM, str(Path(itself).parents[1])] if itself else []


def examine(source: BinaryIO) -> str:
    """LibreOffice's filter for it, so that it is opened as what it was examined as. Raises Unfit for what is not
    slides, would become too large, or fetches something from elsewhere."""
    try:
        with zipfile.ZipFile(source) as parts:
            return _examine(parts)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        raise Unfit("damaged") from None


def _examine(parts: zipfile.ZipFile) -> str:
    entries = parts.infolist()
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if len(entries) > MOST_FILES or unpacked > MOST_BYTES:
        raise Unfit("too_complex")
    if unpacked > RATIO_COUNTS_FROM and unpacked > MOST_RATIO * max(1, packed):
        raise Unfit("too_complex")
    names = {one.filename.replace("\\", "/").strip("/").lower(): one.filename for one in entries}
    unclear = any(not {"", ".", ".."}.isdisjoint(name.split("/")) for name in names)
    two_forms = not OF_PPTX.isdisjoint(names) and not OF_ODP.isdisjoint(names)
    if len(names) < len(entries) or unclear or two_forms:  # we would look at the one, and LibreOffice at the other
        raise Unfit("damaged")
    if PPTX in names:
        looks, used = _relations, PPTX_FILTER
    elif ODP in names and "mimetype" in names and _read(parts, names["mimetype"]).startswith(ODP_TYPE):
        looks, used = _open_document, ODP_FILTER
    else:
        raise Unfit("type_unsupported")
    try:
        if looks(parts, names):
            raise Unfit("links_outside")
    except links.Malformed:
        raise Unfit("damaged") from None
    return used


def _relations(parts: zipfile.ZipFile, names: Mapping[str, str]) -> bool:
    def leads_out(name: str) -> bool:
        folder, _, file = name.rpartition("_rels/")
        owner = names.get(folder + file.removesuffix(".rels"))
        return links.of_relations(_read(parts, names[name]), lambda: _read(parts, owner) if owner else None)

    return any(leads_out(name) for name in names if name.endswith(".rels"))


def _open_document(parts: zipfile.ZipFile, names: Mapping[str, str]) -> bool:
    looked_at = (names[name] for name in names if name.endswith((ODP, "styles.xml")))
    return any(links.of_open_document(_read(parts, name)) for name in looked_at)


def _read(parts: zipfile.ZipFile, name: str) -> bytes:
    with parts.open(name) as part:
        data = part.read(MOST_XML + 1)
    if len(data) > MOST_XML:
        raise Unfit("too_complex")
    return data


def to_pdf(source: BinaryIO, used: str, alive: Callable[[], None]) -> BinaryIO:
    """A PDF of the slides, which are opened by the filter `used`, in the working folder. Raises Unfit.

    LibreOffice says nothing while it works, which takes minutes on a slow machine: `alive` is called instead.
    """
    soffice = program()
    if soffice is None:
        raise Unfit("office_missing")
    source.seek(0)
    with Path("slides").open("wb") as copy:
        shutil.copyfileobj(source, copy)
    command = [soffice, "--headless", "--norestore", "--nolockcheck", f"--infilter={used}"]
    command += ["--convert-to", "pdf:impress_pdf_Export", "--outdir", f"{HERE}/made", f"{HERE}/slides"]
    until, profile = time.monotonic() + LONGEST_S, _profile()
    for _ in range(2):
        if _run([*command, f"-env:UserInstallation=file://{HERE}/{profile}"], until, alive) != NEW_PROFILE:
            break
        with contextlib.suppress(FileNotFoundError):
            profile = profile.rename(_profile())
    try:
        return Path("made/slides.pdf").open("rb")
    except FileNotFoundError:
        raise Unfit("conversion_failed") from None


def _profile() -> Path:
    """Another at each start, for two LibreOffices of one address would be one: those of two nodes of one machine, and
    one whose socket is still there."""
    return Path(f"profile-{secrets.token_hex(8)}")


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


def sweep() -> None:
    """Removes the sockets of LibreOffice that nobody listens at any more. For the server, outside of the fence."""
    for place in SOCKETS:
        for path in Path(place).glob("OSL_PIPE_*"):
            with contextlib.suppress(OSError):
                seen = path.lstat()
                if stat.S_ISSOCK(seen.st_mode) and seen.st_uid in {UID, os.geteuid()} and _unheard(path):
                    path.unlink()


def _unheard(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.setblocking(False)
        return caller.connect_ex(str(path)) == errno.ECONNREFUSED
