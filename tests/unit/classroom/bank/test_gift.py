r"""Moodle's GIFT: texts of the shapes that its documentation gives, round trips, and what is no GIFT."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import Entry, read, write
from tests.unit.classroom.bank.banked import entries, meant, refused_or_read

TYPES = ("choice", "vote", "multiple", "truefalse", "number", "text", "essay", "match")
GAP = "___"


def only(text: str) -> dict[str, Any]:
    found = read("q.gift", text.encode())
    assert not found.notes
    (one,) = found.questions
    return dict(one.question)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("1+1\\=2 {T}", {"type": "truefalse", "prompt": "1+1=2", "answer": 0}),
        (
            "// a remark\n::Q1:: The sun rises in the west. {FALSE#No, in the east.#Right, in the east.}",
            {
                "type": "truefalse",
                "prompt": "The sun rises in the west.",
                "answer": 1,
                "explanation": "Right, in the east.",
            },
        ),
        (
            "::Q2:: What's between orange and green?\n{ =yellow # right; good! ~red # wrong ~blue }",
            {
                "type": "choice",
                "prompt": "What's between orange and green?",
                "options": ["yellow", "red", "blue"],
                "answer": 0,
                "explanation": "right; good!",
            },
        ),
        (
            "Two plus {=two =2} equals four.",
            {"type": "gaps", "prompt": "", "text": f"Two plus {GAP} equals four.", "answer": [["two", "2"]]},
        ),
        (
            "The third month is {~May =March ~June}, the fourth April.",
            {
                "type": "gaps",
                "prompt": "",
                "text": f"The third month is {GAP} , the fourth April.",
                "options": ["May", "March", "June"],
                "answer": [["March"]],
            },
        ),
        (
            "Which animal eats what? { =cat -> cat food =dog -> bones = -> hay ####By nature. }",
            {
                "type": "match",
                "prompt": "Which animal eats what?",
                "options": ["cat", "dog"],
                "targets": ["bones", "cat food", "hay"],
                "answer": [1, 0],
                "explanation": "By nature.",
            },
        ),
        (
            "A number from 1 to 5? {#3:2}",
            {"type": "number", "prompt": "A number from 1 to 5?", "answer": 3, "tolerance": 2},
        ),
        (
            "A number from 1 to 5? {#1..5}",
            {"type": "number", "prompt": "A number from 1 to 5?", "answer": 3, "tolerance": 2},
        ),
        (
            "Which are even? {~%50%2 ~%50%4 ~%-100%5}",
            {"type": "multiple", "prompt": "Which are even?", "options": ["2", "4", "5"], "answer": [0, 1]},
        ),
        ("Write about your holidays. {}", {"type": "essay", "prompt": "Write about your holidays."}),
        (
            "::Its name:: {=A \\{set\\} ~b\\~c}",
            {"type": "choice", "prompt": "Its name", "options": ["A {set}", "b~c"], "answer": 0},
        ),
        (
            "[html]<p>What is <b>x<sup>2</sup></b> if \\\\(x\\=3\\\\)?</p> {=[plain]<b> =9\\n}",
            {"type": "text", "prompt": "What is x² if \\(x=3\\)?", "answer": ["[plain]<b>", "9"]},
        ),
    ],
)
def test_each_shape_of_the_documentation(text: str, question: dict[str, Any]) -> None:
    assert only(text) == question


@pytest.mark.parametrize(
    ("text", "prompt", "why"),
    [
        ("How high? {#3.14:0.01}.", "How high?", ""),
        ("Is it so? {TRUE#No.#Yes.}!", "Is it so?", "Yes."),
        ("How high? {#8.8} km.", "How high? ___ km.", ""),
        ("Who? {=Li#Yes! =%75%Lee#Nearly. =%25%Wang#Well.}", "Who?", "Yes!"),
    ],
)
def test_a_full_stop_behind_is_no_text_and_what_is_half_right_explains_nothing(
    text: str, prompt: str, why: str
) -> None:
    (one,) = read("q.gift", text.encode()).questions
    assert (one.question["prompt"], one.question.get("explanation", "")) == (prompt, why)


def test_pictures_that_it_speaks_of_are_said_to_be_missing() -> None:
    picture = '<img src\\="@@PLUGINFILE@@/a%20b.png" alt\\="leaf">'
    text = f"::One::[html]What is this? {picture}{{=leaf ~<p>root {picture}</p>}}\n\n[plain]Is {picture} markup? {{T}}"
    found = read("q.gift", text.encode())
    assert [one.question["type"] for one in found.questions] == ["choice", "truefalse"]
    assert [(one.line, one.code) for one in found.notes] == [(1, "media_missing")] * 2
    assert "a%20b.png" in found.notes[0].message


def test_words_that_are_accepted_are_no_pictures() -> None:
    tag = '<img src\\="x.png">'
    text = f"Which is a tag? {{={tag} =b}}\n\nA tag is {{={tag}}} here."
    text += f"\n\nWhich? {{=b#No: {tag} ####{tag}}}\n\n{{={tag}}} {tag}\n\nA tag is {{={tag} x ~b}} here."
    found = read("q.gift", text.encode())
    assert [one.question["type"] for one in found.questions] == ["text", "gaps", "text", "text", "gaps"]
    assert found.questions[0].question["answer"] == ['<img src="x.png">', "b"]
    assert [(one.line, one.code) for one in found.notes] == [(5, "media_missing")] * 2 + [
        (line, "media_missing") for line in (7, 9)
    ]


def test_stars_that_stand_for_anything() -> None:
    text = "Where? {=*Paris* =Par* =%50%Lyon*}\n\nHow? {=2\\*3 =a*b}\n\nAny {=*} way.\n\n[plain]Which? {=a* ~b}"
    found = read("q.gift", text.encode())
    assert [one.question.get("answer") for one in found.questions] == [["Paris", "Par"], ["2*3"], None, 0]
    assert [(one.line, one.code) for one in found.notes] == [
        (1, "part_not_accepted"),
        (1, "star_cut"),
        (1, "star_cut"),
        (3, "star_left_out"),
        (5, "star_left_out"),
    ]


def test_categories_are_folders_and_tags_stand_in_remarks() -> None:
    text = "$CATEGORY: $course$/top/Area//Volume/Circles\n\n// [tag:hard] [tag:圆]\npi {#3.14:0.01}\n\n"
    text += "$CATEGORY: Other\ne {}\n"
    one, other = read("q.txt.gift", text.encode("utf-16")).questions
    assert (one.folder, one.tags, other.folder) == ("Area/Volume/Circles", ["hard", "圆"], "Other")


def test_what_is_not_understood_is_said_by_its_line_and_the_rest_is_read() -> None:
    text = (
        "A text alone\n\nfine {T}\n\nbroken {=a\n\nno {#one}\n\nmany {=0"
        + "~x" * 10
        + "}\n\nhalf {=a ~%50%b ~c}\n\n{a}"
    )
    found = read("q.gift", text.encode())
    assert [one.question["type"] for one in found.questions] == ["truefalse", "choice"]
    assert [(one.line, one.code) for one in found.notes] == [
        (1, "no_question"),
        (5, "braces_unfit"),
        (7, "no_number"),
        (9, "too_many"),
        (11, "part_wrong"),
        (13, "answers_unmarked"),
    ]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(name: str) -> None:
    (one,) = read("q.gift", "中国的首都是？ {=北京 ~上海}".encode(name)).questions
    assert one.question["options"] == ["北京", "上海"]


def test_what_is_no_text_is_refused() -> None:
    assert refused_or_read("q.gift", b"\xff\x80\x00 {T}").code == "encoding_unknown"  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(entries(TYPES))
def test_what_is_written_reads_as_the_same(kept: list[Entry]) -> None:
    found = read("q.gift", write("gift", kept))
    assert not found.notes
    wanted = [meant(one.question) for one in kept]
    for one in wanted:
        if unit := one.pop("unit", None):
            one["prompt"] += f" ({unit})"
        if one["type"] == "text":
            one["answer"] = [words.replace("->", "→") for words in one["answer"]]
    assert [meant(one.question) for one in found.questions] == wanted
    assert [one.folder for one in found.questions] == [one.folder for one in kept]


PIECES = [
    "{",
    "}",
    "=",
    "~",
    "#",
    "####",
    "->",
    "\\",
    "::",
    "//",
    "\n",
    "\n\n",
    "%50%",
    "a",
    "T",
    "..",
    "1",
    ":",
    "[html]",
    "<",
    "&#1;",
    "___",
    "$CATEGORY:",
]


STRANGE = st.one_of(st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).encode()), st.binary())


@settings(max_examples=60, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or_read("q.gift", data)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused_for_long(data: bytes) -> None:
    refused_or_read("q.gift", data)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "~a",
        "{T}\n\n",
        "a\n",
        "{",
        "\\{",
        "%50%",
        "#",
        "<",
        "<a",
        "<!--",
        "\\(",
        "=a->b",
        "[html]",
        "<sup>",
        "//\n",
        "::",
    ],
)
def test_a_megabyte_of_anything_is_soon_read(piece: str) -> None:
    for frame in ("{}", "q {{={}}}", "[html]{} {{}}"):
        refused_or_read("q.gift", frame.format(piece * (1_000_000 // len(piece))).encode())


@pytest.mark.parametrize("number", ["1_0", "nan", "infinity", "-inf", "1e999", "1..nan", "3:1_0", "３", ""])
def test_what_is_no_plain_number(number: str) -> None:
    found = read("q.gift", f"How many? {{#{number}}}".encode())
    assert (found.questions, [note.code for note in found.notes]) == ([], ["no_number"])
