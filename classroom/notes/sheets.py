"""Sheets of notes that several write at once: one of the class, and one of each group that writes any.

What is written are updates of Yjs. They stand in the side table, for they are people's words; the state has where, in
the order in which they came, and any order gives the same text. Once those that came are as long as what was there
before, or the sheet seems full, all are merged into one, so a sheet is never much longer than what stands on it, and
of what crosses the wire for that there is never more than was written, or than four times that where a sheet is full.
"""

from __future__ import annotations

import logging
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Json, Seat
from classroom.groups import CLASS, members_of
from classroom.leading import TEACHERS
from classroom.notes.known import Known, Missing, after, learnt
from classroom.notes.merging import merge
from classroom.notes.updates import MAX_CLIENT, Update, read
from classroom.payload import Id, Payload
from classroom.reducer import Applier, Ask, Decider, NotesPart, Sheet, State, missing, refused

log = logging.getLogger(__name__)

UPDATE = "notes:"
"""Keys of the side table that begin so belong to nobody."""
MAX_UPDATE = 87_384
"""Characters; 64 KB of bytes as base64."""
MERGED_FROM = 4096
"""Characters; also by so many who only deletes may make a sheet longer that is full, for what stands between two others
that were deleted is a piece of its own."""
A_PART = 40
"""Characters that an update costs, however short."""
LONGEST = {"class": 200_000, "group": 64_000}
"""Characters that a sheet may be merged into: some 45,000 and 15,000 of Chinese."""
REMEMBERED = 64
"""Of so many sheets that were merged lately it is known what they say, without reading it again."""
MAX_WRITERS = 4000
"""Clients of Yjs, of which each page that is loaded and writes is another one. Teachers are let in beside so many."""
MAX_OWN = 100
"""Of one participant, who may have put the notes away and taken them out again as often."""

By = Literal["teachers", "all"]
Encoded = Annotated[str, StringConstraints(min_length=4, max_length=MAX_UPDATE, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class NotesWrite(Payload):
    """`notes`: `class`, or a group. An update of Yjs, of one client; sent again it changes nothing."""

    notes: Id
    update: Encoded


class NotesRule(Payload):
    """Who writes the class's notes from now on. A group's are its members' and the teachers'."""

    by: By


class NotesShow(Payload):
    """The class's notes in the place of the board on displays, or the board again."""

    on: bool


class NotesWritten(Payload):
    """`client` is that of Yjs, if it wrote and not only deleted; `size` what it adds to how long the sheet is."""

    notes: str
    board: str | None = None
    words: int
    size: int
    client: Annotated[int, Field(ge=0, le=MAX_CLIENT)] | None = None
    update: str | None = None


class NotesMerged(Payload):
    """In the place of all that was written so far, which is the same."""

    notes: str
    board: str | None = None
    words: int
    size: int
    update: str | None = None


class NotesRuled(Payload):
    by: By


class NotesShown(Payload):
    on: bool


class Parts(list[NotesPart]):
    """A list like any other that is not changed; what is known of what the first so many of it say, it hands on.
    `length`: about how long they are merged, if that was ever looked at."""

    __slots__ = ("known", "length", "of")
    known: Known
    of: int
    length: int | None

    def __init__(self, parts: Iterable[NotesPart] = (), known: Known | None = None, of: int = 0) -> None:
        super().__init__(parts)
        self.known, self.of, self.length = known or Known(), of, None


def update_key(data: Mapping[str, Any]) -> str:
    """Where in the side table an update stands, of an event's data or a part."""
    return f"{UPDATE}{data['words']}"


def writes_for(state: State, notes: str, seat: Seat) -> None:
    """Raises what keeps the seat from writing there: `not_found`, `not_yours`, `notes_closed`."""
    if notes == CLASS:
        if seat.role not in TEACHERS and state["notes_by"] != "all":
            raise ClientFault("notes_closed", "The class's notes are only read just now.", Status.FORBIDDEN)
    elif notes not in state["groups"]["by_id"] and notes not in state["group_notes"]:
        raise missing("notes")
    elif seat.role not in TEACHERS and seat.participant not in members_of(state, notes):
        raise ClientFault("not_yours", "These notes are another group's.", Status.FORBIDDEN)


def sheet_of(state: State, notes: str) -> Sheet:
    """The sheet, or one on which nothing is."""
    if notes == CLASS:
        return state["notes"]
    known = state["group_notes"].get(notes)
    if known is not None:
        return known
    group = state["groups"]["by_id"].get(notes)
    sheet: Sheet = {"parts": [], "size": 0, "more": 0, "writers": {}}
    if group is not None and "name" in group:
        sheet["name"] = group["name"]
    return sheet


def write(state: State, command: NotesWrite, ask: Ask) -> list[Draft]:
    writes_for(state, command.notes, ask.seat)
    sheet, texts = sheet_of(state, command.notes), ask.context.texts
    parts, update = _parts(sheet), _read(command.update)
    client, before = _client(sheet, update, ask.seat), _known(parts, texts)
    if not update.deleted and all(mine[-1].end <= before.end(one) for one, mine in update.structs.items()):
        return []  # said before
    try:
        known = after(before, update)
    except Missing as fault:
        raise refused("gap", f"update: {fault}") from None
    except ValueError as fault:
        raise _malformed(str(fault)) from None
    where: Json = {"notes": command.notes} | ({} if command.notes == CLASS else {"board": command.notes})
    size, words = len(command.update) + A_PART, state["seq"] + 1
    written: Json = {**where, "words": words, "size": size} | ({} if client is None else {"client": client})
    drafts = [Draft("notes.written", written, {update_key(written): command.update})]
    whole = _whole(sheet, parts, texts, command, update)
    if whole is None:
        return drafts
    _remember(whole, known)
    merged: Json = {**where, "words": words + 1, "size": len(whole)}
    return [*drafts, Draft("notes.merged", merged, {update_key(merged): whole})]


def _whole(sheet: Sheet, parts: Parts, texts: Mapping[str, str], command: NotesWrite, update: Update) -> str | None:
    """What the sheet is merged into with this; None: it need not be yet. Where it seems full it is merged to see
    whether it is; but not for an addition that is longer than the room that was left."""
    longest = LONGEST["class" if command.notes == CLASS else "group"] + (0 if update.structs else MERGED_FROM)
    more = sheet["more"] + len(command.update) + A_PART
    fits = sheet["size"] + more <= longest
    due = more >= (sheet["size"] if fits else sheet["size"] // 4) + MERGED_FROM
    if fits and not due:
        return None
    length = parts.length if sheet["more"] else sheet["size"]
    if update.grows and length is not None and length + len(command.update) - A_PART > longest:
        raise _full()
    whole = merge(b64decode(one) for one in (*_updates(parts, texts), command.update))
    if whole is None:
        raise _malformed("it cannot be merged with what is there")
    encoded = b64encode(whole).decode()
    if len(encoded) > longest and len(encoded) >= sheet["size"]:
        if not update.deleted:
            parts.length = len(encoded) - len(command.update)
        raise _full()
    return encoded if due else None


def _full() -> ClientFault:
    return refused("too_many", "These notes are full.")


def _read(encoded: str) -> Update:
    try:
        return read(b64decode(encoded, validate=True))
    except ValueError as fault:  # also what UTF-8 says
        raise _malformed(str(fault)) from None


def _client(sheet: Sheet, update: Update, seat: Seat) -> int | None:
    """As whom the seat has written, if it has. What is another's could only differ from what that one wrote."""
    if not update.structs:
        return None
    if len(update.structs) > 1:
        raise _malformed("of more than one client")
    client = next(iter(update.structs))
    if sheet["writers"].get(str(client), seat.participant) != seat.participant:
        raise ClientFault("not_yours", "Somebody else writes as this client.", Status.FORBIDDEN)
    if str(client) not in sheet["writers"]:
        _check_room(sheet["writers"], seat)
    return client


def _check_room(writers: Mapping[str, str], seat: Seat) -> None:
    if sum(one == seat.participant for one in writers.values()) >= MAX_OWN:
        raise refused("too_many", "You have written here from too many pages.")
    if len(writers) >= MAX_WRITERS and seat.role not in TEACHERS:
        raise refused("too_many", "Too many have written here.")


def _malformed(why: str) -> ClientFault:
    return ClientFault("malformed", f"update: {why}"[:200], Status.MALFORMED)


def _parts(sheet: Sheet) -> Parts:
    parts = sheet["parts"]
    return parts if isinstance(parts, Parts) else Parts(parts)  # a state that was JSON


def _updates(parts: Iterable[NotesPart], texts: Mapping[str, str]) -> Iterable[str]:
    return (words for part in parts if (words := texts.get(update_key(part))))


_merged: dict[str, Known] = {}


def _remember(encoded: str, known: Known) -> None:
    _merged[encoded] = known
    if len(_merged) > REMEMBERED:
        del _merged[next(iter(_merged))]


def _known(parts: Parts, texts: Mapping[str, str]) -> Known:
    """Looked up once for each part, which is mostly the last."""
    for encoded in _updates(parts[parts.of :], texts):
        known = _merged.get(encoded) if parts.of == 0 else None
        parts.known = known or _learnt(parts.known, encoded)
        parts.of += 1
    parts.of = len(parts)
    return parts.known


def _learnt(known: Known, encoded: str) -> Known:
    try:
        return learnt(known, read(b64decode(encoded), len(encoded)))
    except ValueError:  # by other rules than today's
        log.exception("notes that were let through cannot be read")
        return replace(known, whole=False)


def rule(state: State, command: NotesRule, _: Ask) -> list[Draft]:
    return [Draft("notes.ruled", {"by": command.by})] if command.by != state["notes_by"] else []


def show(state: State, command: NotesShow, _: Ask) -> list[Draft]:
    return [Draft("notes.shown", {"on": command.on})] if command.on != state["notes_shown"] else []


def written(state: State, event: Event) -> State:
    sheet, data = sheet_of(state, event.data["notes"]), event.data
    before = _parts(sheet)
    parts = Parts([*before, _part(data)], before.known, before.of)
    writers = sheet["writers"]
    if "client" in data:
        writers = {**writers, str(data["client"]): event.actor}
    return _with(
        state, data["notes"], {**sheet, "parts": parts, "more": sheet["more"] + data["size"], "writers": writers}
    )


def merged(state: State, event: Event) -> State:
    sheet, data = sheet_of(state, event.data["notes"]), event.data
    return _with(state, data["notes"], {**sheet, "parts": Parts([_part(data)]), "size": data["size"], "more": 0})


def _part(data: Json) -> NotesPart:
    part: NotesPart = {"words": data["words"]}
    if "update" in data:
        part["update"] = data["update"]
    return part


def _with(state: State, notes: str, sheet: Sheet) -> State:
    if notes == CLASS:
        return {**state, "notes": sheet}
    return {**state, "group_notes": {**state["group_notes"], notes: sheet}}


def ruled(state: State, event: Event) -> State:
    return {**state, "notes_by": event.data["by"]}


def shown(state: State, event: Event) -> State:
    return {**state, "notes_shown": event.data["on"]}


COMMANDS: dict[str, type[Payload]] = {"notes.write": NotesWrite, "notes.rule": NotesRule, "notes.show": NotesShow}
EVENTS: dict[str, type[Payload]] = {
    "notes.written": NotesWritten,
    "notes.merged": NotesMerged,
    "notes.ruled": NotesRuled,
    "notes.shown": NotesShown,
}
DECIDE: dict[str, Decider] = {"notes.write": write, "notes.rule": rule, "notes.show": show}
APPLY: dict[str, Applier] = {
    "notes.written": written,
    "notes.merged": merged,
    "notes.ruled": ruled,
    "notes.shown": shown,
}
