"""Notes written by who means ill: what is refused, and that whatever is let through keeps nobody else from writing."""

from __future__ import annotations

import json
import random
import re
import subprocess
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError

from classroom.errors import ClientFault
from classroom.events import Seat
from classroom.notes import sheets
from classroom.notes.known import NOWHERE, Known, after, learnt
from classroom.notes.merging import merge
from classroom.notes.updates import read
from tests.processes import NODE
from tests.unit.classroom.forgers import (
    LEVEL,
    WORDS,
    Forger,
    dead,
    element,
    forged,
    gone,
    mark,
    number,
    struct,
    written,
)
from tests.unit.classroom.lessons import ANNA, BEN, LEAD, LOCAL, Lesson
from tests.unit.classroom.scribes import Scribe, said

CLASS = {"notes": "class"}
RED = {"notes": "red"}
PARAGRAPH = struct(element("paragraph"))
LEVELLED = struct(LEVEL, parent=(2, 0), key="level")
ANOTHER = struct(WORDS, parent=(2, 0)), struct(written("a"), parent=(2, 1))
"""What client 2 writes from clock 1 on, in its paragraph."""
THERE = said(1, "what 🍂 is there")
"""A paragraph of client 1: (1, 0), in it what words are in: (1, 1), and the words from (1, 2) on."""


def begun() -> Lesson:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.rule", by="all")
    lesson.ask(LEAD, "notes.write", **CLASS, update=THERE)
    return lesson


def updates(lesson: Lesson, sheet: str = "class") -> list[str]:
    parts = sheets.sheet_of(lesson.state, sheet)["parts"]
    return [lesson.texts[sheets.update_key(part)] for part in parts]


def restarted(lesson: Lesson) -> None:
    """The state as another process folds it, which has read no notes yet."""
    sheets._merged.clear()
    lesson.state = json.loads(json.dumps(lesson.state))


BAD = {
    "what is there and more, as if it lay elsewhere": (forged(2, 0, struct(written("zq"), left=(1, 3))), "gap"),
    "what is in words": (forged(2, 1, struct(written("x"), parent=(1, 3))), "malformed"),
    "what is in an attribute": (forged(2, 1, LEVELLED, struct(WORDS, parent=(2, 1))), "malformed"),
    "between nowhere and somewhere": (forged(2, 1, gone(1), struct(written("x"), (2, 1), (1, 3))), "malformed"),
    "between two paragraphs": (forged(2, 1, *ANOTHER, struct(written("x"), (2, 2), (1, 3))), "malformed"),
    "behind and before the same": (forged(2, 1, struct(written("x"), (1, 3), (1, 3))), "malformed"),
    "behind half a character": (forged(2, 1, struct(written("x"), left=(1, 7))), "malformed"),
    "before half a character": (forged(2, 1, struct(written("x"), right=(1, 8))), "malformed"),
    "half a character is deleted": (forged(2, 1, deleted=[(1, 2, 6)]), "malformed"),
    "half a character is deleted, the second": (forged(2, 1, deleted=[(1, 8, 1)]), "malformed"),
    "in neither the sheet nor something": (forged(2, 1, PARAGRAPH.replace(b"\1\5notes", b"\2\5notes")), "malformed"),
    "what is there, in what is not": (forged(2, 0, struct(WORDS, parent=(2, 9)), deleted=[(1, 1, 1)]), "gap"),
    "deletions out of order": (forged(2, 1, deleted=[(1, 1, 1), (1, 0, 1)]), "malformed"),
    "deletions of one client in two places": (b64encode(b"\0\2" + b"\1\1\0\1" * 2).decode(), "malformed"),
    "lengths that are too much together": (forged(2, 1, gone(2**31 - 9), gone(2**31 - 9)), "malformed"),
    "a length that is too much": (forged(2, 1, struct(dead(2**31))), "malformed"),
    "a clock that is too large": (forged(2, 2**31, PARAGRAPH), "malformed"),
    "a deletion that is too long": (forged(2, 0, deleted=[(1, 0, 2**32)]), "malformed"),
    "a deletion of nothing": (forged(2, 0, deleted=[(1, 0, 0)]), "malformed"),
    "a client that JavaScript rounds": (forged(2**53, 0, PARAGRAPH), "malformed"),
    "a mark with a value that is very deep": (forged(2, 1, struct(mark("[" * 60_000), left=(1, 3))), "malformed"),
    "a mark with a number": (forged(2, 1, struct(mark("1"), left=(1, 3))), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_only_a_forger_writes_is_refused_and_all_go_on(what: str) -> None:
    lesson = begun()
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, PARAGRAPH))
    update, code = BAD[what]
    assert lesson.refused(ANNA, "notes.write", **CLASS, update=update) == code
    restarted(lesson)
    lesson.ask(BEN, "notes.write", **CLASS, update=said(3, "on"))
    assert merge(map(b64decode, updates(lesson))) is not None


@pytest.mark.parametrize("value", ["{}", "true", "null"])
def test_what_editors_write_as_a_marks_value_is_let_through(value: str) -> None:
    lesson = begun()
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, struct(mark(value), left=(1, 3))))


def test_who_writes_in_what_has_been_deleted_is_not_refused() -> None:
    """Others may have deleted it before they knew."""
    lesson = begun()
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, struct(dead(1)), gone(2)))
    for clock, parent in ((3, (2, 0)), (4, (2, 1)), (5, (2, 2))):
        lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, clock, struct(element("list_item"), parent=parent)))
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 6, struct(WORDS, parent=(2, 5))))
    restarted(lesson)
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 7, struct(written("x"), parent=(2, 6))))
    assert merge(map(b64decode, updates(lesson))) is not None


def test_what_could_not_be_let_through_is_learnt_all_the_same() -> None:
    update = read(b64decode(forged(1, 0, struct(written("x")), PARAGRAPH, struct(WORDS, parent=(1, 0)))))
    with pytest.raises(ValueError, match="belong"):
        after(Known(), update)
    known = learnt(Known(), update)
    assert known.runs[1].at(0) == (NOWHERE, False)
    assert known.end(1) == 3


def test_notes_that_cannot_be_read_any_more_are_written_on() -> None:
    lesson = begun()
    lesson.texts[sheets.update_key(lesson.state["notes"]["parts"][0])] = b64encode(b"of another day").decode()
    restarted(lesson)
    scribe = Scribe(2)
    scribe.hear([THERE])
    scribe.sheet.children[0].children[0].insert(4, "!")
    lesson.ask(ANNA, "notes.write", **CLASS, update=scribe.take())
    lesson.ask(ANNA, "notes.write", **CLASS, update=scribe.write("on").take())


def test_what_cannot_be_merged_does_not_grow_without_end() -> None:
    lesson = begun()
    poison = forged(2, 0, struct(written("x"), parent=(1, 3)))
    assert merge(map(b64decode, (THERE, poison))) is None
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, PARAGRAPH))
    lesson.texts[sheets.update_key(lesson.state["notes"]["parts"][1])] = poison
    for client in range(3, 6):
        lesson.ask(LEAD, "notes.write", **CLASS, update=said(client, "字" * 300))
    assert lesson.refused(LEAD, "notes.write", **CLASS, update=said(9, "字" * 300)) == "malformed"


def test_a_client_that_is_too_large_is_no_event() -> None:
    data = {"notes": "class", "words": 1, "size": 50}
    sheets.NotesWritten(**data, client=2**53 - 1)
    with pytest.raises(ValidationError):
        sheets.NotesWritten(**data, client=2**53)


def full() -> tuple[Lesson, Scribe]:
    """A group's sheet on which nothing more has room, and one who knows it."""
    lesson = Lesson.live()
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "participants": ["anna"]}])
    rng, scribe = random.Random(5), Scribe(1)
    for length in (5000, 5000, 4000, 1000, 300, 100, 30, 10):
        scribe.write("".join(chr(rng.randrange(0x4E00, 0x9FA0)) for _ in range(length)))
        try:
            lesson.ask(ANNA, "notes.write", **RED, update=scribe.take())
        except ClientFault:
            scribe = Scribe(scribe.doc.client_id + 1)
            scribe.hear(updates(lesson, "red"))
    return lesson, scribe


def test_a_full_sheet_is_emptied_little_by_little() -> None:
    lesson, scribe = full()
    longest = sheets.LONGEST["group"]
    text = scribe.sheet.children[0].children[0]
    for place in range(9000, 6000, -3):  # pycrdt counts bytes, of which each character has three
        del text[place : place + 3]
        lesson.ask(ANNA, "notes.write", **RED, update=scribe.take())
        sheet = lesson.state["group_notes"]["red"]
        assert sheet["size"] + sheet["more"] <= 1.25 * longest + 2 * sheets.MERGED_FROM
    lesson.ask(ANNA, "notes.write", **RED, update=scribe.write("字" * 500).take())
    assert lesson.state["group_notes"]["red"]["size"] <= longest


def test_who_deletes_every_other_character_makes_a_full_sheet_not_much_longer() -> None:
    lesson, scribe = full()
    text = scribe.sheet.children[0].children[0]
    codes: set[str] = set()
    for place in range(14_000, 0, -6):
        del text[place // 3 * 3 : place // 3 * 3 + 3]
        try:
            lesson.ask(ANNA, "notes.write", **RED, update=scribe.take())
        except ClientFault as fault:
            codes.add(fault.code)
            break
    assert codes == {"too_many"}
    whole = merge(map(b64decode, updates(lesson, "red")))
    assert whole is not None
    assert len(whole) * 4 // 3 <= sheets.LONGEST["group"] + sheets.MERGED_FROM


def test_who_writes_and_deletes_on_a_full_sheet_does_not_send_it_to_all_each_time() -> None:
    lesson, scribe = full()
    text = scribe.sheet.children[0].children[0]
    before = len(lesson.events)
    for n in range(1000):
        if n % 2:
            del text[0:1]
        else:
            text.insert(0, "x")
        try:
            lesson.ask(ANNA, "notes.write", **RED, update=scribe.take())
        except ClientFault:
            scribe = Scribe(scribe.doc.client_id + 1)
            scribe.hear(updates(lesson, "red"))
            text = scribe.sheet.children[0].children[0]
    happened = lesson.events[before:]
    sent = sum(event.data["size"] for event in happened if event.kind == "notes.merged")
    said = sum(event.data["size"] for event in happened if event.kind == "notes.written")
    assert said > 40_000
    assert 0 < sent <= 4 * said + 1.25 * sheets.LONGEST["group"]


def test_what_is_too_much_for_a_sheet_is_not_merged_to_see_that(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, scribe = full()
    more = scribe.write("字" * 3000).take()
    assert lesson.refused(ANNA, "notes.write", **RED, update=more) == "too_many"  # may merge what came of late
    monkeypatch.setattr(sheets, "merge", lambda _: pytest.fail("merged"))
    assert lesson.refused(ANNA, "notes.write", **RED, update=more) == "too_many"


def test_who_writes_from_a_thousand_pages_closes_the_sheet_to_none_but_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = begun()
    clients = iter(range(100, 10_000))
    for _ in range(sheets.MAX_OWN):
        last = next(clients)
        lesson.ask(ANNA, "notes.write", **CLASS, update=forged(last, 0, PARAGRAPH))
    assert lesson.refused(ANNA, "notes.write", **CLASS, update=forged(next(clients), 0, PARAGRAPH)) == "too_many"
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(last, 1, PARAGRAPH))
    lesson.ask(BEN, "notes.write", **CLASS, update=forged(next(clients), 0, PARAGRAPH))
    monkeypatch.setattr(sheets, "MAX_WRITERS", len(lesson.state["notes"]["writers"]))
    assert lesson.refused(BEN, "notes.write", **CLASS, update=forged(next(clients), 0, PARAGRAPH)) == "too_many"
    for seat in (LEAD, LOCAL):
        lesson.ask(seat, "notes.write", **CLASS, update=forged(next(clients), 0, PARAGRAPH))


def test_what_says_nothing_new_is_no_event() -> None:
    lesson = begun()
    assert lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0)) == []
    lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, PARAGRAPH, PARAGRAPH))
    assert lesson.ask(ANNA, "notes.write", **CLASS, update=forged(2, 0, PARAGRAPH)) == []


def test_no_group_is_called_as_the_class() -> None:
    lesson = Lesson.live()
    group = {"group": "class", "name": "class"}
    assert lesson.refused(LEAD, "groups.form", groups=[{**group, "participants": ["anna"]}]) == "exists"
    assert lesson.refused(LEAD, "groups.open", groups=[group]) == "exists"


# anything


def letters(scribe: Scribe) -> str:
    """What all read the same. Where it stands they need not: a forger may say that a letter lies behind what it lies
    before, which the next to read that may understand in another way."""
    return "".join(sorted(re.sub("<[^>]*>", "", str(scribe))))


def besieged(seed: int) -> tuple[list[str], str]:
    """Three write, and a fourth says whatever might hurt them; now and then all is folded and read anew. What was let
    through, and what it is merged into."""
    rng = random.Random(seed)
    lesson = begun()
    writers: list[tuple[Seat, Scribe]] = [(LEAD, Scribe(1001)), (LOCAL, Scribe(1002)), (ANNA, Scribe(1003))]
    forger = Forger([5, 6, 2**53 - 1], rng)
    forger.hear(THERE)
    for _, scribe in writers:
        scribe.hear([THERE])
        scribe.write("mine")  # or a client that is bent may be theirs, which in a lesson has 32 random bits

    through = [THERE]

    def write(seat: Seat, update: str) -> None:
        if any(event.kind == "notes.written" for event in lesson.ask(seat, "notes.write", **CLASS, update=update)):
            through.append(update)
            forger.hear(update)
            for _, other in writers:
                other.hear([update])

    for seat, scribe in writers:
        write(seat, scribe.take() or "")
    for _ in range(60):
        match rng.choice(["write", "write", "forge", "forge", "forge", "bend", "restart"]):
            case "write":
                seat, scribe = rng.choice(writers)
                scribe.play(rng)
                if update := scribe.take():
                    write(seat, update)  # nobody else's update is ever refused
            case "restart" if rng.random() < 0.3:
                restarted(lesson)
            case what:
                update = forger.say() if what != "bend" else forger.bend(rng.choice(updates(lesson)))
                with suppress(ClientFault):
                    write(BEN, update)
    whole = merge(map(b64decode, updates(lesson)))
    assert whole is not None
    learnt(Known(), read(whole, len(whole)))
    late = Scribe(rng.getrandbits(32))
    late.hear([b64encode(whole).decode()])
    assert len({letters(scribe) for scribe in (late, *(scribe for _, scribe in writers))}) == 1
    so_far = [*through]
    restarted(lesson)
    for _ in range(5):
        late.play(rng)
        if update := late.take():
            write(LEAD, update)
    return so_far, b64encode(whole).decode()


@pytest.mark.parametrize("part", range(4))
def test_whoever_means_ill_keeps_nobody_from_writing(part: int) -> None:
    for seed in range(part * 75, part * 75 + 75):
        besieged(seed)


@pytest.mark.soak
def test_whoever_means_ill_keeps_nobody_from_writing_ten_thousand_times() -> None:
    for seed in range(300, 10_000):
        besieged(seed)


CLIENT = Path(__file__).resolve().parents[3] / "web/client"
PAGES = """
import * as Y from 'yjs'
let text = ''
for await (const part of process.stdin) text += part
const page = (updates) => {
  const doc = new Y.Doc()
  const sheet = doc.getXmlFragment('notes')
  for (const update of updates) Y.applyUpdate(doc, new Uint8Array(Buffer.from(update, 'base64')))
  if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error('it waits for what never comes')
  return [...sheet.toString().replace(/<[^>]*>/g, '')].sort().join('')
}
for (const [through, whole] of JSON.parse(text)) {
  if (page(through) !== page([whole])) throw new Error(`${page(through)} is not ${page([whole])}`)
}
"""


def read_in_pages(seeds: range) -> None:
    """By Yjs itself, in a page that was there and in one that is loaded later."""
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", PAGES],
        input=json.dumps([besieged(seed) for seed in seeds]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=CLIENT,
    )
    assert done.returncode == 0, done.stderr


def test_pages_read_what_is_let_through_as_it_is_merged() -> None:
    read_in_pages(range(10_000, 10_100))


@pytest.mark.soak
def test_pages_read_what_is_let_through_as_it_is_merged_five_thousand_times() -> None:
    for start in range(20_000, 25_000, 500):
        read_in_pages(range(start, start + 500))


def test_a_number_is_coded_as_it_is_read() -> None:
    """Or the forger's updates would be refused for another reason than they are made for."""
    assert number(300) == b"\xac\x02"
    assert read(b64decode(forged(300, 0, gone(300)))).structs[300][0].length == 300
