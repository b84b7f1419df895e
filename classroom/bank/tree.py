"""XML of strangers, as a tree: no document type, so no entities; so deep and so large, and no further. By expat, which
the standard library has, fetches nothing, and is linear in what it is given."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from classroom.bank.reading import MARKS, text_of
from classroom.errors import ClientFault, Status

MOST_DEEP = 100
MOST_ELEMENTS = 300_000
DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})")
ENCODINGS = ("utf-8", "ascii", "gb18030", "gbk", "gb2312", "iso8859-1", "cp1252", "big5")
NEW_LINE = "\n"
UNSAID = re.compile("[\ufffe\uffff\ud800-\udfff]")
"""What XML cannot say, of what words may have."""


@dataclass(slots=True)
class Element:
    """Names are without their namespace."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element | str] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Its children of that name."""
        return (one for one in self.children if isinstance(one, Element) and one.name == name)

    def first(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def within(self, *names: str) -> Iterator[Element]:
        """It and all below it of these names, as they stand in the file."""
        waiting: list[Element] = [self]
        while waiting:
            one = waiting.pop()
            if one.name in names:
                yield one
            waiting += [child for child in reversed(one.children) if isinstance(child, Element)]

    def text(self) -> str:
        """All text in it."""
        parts: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                parts.append(one)
            else:
                waiting += reversed(one.children)
        return "".join(parts).strip()


def parsed(data: bytes) -> Element:
    """Raises ClientFault `malformed`, `encoding_unknown` (400), `xml_forbidden`, `xml_too_large` (422)."""
    root = Element("", {}, 0)
    open_ones = [root]
    count = 0

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_ones) > MOST_DEEP or count > MOST_ELEMENTS:
            raise ClientFault("xml_too_large", f"More than {MOST_ELEMENTS} elements, or more than {MOST_DEEP} deep.")
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        one = Element(name.rpartition(" ")[2], said, parser.CurrentLineNumber)
        open_ones[-1].children.append(one)
        open_ones.append(one)

    def typed(*_: object) -> None:
        raise ClientFault("xml_forbidden", "A file of questions has no document type and no entities.")

    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = begins
    parser.EndElementHandler = lambda _: open_ones.pop()
    parser.CharacterDataHandler = lambda text: open_ones[-1].children.append(text)
    parser.StartDoctypeDeclHandler = typed
    try:
        parser.Parse(_text(data).lstrip().encode(), True)
    except expat.ExpatError as fault:
        why = f"Line {fault.lineno}: this is no XML ({expat.ErrorString(fault.code)})."
        raise ClientFault("malformed", why, Status.MALFORMED) from None
    (top,) = root.children
    assert isinstance(top, Element)  # noqa: S101  (text outside of it is no XML)
    return top


def _text(data: bytes) -> str:
    """What the file declares counts, unless its first bytes say otherwise."""
    declared = DECLARED.match(data[:200].lstrip())
    if declared is None or data.startswith(tuple(MARKS)):
        return text_of(data)
    name = declared[1].decode().lower()
    try:
        known = codecs.lookup(name).name
        if known in ENCODINGS:
            return text_of(data.decode(known).encode())
    except (LookupError, UnicodeDecodeError):
        pass
    raise ClientFault(
        "encoding_unknown", f"The file says that it is {name}, which it is not, or which is not read.", Status.MALFORMED
    )


def said(name: str, /, *inside: str, **attributes: str) -> str:
    """An element as XML; what is inside is XML already."""
    given = "".join(
        f' {key.replace("__", ":").replace("_", "-")}="{quoted(value).replace(NEW_LINE, "&#10;")}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def quoted(text: str) -> str:
    """Text as XML. What XML has no sign for is left out."""
    return html.escape(UNSAID.sub("", text)).replace("\t", "&#9;")
