"""What a file is: what is written as a format is taken for it, whatever it is called, whatever its questions say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import FORMATS, Entry, form_of, read, suffix, write
from tests.unit.classroom.bank.banked import questions

OF_OTHERS = [
    "ANSWER: A",
    "type,prompt,options,answer",
    "// GIFT, UTF-8",
    "::x:: {T}",
    "$CATEGORY: x",
    '{"questions": []}',
    '<?xml version="1.0"?><quiz/>',
    "<qti-assessment-item >",
    "PK\x03\x04",
    "A. x\nB. y\nANSWER: B",
    "prompt",
]


@st.composite
def confusing(draw: st.DrawFn) -> Entry:
    """A choice, which all formats have, that begins as a file of any may."""
    asked = draw(questions(("choice",)))
    begin = draw(st.sampled_from(OF_OTHERS)).replace("\x03\x04", "")
    return Entry({**asked, "prompt": begin + draw(st.sampled_from(["", "\n", " "])) + asked["prompt"]})


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, deadline=None)
@given(kept=st.lists(confusing(), min_size=1, max_size=3))
def test_what_is_written_is_taken_for_what_it_is(form: str, kept: list[Entry]) -> None:
    taken(form, kept)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("begin", OF_OTHERS)
def test_a_question_that_begins_as_another_format_does(form: str, begin: str) -> None:
    prompt = begin.replace("\x03\x04", "")
    taken(form, [Entry({"type": "choice", "prompt": prompt, "options": ["a", "b"], "answer": 0})])


def taken(form: str, kept: list[Entry]) -> None:
    data, ends = write(form, kept), suffix(form)
    names = [f"q.{ends}", f"题.{ends.upper()}", "q", "q.dat"] + (["q.txt"] if form in ("gift", "txt") else [])
    for name in names:
        assert form_of(name, data) == ends, name
        assert len(read(name, data).questions) == len(kept)


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("q.csv", "prompt,explanation\nOne?,x\n\nANSWER: A\n", "csv"),
        ("q", "prompt,explanation\nOne?,x\n\nANSWER: A\n", "csv"),
        ("q.csv", "prompt\nANSWER: A\n", "csv"),
        ("q.txt", "The sun rises in the east. {T}\n", "gift"),
        ("q.gift", "What is said?\\nANSWER\\: A {T}\nANSWER: A", "gift"),
        ("q.gift", 'What is a <assessmentItem identifier="x">? {T}', "gift"),
        ("q.txt", "  answer : b\n", "txt"),
        ("q.txt", "prompt\nA) x\nB) y\nANSWER: A\n", "txt"),
        ("q.xml", "<!-- <quiz> --><?x y?>\n<!-- - --> <i:assessmentItem/>", "zip"),
        ("q.txt", "<!-- of 2004 --> <quiz/>", "xml"),
        ("q.xml", "<questestinterop/>", "zip"),
        ("q.bin", "<html><quiz/></html>", None),
        ("q.bin", '{"answers": "questions"}', "gift"),
        ("q.bin", '{ "questions" : []}', "json"),
    ],
)
def test_what_others_write(name: str, text: str, form: str | None) -> None:
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert form_of(name, data) == form


@pytest.mark.parametrize("form", FORMATS)
def test_that_nothing_is_in_a_file_is_said(form: str) -> None:
    found = read(f"q.{suffix(form)}", write(form, []))
    assert (found.questions, [note.code for note in found.notes]) == ((), ["nothing_found"])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["<!--", "<?", "<!---->", "{", "{}", "ANSWER:", "<", "//", "prompt,", "\n"])
def test_a_megabyte_of_anything_is_soon_seen(piece: str) -> None:
    form_of("q.bin", (piece * (1_000_000 // len(piece))).encode())
