"""Dublin Core, unqualified, as harvesters take it (https://www.openarchives.org/OAI/2.0/oai_dc.xsd). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement

from web.server.metadata.described import Described

DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
CREATORS = ("author", "teacher")

Values = Iterable[tuple[str, str]]
"""Language, "" where it is in none; and words."""


def _plain(*values: str) -> Values:
    return [("", value) for value in values]


def _subjects(one: Described) -> Iterator[tuple[str, str]]:
    yield from one.labels("subject")
    yield from _plain(*one.resource.points)


DCMI = {"recording": "MovingImage", "joined": "MovingImage", "link": "InteractiveResource", "bank": "Dataset"}
TABLE: tuple[tuple[str, Callable[[Described], Values]], ...] = (
    ("title", lambda one: [(one.resource.language, one.resource.title)]),
    ("creator", lambda one: _plain(*one.people(*CREATORS))),
    ("subject", _subjects),
    ("description", lambda one: [(one.resource.language, one.resource.description)]),
    ("publisher", lambda one: _plain(*one.people("publisher"))),
    ("contributor", lambda one: _plain(*one.people("editor"))),
    ("date", lambda one: _plain(one.date)),
    ("type", lambda one: [*one.labels("type"), *_plain(DCMI.get(one.resource.kind, ""))]),
    ("format", lambda one: _plain(one.mime)),
    ("identifier", lambda one: _plain(one.address)),
    ("relation", lambda one: _plain(one.target)),
    ("language", lambda one: _plain(one.resource.language)),
    ("coverage", lambda one: [*one.labels("grade"), *one.labels("edition")]),
    ("rights", lambda one: [*_plain(one.licence), *one.labels("licence")]),
)
"""Element of Dublin Core → what of a resource it says."""


def element(one: Described) -> Element:
    root = Element(f"{{{OAI_DC}}}dc", {f"{{{XSI}}}schemaLocation": f"{OAI_DC} {SCHEMA}"})
    for name, values in TABLE:
        for language, words in values(one):
            if words:
                SubElement(root, f"{{{DC}}}{name}", {XML_LANG: language} if language else {}).text = words
    return root
