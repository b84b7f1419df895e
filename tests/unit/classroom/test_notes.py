"""Notes that several write: who may, what is let through, and that all read the same in the end."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from classroom import rules
from classroom.errors import ClientFault
from classroom.events import Event, Seat
from classroom.notes import sheets
from classroom.notes.merging import merge
from classroom.reducer import Sheet
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, ENCODER, EVERYONE, LEAD, LOCAL, OBSERVER, Lesson
from tests.unit.classroom.scribes import Scribe, said

CLASS = {"notes": "class"}
RED = {"notes": "red"}
GROUPS = [{"group": "red", "name": "红", "participants": ["anna"]}, {"group": "blue", "participants": ["ben"]}]


def in_groups() -> Lesson:
    lesson = Lesson.live()
    lesson.ask(LEAD, "groups.form", groups=GROUPS)
    return lesson


def read(lesson: Lesson, sheet: Sheet) -> str:
    scribe = Scribe(99)
    scribe.hear(part["update"] for part in sheet["parts"])
    return str(scribe)


def test_the_classs_notes_are_the_teachers_until_they_are_opened() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.write", **CLASS, update=said(1, "by the lead"))
    lesson.ask(LOCAL, "notes.write", **CLASS, update=said(2, "by the local teacher"))
    assert lesson.refused(ANNA, "notes.write", **CLASS, update=said(3, "x")) == "notes_closed"
    lesson.ask(LEAD, "notes.rule", by="all")
    assert lesson.ask(LEAD, "notes.rule", by="all") == []
    lesson.ask(ANNA, "notes.write", **CLASS, update=said(3, "by anna"))
    lesson.ask(LEAD, "student.lock", participant="anna", locked=["notes"])
    assert lesson.refused(ANNA, "notes.write", **CLASS, update=said(4, "x")) == "locked"
    for seat in (DISPLAY, OBSERVER, ENCODER):
        assert lesson.refused(seat, "notes.write", **CLASS, update=said(5, "x")) == "not_allowed"
    for viewer in (LEAD, OBSERVER, DISPLAY, ANNA, BEN):
        assert "by anna" in read(lesson, rules.view(lesson.state, viewer, lesson.texts)["notes"])


def test_a_groups_notes_are_its_members_and_the_teachers() -> None:
    lesson = in_groups()
    assert lesson.refused(BEN, "notes.write", **RED, update=said(1, "x")) == "not_yours"
    assert lesson.refused(LEAD, "notes.write", notes="green", update=said(1, "x")) == "not_found"
    lesson.ask(ANNA, "notes.write", **RED, update=said(1, "by anna"))
    lesson.ask(LOCAL, "notes.write", **RED, update=said(2, "by a visitor"))
    for viewer in lesson.viewers():
        seen = rules.view(lesson.state, viewer, lesson.texts)["group_notes"]
        shown = viewer.participant not in ("ben", "display", "display2", "observer", "encoder")
        assert seen.keys() == ({"red"} if shown else set())
        assert not shown or (seen["red"]["name"] == "红" and "by anna" in read(lesson, seen["red"]))


def test_who_comes_into_a_group_reads_what_it_wrote_and_who_leaves_forgets_it() -> None:
    lesson = in_groups()
    lesson.ask(ANNA, "notes.write", **RED, update=said(1, "before"))
    [_, came] = lesson.ask(LEAD, "group.move", participant="ben", group="red")
    assert "ben" in rules.resighted(came)
    ben = rules.seated(lesson.state, BEN)
    assert "before" in read(lesson, rules.view(lesson.state, ben, lesson.texts)["group_notes"]["red"])
    lesson.ask(LEAD, "group.move", participant="anna", group="blue")
    assert lesson.refused(ANNA, "notes.write", **RED, update=said(3, "x")) == "not_yours"
    assert rules.fold(lesson.seen_by(ANNA))["group_notes"] == {}
    lesson.ask(LEAD, "groups.dissolve")
    assert lesson.refused(BEN, "notes.write", **RED, update=said(4, "x")) == "not_yours"
    lesson.ask(LEAD, "notes.write", **RED, update=said(5, "after"))
    assert "after" in read(lesson, rules.view(lesson.state, LEAD, lesson.texts)["group_notes"]["red"])
    assert rules.fold(lesson.seen_by(BEN))["group_notes"] == {}
    again = [{"group": "red", "participants": ["ben"]}]
    assert lesson.refused(LEAD, "groups.form", groups=again) == "exists", "or others' notes were theirs"


def test_they_are_shown_in_the_place_of_the_board() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.show", on=True)
    assert rules.view(lesson.state, DISPLAY, lesson.texts)["notes_shown"]
    assert lesson.ask(LEAD, "notes.show", on=True) == []
    assert lesson.refused(LOCAL, "notes.show", on=False) == "not_allowed"


def test_what_is_said_twice_is_there_once() -> None:
    lesson = Lesson.live()
    update = said(1, "once")
    lesson.ask(LEAD, "notes.write", **CLASS, update=update)
    assert lesson.ask(LEAD, "notes.write", **CLASS, update=update) == []
    lesson.ask(LEAD, "notes.write", **CLASS, update=said(2, "x"))
    assert read(lesson, rules.view(lesson.state, LEAD, lesson.texts)["notes"]).count("once") == 1


def other(make: Any) -> str:
    """An update with something else than notes in it."""
    doc: Doc[Any] = Doc(client_id=7)
    make(doc)
    return b64encode(doc.get_update()).decode()


def deep(doc: Doc[Any]) -> None:
    at: Any = doc.get("notes", type=XmlFragment)
    for _ in range(300):
        at = at.children.append(XmlElement("bullet_list"))


def embedded(doc: Doc[Any]) -> None:
    words = _words(doc)
    words.insert_embed(0, {"html": "<script>"})


def linked(doc: Doc[Any]) -> None:
    _words(doc).insert(0, "x", {"link": {"href": "javascript:alert(1)"}})


def _words(doc: Doc[Any]) -> XmlText:
    sheet = doc.get("notes", type=XmlFragment)
    return sheet.children.append(XmlElement("paragraph")).children.append(XmlText("ab"))


def later() -> str:
    """What a client says that has said something before."""
    scribe = Scribe(7).write("never sent")
    scribe.take()
    return scribe.write("sent").take() or ""


def beside_others() -> str:
    scribe = Scribe(7)
    scribe.hear([said(6, "of somebody that nobody knows")])
    return scribe.write("x").take() or ""


def erasing_others() -> str:
    scribe = Scribe(7)
    scribe.hear([said(6, "of somebody that nobody knows")])
    del scribe.sheet.children[0]
    return scribe.take() or ""


def element(name: str, attributes: dict[str, Any]) -> str:
    return other(lambda doc: doc.get("notes", type=XmlFragment).children.append(XmlElement(name, attributes)))


BAD = {
    "not base64": ("!!!!", "malformed"),
    "base64 that was cut": ("AQMB", "malformed"),
    "empty": ("", "malformed"),
    "a megabyte": ("A" * 1_000_000, "malformed"),
    "noise": (b64encode(random.Random(1).randbytes(500)).decode(), "malformed"),
    "a number without end": (b64encode(b"\xff" * 60).decode(), "malformed"),
    "more than is there": (b64encode(b"\x01\xff\xff\x03\x01\x00").decode(), "malformed"),
    "a map": (other(lambda doc: doc.get("notes", type=Map).__setitem__("a", 1)), "malformed"),
    "an array": (other(lambda doc: doc.get("notes", type=Array).append(1)), "malformed"),
    "text": (other(lambda doc: doc.get("notes", type=Text).insert(0, "x")), "malformed"),
    "another root": (other(lambda doc: doc.get("b", type=XmlFragment).children.append(XmlText("x"))), "malformed"),
    "an element of HTML": (element("script", {}), "malformed"),
    "an attribute of HTML": (element("paragraph", {"onclick": "alert(1)"}), "malformed"),
    "a level without end": (element("heading", {"level": "9" * 999}), "malformed"),
    "something embedded": (other(embedded), "malformed"),
    "a mark that is none": (other(linked), "malformed"),
    "three hundred deep": (other(deep), "malformed"),
    "what it said before is missing": (later(), "gap"),
    "what it stands beside is missing": (beside_others(), "gap"),
    "what it deletes is missing": (erasing_others(), "gap"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_anything_else_is_refused(what: str) -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.write", **CLASS, update=said(1, "what is there"))
    update, code = BAD[what]
    assert lesson.refused(LEAD, "notes.write", **CLASS, update=update) == code


def test_no_update_however_it_is_bent_raises_anything_else() -> None:
    rng = random.Random(4)
    scribe = Scribe(1)
    for _ in range(40):
        scribe.play(rng)
    good = bytearray(b64decode(scribe.take() or ""))
    for _ in range(3000):
        bent = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(bent))
            bent[place : place + rng.randrange(2)] = rng.randbytes(rng.randrange(3))
        lesson = Lesson.live(LEAD)
        code = None
        try:
            lesson.ask(LEAD, "notes.write", **CLASS, update=b64encode(bent).decode())
        except ClientFault as fault:
            code = fault.code
        assert code in (None, "malformed", "gap")
        assert code or merge([bytes(bent)]) is not None, "what was let through can be merged"


def test_nobody_goes_on_as_somebody_else() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.rule", by="all")
    lesson.ask(ANNA, "notes.write", **CLASS, update=said(1, "anna"))
    forged = Scribe(1)
    forged.hear(lesson.texts[sheets.update_key(part)] for part in lesson.state["notes"]["parts"])
    assert lesson.refused(BEN, "notes.write", **CLASS, update=forged.write("ben").take()) == "not_yours"
    both = Scribe(3).write("x")
    both.hear([said(4, "y")])
    update = b64encode(both.doc.get_update()).decode()
    assert lesson.refused(BEN, "notes.write", **CLASS, update=update) == "malformed"


def test_what_is_said_in_ten_thousand_pieces_is_merged() -> None:
    lesson = Lesson.live(LEAD)
    scribe = Scribe(1).write("a")
    most = 0
    for n in range(10_000):
        if n:
            paragraph = scribe.sheet.children[0]
            paragraph.children[0].insert(1, "bc"[n % 2])
        update = scribe.take()
        lesson.ask(LEAD, "notes.write", **CLASS, update=update)
        most = max(most, len(lesson.state["notes"]["parts"]))
    sheet = rules.view(lesson.state, LEAD, lesson.texts)["notes"]
    assert read(lesson, sheet) == str(scribe)
    sent = sum(event.data["size"] for event in lesson.events if event.kind == "notes.merged")
    written = sum(event.data["size"] for event in lesson.events if event.kind == "notes.written")
    assert sent < 2 * written
    assert most < 2000


def test_a_sheet_that_is_full_takes_no_more() -> None:
    lesson = in_groups()
    rng = random.Random(5)
    pages = [said(n, "".join(chr(rng.randrange(0x4E00, 0x9FA0)) for _ in range(5000))) for n in range(1, 5)]
    for page in pages[:3]:
        lesson.ask(ANNA, "notes.write", **RED, update=page)
    assert lesson.refused(ANNA, "notes.write", **RED, update=pages[3]) == "too_many"
    sheet = lesson.state["group_notes"]["red"]
    assert sheet["size"] + sheet["more"] <= sheets.LONGEST["group"]


def test_the_journal_holds_no_word_and_erasing_a_writer_leaves_the_sheet_readable() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.write", **CLASS, update=said(1, "words"))
    assert all("update" not in event.data for event in lesson.events)
    assert all("update" not in part for part in lesson.state["notes"]["parts"])
    assert rules.fold([*lesson.seen_by(ANNA)])["notes"]["writers"] == {"1": "lead"}
    first = sheets.update_key(lesson.state["notes"]["parts"][0])
    lesson.texts[first] = ""  # and what is left stands in a later one
    lesson.ask(LEAD, "notes.write", **CLASS, update=said(2, "left"))
    seen = rules.view(lesson.state, ANNA, lesson.texts)["notes"]
    assert [part["update"] == "" for part in seen["parts"]] == [True, False]


# several at once


@dataclass
class Writer:
    """Who writes over a line that breaks: what is on its way out is said again, what comes may come twice and late."""

    seat: Seat
    scribe: Scribe
    seq: int = 0
    asked: str | None = None
    coming: deque[Event] = field(default_factory=deque)


def converged(seed: int) -> None:
    rng = random.Random(seed)
    lesson = Lesson.live()
    lesson.ask(LEAD, "notes.rule", by="all")
    clients = rng.sample(range(1, 2**32), 60)
    writers = [Writer(seat, Scribe(clients.pop())) for seat in (LEAD, LOCAL, ANNA, BEN, ANNA)]

    def say(one: Writer) -> None:
        one.asked = one.asked or one.scribe.take()
        if one.asked is not None:
            happened = lesson.ask(one.seat, "notes.write", **CLASS, update=one.asked)
            for other in writers:
                other.coming.extend(event for event in happened if event.kind.startswith("notes."))
            if rng.random() < 0.8:  # or the acknowledgement is lost
                one.asked = None

    def hear(one: Writer, most: int) -> None:
        for _ in range(min(most, len(one.coming))):
            event = rules.project(one.coming.popleft(), one.seat, lesson.texts)
            assert event is not None
            one.scribe.hear([event.data["update"]])
            if rng.random() < 0.1:
                one.scribe.hear([event.data["update"]])

    for _ in range(400):
        one = rng.choice(writers)
        match rng.choice(["play", "play", "play", "say", "say", "hear", "break", "reload"]):
            case "play":
                one.scribe.play(rng)
            case "say":
                say(one)
            case "hear":
                hear(one, rng.randrange(6))
            case "break":  # and comes back with a snapshot
                one.coming.clear()
                parts = rules.view(lesson.state, one.seat, lesson.texts)["notes"]["parts"]
                one.scribe.hear(part["update"] for part in parts)
            case "reload" if clients and rng.random() < 0.3:
                while one.asked or (one.scribe.has_said):
                    say(one)
                one.scribe = Scribe(clients.pop())
                one.coming.clear()
                one.scribe.hear(p["update"] for p in rules.view(lesson.state, one.seat, lesson.texts)["notes"]["parts"])
    while any(one.asked or one.scribe.has_said for one in writers):
        for one in writers:
            say(one)
    for one in writers:
        hear(one, 10**9)
    late = read(lesson, rules.view(lesson.state, OBSERVER, lesson.texts)["notes"])
    assert {str(one.scribe) for one in writers} == {late}
    merged = merge(b64decode(lesson.texts[sheets.update_key(part)]) for part in lesson.state["notes"]["parts"])
    assert merged is not None
    again = Scribe(98)
    again.hear([b64encode(merged).decode()])
    assert str(again) == late
    for viewer in EVERYONE:  # what is folded is what a snapshot says
        folded = rules.fold(lesson.seen_by(viewer))
        assert folded["notes"] == rules.view(lesson.state, viewer, lesson.texts)["notes"]


@pytest.mark.parametrize("seed", range(25))
def test_all_read_the_same(seed: int) -> None:
    converged(seed)


@pytest.mark.soak
def test_all_read_the_same_a_thousand_times() -> None:
    for seed in range(25, 1000):
        converged(seed)
