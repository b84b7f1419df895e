"""Where the parts of slides lead: to other parts of the same file, or outside. By an XML parser, for the same can be
written in many ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote
from xml.parsers import expat

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
XLINK_HREF = "http://www.w3.org/1999/xlink href"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
# A link that one may click is no harm; what is fetched to be shown is.
CLICKED_RELATIONS = ("/hyperlink", "/slide")
DRAWING = ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")
CLICKING = {f"{space} {name}" for space in DRAWING for name in ("hlinkClick", "hlinkHover", "hlinkMouseOver")}
CLICKED = {f"{ODF}{name}" for name in ("text:1.0 a", "drawing:1.0 a")} | {
    f"{ODF}{space}:1.0 event-listener" for space in ("presentation", "script")
}


class Malformed(Exception):
    """No XML, or with a document type, which slides have not, and which can hold entities."""


def of_relations(relations: bytes, owner: Callable[[], bytes | None]) -> bool:
    """ECMA-376-2 §9.3: whether one of these relations of a part, the owner, leads to something outside that is fetched.
    Some are found by their type, others by their id, whatever their type says: so both must be those of links."""
    outside: set[str] = set()

    def leads(element: str, attributes: Mapping[str, str]) -> bool:
        if element.rpartition(" ")[2] != "Relationship":
            return False
        mode = attributes.get("TargetMode", "Internal").strip()
        if mode == "Internal" and not _elsewhere(attributes.get("Target", "")):
            return False
        outside.add(attributes.get("Id", "").strip())
        return not attributes.get("Type", "").endswith(CLICKED_RELATIONS)

    def fetches(element: str, attributes: Mapping[str, str]) -> bool:
        return element not in CLICKING and not outside.isdisjoint(value.strip() for value in attributes.values())

    if _any(relations, leads):
        return True
    part = owner() if outside else None
    return part is not None and _any(part, fetches)


def of_open_document(part: bytes) -> bool:
    """OpenDocument 1.3 part 3 §19.918: whether an `xlink:href` leads out of the package, and is not to be clicked."""

    def leads(element: str, attributes: Mapping[str, str]) -> bool:
        href = attributes.get(XLINK_HREF)
        if href is None or element in CLICKED:
            return False
        return _elsewhere(href) or unquote(href).strip().startswith(("/", "\\", ".."))

    return _any(part, leads)


def _elsewhere(target: str) -> bool:
    """An address with a scheme or a host."""
    plain = unquote(target).strip()
    return SCHEME.match(plain) is not None or plain.startswith(("//", "\\\\"))


def _any(part: bytes, leads: Callable[[str, Mapping[str, str]], bool]) -> bool:
    """Whether that is so for one of the elements. Raises Malformed."""
    found = False

    def begins(element: str, attributes: dict[str, str]) -> None:
        nonlocal found
        found = found or leads(element, attributes)

    def typed(*_: object) -> None:
        raise Malformed

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begins
    parser.StartDoctypeDeclHandler = typed
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError):
        raise Malformed from None
    return found
