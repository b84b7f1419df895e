"""Resources that come in: their files are announced, sent one by one, and become a resource all at once.

Teachers bring in for themselves, as much as `--uploads-gb` says; the staff for anyone.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Annotated

from aiohttp import web
from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.ids import new_id
from classroom.store.records import Account, Captions, Resource
from recordings import carried
from recordings.carried import Carried
from recordings.files import Floor, is_full
from web.server.api import Needs, Route
from web.server.bodies import Body, View, Words
from web.server.courseware.forms import HEAD, Form, form_of
from web.server.courseware.shelf import storage_full
from web.server.cues import dumped
from web.server.exchange import films, folder, paged, unpacking, zipped
from web.server.exchange.folder import NotAFolder
from web.server.exchange.staging import MOST_BYTES, MOST_DATA, Staging
from web.server.pieces import pieces
from web.server.problems import problem
from web.server.seats import not_found
from web.server.sessions import RANKS, Call

PACKED = "packed"
MOST_AT_ONCE = 20
"""Imports of a teacher that are announced and not over."""
PATH = Annotated[str, Field(max_length=400)]


class FileSaid(Body):
    """`sha256` may be left out of one with a title: a page cannot reckon it of a file larger than its memory."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class ImportAsked(Body):
    """Of an exported folder all that its manifest lists but the player; or one film, sound, PDF or picture, with its
    `title`, or an exported folder as one zip. `owner`: the login of whose it is to be: a teacher's own; else no one's
    but the staff's."""

    files: dict[PATH, FileSaid]
    title: Words | None = None
    owner: Annotated[str, Field(max_length=200)] | None = None


class ImportView(View):
    """`missing`: files that have not come yet."""

    id: str
    missing: list[str]


class Imported(View):
    id: str
    title: str
    kind: str


def _staging(call: Call) -> Staging:
    return Staging(call.parts.files.directory)


async def asked(call: Call, body: ImportAsked) -> ImportView:
    owner, by = await _owner(call, body.owner), None
    if not _is_staff(call):
        by = call.signed_in.id
        await _check_room(call, by, sum(one.bytes for one in body.files.values()))
    wanted = {path: (one.bytes, one.sha256 or "") for path, one in body.files.items()}
    if body.title is None:
        if folder.DATA not in wanted:
            raise _unfit(f"there is no {folder.DATA} in it: it is no exported folder")
        if not all(one.sha256 for one in body.files.values()):
            raise _unfit("of an exported folder each file needs its SHA-256")
        if other := next((path for path in wanted if not folder.is_taken(path)), None):
            raise _unfit(f"{other[:80]!r} is not what is taken of an exported folder")
    if body.title is not None and len(wanted) != 1:
        raise _unfit("a film, a PDF, a picture or a zip is one file")
    try:
        said = {"title": body.title, "owner": owner.login if owner else None, "by": by}
        name = await asyncio.to_thread(_staging(call).begin, wanted, said)
    except (NotAFolder, OSError) as fault:
        raise _refused(fault) from None
    return ImportView(id=name, missing=sorted(wanted))


async def sent(call: Call) -> None:
    """One of the files that were announced, whole."""
    path = call.path("path")
    await _check_mine(call)
    try:
        incoming = await asyncio.to_thread(_staging(call).incoming, call.path("import"), path)
        try:
            async for piece in pieces(call.request):
                await asyncio.to_thread(incoming.write, piece)
        except BaseException:
            incoming.drop()
            raise
        await asyncio.to_thread(incoming.close)
    except (KeyError, FileNotFoundError):  # also one that was given up or kept meanwhile
        raise not_found("import") from None
    except (NotAFolder, OSError) as fault:
        raise _refused(fault, path) from None


async def given_up(call: Call) -> None:
    await _check_mine(call)
    try:
        await asyncio.to_thread(_staging(call).give_up, call.path("import"))
    except KeyError:
        raise not_found("import") from None


async def kept(call: Call) -> Annotated[web.Response, Imported]:
    """All of it, or nothing: what is refused is gone; of a film `reason` says why."""
    staging, name = _staging(call), call.path("import")
    await _check_mine(call)
    try:
        wanted = await asyncio.to_thread(staging.wanted, name)
        missing = set(wanted) - await asyncio.to_thread(staging.has, name)
        if missing:
            raise ClientFault("not_ready", f"{len(missing)} files have not come yet.", Status.CONFLICT)
        wanted, said = await asyncio.to_thread(staging.take, name)
    except KeyError:
        raise not_found("import") from None
    try:
        made = await _kept(call, staging, name, wanted, said)
        return web.json_response(made.model_dump(), status=201)
    except (NotAFolder, OSError) as fault:
        if isinstance(fault, NotAFolder) and fault.reason:
            unfit = _unfit(str(fault))
            return problem(unfit.status, unfit.code, unfit.message, more={"reason": fault.reason})
        raise _refused(fault) from None
    finally:
        await asyncio.to_thread(staging.give_up, name)


async def _kept(call: Call, staging: Staging, name: str, wanted: dict[str, tuple[int, str]], said: Json) -> Imported:
    place, parts = staging.files(name), call.parts
    owner = await _owner(call, said["owner"])
    form = None if said["title"] is None else await asyncio.to_thread(_form, place / next(iter(wanted)))
    if form is Form.OFFICE:
        wanted = await asyncio.to_thread(_unpacked, place, next(iter(wanted)), await _room(call, said["by"]))
    if form is None or form is Form.OFFICE:
        carries = await asyncio.to_thread(_read, place / folder.DATA)
        found = await asyncio.to_thread(unpacking.found, carries, wanted)
        if found.resource.pages:
            original = carries.files[paged.FILE]
            wanted = {original: wanted[original]}
            carries, form = await paged.again(place, carries, Floor())
            found = await asyncio.to_thread(unpacking.found, carries, dict.fromkeys(carries.files.values()))
    elif form in paged.MIMES:
        carries = await paged.pages(place, next(iter(wanted)), form, said["title"], parts.now_ms, Floor())
        found = await asyncio.to_thread(unpacking.found, carries, dict.fromkeys(carries.files.values()))
    else:
        carries = await films.film(place, next(iter(wanted)), said["title"], parts.now_ms, Floor())
        files = {one["playlist"] for one in carries.answers[""]["tracks"]}
        found = await asyncio.to_thread(unpacking.found, carries, dict.fromkeys(files))
    await asyncio.to_thread(_encodable, found.carried)
    resource = new_id()
    await asyncio.to_thread(_tidy, place, found.carried)
    path = await asyncio.to_thread(staging.become, name, resource)
    row = Resource(
        resource,
        None,
        found.resource.title,
        found.resource.kind,
        "ready",
        found.resource.created_at,
        found.resource.duration_ms,
        path,
        [one.model_dump() for one in found.resource.tracks],
        owner=owner.id if owner else None,
        school=owner.school if owner else None,
        state_at=parts.now_ms,
        changed_at=parts.now_ms,
        bytes=sum(size for size, _ in wanted.values()),
        mime=paged.MIMES.get(form, "") if form else "",
        **{field: getattr(found.details, field) for field in found.details.__dataclass_fields__ if field != "title"},
    )
    try:
        await parts.store.resources.put(row)
        for one, cues in found.captions:
            captions = Captions(resource, one.language, new_id(), one.origin, len(cues), one.changed_at)
            await parts.store.captions.put(captions, await asyncio.to_thread(dumped, cues), None)
    except BaseException:
        await parts.store.resources.remove(resource)
        await asyncio.to_thread(_remove, parts.files.directory / path)
        raise
    return Imported(id=resource, title=row.title, kind=row.kind)


def _form(path: Path) -> Form | None:
    """None is of nothing that is taken. Raises NotAFolder."""
    with path.open("rb") as file:
        form = form_of(file.read(HEAD))
    if form is None:
        raise NotAFolder(films.FAULTS["type_unsupported"], "type_unsupported")
    return form


def _unpacked(place: Path, name: str, most_bytes: int) -> dict[str, tuple[int, str]]:
    packed = place.parent / PACKED
    (place / name).rename(packed)
    return zipped.unpack(packed, place, most_bytes, Floor())


def _read(path: Path) -> Carried:
    if path.stat().st_size > MOST_DATA:
        raise NotAFolder(f"{folder.DATA} is larger than {MOST_DATA >> 20} MB")
    try:
        return folder.carried(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise NotAFolder(f"{folder.DATA} is not UTF-8") from None


def _encodable(found: Carried) -> None:
    try:
        json.dumps([found.answers, found.files], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotAFolder("there is half of a character in it") from None


def _tidy(place: Path, found: Carried) -> None:
    """Nothing stays but what the resource has."""
    (place / folder.DATA).unlink(missing_ok=True)
    carried.keep(place, found)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _is_staff(call: Call) -> bool:
    return call.operator or RANKS[call.signed_in.role] >= RANKS["staff"]


async def _check_mine(call: Call) -> None:
    """Of a teacher none but the own ones are there. Raises 404."""
    if _is_staff(call):
        return
    try:
        said = await asyncio.to_thread(_staging(call).said, call.path("import"))
    except KeyError:
        raise not_found("import") from None
    if said.get("by") != call.signed_in.id:
        raise not_found("import")


async def _room(call: Call, by: str | None) -> int:
    """Bytes that this account may still bring in; of the staff as many as one import may have."""
    if by is None:
        return MOST_BYTES
    most = int(call.parts.settings.uploads_gb * (1 << 30))
    return max(0, most - await call.parts.store.resources.uploaded_bytes(by))


async def _check_room(call: Call, by: str, size: int) -> None:
    """Raises ClientFault `uploads_full` (409)."""
    many, coming = await asyncio.to_thread(_staging(call).coming, by)
    if many >= MOST_AT_ONCE or coming + size > await _room(call, by):
        raise ClientFault("uploads_full", "There is no room for it among your uploads: remove one.", Status.CONFLICT)


async def _owner(call: Call, login: str | None) -> Account | None:
    if not _is_staff(call):
        if login not in (None, call.signed_in.login):
            raise ClientFault("not_allowed", "What you bring in is yours.", Status.FORBIDDEN)
        return call.signed_in
    if login is None:
        return None
    account = await call.parts.store.accounts.by_login(login)
    if account is None:
        raise not_found("account")
    return account


def _refused(fault: NotAFolder | OSError, path: str = "") -> ClientFault:
    if isinstance(fault, NotAFolder):
        return _unfit(f"{path}: {fault}" if path else str(fault))
    if is_full(fault):
        return storage_full()
    if isinstance(fault, (FileExistsError, IsADirectoryError, NotADirectoryError)):
        return _unfit(f"{path or 'a file'} has the name of a folder that is needed, or lies below a file")
    raise fault


def _unfit(why: str) -> ClientFault:
    return ClientFault("import_unfit", f"It cannot be taken: {why}.")


IMPORTS, ONE = "/api/v1/imports", "/api/v1/imports/{import}"
ROUTES = (
    Route(
        "POST",
        IMPORTS,
        asked,
        "Announce the files of a resource that is to come in",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_allowed", "uploads_full", "import_unfit", "storage_full"),
        most_bytes=8 << 20,
    ),
    Route(
        "PUT",
        f"{ONE}/files/{{path:.+}}",
        sent,
        "Send one of them",
        Needs.ACCOUNT,
        204,
        codes=("not_found", "import_unfit", "storage_full", "line_broken"),
        takes="application/octet-stream",
    ),
    Route(
        "POST",
        f"{ONE}/keep",
        kept,
        "Make a resource of them, once all are there",
        Needs.ACCOUNT,
        201,
        codes=("not_found", "not_ready", "import_unfit", "storage_full"),
    ),
    Route("DELETE", ONE, given_up, "Have it not come in", Needs.ACCOUNT, 204, codes=("not_found",)),
)
