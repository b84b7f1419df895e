"""Aiken: the shapes of its documentation, round trips, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import Entry, read, write
from tests.unit.classroom.bank.banked import entries, refused_or_read

TEXT = """Which river is the longest?
A. Thames
B. Yangtze
C. Seine
ANSWER: B

地球绕着什么转？
A) 月亮
B) 太阳
ANSWER: B
"""


@pytest.mark.parametrize("name", ["q.txt", "q.aiken", "q"])
def test_options_with_dots_or_brackets(name: str) -> None:
    found = read(name, TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    one, other = (entry.question for entry in found.questions)
    assert not found.notes
    assert one == {
        "type": "choice",
        "prompt": "Which river is the longest?",
        "options": ["Thames", "Yangtze", "Seine"],
        "answer": 1,
    }
    assert (other["prompt"], other["answer"]) == ("地球绕着什么转？", 1)


def test_what_is_not_understood_is_said_by_its_line() -> None:
    text = "No answer\nA. a\nB. b\nAnother?\nA. a\nB. b\nANSWER: C\n\nOne?\nA. a\nANSWER: A\n\n"
    text += "Fine?\nA. x\nB. y\nANSWER: B\nrest"
    found = read("q.txt", text.encode())
    assert [one.question["prompt"] for one in found.questions] == ["Fine?"]
    assert [(one.line, one.code) for one in found.notes] == [
        (1, "no_answer_line"),
        (4, "answer_no_option"),
        (9, "too_few"),
        (17, "rest_unanswered"),
    ]


def test_texts_are_plain_and_what_goes_wrong_is_left_behind() -> None:
    """A tag is text, a bracket needs no space, and an answer that is none spoils no other question."""
    text = 'Is <b class="x"> a tag & bold?\nA)Yes <i>\nB)No\nANSWER: A\n\nA) No prompt\nANSWER: Paris\n'
    text += "Which&nbsp;one?<br>Say!\nA. a\nB. b\nANSWER: B\n"
    found = read("q.txt", text.encode())
    assert [(one.question["prompt"], one.question["options"]) for one in found.questions] == [
        ('Is <b class="x"> a tag & bold?', ["Yes <i>", "No"]),
        ("Which\xa0one?\nSay!", ["a", "b"]),
    ]
    assert [(one.line, one.code) for one in found.notes] == [(6, "answer_no_option")]
    assert b'Is <b class="x"> a tag & bold?\nA. Yes <i>\n' in write("txt", found.questions)


@settings(max_examples=60, deadline=None)
@given(entries(("choice",)))
def test_what_is_written_reads_as_the_same(kept: list[Entry]) -> None:
    found = read("q.txt", write("txt", kept))
    assert not found.notes
    wanted = [{key: value for key, value in one.question.items() if key != "explanation"} for one in kept]
    assert [one.question for one in found.questions] == wanted


PIECES = ["A. ", "B) ", "ANSWER: ", "ANSWER: A\n", "A", "Z. ", "\n", "\n\n", "?", "<br>", "ANSWER", "&#0;"]
STRANGE = st.one_of(st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).encode()), st.binary())


@settings(max_examples=60, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or_read("q.txt", data)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused_for_long(data: bytes) -> None:
    refused_or_read("q.txt", data)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["A. x\n", "x\n", "A", "?\nA. x\nB. y\nANSWER: A\n", "ANSWER: A\n", "\n"])
def test_a_megabyte_of_anything_is_soon_read(piece: str) -> None:
    refused_or_read("q.txt", (piece * (1_000_000 // len(piece))).encode())
