"""What comes in from an exported folder: read strictly, for anyone may have written it. Pure.

What happened is folded once, so that a page can fold it too; files are named by addresses of known forms alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from classroom.events import Event, Json
from classroom.kinds import EVENTS
from classroom.rules import fold
from classroom.store.captions import MOST_LANGUAGES
from classroom.store.records import Details
from recordings.carried import CUTS, TYPES, Carried
from recordings.webvtt import MOST_CUES, MOST_LINE
from web.server.cataloguing import Language, Point, Title
from web.server.courseware.making import MOST_SLIDES
from web.server.exchange import folder, paged
from web.server.exchange.folder import NotAFolder
from web.server.exchange.mentioned import is_ours, mentioned

MOST_MS = 2**42
ANSWERS = re.compile(r"/words|/courseware/[a-z0-9-]{1,40}/tracks|/works/[a-z0-9-]{1,40}", re.ASCII)
FILES = re.compile(
    r"/courseware/[a-z0-9-]{1,40}/(slides/\d{1,5}/\d{1,4}|media|simulation)|/works/[a-z0-9-]{1,40}(/\d{1,4})?", re.ASCII
)
Text = Annotated[str, StringConstraints(max_length=10_000)]
Name = Annotated[str, StringConstraints(max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[\w.:/+-]{0,64}$")]
Ms = Annotated[int, Field(ge=0, le=MOST_MS)]


class Said(BaseModel):
    """What another version says beside is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class TrackSaid(Said):
    id: Annotated[str, StringConstraints(pattern=r"^[\w.~-]{1,100}$")]
    source: Literal["camera", "courseware", "room", "student", "mic"]
    participant: Name
    kind: Literal["video", "audio"]
    codec: Annotated[str, StringConstraints(max_length=40)]
    mime: Name
    width: Annotated[int, Field(ge=0, le=2**15)]
    height: Annotated[int, Field(ge=0, le=2**15)]
    start_ms: Ms
    end_ms: Ms | None
    gaps: Annotated[list[Annotated[list[Ms], Field(min_length=2, max_length=2)]], Field(max_length=10_000)]
    playlist: Name
    aac: None = None


class ContributorSaid(Said):
    name: Name
    role: Code = ""


class ResourceSaid(Said):
    title: Title
    kind: Literal["recording", "upload"]
    created_at: Ms
    duration_ms: Ms | None
    tracks: Annotated[list[TrackSaid], Field(max_length=2_000)]
    cuts: Annotated[list[Annotated[list[Ms], Field(min_length=2, max_length=2)]], Field(max_length=1_000)]
    pages: Annotated[int, Field(ge=0, le=MOST_SLIDES)] = 0
    description: Text = ""
    subject: Code = ""
    grade: Code = ""
    edition: Code = ""
    type: Code = ""
    language: Language = ""
    licence: Code = ""
    audience: Code = ""
    points: Annotated[list[Point], Field(max_length=100)] = []
    contributors: Annotated[list[ContributorSaid], Field(max_length=100)] = []


class EventSaid(Said):
    seq: Annotated[int, Field(ge=1)]
    at: Ms
    actor: Name
    kind: Name
    data: dict[str, Any]
    cause: str | None
    v: int


class CueSaid(Said):
    start_ms: Ms
    end_ms: Ms
    text: Annotated[str, StringConstraints(max_length=MOST_LINE)]
    speaker: Annotated[str, StringConstraints(max_length=MOST_LINE)] = ""
    settings: Name = ""


class CaptionsSaid(Said):
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
    origin: Literal["file", "edited", "service"]
    changed_at: Ms


@dataclass(frozen=True, slots=True)
class Found:
    """`captions`: what is said of each language, and its cues."""

    resource: ResourceSaid
    details: Details
    captions: list[tuple[CaptionsSaid, list[Json]]]
    carried: Carried


def found(carried: Carried, files: Mapping[str, object]) -> Found:
    """`files`: what there is, by its path. Raises NotAFolder."""
    try:
        return _found(carried, files)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
        raise NotAFolder(f"{folder.DATA}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _found(carried: Carried, files: Mapping[str, object]) -> Found:
    answers = dict(carried.answers)
    resource = ResourceSaid.model_validate(answers.pop("", None))
    happened = _events(answers.pop("/events", None))
    captions = _captions(answers)
    for address in answers:
        if not ANSWERS.fullmatch(address):
            raise NotAFolder(f"{folder.DATA} answers what is never asked: {address[:80]!r}")
    films = [
        TrackSaid.model_validate(one) for key, some in answers.items() if key.endswith("/tracks") for one in _list(some)
    ]
    for track in (*resource.tracks, *films):
        _is_there(track.playlist, files, (".mp4", ".webm", ".m4a", ".mp3", ".ogg", ".wav", ".flac", ".weba"))
    for address, path in carried.files.items():
        if not FILES.fullmatch(address):
            raise NotAFolder(f"{folder.DATA} places what is never asked for: {address[:80]!r}")
        _is_there(
            path,
            files,
            (".html",) if address.endswith("/simulation") else tuple(one for one in TYPES if one != ".html"),
        )
    _has_time_or_pages(resource, happened, carried.files)
    fields = set(Details.__dataclass_fields__) - {"reach", "contributors"}
    details = Details(
        **{name: getattr(resource, name) for name in fields},
        contributors=[one.model_dump() for one in resource.contributors],
    )
    return Found(
        resource, details, captions, Carried({"/events": happened, CUTS: resource.cuts, **answers}, dict(carried.files))
    )


def _has_time_or_pages(resource: ResourceSaid, happened: list[Json], files: Mapping[str, str]) -> None:
    """Raises NotAFolder."""
    if not resource.pages:
        if resource.duration_ms is None or paged.count(Carried({}, files)):
            raise NotAFolder(f"{folder.DATA}: duration_ms: what has no pages has a length, and places none")
        return
    if resource.kind != "upload" or resource.duration_ms is not None or resource.tracks or happened or resource.cuts:
        raise NotAFolder(f"{folder.DATA}: pages: what has pages has no length, and nothing happens in it")
    wanted = paged.addresses(resource.pages)
    if lacking := sorted(wanted - files.keys()):
        raise NotAFolder(f"{folder.DATA} places no {lacking[0]}", "damaged")
    if stray := sorted(files.keys() - wanted):
        raise NotAFolder(f"{folder.DATA} places what is no page: {stray[0]!r}")


def _events(said: Any) -> list[Json]:
    happened = [EventSaid.model_validate(one).model_dump() for one in _list(said)]
    if any(one["seq"] >= after["seq"] or one["at"] > after["at"] for one, after in pairwise(happened)):
        raise NotAFolder(f"{folder.DATA}: what happened is out of order")
    for one in happened:
        _fits(one)
    try:
        fold(Event(**one) for one in happened)
    except Exception as fault:  # rules are written for journals of ours; what cannot be folded is none
        raise NotAFolder(f"{folder.DATA}: what happened cannot be played ({type(fault).__name__})") from None
    return happened


def _fits(event: Json) -> None:
    """Data as such an event has them, and files by names of ours. Raises NotAFolder."""
    where = f"{folder.DATA}: what happened cannot be played: event {event['seq']}"
    try:
        stray = [one for one in mentioned(event) if not is_ours(one)]
    except ValueError as fault:
        raise NotAFolder(f"{where}: {fault}") from None
    if stray:
        raise NotAFolder(f"{where}, it names no file of ours: {stray[0][1][:80]!r}")
    try:
        if (model := EVENTS.get(event["kind"])) is not None:
            model.model_validate_json(json.dumps(event["data"]))
    except ValidationError as fault:
        for one in fault.errors(include_url=False, include_input=False, include_context=False):
            if one["type"] != "extra_forbidden":
                raise NotAFolder(f"{where}, {'.'.join(map(str, one['loc']))}: {one['msg']}") from None


def _captions(answers: dict[str, Any]) -> list[tuple[CaptionsSaid, list[Json]]]:
    told = answers.pop("/captions", {"captions": []})
    listed = [
        CaptionsSaid.model_validate(one) for one in _list(told.get("captions") if isinstance(told, dict) else None)
    ]
    if len(listed) > MOST_LANGUAGES:
        raise NotAFolder(f"{folder.DATA}: captions in more than {MOST_LANGUAGES} languages")
    out = []
    for one in listed:
        said = answers.pop(f"/captions/{one.language}/cues", None)
        cues = _list(said.get("cues") if isinstance(said, dict) else None)
        if len(cues) > MOST_CUES:
            raise NotAFolder(f"{folder.DATA}: more than {MOST_CUES} captions")
        out.append((one, [CueSaid.model_validate(cue).model_dump() for cue in cues]))
    return out


def _list(said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise NotAFolder(f"{folder.DATA} has no list where one is to be")
    return said


def _is_there(path: str, files: Mapping[str, object], endings: tuple[str, ...]) -> None:
    if path not in files or PurePosixPath(path).suffix not in endings:
        raise NotAFolder(f"{folder.DATA} names what is not there: {path[:80]!r}")
