"""What QTI says of the elements that questions are written with: what each must and may have, and what stands in it, in
which order. Said anew from the tables of the specification, for no package carries its schemas (docs/bank.md):
imsglobal.org/question/qtiv2p2/imsqti_v2p2_info.html and imsglobal.org/spec/qti/v3p0, whose elements are the same in
lower case, with hyphens and `qti-` before its own. Packages are by imsglobal.org/content/packaging.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

NAME = r"[A-Za-z_][\w.\-]*"
INT, COUNT, FLOAT, WHOLE = r"-?\d+", r"[1-9]\d*", r"-?\d+(\.\d+)?([eE][+\-]?\d+)?", r"\d+"
TRUTH = "true|false"
ANY = r"(.|\n)*"
ONE_OF = {
    "cardinality": "single|multiple|ordered|record",
    "baseType": "identifier|boolean|integer|float|string|point|pair|directedPair|duration|file|uri",
    "shape": "circle|rect|poly|ellipse|default",
    "showHide": "show|hide",
    "toleranceMode": "exact|absolute|relative",
}
COORDS = r"\d+(,\d+)+"

FLOW = "(#|br|img|object|audio|p)*"
INLINE = "(#|br|img|object|audio)*"
INTERACTIONS = "choiceInteraction|orderInteraction|matchInteraction|gapMatchInteraction|extendedTextInteraction"
BLOCKS = f"(p|{INTERACTIONS}|selectPointInteraction)+"
RULES = "(responseCondition|setOutcomeValue)*"
VALUE = "(variable|correct|baseValue|sum|mapResponse|equal)"


@dataclass(frozen=True, slots=True)
class Kind:
    """`inside`: a pattern of the names of what stands in it, in order, each with a space behind it; `#` is text.
    `must` and `may`: attributes, and patterns of their values."""

    inside: str = ""
    must: Mapping[str, str] = field(default_factory=dict)
    may: Mapping[str, str] = field(default_factory=dict)


RESPONSE = {"responseIdentifier": NAME}
SHUFFLED = {"shuffle": TRUTH}
CHOICE = Kind(FLOW, {"identifier": NAME}, {"fixed": TRUTH})
KINDS = {
    "assessmentItem": Kind(
        "(responseDeclaration)*(outcomeDeclaration)*(itemBody)?(responseProcessing)?(modalFeedback)*",
        {"identifier": NAME, "title": ANY, "adaptive": TRUTH, "timeDependent": TRUTH},
        {"lang": r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"},
    ),
    "responseDeclaration": Kind(
        "(correctResponse)?(mapping)?(areaMapping)?",
        {"identifier": NAME, "cardinality": ONE_OF["cardinality"]},
        {"baseType": ONE_OF["baseType"]},
    ),
    "outcomeDeclaration": Kind(
        "", {"identifier": NAME, "cardinality": ONE_OF["cardinality"]}, {"baseType": ONE_OF["baseType"]}
    ),
    "correctResponse": Kind("(value)+"),
    "value": Kind("(#)?"),
    "mapping": Kind("(mapEntry)+", {}, {"defaultValue": FLOAT}),
    "mapEntry": Kind("", {"mapKey": ANY, "mappedValue": FLOAT}),
    "areaMapping": Kind("(areaMapEntry)+", {}, {"defaultValue": FLOAT}),
    "areaMapEntry": Kind("", {"shape": ONE_OF["shape"], "coords": COORDS, "mappedValue": FLOAT}),
    "itemBody": Kind(BLOCKS),
    "p": Kind("(#|br|img|object|audio|gap|textEntryInteraction|inlineChoiceInteraction)*"),
    "br": Kind(),
    "img": Kind("", {"src": ANY, "alt": ANY}, {"width": WHOLE, "height": WHOLE}),
    "object": Kind("(#)?", {"data": ANY, "type": r"[a-z]+/[\w.+\-]+"}, {"width": WHOLE, "height": WHOLE}),
    "audio": Kind("", {"src": ANY}, {"controls": "controls"}),
    "prompt": Kind(INLINE),
    "choiceInteraction": Kind("(prompt)?(simpleChoice)+", {**RESPONSE, **SHUFFLED, "maxChoices": WHOLE}),
    "orderInteraction": Kind("(prompt)?(simpleChoice)+", RESPONSE | SHUFFLED),
    "simpleChoice": CHOICE,
    "matchInteraction": Kind("(prompt)?(simpleMatchSet){2}", {**RESPONSE, **SHUFFLED, "maxAssociations": WHOLE}),
    "simpleMatchSet": Kind("(simpleAssociableChoice)*"),
    "simpleAssociableChoice": Kind(FLOW, {"identifier": NAME, "matchMax": WHOLE}),
    "gapMatchInteraction": Kind("(prompt)?(gapText)+(p)+", RESPONSE | SHUFFLED),
    "gapText": Kind(INLINE, {"identifier": NAME, "matchMax": WHOLE}),
    "gap": Kind("", {"identifier": NAME}),
    "textEntryInteraction": Kind("", RESPONSE, {"expectedLength": COUNT}),
    "inlineChoiceInteraction": Kind("(inlineChoice)+", RESPONSE | SHUFFLED),
    "inlineChoice": Kind(INLINE, {"identifier": NAME}),
    "extendedTextInteraction": Kind("(prompt)?", RESPONSE),
    "selectPointInteraction": Kind("(prompt)?(object|img)", {**RESPONSE, "maxChoices": WHOLE}),
    "responseProcessing": Kind(RULES, {}, {"template": r"https?://\S+"}),
    "responseCondition": Kind("(responseIf)"),
    "responseIf": Kind(f"{VALUE}{RULES}"),
    "setOutcomeValue": Kind(VALUE, {"identifier": NAME}),
    "sum": Kind(f"{VALUE}+"),
    "equal": Kind(f"{VALUE}{{2}}", {"toleranceMode": ONE_OF["toleranceMode"]}, {"tolerance": f"{FLOAT}( {FLOAT})?"}),
    "mapResponse": Kind("", {"identifier": NAME}),
    "variable": Kind("", {"identifier": NAME}),
    "correct": Kind("", {"identifier": NAME}),
    "baseValue": Kind("#", {"baseType": ONE_OF["baseType"]}),
    "modalFeedback": Kind(FLOW, {"outcomeIdentifier": NAME, "identifier": NAME, "showHide": ONE_OF["showHide"]}),
    "manifest": Kind("(organizations)(resources)", {"identifier": NAME}),
    "organizations": Kind(),
    "resources": Kind("(resource)*"),
    "resource": Kind("(file)*", {"identifier": NAME, "type": r"\S+"}, {"href": r"\S+"}),
    "file": Kind("", {"href": r"\S+"}),
}
LATER = {"modalFeedback": Kind("(contentBody)", KINDS["modalFeedback"].must), "contentBody": Kind(FLOW)}
"""Of 3.0."""
OF_HTML = {"p", "br", "img", "object", "audio"}
PACKAGING = {"manifest", "organizations", "resources", "resource", "file"}
HYPHEN = re.compile(r"-([a-z])")


def faults(xml: bytes, version: int) -> list[str]:
    """What an item or a manifest of QTI 2 or 3 has that the specification has not, or lacks that it must have."""
    root = etree.fromstring(xml)
    return [*_faults(root, version), *_twice(root, version)]


def _twice(root: etree._Element, version: int) -> Iterator[str]:
    """Identifiers of what is declared, or chosen from, are each once."""
    seen = set[str]()
    for one in root.iter():
        name, called = _name(one, version)[0], one.get("identifier", "")
        if name.endswith(("Declaration", "Choice")) or name in ("gap", "gapText", "resource"):
            place = called if name != "inlineChoice" else f"{called} of {root.getroottree().getpath(one.getparent())}"
            if place in seen:
                yield f"{place} is there twice"
            seen.add(place)


def _faults(element: etree._Element, version: int) -> Iterator[str]:
    name, problem = _name(element, version)
    if problem:
        yield problem
    kind = (LATER if version == 3 else {}).get(name) or KINDS.get(name)
    if kind is None:
        yield f"{name} is no element"
        return
    given = {_key(str(key), version): str(value) for key, value in element.attrib.items()}
    yield from (f"{name} lacks {one}" for one in kind.must.keys() - given.keys())
    for key, value in given.items():
        pattern = {**kind.must, **kind.may}.get(key)
        if pattern is None:
            yield f"{name} has no {key}"
        elif not re.fullmatch(pattern, value):
            yield f"{key} of {name} is no {value!r}"
    inside = "".join(f"{one} " for one in _inside(element, version))
    if not re.fullmatch(re.sub(r"#|\w+(?=[|)])|^\w+$", lambda one: f"(?:{one[0]} )", kind.inside), inside):
        yield f"in {name} stands {inside}"
    for child in element:
        yield from _faults(child, version)


def _inside(element: etree._Element, version: int) -> Iterator[str]:
    if (element.text or "").strip():
        yield "#"
    for child in element:
        yield _name(child, version)[0]
        if (child.tail or "").strip():
            yield "#"


def _name(element: etree._Element, version: int) -> tuple[str, str]:
    """As it is called in 2.x, and what is wrong with how it is called here."""
    name = etree.QName(element).localname
    if version == 2 or name in OF_HTML | PACKAGING:
        return name, ""
    if not name.startswith("qti-") or name != name.lower():
        return name, f"{name} is not spelt as in 3.0"
    return HYPHEN.sub(lambda one: one[1].upper(), name[4:]), ""


def _key(name: str, version: int) -> str:
    local = name.rpartition("}")[2]
    return HYPHEN.sub(lambda one: one[1].upper(), local) if version == 3 else local
