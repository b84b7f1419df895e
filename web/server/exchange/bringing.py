"""What somebody has on a disk, on its way into the library: exported folders, files, and folders of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from classroom.errors import OperatorFault
from web.server.control import Control, Refused
from web.server.courseware.forms import HEAD, MEDIA, form_of
from web.server.exchange import folder, paged
from web.server.exchange.folder import NotAFolder, safe

IMPORTS = "/api/v1/imports"


@dataclass(frozen=True, slots=True)
class Item:
    """One resource to be: `files` by the names that they are announced by. `title` of a file."""

    source: Path
    title: str | None
    files: dict[str, Path]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())


@dataclass(frozen=True, slots=True)
class Left:
    """What is not taken, and why."""

    source: Path
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    source: Path
    id: str | None
    title: str
    why: str = ""


def found(path: Path) -> Iterator[Item | Left]:
    """What is there to be taken. Raises OperatorFault where there is nothing of that name."""
    if path.is_symlink() or not path.exists():
        raise OperatorFault(
            f"{path} is not there" if not path.is_symlink() else f"{path} is a link: say what it leads to"
        )
    if path.is_file():
        yield _file(path)
    elif (path / folder.MANIFEST).is_file():
        yield _exported(path)
    else:
        for one in sorted(path.iterdir()):
            if one.name.startswith("."):
                continue
            if one.is_symlink():
                yield Left(one, "it is a link, which may lead anywhere")
            else:
                yield from found(one)


def _file(path: Path) -> Item | Left:
    if path.stat().st_size == 0:
        return Left(path, "it is empty")
    with path.open("rb") as file:
        head = file.read(HEAD)
    if path.suffix.lower() in (".m3u8", ".m3u", ".mpd", ".pls") or head.startswith((b"#EXTM3U", b"[playlist]")):
        return Left(path, "it is a list of what lies elsewhere")
    if form_of(head) not in {*MEDIA, *paged.MIMES}:
        return Left(path, "it is no film and no sound that browsers play, no PDF and no picture")
    return Item(path, path.stem[:200] or "file", {safe(path.name): path})


def _exported(path: Path) -> Item | Left:
    try:
        _, listed = folder.read_manifest((path / folder.MANIFEST).read_bytes())
    except (NotAFolder, OSError) as fault:
        return Left(path, str(fault))
    wanted = [one for one in listed if folder.is_taken(one)]
    if folder.DATA not in wanted:
        return Left(path, f"its manifest lists no {folder.DATA}")
    for one in wanted:
        inside = path / one
        if any((path / part).is_symlink() for part in (one, *map(str, PurePosixPath(one).parents))):
            return Left(path, f"{one} is a link, which may lead anywhere")
        if not inside.is_file():
            return Left(path, f"{one} is missing")
        if inside.stat().st_size != listed[one][0]:
            return Left(path, f"{one} is not as long as its manifest says")
    return Item(path, None, {one: path / one for one in wanted})


async def bring(control: Control, item: Item, owner: str | None, told: Callable[[int], None]) -> Outcome:
    """One of them, or nothing of it. `told` hears of bytes, each of them twice: read, and sent."""
    try:
        said = {} if item.title is not None else folder.read_manifest((item.source / folder.MANIFEST).read_bytes())[1]
        files: dict[str, Any] = {}
        for name, path in item.files.items():
            size, sha = folder.digest(path)
            told(size)
            if item.title is None and (size, sha) != said[name]:
                return Outcome(item.source, None, "", f"{name} is not what its manifest says")
            files[name] = {"bytes": size, "sha256": sha}
        body = {"files": files, "title": item.title, "owner": owner}
        begun = (await control.ask("POST", IMPORTS, body))["id"]
        try:
            for name, path in item.files.items():
                await control.put(f"{IMPORTS}/{begun}/files/{quote(name)}", path, files[name]["bytes"], told)
            made = await control.ask("POST", f"{IMPORTS}/{begun}/keep")
        except BaseException:
            with contextlib.suppress(Refused):
                await control.ask("DELETE", f"{IMPORTS}/{begun}")
            raise
    except (Refused, NotAFolder, OSError) as fault:
        return Outcome(item.source, None, item.title or "", str(fault))
    return Outcome(item.source, made["id"], made["title"])
