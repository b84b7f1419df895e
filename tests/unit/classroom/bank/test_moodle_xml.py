"""Moodle XML: the shapes of its documentation, round trips, files within, and XML that means harm."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import Entry, File, read, write
from classroom.errors import ClientFault
from tests.unit.classroom.bank.banked import entries, meant, refused_or_read, shown, with_files

TYPES = ("choice", "vote", "multiple", "truefalse", "number", "text", "essay", "match", "order", "gaps")
PICTURE = b"\x89PNG a picture"
QUIZ = f"""<?xml version="1.0" ?>
<quiz>
<question type="category"><category><text>$course$/top/Year 3</text></category></question>
<question type="multichoice">
  <name><text>Capital</text></name>
  <questiontext format="html"><text><![CDATA[<p>The <b>capital</b> of <i>France</i>, \\(a<b\\)?</p>
    <script>alert(1)</script><img src="@@PLUGINFILE@@/a%20map.png" alt="A map">]]></text>
    <file name="a map.png" encoding="base64">{base64.b64encode(PICTURE).decode()}</file></questiontext>
  <generalfeedback format="html"><text>It &lt;b&gt;is&lt;/b&gt; Paris.</text></generalfeedback>
  <answer fraction="100"><text>Paris</text><feedback><text>Yes</text></feedback></answer>
  <answer fraction="0"><text>Lyon</text></answer>
  <single>true</single>
  <tags><tag><text>map</text></tag></tags>
</question>
<question type="multichoice"><questiontext><text>Even?</text></questiontext><single>false</single>
  <answer fraction="50"><text>2</text></answer><answer fraction="50"><text>4</text></answer>
  <answer fraction="-100"><text>5</text></answer></question>
<question type="truefalse"><questiontext><text>Is it?</text></questiontext>
  <answer fraction="0"><text>true</text></answer><answer fraction="100"><text>false</text></answer></question>
<question type="shortanswer"><questiontext><text>Who?</text></questiontext><usecase>1</usecase>
  <answer fraction="100"><text>a &lt;b&gt;</text></answer><answer fraction="40"><text>nearly</text></answer></question>
<question type="numerical"><questiontext><text>How far?</text></questiontext>
  <answer fraction="100"><text>23</text><tolerance>0.5</tolerance></answer>
  <units><unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit>
  <unit><multiplier>1</multiplier><unit_name>m</unit_name></unit></units></question>
<question type="matching"><questiontext><text>Match</text></questiontext>
  <subquestion><text>dog</text><answer><text>bone</text></answer></subquestion>
  <subquestion><text>cow</text><answer><text>grass</text></answer></subquestion>
  <subquestion><text></text><answer><text>air</text></answer></subquestion></question>
<question type="cloze"><questiontext>
  <text>A {{1:SHORTANSWER:=dog~%100%hound#yes~%50%cat}} and {{:NM:=3:0.1}}.</text></questiontext></question>
<question type="gapselect"><questiontext><text>The [[2]] is [[1]].</text></questiontext>
  <selectoption><text>blue</text></selectoption><selectoption><text>sky</text></selectoption></question>
<question type="ordering"><questiontext><text>Order</text></questiontext>
  <answer fraction="1"><text>a</text></answer><answer fraction="2"><text>b</text></answer></question>
<question type="essay"><questiontext><text>Write.</text></questiontext>
  <answer fraction="0"><text></text></answer></question>
<question type="description"><questiontext><text>Read.</text></questiontext></question>
<question type="calculated"><questiontext><text>?</text></questiontext></question>
<question type="essay"><questiontext><text>&lt;img src="@@PLUGINFILE@@/no.png"&gt;See?</text></questiontext></question>
</quiz>"""


def test_what_gaps_lose_is_said() -> None:
    told = {
        "{1:MULTICHOICE:=red~%0%blue} or {1:MCV:%100%big~small}": [],
        "{1:MC:=red~blue} and {1:SHORTANSWER:=Paris~*#no}": ["choice_left_out"],
        "{1:SA:=Paris~%50%Lyon}": ["part_not_accepted"],
        "{1:MR:=red~=blue~green}": ["one_word"],
        "{1:MRHS:=red~blue}": [],
        "{1:NM:=3.14:0.01}": ["tolerance_left_out"],
        "{1:NUMERICAL:=3:0.0~=4}": [],
        "{1:SA:=*Paris*}": ["star_cut"],
        "{1:MC:=*Paris*~Lyon}": [],
    }
    for text, codes in told.items():
        quiz = f'<quiz><question type="cloze"><questiontext><text>{text}</text></questiontext></question></quiz>'
        found = read("q.xml", quiz.encode())
        assert [note.code for note in found.notes] == codes, text
        assert len(found.questions) == 1


def test_stars_that_stand_for_anything() -> None:
    told = {
        ("*Paris*", "Paris", "Par*"): (["Paris", "Par"], ["star_cut", "star_cut"]),
        ("a*b", "2\\*3", "* x", "*"): (["2*3", "x"], ["star_left_out", "star_cut", "star_left_out"]),
        ("a*b", "**"): (None, ["star_left_out", "star_left_out"]),
    }
    for given_, (accepted, notes) in told.items():
        answers = "".join(f'<answer fraction="100"><text>{one}</text></answer>' for one in given_)
        asked = f'<question type="shortanswer"><questiontext><text>?</text></questiontext>{answers}</question>'
        gap = f"{{1:SA:={'~='.join(given_)}}}"
        gaps = f'<question type="cloze"><questiontext><text>A {gap}</text></questiontext></question>'
        found = read("q.xml", f"<quiz>{asked}{gaps}</quiz>".encode())
        assert [one.question.get("answer") for one in found.questions] == [accepted, accepted and [accepted]]
        assert [note.code for note in found.notes] == notes * 2
    asked = '<quiz><question type="shortanswer"><questiontext><text>?</text></questiontext></question></quiz>'
    assert [note.code for note in read("q.xml", asked.encode()).notes] == ["too_few"]


@pytest.mark.parametrize("options", [{}, {"options": ["a", "*", "\\*b"]}])
def test_stars_that_are_meant_come_back(options: dict[str, list[str]]) -> None:
    text = {"type": "text", "prompt": "?", "answer": ["*", "\\*b"]}
    gaps = {"type": "gaps", "prompt": "", "text": "A ___", "answer": [["*", "\\*b"]], **options}
    found = read("q.xml", write("xml", [Entry(text), Entry(gaps)]))
    assert not found.notes
    assert [meant(one.question) for one in found.questions] == [text, meant(gaps)]


def test_each_shape_of_the_documentation() -> None:
    found = read("q.xml", QUIZ.encode())
    questions = [dict(one.question) for one in found.questions]
    first = found.questions[0]
    (name,) = first.files
    assert (first.folder, first.tags, first.files[name]) == ("Year 3", ["map"], File("a map.png", PICTURE))
    assert questions == [
        {
            "type": "choice",
            "prompt": "The capital of France, \\(a<b\\)?",
            "picture": name,
            "alt": "A map",
            "explanation": "It is Paris.",
            "options": ["Paris", "Lyon"],
            "answer": 0,
        },
        {"type": "multiple", "prompt": "Even?", "options": ["2", "4", "5"], "answer": [0, 1]},
        {"type": "truefalse", "prompt": "Is it?", "answer": 1},
        {"type": "text", "prompt": "Who?", "answer": ["a <b>"]},
        {"type": "number", "prompt": "How far?", "answer": 23, "tolerance": 0.5, "unit": "m"},
        {
            "type": "match",
            "prompt": "Match",
            "options": ["dog", "cow"],
            "targets": ["air", "bone", "grass"],
            "answer": [1, 2],
        },
        {"type": "gaps", "prompt": "", "text": "A ___ and ___.", "answer": [["dog", "hound"], ["3"]]},
        {
            "type": "gaps",
            "prompt": "",
            "text": "The ___ is ___.",
            "options": ["blue", "sky"],
            "answer": [["sky"], ["blue"]],
        },
        {"type": "order", "prompt": "Order", "options": ["b", "a"], "answer": [1, 0]},
        {"type": "essay", "prompt": "Write."},
        {"type": "essay", "prompt": "See?"},
    ]
    assert [one.code for one in found.notes] == [
        "part_wrong",
        "part_not_accepted",
        "tolerance_left_out",
        "asks_nothing",
        "type_unknown",
        "media_missing",
    ]
    assert all(QUIZ.split("\n")[(one.line or 0) - 1].startswith("<question") for one in found.notes)


@settings(max_examples=60, deadline=None)
@given(entries(TYPES))
def test_what_is_written_reads_as_the_same(kept: list[Entry]) -> None:
    found = read("q.xml", write("xml", kept))
    assert not found.notes
    assert [meant(one.question) for one in found.questions] == [meant(one.question) for one in kept]
    assert [one.folder for one in found.questions] == [one.folder for one in kept]


@settings(max_examples=40, deadline=None)
@given(with_files(TYPES))
def test_pictures_and_sounds_come_back(kept: list[Entry]) -> None:
    found = read("q.xml", write("xml", kept))
    assert not found.notes
    assert [shown(one) for one in found.questions] == [shown(one) for one in kept]


def test_pictures_gaps_and_units_come_back() -> None:
    kept = read("q.xml", QUIZ.encode()).questions
    assert read("x", write("xml", kept)).questions == kept


HARM = {
    "laughs": '<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><quiz>&b;</quiz>',
    "outside": '<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz>&a;</quiz>',
    "fetched": '<!DOCTYPE q SYSTEM "http://127.0.0.1/x.dtd"><quiz/>',
    "quadratic": f'<!DOCTYPE q [<!ENTITY a "{"a" * 50_000}">]><quiz>{"&a;" * 50_000}</quiz>',
}


@pytest.mark.parametrize("harm", HARM)
def test_entities_and_document_types_are_refused(harm: str) -> None:
    with pytest.raises(ClientFault) as fault:
        read("q.xml", HARM[harm].encode())
    assert fault.value.code == "xml_forbidden"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<quiz>" + "<a>" * 200_000, "xml_too_large"),
        ("<quiz>" + "<a/>" * 1_000_000, "xml_too_large"),
        ("<quiz>", "malformed"),
        ("<quiz>&nothing;</quiz>", "malformed"),
        ("<quizzes/>", "malformed"),
        ('<?xml version="1.0" encoding="utf-7"?><quiz/>', "encoding_unknown"),
    ],
)
def test_what_is_no_quiz_or_too_much_is_refused(text: str, code: str) -> None:
    assert refused_or_read("q.xml", text.encode()).code == code  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "gb18030", "gbk"])
def test_encodings(name: str) -> None:
    asked = '<question type="essay"><questiontext><text>地球</text></questiontext></question>'
    text = f'<?xml version="1.0" encoding="{name}"?><quiz>{asked}</quiz>'
    assert read("q.xml", text.encode(name)).questions[0].question["prompt"] == "地球"
    wrong = text.replace(name, "utf-8").encode("gbk")
    assert refused_or_read("q.xml", wrong).code == "encoding_unknown"  # type: ignore[union-attr]


SMALL = ["<quiz>", "</quiz>", "{1:SA:=", "{1:SA:=a}", "[[9]]", "<text>", "&#0;", '"']
PIECES = [*QUIZ.replace("><", ">\n<").split("\n"), *SMALL]
STRANGE = st.one_of(
    st.lists(st.sampled_from(PIECES)).map(lambda parts: ("<quiz>" + "".join(parts) + "</quiz>").encode()),
    st.tuples(st.integers(0, len(QUIZ)), st.integers(0, 40)).map(
        lambda cut: (QUIZ[: cut[0]] + QUIZ[sum(cut) :]).encode()
    ),
    st.binary(),
)


@settings(max_examples=60, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or_read("q.xml", data)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused_for_long(data: bytes) -> None:
    refused_or_read("q.xml", data)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["{1:SA:=a}", "{1:SA:", "{1:SA:\\", "~", "\\~", "#", "[[1]]", '&lt;img src="@@PLUGINFILE@@/a.png"&gt;']
)
def test_a_megabyte_of_anything_is_soon_read(piece: str) -> None:
    many = piece * (1_000_000 // len(piece))
    for kind, text in (("cloze", many), ("cloze", f"{{1:MC:{many}}}"), ("gapselect", many)):
        asked = f'<question type="{kind}"><questiontext><text>{text}</text></questiontext></question>'
        refused_or_read("q.xml", f"<quiz>{asked}</quiz>".encode())
