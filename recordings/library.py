"""What a lesson left, as an entry of the library: its tracks for the REST routes, its events for a viewer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from classroom.asking import unseen, without
from classroom.chat import retold, taken_away
from classroom.clock import Clock
from classroom.errors import ClientFault, Status
from classroom.events import Event, Json, Seat
from classroom.journal import Journal
from classroom.practice import APPLY as PRACTICE
from classroom.rules import VOICES, project
from classroom.store import Store
from classroom.store.records import Resource
from classroom.untold import untold
from recordings.edits import NOTHING, Edited
from recordings.files import DISCARDED, PLAYLIST, Entry, LessonFolder
from recordings.recovery import Repaired, repair

UNTOLD = VOICES | PRACTICE.keys()


def track(entry: Entry) -> Json:
    """Times in ms of the lesson's clock; `playlist` relative to the lesson's folder."""
    return {
        "id": entry.folder,
        "source": entry.source,
        "participant": entry.participant,
        "kind": entry.kind,
        "codec": entry.codec,
        "mime": entry.mime,
        "width": entry.width,
        "height": entry.height,
        "start_ms": entry.start_ms,
        "end_ms": entry.end_ms,
        "gaps": entry.gaps,
        "playlist": f"{entry.folder}/{PLAYLIST}",
    }


async def publish(store: Store, journal: Journal, clock: Clock, directory: Path, lesson: str) -> Resource | None:
    """Makes the entry of a lesson that has ended, or brings it up to date. None where nothing was recorded."""
    try:
        folder = await asyncio.to_thread(LessonFolder.load, directory / lesson)
    except (OSError, ValueError):
        return None
    row = await store.lessons.get(lesson)
    if row is None or not folder.entries:
        return None
    tracks = [track(entry) for entry in sorted(folder.entries, key=lambda entry: entry.start_ms)]
    ends = [event.at for event in await journal.events(lesson) if event.kind == "lesson.ended"]
    duration_ms = max([*ends, *(entry.end_ms or 0 for entry in folder.entries)])
    known = [resource for resource in await store.resources.of_lesson(lesson) if resource.kind == "recording"]
    for one in known:  # several, once it was split
        await store.resources.update(one.id, status="ready", duration_ms=duration_ms, tracks=tracks)
    if known:
        return await store.resources.get(known[0].id)
    return await store.resources.add(
        row.title, lesson, clock.epoch_ms(), lesson=lesson, status="ready", duration_ms=duration_ms, tracks=tracks
    )


async def recover(
    store: Store, journal: Journal, clock: Clock, directory: Path, busy: frozenset[str] = frozenset()
) -> list[Repaired]:
    """Repairs what a crash left open, and makes the entries that are missing of lessons that have ended. `busy` lessons
    are being recorded and left alone. What was repaired."""
    repaired = await asyncio.to_thread(repair, directory, busy)
    names = await asyncio.to_thread(_kept, directory)
    changed = {done.lesson for done in repaired}
    for name in names:
        row = await store.lessons.get(name) if name not in busy else None
        if row is None or row.phase != "ended":
            continue
        if name in changed or not await store.resources.of_lesson(name):
            await publish(store, journal, clock, directory, name)
    return repaired


def _kept(directory: Path) -> list[str]:
    names = [path.name for path in directory.iterdir() if path.is_dir() and path.name != DISCARDED]
    return [name for name in names if not (directory / DISCARDED / name).exists()]


async def timeline(
    store: Store, journal: Journal, resource: str, viewer: Seat, edited: Edited = NOTHING
) -> list[Event]:
    """The events of a recording's lesson as the viewer may know them; of what was cut out, what is left of it
    afterwards. Raises ClientFault `not_found`."""
    row = await store.resources.get(resource)
    if row is None or row.lesson is None:
        raise ClientFault("not_found", "There is no such recording.", Status.NOT_FOUND)
    events: Sequence[Event] = await journal.events(row.lesson)
    texts = await journal.texts(row.lesson)
    if edited.cuts or edited.participants:
        events, texts = await asyncio.to_thread(untold, list(events), dict(texts), edited.cuts, edited.participants)
    return await told(journal, row.lesson, viewer, events, texts)


async def told(
    journal: Journal, lesson: str, viewer: Seat, events: Sequence[Event], texts: Mapping[str, str]
) -> list[Event]:
    """Of these events of a lesson, what a viewer who looks back may know: of what pupils wrote on pages of their own
    only the copies that were shown to all, nothing of who talked with whom in a group nor of who was given what to
    practise with, of the chat nothing that was for the teachers alone, and of it and of learners' questions nothing
    that a teacher has since hidden."""
    withdrawn = unseen((await journal.state(lesson))["questions"])
    whole = list(await journal.events(lesson))
    return await asyncio.to_thread(_seen, viewer, list(events), dict(texts), withdrawn, whole)


def _seen(
    viewer: Seat, events: Iterable[Event], texts: Mapping[str, str], withdrawn: Collection[str], whole: Iterable[Event]
) -> list[Event]:
    away = taken_away(whole)
    projected = (project(event, viewer, texts) for event in events)
    seen = (without(event, withdrawn) for event in projected if event is not None)
    told = (retold(event, away) for event in seen if event is not None)
    return [event for event in told if event is not None and "board" not in event.data and event.kind not in UNTOLD]
