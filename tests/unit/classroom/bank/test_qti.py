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

from classroom.bank import Entry, File, left_out, read, write
from classroom.errors import ClientFault
from tests.unit.classroom.bank.banked import FILES, entries, meant, refused_or_read, shown, with_files

SPACES = re.compile(r"(?: |\\t)+")
"""In JSON; XML has no other space than one."""
TYPES = ("choice", "vote", "multiple", "essay", "match", "order", "truefalse", "number", "text", "gaps")


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
        item(
            f'cardinality="single" baseType="float">{right("9.8")}',
            '<p>How fast?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/> m/s²</p>',
            '<responseProcessing><equal toleranceMode="absolute" tolerance="0.1 0.2"><variable identifier="RESPONSE"/>'
            '<correct identifier="RESPONSE"/></equal></responseProcessing>',
        ),
        {"type": "number", "prompt": "How fast?", "answer": 9.8, "tolerance": 0.2, "unit": "m/s²"},
    ),
    (
        item(
            f'cardinality="single" baseType="identifier">{right("false")}',
            '<choiceInteraction responseIdentifier="RESPONSE"><prompt>Is ice warm?</prompt>'
            '<simpleChoice identifier="true">Yes</simpleChoice><simpleChoice identifier="false">No</simpleChoice>'
            "</choiceInteraction>",
        ),
        {"type": "truefalse", "prompt": "Is ice warm?", "answer": 1},
    ),
    (
        item('cardinality="single" baseType="string">', '<extendedTextInteraction responseIdentifier="RESPONSE"/>'),
        {"type": "essay", "prompt": "Its title"},
    ),
]


OF_HTML = {"p", "b", "sub", "img", "object"}


def newer(text: str) -> str:
    """The same in the spelling of 3.0."""

    def hyphened(name: str) -> str:
        return re.sub("[A-Z]", lambda one: f"-{one[0].lower()}", name)

    text = re.sub(r"(?<= )([a-zA-Z]+)(?==\")", lambda one: hyphened(one[1]), text)
    said = re.compile(r"(</?)([a-zA-Z]+)")
    return said.sub(lambda one: one[0] if one[2] in OF_HTML else f"{one[1]}qti-{hyphened(one[2])}", text)


@pytest.mark.parametrize("spelling", [str, newer])
@pytest.mark.parametrize(("text", "question"), ITEMS)
def test_each_shape_of_the_specification(spelling: Any, text: str, question: dict[str, Any]) -> None:
    found = read("item.xml", spelling(text).encode())
    assert not found.notes
    (one,) = found.questions
    assert (one.question, one.language) == (question, "en")


MAP = '<object type="image/png" width="200" height="100" data="map.png">A map</object>'
MAPPED = (
    '<areaMapping defaultValue="0"><areaMapEntry shape="rect" coords="0,0,50,100" mappedValue="1"/>'
    '<areaMapEntry shape="circle" coords="1,1,1" mappedValue="0.5"/></areaMapping>'
)
SPOTS = [
    (
        item(
            f'cardinality="single" baseType="identifier">{right("B")}',
            f'<p>Rivers</p><hotspotInteraction responseIdentifier="RESPONSE"><prompt>Which is it?</prompt>{MAP}'
            '<hotspotChoice shape="circle" coords="20,20,8" identifier="A"/>'
            '<hotspotChoice shape="circle" coords="100,50,10" identifier="B"/></hotspotInteraction>',
        ),
        "Rivers\nWhich is it?",
        [{"shape": "circle", "at": [0.5, 0.5], "radius": 0.05}],
    ),
    (
        item(
            f'cardinality="multiple" baseType="identifier">{right("A", "B")}',
            f'<hotspotInteraction responseIdentifier="RESPONSE"><prompt>Where?</prompt>{MAP}'
            '<hotspotChoice shape="poly" coords="0,0,200,0,200,100,0,0" identifier="A"/>'
            '<hotspotChoice shape="default" identifier="B"/></hotspotInteraction>',
        ),
        "Where?",
        [
            {"shape": "polygon", "points": [[0, 0], [1, 0], [1, 1]]},
            {"shape": "rect", "at": [0, 0], "size": [1, 1]},
        ],
    ),
    (
        item(
            f'cardinality="single" baseType="point">{right("9 9")}{MAPPED}',
            f'<selectPointInteraction responseIdentifier="RESPONSE"><prompt>Mark it.</prompt>{MAP}'
            "</selectPointInteraction>",
        ),
        "Mark it.",
        [{"shape": "rect", "at": [0, 0], "size": [0.25, 1]}],
    ),
]


@pytest.mark.parametrize("spelling", [str, newer])
@pytest.mark.parametrize(("text", "prompt", "areas"), SPOTS)
def test_spots_on_a_picture(spelling: Any, text: str, prompt: str, areas: Any) -> None:
    found = read("q.zip", package(("a.xml", spelling(text).encode()), ("map.png", b"PNG")))
    (one,) = found.questions
    (name,) = one.files
    asked = {"type": "spot", "prompt": prompt, "picture": name, "alt": "A map", "aspect": 0.5}
    assert one.question == {**asked, "answer": areas}
    assert [note.code for note in found.notes] == (["one_spot"] if "multiple" in text else [])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("map.png", "gone.png", "no_picture"),
        (' width="200"', "", "picture_size"),
        (' height="100"', ' height="0"', "picture_size"),
        (MAP, "", "no_picture"),
        ("100,50,10", "100,50", "area_unfit"),
        ("100,50,10", "1e999,nan,x", "area_unfit"),
        ('shape="circle" coords="100,50,10"', 'shape="ellipse" coords="1,2,3,4"', "area_unfit"),
        ('shape="circle" coords="100,50,10"', f'shape="poly" coords="{"1,2,3,4," * 20}5,6"', "area_unfit"),
        ('shape="circle" coords="100,50,10"', 'shape="rect" coords="50,50,0,0"', "unfit"),
    ],
)
def test_what_cannot_be_pointed_at(old: str, new: str, code: str) -> None:
    text = SPOTS[0][0]
    assert old in text
    found = read("q.zip", package(("a.xml", text.replace(old, new).encode()), ("map.png", b"PNG")))
    assert (found.questions, found.notes[-1].code) == ([], code)


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


def resource(href: str, base: str = "") -> str:
    return f'<resource type="imsqti_item_xmlv2p1" href="{href}" {base}/>'


def listed(resources: str, *files: tuple[str, bytes]) -> bytes:
    return package(("imsmanifest.xml", f"<manifest>{resources}</manifest>".encode()), *files, manifest=False)


@pytest.mark.parametrize("manifest", [True, False])
def test_a_package_has_its_pictures(manifest: bool) -> None:
    data = package(("a/q.xml", CHOICE.encode()), ("a/images/sign.png", b"PNG"), ("b.xml", b"<no"), manifest=manifest)
    found = read("q.zip", data)
    (one,) = found.questions
    (name,) = one.files
    assert one.files[name] == File("sign.png", b"PNG")
    assert one.question == {
        "type": "choice",
        "prompt": "Look at this.\nWhat does it say?",
        "picture": name,
        "alt": "A sign",
        "explanation": "Red is stop.",
        "options": ["Go", "Stop"],
        "answer": 1,
    }
    assert [note.code for note in found.notes] == ["xml_malformed"]


HREFS = {
    "a b/叶 1.xml": "a%20b/%E5%8F%B6%201.xml",
    "100%.xml": "100%25.xml",
    "a%20b.xml": "a%20b.xml",
    "in/of/it.xml": "./in/x/../of/it.xml",
}


@pytest.mark.parametrize("name", HREFS)
def test_items_of_a_manifest_are_named_by_uris(name: str) -> None:
    found = read("q.zip", listed(f"<resources>{resource(HREFS[name])}</resources>", (name, ITEMS[0][0].encode())))
    assert (len(found.questions), found.notes) == (1, [])


BASES = [
    ('<resources xml:base="items/">', ""),
    ("<resources>", 'xml:base="items/"'),
    ('<resources xml:base="%69tems/index.xml">', ""),
    ('<resources xml:base="a/">', 'xml:base="../items/"'),
]


@pytest.mark.parametrize(("resources", "base"), BASES)
def test_items_of_a_manifest_are_where_its_bases_say(resources: str, base: str) -> None:
    files = (("items/a b.xml", CHOICE.encode()), ("items/images/sign.png", b"PNG"))
    found = read("q.zip", listed(f"{resources}{resource('a%20b.xml', base)}</resources>", *files))
    assert (len(found.questions), found.notes) == (1, [])
    assert len(found.questions[0].files) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "base", ["../", "/", "http://127.0.0.1/", "http://[/", "file:///etc/", "%2e%2e/", "..\\/", "%00/", "a/" * 200_000]
)
def test_no_name_of_a_manifest_leads_out_of_the_package(base: str) -> None:
    resources = f'<resources xml:base="{base}">{resource("q.xml") * 10_000}</resources>'
    found = read("q.zip", listed(resources, ("q.xml", ITEMS[0][0].encode())))
    assert not found.questions
    assert {note.code for note in found.notes} == {"item_missing"}


QTI_1 = """<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="a">
<section ident="s"><item ident="q"><presentation><material><mattext>One?</mattext></material></presentation></item>
</section></assessment></questestinterop>"""


@pytest.mark.parametrize("name", ["g1/g1.xml", "res00001.dat", "non_cc_assessments/g1.xml.qti"])
def test_what_is_qti_1_2_is_said(name: str) -> None:
    resources = f'<resources><resource type="imsqti_xmlv1p2" href="{name}"/></resources>'
    (note,) = read("q.zip", listed(resources, (name, QTI_1.encode()))).notes
    assert (note.code, name in note.message, "Moodle XML" in note.message) == ("qti_1", True, True)
    for alone in ("q.xml", "q.zip", "q"):
        assert [note.code for note in read(alone, QTI_1.encode()).notes] == ["qti_1"]


def test_what_has_no_counterpart_or_is_missing_is_said() -> None:
    slider = item('cardinality="single">', '<sliderInteraction responseIdentifier="RESPONSE"/>')
    assert [one.code for one in read("q.xml", slider.encode()).notes] == ["type_unknown"]
    drawn = item('cardinality="single">', '<p><printedVariable identifier="a"/> <textEntryInteraction/></p>')
    assert [one.code for one in read("q.xml", drawn.encode()).notes] == ["numbers_drawn"]
    assert [one.code for one in read("q.xml", CHOICE.encode()).notes] == ["media_missing"]
    assert len(read("q.xml", CHOICE.encode()).questions) == 1


def spaced(one: Entry) -> Entry:
    """With spaces as XML has them."""
    return Entry(json.loads(SPACES.sub(" ", json.dumps(dict(one.question)))), files=one.files)


@pytest.mark.parametrize("form", ["zip", "qti3"])
@settings(max_examples=40, deadline=None)
@given(kept=entries(TYPES))
def test_what_is_written_reads_as_the_same(form: str, kept: list[Entry]) -> None:
    found = read("q.zip", write(form, kept))
    assert not found.notes
    assert [meant(spaced(one).question) for one in found.questions] == [meant(spaced(one).question) for one in kept]


@pytest.mark.parametrize("form", ["zip", "qti3"])
@settings(max_examples=25, deadline=None)
@given(kept=with_files(TYPES))
def test_pictures_and_sounds_come_back(form: str, kept: list[Entry]) -> None:
    found = read("q.zip", write(form, kept))
    assert not found.notes
    assert [shown(spaced(one)) for one in found.questions] == [shown(spaced(one)) for one in kept]


@pytest.mark.parametrize("form", ["zip", "qti3"])
@settings(max_examples=25, deadline=None)
@given(kept=entries(("spot",)))
def test_spots_come_back_as_nearly_as_whole_numbers_are(form: str, kept: list[Entry]) -> None:
    """Of a picture a thousand wide."""
    found = read("q.zip", write(form, [Entry(one.question, files={"p0": FILES["p0"]}) for one in kept]))
    assert not found.notes
    for one, other in zip(found.questions, kept, strict=True):
        assert one.question["aspect"] == pytest.approx(other.question["aspect"], rel=0.01)
        assert numbers(one.question["answer"]) == pytest.approx(numbers(other.question["answer"]), abs=0.01)
    assert left_out(form, kept).types.get("spot", 0) == len(kept)  # without its picture it asks nothing


@pytest.mark.parametrize(
    "area",
    [
        {"shape": "polygon", "points": [[0, 0], [1, 1], [0.0001, 0]]},
        {"shape": "rect", "at": [1, 0.5], "size": [0.25, 0.5]},
        {"shape": "rect", "at": [0.5, 0.5], "size": [0.0001, 0.5]},
        {"shape": "circle", "at": [0.5, 0.5], "radius": 1e-9},
    ],
)
def test_a_spot_that_is_smaller_than_a_point_or_half_outside_is_one(area: dict[str, Any]) -> None:
    asked = {"type": "spot", "prompt": "?", "picture": "p0", "aspect": 1, "answer": [area]}
    found = read("q.zip", write("zip", [Entry(asked, files={"p0": FILES["p0"]})]))
    (one,) = found.questions
    assert not found.notes
    assert numbers(one.question["answer"]) == pytest.approx(numbers([area]), abs=0.002)


@pytest.mark.parametrize("form", ["zip", "qti3"])
@pytest.mark.parametrize("options", [["dog", "hound", "cat"], None])
def test_gaps_of_which_several_words_are_right(form: str, options: list[str] | None) -> None:
    asked = {"type": "gaps", "prompt": "", "text": "A ___ and a ___ .", "answer": [["dog", "hound"], ["cat"]]}
    asked |= {"options": options} if options else {}
    (one,) = read("q.zip", write(form, [Entry(asked)])).questions
    assert meant(one.question) == meant(asked)
    lost = {**asked, "options": ["cow", "cat"]}
    assert left_out(form, [Entry(lost)]).types == {"gaps": 1}  # what is right cannot be chosen


def numbers(areas: Any) -> list[float]:
    return [float(one) for one in re.findall(r"[0-9][0-9.e-]*", json.dumps(areas))]


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
