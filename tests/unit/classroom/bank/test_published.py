"""Published questions come in as what they are, file by file; and what goes out is as QTI's specification has it, and
is read by another program as it was meant."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from classroom.bank import Entry, read, write
from tests import qti, samples
from tests.unit.classroom.bank import test_gift, test_qti
from tests.unit.classroom.bank.banked import entries, with_files

GLASGOW = [
    {
        "shape": "circle",
        "at": [pytest.approx(0.466, abs=0.001), pytest.approx(0.407, abs=0.001)],
        "radius": pytest.approx(0.0388, abs=0.001),
    }
]
"""Its hotspot, of a picture 206 wide."""
ITEMS: list[tuple[str, str, int, int]] = [
    ("number", "According to Arthur Dent's", 0, 0),
    ("number", "What is the circumference", 0, 0),
    ("gaps", "", 0, 0),
    ("gaps", "", 0, 0),
    ("essay", "Briefly explain how you", 0, 0),
    ("vote", "Rubric for All", 3, 0),
    ("spot", "The arrows in the diagram", 0, 1),
    ("choice", "What size spanner are", 5, 0),
    ("choice", "Which shape of road", 4, 4),
    ("choice", "What sound does this", 4, 5),
    ("spot", "The picture illustrates", 0, 1),
    ("choice", "What size spanner (in", 5, 0),
    ("multiple", "Which of the following", 6, 0),
    ("spot", "The arrows in the diagrams", 0, 1),
]
"""Of the IMS's items type, beginning, options, and pictures and sounds."""
RIGHT = [
    42,
    12.56,
    [["S"]],
    [["stage"], ["players"], ["seven"]],
    None,
    None,
    None,
    1,
    3,
    1,
    GLASGOW,
    3,
    [0, 2, 5],
    None,
]
"""It is said by rules of their own. That of an essay, of a point, and where several answers bring the same, is not
read."""
LEFT_OUT = {
    "empty/emptyitem.xml": "no_body",
    "fibi_ir_01/pyslet_fibi_ir_01.xml": "type_unknown",
    "metadata_new_style/metadatanewstyle.xml": "no_body",
    "objectbank/bank1.xml": "no_body",
    "objectbank/bank2.xml": "no_body",
    "qmdextensions/qmdextensions.xml": "no_body",
}
"""A slider has no counterpart, and the others have no body."""

Asked = dict[str, Any]
Reader = Callable[[str], Any]
MASKED = re.compile(r"&&(\d{3});")

OF_ONYX: dict[str, Asked | str] = {
    "CHOICE_ITEM": {"type": "choice", "prompt": "Pick the right one.", "options": ["Wrong", "Right"], "answer": 1},
    "MATCH_ITEM": {
        "type": "match",
        "prompt": "Match the items.",
        "options": ["Stem A", "Stem B"],
        "targets": ["Answer 1", "Answer 2", "Distractor"],
        "answer": [0, 1],
    },
    "CLOZE_ITEM": {
        "type": "gaps",
        "prompt": "",
        "text": "Das neutrale Element ist ___ und das inverse zu $$f_4$$ ist ___ .",
        "options": ["$$f_1$$", "$$f_2$$", "$$f_3$$"],
        "answer": [["$$f_1$$"], ["$$f_3$$"]],
    },
    "STACK_ITEM": "numbers_drawn",
    "PRINTED_VAR_ITEM": "numbers_drawn",
}
OF_MOODLE: dict[str, Asked] = {
    "CLOZE_XML_CONTENT": {
        "type": "gaps",
        "prompt": "",
        "text": "Complete the sentence:\nSpongeBob's best friend is ___.",
        "answer": [["patrick"]],
    },
    "MULTICHOICE_XML_CONTENT": {
        "type": "choice",
        "prompt": "Indicate which of the following words is a verb.",
        "options": ["bolded text", "To run"],
        "answer": 1,
        "explanation": "- test: general feedback -",
    },
}
OF_GIFT: list[Asked] = [
    {"type": "truefalse", "prompt": "Is this True?", "answer": 0},
    {
        "type": "gaps",
        "prompt": "",
        "text": "Mahatma Gandhi's birthday is an Indian holiday on ___ of October.",
        "options": ["15th", "3rd", "2nd"],
        "answer": [["2nd"]],
    },
    {
        "type": "gaps",
        "prompt": "",
        "text": 'Since ___ the town of Hastings England has been "famous with visitors".',
        "options": ["495 AD", "1066 AD", "1215 AD", "43 AD"],
        "answer": [["1066 AD"]],
    },
    {
        "type": "number",
        "prompt": "What is the value of pi (to 3 decimal places)?",
        "answer": 3.1415,
        "tolerance": pytest.approx(0.0005),
    },
]


def test_a_published_package_of_items_comes_in_item_by_item() -> None:
    found = read("ims.zip", samples.qti_package())
    said = [(one.question, len(one.files)) for one in found.questions]
    whole = [(asked["type"], asked["prompt"], len(asked.get("options", ())), files) for asked, files in said]
    assert len(whole) == len(ITEMS)
    for one, (kind, begins, *rest) in zip(whole, ITEMS, strict=True):
        assert (one[0], *one[2:]) == (kind, *rest), one
        assert one[1].startswith(begins), one
    assert [one.question.get("answer") for one in found.questions] == RIGHT
    assert found.questions[1].question["tolerance"] == pytest.approx(0.001)
    assert found.questions[1].question["unit"] == "cm"
    assert "O, T, T, F, F, ___ ,..." in found.questions[2].question["text"]
    partly = [note for note in found.notes if note.code in ("asks_several", "rules_unread")]
    left_out = [note for note in found.notes if note not in partly]
    assert [note.message.split(": ")[0] for note in left_out] == list(LEFT_OUT)
    assert [note.code for note in left_out] == list(LEFT_OUT.values())
    assert len(partly) == 4
    assert sum(note.code == "asks_several" for note in partly) == 1, "one asks for spots on two pictures"
    assert sum("a point response" in note.message for note in partly) == 1
    assert sum("several answers that bring the same" in note.message for note in partly) == 2


def test_what_onyx_writes_comes_in() -> None:
    found = {name: read("q.xml", text.encode()) for name, text in samples.texts("onyx").items()}
    assert found.keys() == OF_ONYX.keys()
    for name, wanted in OF_ONYX.items():
        one = found[name]
        said = dict(one.questions[0].question) if one.questions else one.notes[0].code
        assert said == wanted, name


def test_what_moodle_writes_comes_in() -> None:
    found = {name: read("q.xml", text.encode()) for name, text in samples.texts("moodle").items()}
    assert {name: dict(one.questions[0].question) for name, one in found.items()} == OF_MOODLE
    assert [note.code for one in found.values() for note in one.notes] == ["part_not_accepted"]


def test_published_gift_comes_in_as_another_reader_has_it(reader: Reader) -> None:
    found = read("q.gift", samples.gift().encode())
    assert [dict(one.question) for one in found.questions] == OF_GIFT
    for ours, theirs in zip(found.questions, reader(samples.gift()), strict=True):
        if "choices" in theirs and isinstance(theirs["choices"], list):
            choices = theirs["choices"]
            assert ours.question["options"] == [one["text"]["text"] for one in choices]
            assert ours.question["answer"] == [[one["text"]["text"] for one in choices if one["isCorrect"]]]


THEIRS = {
    **dict.fromkeys(("choice", "vote", "multiple"), "MC"),
    "truefalse": "TF",
    "number": "Numerical",
    "text": "Short",
    "essay": "Essay",
    "match": "Matching",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with samples.gift_reader() as read_:
        yield read_


@settings(max_examples=60)
@given(written=entries(test_gift.TYPES).filter(bool))
def test_another_reader_finds_in_our_gift_what_was_meant(reader: Reader, written: list[Entry]) -> None:
    said = reader(write("gift", written).decode())
    assert isinstance(said, list), said
    for one, theirs in zip(written, [each for each in said if each["type"] != "Category"], strict=True):
        asked = one.question
        assert theirs["type"] == THEIRS[asked["type"]]
        unit = f" ({asked['unit']})" if asked.get("unit") else ""
        assert _plain(theirs["stem"]) == asked["prompt"] + unit
        why = theirs["globalFeedback"]
        assert (_plain(why) if why else None) == asked.get("explanation")
        _same_answers(asked, theirs)


def _same_answers(asked: Any, theirs: Any) -> None:
    match asked["type"]:
        case "choice" | "vote" | "multiple":
            assert [_plain(one["text"]) for one in theirs["choices"]] == asked["options"]
            right = [i for i, one in enumerate(theirs["choices"]) if one["isCorrect"] or (one["weight"] or 0) > 0]
            answer = asked.get("answer", [])
            assert right == (answer if isinstance(answer, list) else [answer])
        case "truefalse":
            assert theirs["isTrue"] == (asked["answer"] == 0)
        case "number":
            assert theirs["choices"]["number"] == pytest.approx(asked["answer"])
            assert theirs["choices"]["range"] == pytest.approx(asked.get("tolerance", 0))
        case "match":
            pairs = [(_plain(one["subquestion"]), one["subanswer"]) for one in theirs["matchPairs"]]
            targets = [html.unescape(_broken(_unmasked(target))) for left, target in pairs if left]
            assert [left for left, _ in pairs if left] == asked["options"]
            assert targets == [asked["targets"][i] for i in asked["answer"]]


def _plain(text: Any) -> str:
    return html.unescape(_broken(text["text"]))


def _unmasked(text: str) -> str:
    """Of the signs that were escaped in a target it leaves the masks that Moodle has for them while it reads."""
    return MASKED.sub(lambda one: chr(int(one[1])), text)


def _broken(text: str) -> str:
    return text.replace("<br>", "\n")


@pytest.mark.parametrize(("form", "version"), [("zip", 2), ("qti3", 3)])
@settings(max_examples=40)
@given(written=with_files((*test_qti.TYPES, "spot")))
def test_items_and_packages_are_as_the_specification_has_them(form: str, version: int, written: list[Entry]) -> None:
    with zipfile.ZipFile(io.BytesIO(write(form, written))) as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                assert qti.faults(package.read(name), version) == [], package.read(name).decode()
