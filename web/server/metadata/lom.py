"""IEEE Learning Object Metadata (IEEE 1484.12.1, bound to XML by 1484.12.3). Pure.

A row of the table is a place in the tree and what stands there; rows of one category come in the order of its elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element, SubElement

from web.server.metadata.described import Described

LOM = "http://ltsc.ieee.org/xsd/LOM"
SCHEMA = "http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOURCE = "LOMv1.0"
ROLES = {"author": "author", "teacher": "author", "editor": "editor", "publisher": "publisher"}
TYPES = frozenset(
    {
        *("exercise", "simulation", "questionnaire", "diagram", "figure", "graph", "index", "slide", "table"),
        *("narrative text", "exam", "experiment", "problem statement", "self assessment", "lecture"),
    }
)
USERS = frozenset({"teacher", "author", "learner", "manager"})
AGGREGATION = "1"  # a resource is a whole that is used as one

Put = Callable[[Element, Described], None]


def _tag(name: str) -> str:
    return f"{{{LOM}}}{name}"


def _add(parent: Element, path: str, text: str = "") -> Element:
    for name in path.split("/"):
        parent = SubElement(parent, _tag(name))
    if text:
        parent.text = text
    return parent


def _strings(parent: Element, name: str, values: Iterable[tuple[str, str]]) -> None:
    """A LangString, where there is anything to say."""
    said = [(language, words) for language, words in values if words]
    if said:
        inside = _add(parent, name)
        for language, words in said:
            SubElement(inside, _tag("string"), {"language": language} if language else {}).text = words


def _vocabulary(parent: Element, name: str, values: Iterable[str]) -> None:
    for value in values:
        inside = _add(parent, name)
        _add(inside, "source", SOURCE)
        _add(inside, "value", value)


def _identifier(parent: Element, one: Described) -> None:
    if not one.address:
        return
    inside = _add(parent, "identifier")
    _add(inside, "catalog", "URI")
    _add(inside, "entry", one.address)


def _general(parent: Element, one: Described) -> None:
    row = one.resource
    _identifier(parent, one)
    _strings(parent, "title", [(row.language, row.title)])
    if row.language:
        _add(parent, "language", row.language)
    _strings(parent, "description", [(row.language, row.description)])
    for point in row.points:
        _strings(parent, "keyword", [(row.language, point)])
    _vocabulary(parent, "aggregationLevel", [AGGREGATION])


def _life_cycle(parent: Element, one: Described) -> None:
    _strings(parent, "version", [("", str(one.resource.version))])
    _vocabulary(parent, "status", ["final"])
    for person in one.resource.contributors:
        inside = _add(parent, "contribute")
        _vocabulary(inside, "role", [ROLES.get(person["role"], "unknown")])
        _add(inside, "entity", _card(person["name"]))


def _meta(parent: Element, one: Described) -> None:
    _add(parent, "metadataSchema", SOURCE)


def _technical(parent: Element, one: Described) -> None:
    if one.mime:
        _add(parent, "format", one.mime)
    if one.resource.bytes:
        _add(parent, "size", str(one.resource.bytes))
    if where := one.target or one.address:
        _add(parent, "location", where)
    if one.lasts:
        _add(parent, "duration/duration", one.lasts)


def _educational(parent: Element, one: Described) -> None:
    _vocabulary(parent, "learningResourceType", [kind for kind in one.same_as("type", "lom:") if kind in TYPES])
    _vocabulary(parent, "intendedEndUserRole", [who for who in one.same_as("audience", "lom:") if who in USERS])
    _vocabulary(parent, "context", ["school"])


def _rights(parent: Element, one: Described) -> None:
    _vocabulary(parent, "cost", ["no"])
    _vocabulary(parent, "copyrightAndOtherRestrictions", ["no" if one.resource.licence.startswith("cc0") else "yes"])
    _strings(parent, "description", [("", one.licence), *one.labels("licence")])


def _taxon(purpose: str, field: str, source: str) -> Put:
    def put(parent: Element, one: Described) -> None:
        _vocabulary(parent, "purpose", [purpose])
        inside = _add(parent, "taxonPath")
        _strings(inside, "source", [("", source)])
        taxon = _add(inside, "taxon")
        _add(taxon, "id", getattr(one.resource, field))
        _strings(taxon, "entry", one.labels(field))

    return put


def _always(one: Described) -> bool:
    return True


def _has(field: str) -> Callable[[Described], bool]:
    return lambda one: bool(getattr(one.resource, field))


TABLE: tuple[tuple[str, Callable[[Described], bool], Put], ...] = (
    ("general", _always, _general),
    ("lifeCycle", _always, _life_cycle),
    ("metaMetadata", _always, _meta),
    ("technical", _always, _technical),
    ("educational", _always, _educational),
    ("rights", _has("licence"), _rights),
    ("classification", _has("subject"), _taxon("discipline", "subject", "Tongke: subjects")),
    ("classification", _has("grade"), _taxon("educational level", "grade", "Tongke: grades")),
    ("classification", _has("edition"), _taxon("educational objective", "edition", "Tongke: editions")),
)
"""Category → whether it is there, and what stands in it."""


def element(one: Described) -> Element:
    root = Element(_tag("lom"), {f"{{{XSI}}}schemaLocation": f"{LOM} {SCHEMA}"})
    for name, is_there, put in TABLE:
        if is_there(one):
            put(SubElement(root, _tag(name)), one)
    return root


def _card(name: str) -> str:
    """RFC 2426: a person's name and no more."""
    plain = "".join(f"\\{letter}" if letter in "\\,;" else letter for letter in name)
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{plain}\r\nN:{plain};;;;\r\nEND:VCARD"
