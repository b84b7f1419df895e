"""Puts a resource into a folder that plays without a server: asked for by the same addresses as a page's, and so
nothing goes out that who may watch it would not get. Pupils are numbered, as for another school, unless they are to be
named.

Media come as files, tracks joined from their segments. All is written beside the target and becomes it when it is
whole.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import av

from classroom.errors import OperatorFault
from classroom.events import Event, Json
from classroom.ids import new_id
from classroom.nameless import Pupils, labels, nameless, pupils
from recordings import webvtt
from recordings.carried import Carried
from recordings.files import PLAYLIST, is_full
from recordings.joining import MOST_BYTES, Joined, Run, runs
from recordings.playlist import named
from web.server.control import Missing
from web.server.courseware.making import BOXES
from web.server.exchange import folder, page, paged
from web.server.exchange.folder import ending, safe
from web.server.exchange.mentioned import Mention, is_ours, mentioned
from web.server.routes.showing import ALONE

PLAYER_FILES = ("player.js", "player.css")
CARRIES = frozenset({"recording", "upload"})
CARRIES_NOT = {
    "joined": "it is joined of recordings: export each of these",
    "courseware": "it is courseware, which a lesson shows: only recordings, and what was brought in, are exported",
    "bank": "it is a question bank: tongke bank export writes one into a file",
    "link": "it is a link: there is nothing of it here",
}
SHOWN = (
    *("title", "kind", "created_at", "duration_ms", "status", "description", "subject", "grade", "edition", "points"),
    *("language", "type", "contributors", "licence", "audience"),
)
"""What of a resource goes out beside its tracks: who owns, reviews or may see it here is nobody's elsewhere."""
TRACK = (
    *("id", "source", "participant", "kind", "codec", "mime", "width", "height", "start_ms", "end_ms", "gaps"),
    *("playlist", "aac"),
)


class Source(Protocol):
    """The installation, as `web.server.control.Control` reaches it. Everything may raise Refused."""

    async def ask(self, method: str, path: str) -> Any: ...

    async def fetch(self, path: str) -> tuple[bytes, Mapping[str, str]]: ...

    async def load(self, path: str, target: Path) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Told:
    """`missing`: what the lesson showed and is not there any more. `large`: files that FAT32 does not take."""

    files: int
    bytes: int
    missing: list[str]
    large: list[str]


Progress = Callable[[float], None]
"""Hears of the share that is done, 0 to 1."""


async def export(
    source: Source,
    resource: str,
    target: Path,
    exported_at: str,
    static: Path,
    progress: Progress,
    *,
    names: bool = False,
) -> Told:
    """`names`: pupils are called what they are called. Raises OperatorFault, Refused; then there is nothing of it."""
    target = _free(target, static)
    beside = target.with_name(f".{target.name[:80]}.{new_id()[:8]}.part")
    try:
        beside.mkdir()
        told = await Packing(source, resource, beside, static, progress, names=names).all(exported_at)
        await asyncio.to_thread(os.sync)
        beside.rename(target)
    except (OSError, av.FFmpegError, ValueError) as fault:
        raise OperatorFault(_why(target, fault)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return told


def _free(target: Path, static: Path) -> Path:
    target = target.absolute()
    if target.is_symlink() or target.exists():
        raise OperatorFault(f"{target} is there already: say a folder that is not, which will be made")
    if not target.parent.is_dir():
        raise OperatorFault(f"{target.parent} is no folder")
    if not (static / PLAYER_FILES[0]).is_file():
        raise OperatorFault("the player is not built: run make setup")
    return target


def _why(target: Path, fault: Exception) -> str:
    number = getattr(fault, "errno", None)
    if is_full(fault):
        return f"there is no room for it in {target.parent}: nothing was written"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{target.parent} cannot be written to: nothing was written"
    if isinstance(fault, OSError) and not isinstance(fault, av.FFmpegError):
        return f"{target} could not be written ({fault.strerror or fault}): nothing was written"
    return f"the recording is damaged ({fault}): nothing was written"


class Packing:
    def __init__(
        self, source: Source, resource: str, target: Path, static: Path, progress: Progress, *, names: bool
    ) -> None:
        self._source, self._id, self._target, self._static = source, resource, target, static
        self._names = names
        self._base = f"/api/v1/resources/{resource}"
        self._answers: dict[str, Any] = {}
        self._files: dict[str, str] = {}
        self._progress = progress
        self._done_ms, self._all_ms = 0, 1
        self._missing: list[str] = []
        self._paths: set[str] = set()

    async def all(self, exported_at: str) -> Told:
        whole = await self._source.ask("GET", self._base)
        if whole["kind"] not in CARRIES:
            raise OperatorFault(CARRIES_NOT.get(whole["kind"], f"{whole['kind']} cannot be exported"))
        if whole["duration_ms"] is None and not whole["pages"]:
            raise OperatorFault("it is still being recorded")
        events = await self._source.ask("GET", f"{self._base}/events")
        called = None if self._names else _called(events, whole["language"])
        if called is not None:
            events = [one.json() for one in nameless([Event(**one) for one in events], called)]
        self._all_ms = max(1, sum(map(_lasts_ms, whole["tracks"])))
        shown = {key: whole[key] for key in SHOWN if key in whole}
        tracks = [one for track in whole["tracks"] for one in await self._track(track, folder.MEDIA)]
        answer = {
            "id": "carried", **shown, "lesson": None, "tracks": tracks, "cuts": whole["cuts"], "may_edit": False
        }  # fmt: skip
        if whole["pages"]:
            answer |= {"pages": whole["pages"], "duration_ms": None}
            await self._pages(whole["title"], whole["pages"])
        self._answers = {"": answer, "/events": events}
        await self._captions(called)
        await self._words()
        await self._happened(events)
        linked = await self._metadata()
        return await asyncio.to_thread(self._close, answer, linked, exported_at)

    async def _metadata(self) -> str:
        """As it is said elsewhere; as JSON-LD, for the page too."""
        linked = ""
        for name, suffix in (("dublin-core", ".xml"), ("lom", ".xml"), ("schema", ".json")):
            data, _ = await self._source.fetch(f"{self._base}/metadata/{name}?place=away")
            await self._written(folder.METADATA, name, data, "", suffix)
            linked = data.decode()
        return linked

    # What happened

    async def _happened(self, events: list[Json]) -> None:
        """Files that the lesson's events speak of: each once, whatever happened to it."""
        done: set[Mention] = set()
        for event in events:
            try:
                found = mentioned(event)
            except ValueError:
                self._missing.append(f"what event {event['seq']} shows")
                continue
            for wanted in found:
                if wanted not in done:
                    done.add(wanted)
                    if is_ours(wanted):
                        await self._bring(*wanted)
                    else:
                        self._missing.append(repr(wanted)[:200])

    async def _bring(self, what: str, name: str, *more: str) -> None:
        match what:
            case "slide":
                await self._picture(f"/courseware/{name}/slides/{more[0]}", folder.COURSEWARE, f"{name}-{more[0]}")
            case "media":
                await self._file(f"/courseware/{name}/media", folder.COURSEWARE, name)
            case "simulation":
                await self._simulation(name)
            case "recording":
                await self._recording(name)
            case "work":
                await self._work(name)

    async def _picture(self, address: str, where: str, name: str) -> None:
        """In the largest size that there is, for all that may be asked for."""
        for box in sorted(BOXES, reverse=True):
            found = await self._fetched(f"{address}/{box}")
            if found is not None:
                path = await self._written(where, name, *found)
                self._files |= {f"{address}/{size}": path for size in BOXES}
                return
        self._missing.append(address)

    async def _file(self, address: str, where: str, name: str) -> None:
        """Of any length, so it goes past the memory."""
        part = self._target / "part"
        try:
            headers = await self._source.load(self._base + address, part)
        except Missing:
            self._missing.append(address)
            return
        path = self._path(where, name, ending(headers["Content-Type"]))
        part.rename(self._target / path)
        self._files[address] = path

    async def _simulation(self, name: str) -> None:
        """It is as confined as the server's answer has it."""
        address = f"/courseware/{name}/simulation"
        found = await self._fetched(address)
        if found is None:
            self._missing.append(address)
            return
        policy = "; ".join(
            one for one in ALONE["Content-Security-Policy"].split("; ") if not one.startswith(("sandbox", "frame-"))
        )
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        data = found[0] if meta.encode() in found[0] else _after_doctype(found[0], meta.encode())
        self._files[address] = await self._written(folder.COURSEWARE, name, data, "text/html")

    async def _recording(self, name: str) -> None:
        address = f"/courseware/{name}/tracks"
        try:
            tracks = await self._source.ask("GET", self._base + address)
        except Missing:
            self._missing.append(address)
            return
        if not all(track["playlist"].startswith(f"{self._base}{address}/") for track in tracks):  # imported: no address
            self._missing.append(address)
            return
        found = [one for track in tracks for one in await self._track(track, folder.COURSEWARE, f"{name}-")]
        self._answers[address] = found

    async def _work(self, name: str) -> None:
        address = f"/works/{name}"
        found = await self._fetched(address)
        if found is None:
            self._missing.append(address)
        elif found[1].startswith("application/json"):
            self._answers[address] = await self._source.ask("GET", self._base + address)
        elif found[1].startswith("image/"):
            await self._picture(address, folder.WORKS, name)
        else:
            self._files[address] = await self._written(folder.WORKS, name, *found)

    async def _words(self) -> None:
        self._answers["/words"] = await self._source.ask("GET", f"{self._base}/words")

    async def _captions(self, called: Pupils | None) -> None:
        """Beside the answers as WebVTT, for other players."""
        told = await self._source.ask("GET", f"{self._base}/captions")
        told |= {"may_edit": False, "service": False, "captioning": None}
        kept = []
        for one in told["captions"]:
            language = one["language"]
            data, _ = await self._source.fetch(f"{self._base}/captions/{language}")
            cues = [asdict(cue) for cue in webvtt.read(data.decode(), "vtt")] if b"-->" in data else []
            if called is not None:
                cues = labels(cues, called)
                data = webvtt.write(webvtt.Cue(**cue) for cue in cues).encode()
            answer = {"language": language, "revision": "carried", "cues": cues}
            self._answers[f"/captions/{language}/cues"] = answer
            await self._written(folder.CAPTIONS, language, data, "text/vtt", ".vtt")
            kept.append({**one, "revision": "carried", "count": len(cues)})
        self._answers["/captions"] = {**told, "captions": kept}

    # Pages

    async def _pages(self, title: str, many: int) -> None:
        """Each in every size that there is, once, and the file itself. Raises Missing: without them it is none."""
        for number in range(1, many + 1):
            paths: dict[bytes, str] = {}
            for box in BOXES:
                address = paged.page(number, box)
                data, headers = await self._source.fetch(self._base + address)
                if data not in paths:
                    name = f"{paged.NAME}-{number}-{box}"
                    paths[data] = await self._written(folder.COURSEWARE, name, data, headers["Content-Type"])
                self._files[address] = paths[data]
            self._progress(number / many)
        await self._file(paged.FILE, folder.MEDIA, title)
        if paged.FILE not in self._files:
            raise OperatorFault("its file is not there any more")

    # Tracks

    async def _track(self, track: Json, where: str, before: str = "") -> list[Json]:
        """One track for each of the files that it becomes."""
        shown = {key: track[key] for key in TRACK} | {"aac": None}
        if not track["playlist"].endswith(PLAYLIST):
            path = self._path(where, before + track["id"], Path(track["playlist"]).suffix)
            if not (self._target / path).exists():
                await self._source.load(track["playlist"], self._target / path)
            self._advance(_lasts_ms(track))
            return [shown | {"playlist": path}]
        base = track["playlist"].removesuffix(PLAYLIST)
        text, _ = await self._source.fetch(track["playlist"])
        listed = named(text.decode())
        out: list[tuple[str, int, str]] = []
        parts = runs(listed)
        while parts:
            run = parts.pop(0)
            number = len(out)
            name = track["id"] if not number else f"{track['id']}.{number}"
            path = self._path(where, before + name, ".mp4")
            rest = await self._join(track, base, run, self._target / path)
            if rest is not None:
                parts.insert(0, rest)
            out.append((name, track["start_ms"] + run.after_ms, path))
        ends = [*(start for _, start, _ in out[1:]), track["end_ms"]]
        return [
            shown
            | {"id": name, "start_ms": start, "end_ms": end, "playlist": path}
            | {"gaps": [one for one in track["gaps"] if one[1] > start and one[0] < (end or one[1])]}
            for (name, start, path), end in zip(out, ends, strict=True)
        ]

    async def _join(self, track: Json, base: str, run: Run, path: Path) -> Run | None:
        """What did not fit into the file any more."""
        init, _ = await self._source.fetch(base + run.init)
        joined, filled = Joined(path, init, track["kind"]), 0
        try:
            for number, segment in enumerate(run.segments):
                data, _ = await self._source.fetch(base + segment.name)
                filled += len(data)
                if filled > MOST_BYTES and number:
                    later = segment.at_ms - run.segments[0].at_ms
                    return Run(run.init, run.segments[number:], run.after_ms + later)
                await asyncio.to_thread(joined.add, segment, data)
                self._advance(segment.duration_us // 1000)
        finally:
            await asyncio.to_thread(joined.close)
        return None

    def _advance(self, by_ms: int) -> None:
        self._done_ms += by_ms
        self._progress(min(1.0, self._done_ms / self._all_ms))

    # Files

    async def _fetched(self, address: str) -> tuple[bytes, str] | None:
        try:
            data, headers = await self._source.fetch(self._base + address)
        except Missing:
            return None
        return data, headers["Content-Type"]

    async def _written(self, where: str, name: str, data: bytes, mime: str, suffix: str = "") -> str:
        path = self._path(where, name, suffix or ending(mime))
        await asyncio.to_thread((self._target / path).write_bytes, data)
        return path

    def _path(self, where: str, name: str, suffix: str) -> str:
        """One that is nobody's yet, for file systems that take capitals for small letters, too."""
        (self._target / where).mkdir(exist_ok=True)
        stem, number = safe(name), 1
        while (path := f"{where}/{stem}{f'-{number}' if number > 1 else ''}{suffix}").lower() in self._paths:
            number += 1
        self._paths.add(path.lower())
        return path

    def _close(self, answer: Json, linked: str, exported_at: str) -> Told:
        target = self._target
        (target / folder.PLAYER).mkdir()
        for name in PLAYER_FILES:
            shutil.copyfile(self._static / name, target / folder.PLAYER / name)
        for name in ("prefs.js", "icon.svg"):
            shutil.copyfile(self._static.parent / name, target / folder.PLAYER / name)
        (target / folder.DATA).write_text(
            folder.script(Carried(self._answers, self._files)), encoding="utf-8", newline=""
        )
        (target / folder.PAGE).write_text(page.written(answer, linked), encoding="utf-8", newline="")
        files = {
            path.relative_to(target).as_posix(): folder.digest(path)
            for path in sorted(target.rglob("*"))
            if path.is_file()
        }
        said = folder.manifest(self._id, answer["title"], exported_at, files)
        (target / folder.MANIFEST).write_text(said, encoding="utf-8", newline="")
        large = [path for path, (size, _) in files.items() if size >= 1 << 32]
        return Told(len(files), sum(size for size, _ in files.values()), self._missing, large)


def _called(events: list[Json], language: str) -> Pupils:
    """In the language that the resource says it is in; Chinese where it says none."""
    return pupils((Event(**one) for one in events), (language or "zh")[:2].lower())


def _lasts_ms(track: Json) -> int:
    return int((track["end_ms"] or track["start_ms"]) - track["start_ms"])


def _after_doctype(html: bytes, meta: bytes) -> bytes:
    """Before the first element, and after the line that says which HTML it is."""
    if html[:9].lower() == b"<!doctype":
        end = html.find(b">") + 1
        return html[:end] + meta + html[end:]
    return meta + html
