"""Erasing a person: found, previewed, and done as a job like a deletion's (`removing`), whose rows are these:

names, chat, answers in words, questions, board text, ink, notes, what was handed in, names in what is said of the
recordings and in their captions; tracks by choice hidden or gone. Events stay in their order, under an id that names
nobody, so figures stay as they are.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from classroom.errors import ClientFault, Status
from classroom.ids import digest, new_id
from classroom.store.erasing import Person, Traces
from classroom.store.records import Removal
from classroom.store.removals import packed, unpacked
from recordings.removing import Gone, stretches, stretches_gone
from web.server.courseware.turns import turn
from web.server.keeping import imports
from web.server.keeping.imports import Found
from web.server.keeping.removing import lock_of, places, stop_renders, take_away
from web.server.parts import Parts


@dataclass(frozen=True, slots=True)
class Wanted:
    """`account`: goes too, with its sign-ins, notes and questions. `removes`: recorded tracks are deleted, not only
    hidden."""

    participants: tuple[str, ...]
    account: str | None = None
    removes: bool = False
    school: str | None = None  # of who asks, where that is no administrator


async def person(parts: Parts, wanted: Wanted) -> tuple[Person, Found]:
    """Who that is, and which imported recordings have them. Raises ClientFault `not_found` (404) where one of them is
    not there, or is another school's."""
    store = parts.store
    met = await store.erasing.met(wanted.account, wanted.participants, wanted.school)
    if set(wanted.participants) - {one.participant for one in met}:
        raise ClientFault("not_found", "There is no such participant.", Status.NOT_FOUND)
    names = {one.name for one in met if one.name}
    if wanted.account is not None:
        account = await store.accounts.get(wanted.account)
        if account is None or (wanted.school is not None and account.school != wanted.school):
            raise ClientFault("not_found", "There is no such account.", Status.NOT_FOUND)
        names.add(account.name)
    lessons = sorted({one.lesson for one in met})
    people = [one.participant for one in met]
    found = await imports.look(parts, people, names)
    resources = [*await store.erasing.resources(lessons), *(one.id for one in found.theirs)]
    return Person(people, sorted(names), lessons, resources, wanted.removes, wanted.school), found


async def preview(parts: Parts, wanted: Wanted) -> tuple[Traces, Found]:
    who, found = await person(parts, wanted)
    return await parts.store.erasing.traces(who), found


async def erase(parts: Parts, wanted: Wanted, by: str | None) -> Removal:
    """When it returns nobody is given any of it. Raises ClientFault `on_hold`, `not_ended` (409), `not_found` (404)."""
    async with turn(lock_of(parts)):
        who, found = await person(parts, wanted)
        await parts.store.holds.check_people(who.participants, wanted.account)
        for one in who.lessons:
            row = await parts.store.lessons.get(one)
            if row is not None and row.phase != "ended":
                raise ClientFault("not_ended", f"“{row.title}” has not ended.", Status.CONFLICT)
        job = await _job(parts, wanted, who, found, by)
        await parts.store.removals.add(job)
        parts.removing.set()
        try:
            await resume(parts, job)
        except BlockingIOError:
            now = await parts.store.removals.get(job.id)
            if now is None or now.files:
                return job  # some of it is gone, and the rest follows
            await parts.store.removals.drop(job.id)
            busy = "A recording of theirs is still being written."
            raise ClientFault("recording_busy", busy, Status.CONFLICT, retry_after_s=10) from None
    return job


async def _job(parts: Parts, wanted: Wanted, who: Person, imported: Found, by: str | None) -> Removal:
    rows = [row for one in who.resources if (row := await parts.store.resources.get(one)) is not None]
    brought = {row.id: row for row in imported.theirs}
    rows_here = [row for row in rows if row.id not in brought]
    with_them = [row for row in rows_here if any(one["participant"] in who.participants for one in row.tracks)]
    found = {
        row.path: await asyncio.to_thread(stretches, parts.files, row.path, who.participants)
        for row in with_them
        if wanted.removes
    }
    work = {
        "participants": list(who.participants),
        "names": list(who.names),
        "lessons": list(who.lessons),
        "touched": list(who.resources),
        "account": wanted.account,
        "removes": wanted.removes,
        "school": wanted.school,
        "stretches": found,
        "paths": sorted({row.path for row in rows_here if row.path}),
        "imported": {
            row.path: [
                one["playlist"] for one in row.tracks if wanted.removes and one["participant"] in who.participants
            ]
            for row in brought.values()
        },
        "renders": await parts.store.erasing.renders(who.resources),
        **await parts.store.erasing.files(who.participants),
    }
    said = digest(wanted.account or min(who.participants, default=""))
    schools = {row.school for row in rows}
    school = next(iter(schools)) if len(schools) == 1 else None
    return Removal(new_id(), "person", "", school, said, by, None, parts.now_ms, "files", work=packed(work))


async def resume(parts: Parts, job: Removal) -> None:
    """Files, then rows. Raises BlockingIOError where somebody writes in a recording of theirs."""
    work = unpacked(job.work)
    who = Person(work["participants"], work["names"], work["lessons"], work["touched"], work["removes"], work["school"])
    if job.stage == "files":
        await stop_renders(parts, work["renders"], work["paths"])
        gone = Gone(job.files, job.bytes, job.stored)
        for path in work["stretches"]:
            gone += await asyncio.to_thread(stretches_gone, parts.files, path, who.participants)
            await parts.store.removals.change(job.id, files=gone.files, bytes=gone.bytes, stored=gone.stored)
        for path, tracks in work.get("imported", {}).items():
            place = parts.files.directory / path
            gone += await asyncio.to_thread(imports.erase, place, who.participants, tracks)
        for place in places(parts, work):
            gone += await asyncio.to_thread(take_away, place)
        counted = {"files": gone.files, "bytes": gone.bytes, "stored": gone.stored}
        await parts.store.removals.change(job.id, stage="rows", fault=None, **counted)
    if work["account"] is not None:
        await parts.shelf.clear(work["account"])
        erased = await parts.journal.erase_account(work["account"])
        await parts.photos.clear(erased.photos)
        await parts.works.clear(erased.works)
        if parts.telling is not None:
            parts.telling.forget(work["account"])
    await parts.journal.rewrite(who.lessons, lambda: parts.store.erasing.erase(job, who))
    if parts.live is not None:
        await parts.live.gateway.revoke(frozenset(who.participants))
