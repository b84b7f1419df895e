"""Files of questions into a bank and out of it, with their pictures and sounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints, TypeAdapter, ValidationError

from classroom import bank
from classroom.activities import media
from classroom.bank import Note, noted
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.ids import new_id
from classroom.reducer import Offered
from classroom.store.questions import Search
from classroom.store.records import Account, Banked, Courseware
from recordings.files import is_full
from web.server import banking
from web.server.api import Needs, Route
from web.server.banking import FILE_BYTES, MOST, MOST_NOTES, WRITTEN, Folder, Kept
from web.server.bodies import View, Words
from web.server.courseware.bringing import Bringing, Brought, Piece, looks_fit
from web.server.courseware.carrying import carried
from web.server.courseware.converter import Converter
from web.server.courseware.sending import receive
from web.server.courseware.shelf import storage_full
from web.server.parts import Parts
from web.server.pieces import pieces
from web.server.routes.questions import BANK, PAGE, Owned, Wanted, full, school_of, search_of, times_of, viewer_of
from web.server.sessions import Call

FILE = "application/octet-stream"
LEFT_OUT, TYPES, BARE = "X-Left-Out", "X-Left-Out-Types", "X-Without-Media"
NAME: TypeAdapter[str] = TypeAdapter(Words)


class NoteView(View):
    """`line` of the file, counted from 1, where that can be said. The `message` is the sentence of the code, with its
    `fields`, in English."""

    line: int | None
    code: str
    fields: dict[str, str | int]
    message: str


class ImportedView(View):
    """How many questions were understood; they are kept unless it was a trial. `media`: how many pictures and sounds
    came onto the shelf with them."""

    understood: int
    kept: bool
    media: int
    notes: list[NoteView]


class Export(Wanted):
    format: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,16}$")]


class Import(Owned):
    """`name` of the file, by which its format is known. What names no folder goes into `folder`."""

    name: Words
    folder: Folder = ""
    shared: Literal["yes", "no"] = "no"
    keep: Literal["yes", "no"] = "yes"


async def imported(call: Call, query: Import) -> ImportedView:
    """All of what is understood, with the pictures and sounds that the file brings, or nothing."""
    owner, parts, keeps = await _owner(call, query), call.parts, query.keep == "yes"
    if call.request.content_type != FILE:
        raise ClientFault("media_type", f"The body must be {FILE}.", Status.MEDIA_TYPE)
    async with _workplace(parts) as place:
        sent = await receive(parts.shelf, place, pieces(call.request), FILE_BYTES)
        told = await parts.reader.read(query.name, sent, place)
        wanted = await asyncio.to_thread(_pieces, told, place)
        if not keeps or owner is None:
            return await _tried(parts, told, wanted, await _ready(parts, owner))
        if await parts.store.questions.count(owner.id) + len(told.questions) > MOST:
            raise full()  # before anything is on the shelf
        school = school_of(owner, query.shared == "yes")
        bringing = _bringing(parts)
        async with parts.shelf.bringing(owner.id), bringing.bring(owner.id, wanted, parts.now_ms) as brought:
            fit, notes = await _fitted(told, await _ready(parts, owner), brought)
            named = await asyncio.to_thread(lambda: frozenset().union(*(media.names(one["question"]) for one in fit)))
            await bringing.drop_but(brought, named)
            times = times_of(parts.now_ms)
            for one in fit:
                one["folder"] = one["folder"] or query.folder
            rows = [Banked(new_id(), owner.id, school, position=0, **one, **times) for one in fit]
            if not await parts.store.questions.add(owner.id, rows, MOST):
                raise full()
    return _view(fit, True, len(brought.fresh), told, notes)


async def _ready(parts: Parts, owner: Account | None) -> dict[str, Courseware]:
    """What is on the shelf. A file may name more than one look-up takes; a shelf has an end."""
    there = await parts.store.shelves.list(owner.id) if owner else ()
    return {row.id: row for row in there if row.status == "ready"}


async def _tried(
    parts: Parts, told: banking.Read, wanted: Mapping[str, Piece], shelf: Mapping[str, Courseware]
) -> ImportedView:
    """Without keeping anything: pictures and sounds are what they look like."""
    brought = Brought()
    for known, piece in wanted.items():
        if await asyncio.to_thread(looks_fit, parts.shelf, piece):
            slides = 1 if piece.kind == media.PICTURE else 0
            brought.there[known] = Courseware(known, "", piece.name, 0, 0, "ready", kind=piece.kind, slides=slides)  # type: ignore[arg-type]
        else:
            brought.faults[known] = "type_unsupported"
    fit, notes = await _fitted(told, shelf, brought)
    return _view(fit, False, 0, told, notes)


def _view(fit: Sequence[Json], kept: bool, brought: int, told: banking.Read, notes: Sequence[Note]) -> ImportedView:
    every = [*(Note(**note) for note in told.notes), *notes]
    said = [NoteView.model_validate(note) for note in every[:MOST_NOTES]]
    return ImportedView(understood=len(fit), kept=kept, media=brought, notes=said)


def _pieces(told: banking.Read, folder: Path) -> dict[str, Piece]:
    """What the file brings, as what its questions want it."""
    kinds = {known: kind for one in told.questions for known, kind in media.media_of(one["question"])}
    return {
        known: Piece(folder / known, _named(name), kinds[known]) for known, name in told.files.items() if known in kinds
    }


def _named(name: str) -> str:
    with contextlib.suppress(ValidationError):
        return NAME.validate_python(name[-120:])
    return "?"


def _bringing(parts: Parts) -> Bringing:
    converter = parts.live.converter if parts.live else Converter(parts.shelf, parts.store, parts.clock)
    return Bringing(parts.shelf, parts.store, converter)


async def _fitted(
    told: banking.Read, shelf: Mapping[str, Courseware], brought: Brought
) -> tuple[list[Json], list[Note]]:
    """The questions as they are kept, and what some lack."""
    every: Mapping[str, Offered] = {**shelf, **{row.id: row for row in brought.there.values()}}
    names = {known: row.id for known, row in brought.there.items()}
    fit, notes = [], []
    for number, one in enumerate(told.questions):
        if number % PAGE == 0:
            await asyncio.sleep(0)  # others are answered meanwhile
        line, place = one.pop("line"), one.pop("place")
        asked = media.renamed(one["question"], names)
        question = banking.with_what_is_there(asked, every)
        if question != asked:
            lacks = _lacking(asked, told.files, brought.faults)
            code = "media_needed" if question is None else "media_left"
            whose = code if lacks else f"{code}_off_shelf"
            notes.append(noted(line, whose, **place, prompt=asked["prompt"], **lacks))
        if question is not None:
            fit.append({**one, "question": question})
    return fit, notes


def _lacking(asked: Json, files: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, str]:
    """Which of the file's own it is without, and why; nothing, where that is not of the file."""
    known = min(media.names(asked) & faults.keys(), default=None)
    return {"name": files[known], "why": faults[known]} if known else {}


async def exported(call: Call, query: Export) -> web.Response:
    """Of what a search finds, the first 5,000. `X-Left-Out` says how many questions the format cannot hold,
    `X-Left-Out-Types` of which types, and `X-Without-Media` how many it holds without their picture or sound."""
    viewer, parts = await viewer_of(call, query), call.parts
    rows = await _all(call, viewer, search_of(query))
    said = [{name: getattr(row, name) for name in Kept.model_fields} for row in rows]
    async with _workplace(parts) as place:
        files = await _carried(parts, rows, viewer) if bank.carries_files(query.format) else {}
        left = await parts.reader.write(query.format, said, files, place)
        body = (place / WRITTEN).open("rb")  # which is read on when its name is gone
    name = f"questions.{bank.suffix(query.format)}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    headers |= {LEFT_OUT: str(sum(left.types.values())), BARE: str(left.bare)}
    headers |= {TYPES: ", ".join(f"{kind}={many}" for kind, many in sorted(left.types.items()))}
    return web.Response(body=body, content_type=FILE, headers=headers)


async def _carried(parts: Parts, rows: Sequence[Banked], viewer: Account | None) -> dict[str, tuple[str, str]]:
    """What the pictures and sounds of these are called, and where they lie. Of others' questions, pictures are as
    lessons show them."""
    files: dict[str, tuple[str, str]] = {}
    for owner, wanted in (await asyncio.to_thread(_wanted, rows)).items():
        has = [row for row in await parts.store.shelves.list(owner) if row.status == "ready" and row.id in wanted]
        own = viewer is None or viewer.id == owner
        files |= await asyncio.to_thread(carried, parts.shelf, has, own, sum_of(files))
    return files


def _wanted(rows: Sequence[Banked]) -> dict[str, set[str]]:
    """By whose shelf, which pictures and sounds these have."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row.owner, set()).update(media.names(row.question))
    return wanted


def sum_of(files: Mapping[str, tuple[str, str]]) -> int:
    return sum(Path(path).stat().st_size for _, path in files.values())


@contextlib.asynccontextmanager
async def _workplace(parts: Parts) -> AsyncIterator[Path]:
    try:
        async with parts.shelf.workplace() as place:
            yield place
    except OSError as fault:
        if is_full(fault):
            raise storage_full() from None
        raise


async def _all(call: Call, viewer: Account | None, search: Search) -> list[Banked]:
    """A page at a time, so that others are answered meanwhile."""
    rows: list[Banked] = []
    while len(rows) < MOST:
        page, _ = await call.parts.store.questions.list(viewer, search, len(rows), 10 * PAGE)
        rows += page
        if len(page) < 10 * PAGE:
            break
    return rows


async def _owner(call: Call, query: Import) -> Account | None:
    """Into whose bank; where the operator names nobody that of the only account there is, and nobody's on a trial."""
    owner = await viewer_of(call, query)
    if owner is not None or query.keep == "no":
        return owner
    accounts = await call.parts.store.accounts.list()
    if len(accounts) != 1:
        raise ClientFault("malformed", "owner: Whose bank? There is more than one account, or none.", Status.MALFORMED)
    return accounts[0]


ROUTES = (
    Route(
        "GET",
        f"{BANK}/export",
        exported,
        "Questions as a file of another format, with their pictures and sounds",
        Needs.ACCOUNT,
        codes=("malformed", "format_unknown", "file_too_complex", "busy", "storage_full"),
        gives=FILE,
    ),
    Route(
        "POST",
        f"{BANK}/import",
        imported,
        "Questions out of a file, with their pictures and sounds, and what of it was not understood",
        Needs.ACCOUNT,
        codes=(
            *("malformed", "format_unknown", "encoding_unknown", "too_large", "file_too_complex", "xml_forbidden"),
            *("xml_too_large", "zip_unfit", "bank_full", "no_school", "busy", "shelf_full", "storage_full"),
            "line_broken",
        ),
        takes=FILE,
    ),
)
