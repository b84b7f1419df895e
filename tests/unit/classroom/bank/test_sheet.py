"""Tables of questions, as spreadsheets save them."""

from __future__ import annotations

import pytest
from hypothesis import given

from classroom.bank import Entry, read, sheet, write
from tests.unit.classroom.bank.banked import entries, meant

TYPES = ("choice", "vote", "multiple", "truefalse", "number", "text", "essay", "order", "match")


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(name: str) -> None:
    (one,) = read("题.csv", "type,prompt,options,answer\r\nchoice,首都？,北京|上海,1\r\n".encode(name)).questions
    assert one.question == {"type": "choice", "prompt": "首都？", "options": ["北京", "上海"], "answer": 0}


@given(entries(TYPES))
def test_round_trip(asked: list[Entry]) -> None:
    found = sheet.read(sheet.write(asked))
    assert not found.notes
    assert [meant(one.question) for one in found.questions] == [meant(one.question) for one in asked]
    assert [one.folder for one in found.questions] == [one.folder for one in asked]


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        (r"\|x\||x", ["|x|", "x"]),
        (r"\frac{1}{2}|a\\b", [r"\frac{1}{2}", r"a\\b"]),
        (r"a\\|b\\\|c", ["a\\", r"b\|c"]),
        (r"a|b\\", ["a", r"b\\"]),
        ("|a||b|", ["a", "b"]),
    ],
)
def test_a_bar_in_an_option_and_the_backslashes_of_formulas(cell: str, options: list[str]) -> None:
    (one,) = read("q.csv", f"type,prompt,options\nvote,?,{cell}\n".encode()).questions
    assert one.question["options"] == options


def test_labels_have_bars_too() -> None:
    asked = Entry({"type": "essay", "prompt": "'=?", "points": ["|x|", "y\\"]}, tags=["a|b", "'"])
    (one,) = read("q.csv", write("csv", [asked])).questions
    assert (one.question, list(one.tags)) == (asked.question, asked.tags)


@pytest.mark.parametrize("kind", ["order", "match"])
def test_what_has_no_right_answer_is_given_none(kind: str) -> None:
    question = {"type": kind, "prompt": "?", "options": ["a", "b"], "targets": ["c", "d"]}
    assert not read("q.csv", write("csv", [Entry(question)])).questions
