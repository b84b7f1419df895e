"""What is said of what was not understood: a sentence for each code, here and in the pages' languages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from classroom import bank
from classroom.bank.notes import MOST_CHARACTERS, SAYS, WORDS, Note, noted
from classroom.bank.reading import UNFIT
from web.server.courseware.making import Fault

ROOT = Path(bank.__file__).parents[2]
MESSAGES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "web/client/messages").glob("*.json"))}
READERS = [*(ROOT / "classroom/bank").rglob("*.py"), *(ROOT / "web/server").rglob("*understanding.py")]
ROUTE = {f"media_{what}{where}" for what in ("left", "needed") for where in ("", "_off_shelf")}
PACKAGED = {"xml_malformed", "encoding_unknown", "xml_forbidden", "xml_too_large"}
SAYING = {"note", "noted", "Not", "_note"}
SPOT = {"type": "spot", "prompt": "?", "picture": "p", "aspect": 1}
FIELD = re.compile(r"\{(\w+)\}")


def said(name: str) -> Iterator[tuple[str, set[str]]]:
    """The first words of all calls of that name, and the names of the fields."""
    for path in READERS:
        for one in ast.walk(ast.parse(path.read_text())):
            if isinstance(one, ast.Call) and str(getattr(one.func, "attr", getattr(one.func, "id", ""))) == name:
                words = [arg.value for arg in one.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                if words:
                    yield words[0], {key.arg for key in one.keywords if key.arg}


def keys(code: str, field: str = "") -> tuple[str, str]:
    return (f"note.{field}.{code}", f"fault.{code}") if field else (f"note.{code}", f"error.{code}")


def words_of(catalogue: Mapping[str, str], code: str, field: str = "") -> str:
    return next(catalogue[key] for key in keys(code, field) if key in catalogue)


def test_every_code_of_a_reader_has_its_sentence_and_none_has_one_in_vain() -> None:
    codes = {code for name in SAYING for code, _ in said(name)}
    assert codes | {*UNFIT.values(), "unfit"} | ROUTE | PACKAGED == SAYS.keys()
    reasons = {why for why, _ in said("Unread")}
    assert reasons < WORDS["why"].keys()
    for code, fields in [pair for name in SAYING - {"_note"} for pair in said(name)]:
        assert fields == set(FIELD.findall(SAYS[code])), code
    for why, fields in said("Unread"):
        assert fields == set(FIELD.findall(WORDS["why"][why])), why


@pytest.mark.parametrize("language", MESSAGES)
def test_every_sentence_is_in_every_language(language: str) -> None:
    """With the same fields in it; in English it is the same."""
    catalogue = MESSAGES[language]
    wanted = {(code, ""): says for code, says in SAYS.items()}
    wanted |= {(code, field): says for field, words in WORDS.items() for code, says in words.items()}
    for (code, field), says in wanted.items():
        words = words_of(catalogue, code, field)
        assert set(FIELD.findall(words)) == set(FIELD.findall(says)), code
        assert (words == says) == (language == "en"), code
    for fault in get_args(Fault):
        assert words_of(catalogue, fault, "why"), fault
    known = {key for code, field in wanted for key in keys(code, field)} | {"note.file", "note.number"}
    assert {key for key in catalogue if key.startswith("note.")} <= known


def test_a_note_says_where_it_is_and_fills_its_fields_once() -> None:
    assert noted(3, "type_unknown", type="{where}").message == "Questions of type “{where}” have no counterpart."
    assert noted(3, "too_many", file="a.xml", where="options").message.startswith("a.xml: A question")
    assert noted(None, "too_few", number=7, where="answer").message.endswith("too few answers.")
    assert noted(None, "too_few", number=7, where="answer").message.startswith("Question 7: ")
    rules = noted(1, "rules_unread", why="choices", n=12, part="multiple")
    assert rules.message.endswith("not understood: 12 choices, multiple.")
    late = noted(None, "media_left", prompt="?", name="p.png", why="office_missing")
    assert late.message == "“?” was kept without “p.png”. It cannot be shown."


def test_a_field_is_no_longer_than_it_may_be() -> None:
    assert noted(1, "no_number", answer="9" * 1000) == Note(1, "no_number", {"answer": "9" * MOST_CHARACTERS})


@pytest.mark.parametrize(
    ("question", "code", "fields"),
    [
        ({"type": "riddle", "prompt": "?"}, "type_unknown", {"type": "riddle"}),
        ({"prompt": "?"}, "empty", {"where": "type"}),
        ({"type": "vote", "prompt": "?"}, "empty", {"where": "options"}),
        ({"type": "vote", "prompt": "?", "options": ["a"]}, "too_few", {"where": "options"}),
        ({"type": "vote", "prompt": "?", "options": ["a", "b" * 301]}, "too_long", {"where": "options"}),
        ({"type": "choice", "prompt": "?", "options": ["a", "b"], "answer": 5}, "unfit", {"where": "answer"}),
        ({"type": "choice", "prompt": 3, "options": ["a", "b"]}, "unfit", {"where": "prompt"}),
        ({"type": "essay", "prompt": "?", "alt": "x"}, "unfit", {"where": "picture"}),
        ({"type": "essay", "prompt": "?", "x": "x"}, "unfit", {"where": "question"}),
        ({**SPOT, "answer": [{"shape": "ellipse"}]}, "unfit", {"where": "answer"}),
    ],
)
def test_what_of_a_question_does_not_fit_is_said(question: object, code: str, fields: Mapping[str, str]) -> None:
    fine = {"type": "essay", "prompt": "Fine?"}
    found = bank.read("q.json", json.dumps({"questions": [{"question": one} for one in (fine, question)]}).encode())
    assert [one.question for one in found.questions] == [fine]
    assert found.notes == [Note(None, code, {"number": 2, **fields})]
