"""QTI: items of the shapes of its specification, in both spellings, packages, round trips, and zips that mean harm."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import Entry, read, write
from classroom.errors import ClientFault
from tests.unit.classroom.bank.banked import entries, meant, refused_or_read

SPACES = re.compile(r"(?: |\\t)+")
"""In JSON; XML has no other space than one."""
TYPES = ("choice", "vote", "multiple", "essay", "match", "order")


def item(declaration: str, body: str, more: str = "") -> str:
    return (
        '<?xml version="1.0"?>'
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="i" title="Its title"'
        f' xml:lang="en"><responseDeclaration identifier="RESPONSE" {declaration}</responseDeclaration>'
        f"<itemBody>{body}</itemBody>{more}</assessmentItem>"
    )


def right(*values: str) -> str:
    return "<correctResponse>" + "".join(f"<value>{one}</value>" for one in values) + "</correctResponse>"


CHOICE = item(
    f'cardinality="single" baseType="identifier">{right("B")}',
    '<p>Look at <b>this</b>.</p><p><img src="images/sign.png" alt="A sign"/></p>'
    '<choiceInteraction responseIdentifier="RESPONSE">'
    '<prompt>What does it say?</prompt><simpleChoice identifier="A">Go<feedbackInline identifier="A">no'
    "</feedbackInline>"
    '</simpleChoice><simpleChoice identifier="B">Stop</simpleChoice></choiceInteraction>',
    '<modalFeedback identifier="why">Red is stop.</modalFeedback>',
)
ITEMS: list[tuple[str, dict[str, Any]]] = [
    (
        item(
            f'cardinality="multiple" baseType="identifier">{right("H", "O")}',
            '<choiceInteraction responseIdentifier="RESPONSE" maxChoices="0"><prompt>Water?</prompt>'
            '<simpleChoice identifier="H">'
            'H<sub>2</sub></simpleChoice><simpleChoice identifier="O">O</simpleChoice>'
            '<simpleChoice identifier="C">C</simpleChoice>'
            "</choiceInteraction>",
        ),
        {"type": "multiple", "prompt": "Water?", "options": ["H₂", "O", "C"], "answer": [0, 1]},
    ),
    (
        item(
            f'cardinality="ordered" baseType="identifier">{right("C", "A", "B")}',
            '<orderInteraction responseIdentifier="RESPONSE"><prompt>Order</prompt>'
            '<simpleChoice identifier="A">a</simpleChoice>'
            '<simpleChoice identifier="B">b</simpleChoice><simpleChoice identifier="C">c</simpleChoice>'
            "</orderInteraction>",
        ),
        {"type": "order", "prompt": "Order", "options": ["a", "b", "c"], "answer": [2, 0, 1]},
    ),
    (
        item(
            f'cardinality="multiple" baseType="directedPair">{right("C R", "D M")}',
            '<matchInteraction responseIdentifier="RESPONSE"><prompt>Who is where?</prompt><simpleMatchSet>'
            '<simpleAssociableChoice identifier="C">Capulet</simpleAssociableChoice>'
            '<simpleAssociableChoice identifier="D">'
            "Demetrius</simpleAssociableChoice></simpleMatchSet><simpleMatchSet>"
            '<simpleAssociableChoice identifier="M">Dream'
            '</simpleAssociableChoice><simpleAssociableChoice identifier="R">Romeo</simpleAssociableChoice>'
            "</simpleMatchSet>"
            "</matchInteraction>",
        ),
        {
            "type": "match",
            "prompt": "Who is where?",
            "options": ["Capulet", "Demetrius"],
            "targets": ["Dream", "Romeo"],
            "answer": [1, 0],
        },
    ),
    (
        item(
            f'cardinality="single" baseType="string">{right("York")}<mapping defaultValue="0">'
            f'<mapEntry mapKey="York" '
            'mappedValue="1"/><mapEntry mapKey="york" mappedValue="0.5"/></mapping>',
            '<p>The sun of <textEntryInteraction responseIdentifier="RESPONSE"/>;</p>',
        ),
        {"type": "gaps", "prompt": "", "text": "The sun of ___ ;", "answer": [["York"]]},
    ),
    (
        item(
            f'cardinality="single" baseType="float">{right("3.5")}',
            '<p>How much?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>',
        ),
        {"type": "number", "prompt": "How much?", "answer": 3.5},
    ),
    (
        item(
            f'cardinality="single" baseType="identifier">{right("Y")}',
            '<p>Sun of <inlineChoiceInteraction responseIdentifier="RESPONSE"><inlineChoice identifier="G">Gloucester'
            '</inlineChoice><inlineChoice identifier="Y">York</inlineChoice></inlineChoiceInteraction> rises.</p>',
        ),
        {
            "type": "gaps",
            "prompt": "",
            "text": "Sun of ___ rises.",
            "options": ["Gloucester", "York"],
            "answer": [["York"]],
        },
    ),
    (
        item(
            f'cardinality="multiple" baseType="directedPair">{right("W G1", "S G2")}',
            '<gapMatchInteraction responseIdentifier="RESPONSE"><prompt>Fill in</prompt>'
            '<gapText identifier="W">winter</gapText>'
            '<gapText identifier="S">summer</gapText>'
            '<p>Now is the <gap identifier="G1"/> made <gap identifier="G2"/></p>'
            "</gapMatchInteraction>",
        ),
        {
            "type": "gaps",
            "prompt": "Fill in",
            "text": "Now is the ___ made ___",
            "options": ["winter", "summer"],
            "answer": [["winter"], ["summer"]],
        },
    ),
    (
        item('cardinality="single" baseType="string">', '<extendedTextInteraction responseIdentifier="RESPONSE"/>'),
        {"type": "essay", "prompt": "Its title"},
    ),
]


def newer(text: str) -> str:
    """The same in the spelling of 3.0."""
    for name in ("assessmentItem", "responseDeclaration", "correctResponse", "itemBody", "simpleMatchSet", "mapEntry"):
        text = text.replace(name, "qti-" + "".join(f"-{one.lower()}" if one.isupper() else one for one in name))
    for name in ("choice", "order", "match", "textEntry", "inlineChoice", "gapMatch", "extendedText"):
        said = "".join(f"-{one.lower()}" if one.isupper() else one for one in name)
        text = text.replace(f"{name}Interaction", f"qti-{said}-interaction")
    for name in ("simpleChoice", "simpleAssociableChoice", "inlineChoice", "gapText"):
        said = "".join(f"-{one.lower()}" if one.isupper() else one for one in name)
        text = text.replace(f"<{name}", f"<qti-{said}").replace(f"</{name}", f"</qti-{said}")
    for name in ("value", "prompt", "mapping", "gap"):
        for end in (" ", ">"):
            text = text.replace(f"<{name}{end}", f"<qti-{name}{end}").replace(f"</{name}{end}", f"</qti-{name}{end}")
    for name in ("responseIdentifier", "baseType", "maxChoices", "mapKey", "mappedValue", "defaultValue"):
        text = text.replace(name, "".join(f"-{one.lower()}" if one.isupper() else one for one in name))
    return text


@pytest.mark.parametrize("spelling", [str, newer])
@pytest.mark.parametrize(("text", "question"), ITEMS)
def test_each_shape_of_the_specification(spelling: Any, text: str, question: dict[str, Any]) -> None:
    found = read("item.xml", spelling(text).encode())
    assert not found.notes
    (one,) = found.questions
    assert (one.question, one.language) == (question, "en")


def package(*files: tuple[str, bytes], manifest: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        hrefs = "".join(
            f'<resource type="imsqti_item_xmlv2p1" href="{name}"/>' for name, _ in files if name[-3:] == "xml"
        )
        if manifest:
            made.writestr("imsmanifest.xml", f"<manifest><resources>{hrefs}</resources></manifest>")
        for name, data in files:
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("manifest", [True, False])
def test_a_package_has_its_pictures(manifest: bool) -> None:
    data = package(("a/q.xml", CHOICE.encode()), ("a/images/sign.png", b"PNG"), ("b.xml", b"<no"), manifest=manifest)
    found = read("q.zip", data)
    (one,) = found.questions
    (name,) = one.files
    assert one.files[name] == b"PNG"
    assert one.question == {
        "type": "choice",
        "prompt": "Look at this.\nWhat does it say?",
        "picture": name,
        "alt": "A sign",
        "explanation": "Red is stop.",
        "options": ["Go", "Stop"],
        "answer": 1,
    }
    assert [note.code for note in found.notes] == ["malformed"]


def test_what_has_no_counterpart_or_is_missing_is_said() -> None:
    hotspot = item('cardinality="single">', '<hotspotInteraction responseIdentifier="RESPONSE"/>')
    assert [one.code for one in read("q.xml", hotspot.encode()).notes] == ["type_unknown"]
    assert [one.code for one in read("q.xml", CHOICE.encode()).notes] == ["media_missing"]
    assert len(read("q.xml", CHOICE.encode()).questions) == 1


@settings(max_examples=60, deadline=None)
@given(entries(TYPES))
def test_what_is_written_reads_as_the_same(kept: list[Entry]) -> None:
    found = read("q.zip", write("zip", kept))
    assert not found.notes
    wanted = [json.loads(SPACES.sub(" ", json.dumps(dict(one.question)))) for one in kept]
    assert [meant(one.question) for one in found.questions] == [meant(one) for one in wanted]


def harm(name: str = "a.xml", data: bytes = b"x", mode: int = 0, twice: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        made.writestr(info, data)
        if twice:
            made.writestr("./" + name, data)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(harm())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def many() -> bytes:
    return package(*((f"{i}.txt", b"") for i in range(10_001)))


HARM = {
    "up": lambda: harm("../a.xml"),
    "root": lambda: harm("/etc/a.xml"),
    "drive": lambda: harm("c:/a.xml"),
    "link": lambda: harm(mode=stat.S_IFLNK | 0o777),
    "bomb": lambda: harm(data=b"\0" * (20 << 20)),
    "twice": lambda: harm(twice=True),
    "encrypted": encrypted,
    "many": many,
    "cut": lambda: harm()[:-30],
    "none": lambda: b"PK\x03\x04",
}


@pytest.mark.parametrize("name", HARM)
def test_a_zip_that_means_harm_is_refused(name: str) -> None:
    with pytest.raises(ClientFault) as fault:
        read("q.zip", HARM[name]())
    assert fault.value.code == "zip_unfit"


WHOLE = package(("a.xml", CHOICE.encode()), *((f"{i}.xml", text.encode()) for i, (text, _) in enumerate(ITEMS)))
PIECES = [piece for text, _ in ITEMS for piece in text.replace("><", ">\n<").split("\n") if "?xml" not in piece]
STRANGE = st.one_of(
    st.lists(st.sampled_from(PIECES)).map(
        lambda parts: f"<assessmentItem><itemBody>{''.join(parts)}</itemBody></assessmentItem>".encode()
    ),
    st.tuples(st.sampled_from(ITEMS), st.integers(0, 900), st.integers(0, 40)).map(
        lambda cut: (cut[0][0][: cut[1]] + cut[0][0][cut[1] + cut[2] :]).encode()
    ),
    st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4)).map(
        lambda cut: WHOLE[: cut[0]] + cut[1] + WHOLE[cut[0] + len(cut[1]) :]
    ),
)


@settings(max_examples=60, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or_read("q.zip", data)


@pytest.mark.soak
@settings(max_examples=5000, deadline=None)
@given(STRANGE)
def test_any_bytes_are_read_or_refused_for_long(data: bytes) -> None:
    refused_or_read("q.zip", data)


@pytest.mark.timeout(20)
def test_a_hundred_thousand_choices_are_soon_refused() -> None:
    choices = "".join(f'<simpleChoice identifier="c{i}">x</simpleChoice>' for i in range(100_000))
    text = item(
        'cardinality="single">', f'<choiceInteraction responseIdentifier="RESPONSE">{choices}</choiceInteraction>'
    )
    assert [one.code for one in read("q.xml", text.encode()).notes] == ["too_many"]
