"""A PDF or a picture that somebody has, as a resource of pages: drawn in the sandbox, and kept as it is beside them."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path, PurePosixPath

from recordings.carried import Carried
from recordings.files import Floor
from recordings.sandbox import Limits
from web.server.courseware.forms import HEAD, Form, form_of
from web.server.courseware.making import BOXES, TEXT, slide_file
from web.server.courseware.running import run
from web.server.exchange import folder
from web.server.exchange.films import FAULTS
from web.server.exchange.folder import NotAFolder, safe

MIMES = {
    Form.PDF: "application/pdf",
    Form.PNG: "image/png",
    Form.JPEG: "image/jpeg",
    Form.WEBP: "image/webp",
    Form.GIF: "image/gif",
}
ENDINGS = {Form.PDF: ".pdf", Form.PNG: ".png", Form.JPEG: ".jpg", Form.WEBP: ".webp", Form.GIF: ".gif"}
NAME = "pages"
"""Under which they lie, as a courseware that a lesson shows does: `/courseware/pages/slides/{page}/{box}`; the file
itself is its `/media`."""
FILE = f"/courseware/{NAME}/media"
ALONE = "alone"
"""Beside the files of what comes in: the one that its pages are drawn from."""


def page(number: int, box: int) -> str:
    """Its address."""
    return f"/courseware/{NAME}/slides/{number}/{box}"


def addresses(many: int) -> set[str]:
    """Of all files that a resource of so many pages has."""
    return {FILE, *(page(number, box) for number in range(1, many + 1) for box in BOXES)}


def count(carried: Carried) -> int:
    """Of its pages; 0 of what has none."""
    return sum(name.startswith(f"/courseware/{NAME}/slides/") for name in carried.files) // len(BOXES)


async def again(place: Path, said: Carried, floor: Floor) -> tuple[Carried, Form]:
    """An exported folder's, of which `unpacking` took what is said: drawn anew from its file, so that they are those of
    the file whoever made the folder; nothing else of the folder stays. Raises NotAFolder, DiskShort, OSError."""
    path, resource = said.files[FILE], said.answers[""]
    name = PurePosixPath(path).name
    form = await asyncio.to_thread(_left_alone, place, path, name)
    drawn = await pages(place, name, form, resource["title"], resource["created_at"], floor)
    if (many := count(drawn)) != resource["pages"]:
        raise NotAFolder(f"it says {resource['pages']} pages, and its file has {many}", "damaged")
    return Carried({**drawn.answers, "": resource}, drawn.files), form


def _left_alone(place: Path, path: str, name: str) -> Form:
    """The form of the file at `path`, which comes to lie in `place` with nothing beside it."""
    alone = place.parent / ALONE
    (place / path).rename(alone)
    with alone.open("rb") as file:
        form = form_of(file.read(HEAD))
    if form not in ENDINGS or ENDINGS[form] != PurePosixPath(name).suffix:
        raise NotAFolder(f"{path} is no PDF and no picture, or not the one that its name says", "type_unsupported")
    shutil.rmtree(place)
    place.mkdir()
    alone.rename(place / name)
    return form


async def pages(place: Path, path: str, form: Form, title: str, now_ms: int, floor: Floor) -> Carried:
    """What it comes to as an exported folder would have it; its files are moved to where that has them. Raises
    NotAFolder, DiskShort, OSError."""
    source, look = place / path, place / "look"
    look.mkdir()
    try:
        made = await run(source, form, look, Limits(), floor)
        if made.said == "refused":
            raise NotAFolder(FAULTS.get(made.fault, made.fault), made.fault)
        texts = json.loads((look / TEXT).read_text()) if form is Form.PDF else []
        files = _placed(place, look, made.slides, made.boxes)
    finally:
        shutil.rmtree(look, ignore_errors=True)
    original = f"{folder.MEDIA}/{safe(PurePosixPath(path).stem)}{ENDINGS[form]}"
    (place / folder.MEDIA).mkdir(exist_ok=True)
    source.rename(place / original)
    files[FILE] = original
    resource = {
        "title": title,
        "kind": "upload",
        "created_at": now_ms,
        "duration_ms": None,
        "tracks": [],
        "cuts": [],
        "pages": made.slides,
    }
    words = [{"courseware": NAME, "texts": texts}] if texts else []
    return Carried({"": resource, "/events": [], "/words": words}, files)


def _placed(place: Path, look: Path, slides: int, boxes: list[int]) -> dict[str, str]:
    """For each size that may be asked for, the next larger one that there is, or the largest."""
    (place / folder.COURSEWARE).mkdir(exist_ok=True)
    files = {}
    for slide in range(1, slides + 1):
        for box in boxes:
            path = f"{folder.COURSEWARE}/{NAME}-{slide}-{box}.webp"
            (look / slide_file(slide, box)).rename(place / path)
        for asked in BOXES:
            there = min((box for box in boxes if box >= asked), default=max(boxes))
            files[page(slide, asked)] = f"{folder.COURSEWARE}/{NAME}-{slide}-{there}.webp"
    return files
