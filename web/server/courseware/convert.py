"""The inside of the sandbox: `python -m web.server.courseware.convert FORM MEMORY CPU_S FILE_BYTES BOX MOST_MS`. The
file is its standard input, slides go into its folder, and what it says (`making`) to standard output, a line each.

All that it needs is imported before it is confined, for then it may not read what Python is installed in; FFmpeg's
libraries, half of all that takes time here, only where `main` sees a film or a sound.
"""

from __future__ import annotations

import codecs
import errno
import json
import signal
import sys
import zipfile
from pathlib import Path
from typing import BinaryIO

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from recordings.sandbox import Limits, confine
from web.server.courseware import office, simulations
from web.server.courseware.forms import IMAGES, MEDIA, MIMES, Form
from web.server.courseware.making import (
    BOXES,
    MOST_SLIDES,
    MOST_TEXT,
    SPOKEN,
    TEXT,
    Full,
    Made,
    Progress,
    Refused,
    Unfenced,
)
from web.server.courseware.pictures import SHAPE, Refusal, image, save

FONTS = ("/usr/share/fonts", "/usr/share/ghostscript/fonts", "/usr/local/share/fonts")
"""That pdfium looks for where a PDF brings none."""


def say(what: Made | Progress | Refused | Full | Unfenced) -> None:
    print(what.model_dump_json(), flush=True)  # noqa: T201 - this is how it is heard


def document(source: BinaryIO) -> Made:
    """Every page, as large as the largest box, and its text."""
    try:
        pages = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        password = getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD
        raise Refusal("password_needed" if password else "damaged") from None
    count = len(pages)
    if count == 0:
        raise Refusal("damaged")
    if count > MOST_SLIDES:
        raise Refusal("too_many_pages")
    texts = []
    for slide in range(1, count + 1):
        try:
            page = pages[slide - 1]
            width, height = page.get_size()
            if not (0 < width < 1e6 and 0 < height < 1e6):
                raise Refusal("damaged")
            scale = min(BOXES[-1] / width, BOXES[-1] / SHAPE / height)
            save(page.render(scale=scale).to_pil().convert("RGB"), slide, list(BOXES))
            texts.append(page.get_textpage().get_text_range()[:MOST_TEXT].replace("\0", ""))
            page.close()
        except pdfium.PdfiumError:
            raise Refusal("damaged") from None
        say(Progress(slide=slide, of=count))
    Path(TEXT).write_text(json.dumps(texts, ensure_ascii=False))
    return Made(kind="slides", slides=count, boxes=list(BOXES))


def film(source: BinaryIO, form: Form, most_ms: int) -> Made:
    """With `most_ms`, only sound, and made anew."""
    from web.server.courseware import moving

    try:
        if most_ms:
            with Path(SPOKEN).open("xb") as made:
                lasts_ms = moving.listened(source, form, most_ms, made)
            return Made(kind="audio", duration_ms=lasts_ms, mime=MIMES[Form.MP3], anew=True)
        found = moving.probe(source, form)
    except moving.Unplayable as why:
        raise Refusal(why.fault) from None
    if found.still is None:
        return Made(kind="audio", duration_ms=found.duration_ms, mime=found.mime)
    save(found.still, 1, list(BOXES[:2]))
    return Made(kind="video", slides=1, boxes=list(BOXES[:2]), duration_ms=found.duration_ms, mime=found.mime)


def slides(source: BinaryIO) -> Made:
    try:
        with zipfile.ZipFile(source) as parts:
            if simulations.is_one(parts):
                return simulations.from_zip(parts)
    except simulations.Unfit:
        raise Refusal("simulation_unfit") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refusal("damaged") from None
    try:
        used = office.examine(source)
        with office.to_pdf(source, used, lambda: say(Progress(slide=0, of=1))) as made:
            return document(made)
    except office.Unfit as why:
        raise Refusal(why.fault) from None


def convert(form: Form, source: BinaryIO, largest: int = BOXES[-1], most_ms: int = 0) -> Made:
    """Raises Refusal, MemoryError."""
    if form in IMAGES:
        return image(source, form, [box for box in BOXES if box <= largest])
    if form in MEDIA:
        return film(source, form, most_ms)
    if form is Form.HTML:
        try:
            return simulations.from_html(source)
        except simulations.Unfit:
            raise Refusal("simulation_unfit") from None
    return document(source) if form is Form.PDF else slides(source)


def outcome(form: Form, source: BinaryIO, largest: int = BOXES[-1], most_ms: int = 0) -> Made | Refused | Full:
    try:
        return convert(form, source, largest, most_ms)
    except Refusal as refusal:
        return Refused(fault=refusal.fault)
    except MemoryError:
        return Refused(fault="too_complex")
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            return Full()
        if fault.errno == errno.EFBIG:
            return Refused(fault="too_complex")
        raise


def main() -> None:
    form, memory, cpu_s, file_bytes, largest, most_ms = sys.argv[1:7]
    Image.init()
    if form in MEDIA:
        from web.server.courseware import moving

        moving.load()
    for encoding in ("utf-16-le", "utf-8-sig", "cp437", "latin-1"):  # of PDF's texts, of a zip's names
        codecs.lookup(encoding)
    reads, sockets = (office.reads(), office.SOCKETS) if form == Form.OFFICE else (FONTS, ())
    if not confine(Limits(int(memory), int(cpu_s), int(file_bytes)), reads, sockets).fenced:
        say(Unfenced())
    signal.signal(signal.SIGXCPU, lambda *_: _too_complex())
    say(outcome(Form(form), sys.stdin.buffer, int(largest), int(most_ms)))


def _too_complex() -> None:
    say(Refused(fault="too_complex"))
    raise SystemExit(0)


if __name__ == "__main__":
    main()
