"""Somebody in recordings that were imported: known by the participant's id where that came from this installation; by
the name alone nobody is known, so those are told, and not touched. What is erased is erased in the folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from classroom.carried_erasing import addresses, came, erased, files_of
from classroom.events import Event
from classroom.store.records import Resource
from recordings.carried import Carried, keep, load
from recordings.removing import Gone
from web.server.parts import Parts


@dataclass(frozen=True, slots=True)
class Found:
    """`theirs`: they are in it. `alike`: somebody of that name is, of whom it is not known who that is."""

    theirs: list[Resource]
    alike: list[Resource]


async def look(parts: Parts, people: Collection[str], names: Collection[str]) -> Found:
    found = Found([], [])
    for row in await parts.store.resources.imported():
        try:
            carried = await asyncio.to_thread(load, parts.files.directory / row.path)
        except (OSError, ValueError):  # it is just being removed
            continue
        who = await asyncio.to_thread(came, carried.answers["/events"])
        if who.of(people) or any(track["participant"] in people for track in row.tracks):
            found.theirs.append(row)
        elif who.called(names):
            found.alike.append(row)
    return found


def erase(folder: Path, people: Collection[str], tracks: Collection[str]) -> Gone:
    """`tracks`: files of those that go. Blocks; again, it changes nothing. Raises OSError."""
    try:
        carried = load(folder)
    except FileNotFoundError:
        return Gone()
    events = [Event(**one) for one in carried.answers["/events"]]
    works = files_of(events, people)
    dropped = set(addresses(works, {*carried.answers, *carried.files}))
    told = [event.json() for event in erased(events, people)]
    answers = {name: said for name, said in carried.answers.items() if name not in dropped} | {"/events": told}
    files = {name: path for name, path in carried.files.items() if name not in dropped}
    after = Carried(answers, files)
    if json.dumps([after.answers, after.files]) != json.dumps([carried.answers, carried.files]):
        keep(folder, after)
    gone = Gone()
    for path in {carried.files[name] for name in dropped & carried.files.keys()} - set(files.values()) | set(tracks):
        place = folder / path
        if place.is_file():
            gone += Gone(1, place.stat().st_size, 0)
            place.unlink()
    return gone
