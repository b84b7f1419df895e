"""Items of QTI to questions: out of a package or alone, by the names of 2.x."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from classroom.bank.entries import Understood
from classroom.bank.markup import Plain
from classroom.bank.media import Media
from classroom.bank.notes import MOST_CHARACTERS
from classroom.bank.package import Package
from classroom.bank.qti.interactions import (
    GAPS,
    HOLE,
    OTHERS,
    TYPES,
    accepted,
    choices,
    entry,
    holed,
    plain_of,
    right_of,
)
from classroom.bank.qti.processing import Unread, ruled
from classroom.bank.qti.version import older
from classroom.bank.reading import Full, Not, Reading
from classroom.bank.tree import Element, parsed
from classroom.errors import ClientFault, Status

MANIFEST = "imsmanifest.xml"
LOCAL_FILE = b"PK\x03\x04"
ITEM = "assessmentItem"
OF_QTI_1 = "questestinterop"
ENDINGS = (".xml", ".dat", ".qti")
"""What items may be in where no manifest says it. Blackboard and Canvas have theirs, of QTI 1.2, in the latter two."""
DRAWN = ("templateProcessing", "printedVariable")
"""What is asked is made anew each time, and does not stand in the item."""
MOST_UNIT = 20
MOST_BASE = 200
"""A base stands before each of a hundred thousand names. What is longer leads nowhere."""


def read(data: bytes) -> Understood:
    reading = Reading()
    try:
        if data.startswith(LOCAL_FILE):
            _package(reading, Package(data))
        else:
            _items(reading, older(parsed(data)), lambda _: None)
    except Full:
        pass
    return reading.understood()


def _package(reading: Reading, package: Package) -> None:
    """Items in the order of the manifest; where there is none, of their names."""
    named = [name for name in package.names if name.endswith(ENDINGS) and posixpath.basename(name) != MANIFEST]
    manifest = package.read(MANIFEST)
    if manifest is not None:
        named = list(_named(parsed(manifest), package)) or sorted(named)
    for name in named:
        reading.place = {"file": name[:MOST_CHARACTERS]}
        found = package.read(name)
        if found is None:
            reading.note(None, "item_missing")
            continue
        folder = posixpath.dirname(name)
        try:
            root = older(parsed(found))
        except ClientFault as fault:
            reading.note(None, "xml_malformed" if fault.code == "malformed" else fault.code)
            continue
        _items(reading, root, lambda address, folder=folder: package.read(posixpath.join(folder, address)))  # type: ignore[misc]


def _named(manifest: Element, package: Package) -> Iterator[str]:
    """Which files are items: by URIs that begin at the `xml:base` of what they stand in (IMS CP 1.1.4), or by names as
    they are, as some write them."""
    outer = inner = _directory(manifest)
    for one in manifest.within("resources", "resource"):
        if one.name == "resources":
            inner = posixpath.join(outer, _directory(one))
        elif "item" in one.attributes.get("type", ""):
            href = posixpath.join(inner, _directory(one), one.attributes.get("href", ""))
            name, literally = posixpath.normpath(unquote(href)), posixpath.normpath(href)
            yield name if name in package.names else literally


def _directory(one: Element) -> str:
    """RFC 3986 §5.2.3: what follows the last slash of a base is none of it."""
    base = one.attributes.get("base", "")[:MOST_BASE]
    return base[: base.rfind("/") + 1]


def _items(reading: Reading, root: Element, find: Callable[[str], bytes | None]) -> None:
    items = list(root.within(ITEM))
    if not items:
        if root.name == OF_QTI_1:
            reading.note(None, "qti_1")
            return
        if "file" not in reading.place:
            raise ClientFault("malformed", "The XML has no item of QTI.", Status.MALFORMED)
        return
    for item in items:
        media = Media(reading, item.line, find)
        try:
            asked = _question(reading, item, media)
        except Not as fault:
            reading.note(item.line, fault.code, **fault.fields)
            continue
        language = item.attributes.get("lang", "")
        reading.take(item.line, asked, language=language if len(language) < 16 else "", files=media.files)


def _question(reading: Reading, item: Element, media: Media) -> dict[str, Any]:
    body = item.first("itemBody")
    if body is None:
        raise Not("no_body")
    asking = list(body.within(*TYPES, *GAPS))
    strange = next((one for one in body.within(*OTHERS)), None)
    if not asking:
        if strange is not None:
            raise Not("type_unknown", type=strange.name)
        raise Not("asks_nothing")
    if next(item.within(*DRAWN), None) is not None:
        raise Not("numbers_drawn")
    declared = {one.attributes.get("identifier", ""): one for one in item.all("responseDeclaration")}
    try:
        declared = ruled(item, asking, declared)
    except Unread as fault:
        reading.note(item.line, "rules_unread", why=fault.why, **fault.fields)
    asked = _explained(item)
    if all(one.name in GAPS for one in asking):
        return asked | _gaps(item, body, asking, declared, media)
    one, *more = asking
    if more or strange is not None:
        reading.note(item.line, "asks_several")
    declaration = declared.get(one.attributes.get("responseIdentifier", ""))
    prompt = plain_of(body, {id(other): "" for other in asking})
    own = one.first("prompt")
    parts = [part for part in (prompt, plain_of(own) if own else Plain("")) if part.text or part.media]
    whole = Plain("\n".join(part.text for part in parts if part.text), [got for part in parts for got in part.media])
    asked |= {"prompt": whole.text or _title(item), **media.of(whole)}
    found = TYPES[one.name](one, right_of(declaration), declaration, media)
    if "picture" in found:  # the one that is pointed at counts
        asked.pop("alt", None)
    if found["type"] == "spot" and len(right_of(declaration)) > 1 and _is_several(declaration):
        reading.note(item.line, "one_spot")
    return asked | found


def _title(item: Element) -> str:
    title = item.attributes.get("title", "").strip()
    return "" if title == item.attributes.get("identifier") else title


def _is_several(declaration: Element | None) -> bool:
    return declaration is not None and declaration.attributes.get("cardinality") != "single"


def _explained(item: Element) -> dict[str, Any]:
    texts = [plain_of(one).text for one in item.all("modalFeedback")]
    why = "\n".join(dict.fromkeys(text for text in texts if text))
    return {"explanation": why} if why else {}


def _gaps(
    item: Element, body: Element, asking: Sequence[Element], declared: Mapping[str, Element], media: Media
) -> dict[str, Any]:
    """Gaps that stand in a text; one alone behind it is a text or a number, which may have a unit."""
    found = [declared.get(one.attributes.get("responseIdentifier", "")) for one in asking]
    plain = plain_of(body, {id(one): HOLE for one in asking})
    if len(asking) == 1 and asking[0].name == "textEntryInteraction":
        before, _, after = plain.text.partition(HOLE)
        asked = entry(item, right_of(found[0]), found[0])
        unit = after.strip()
        if unit and asked["type"] == "number" and len(unit) <= MOST_UNIT and before[-1:] in ("", "\n"):
            asked |= {"unit": unit}
        if not unit or "unit" in asked:
            alone = Plain(before.rstrip(), plain.media)
            return {"prompt": alone.text, **media.of(alone), **asked}
    options: list[str] = []
    right: list[list[str]] = []
    for one, declaration in zip(asking, found, strict=True):
        if one.name == "inlineChoiceInteraction":
            words = {name: plain_of(choice).text for name, choice in choices(one, "inlineChoice").items()}
            options += words.values()
            right.append([words[name] for name in accepted(right_of(declaration), declaration) if name in words])
        else:
            right.append(list(accepted(right_of(declaration), declaration)))
    chosen = all(one.name == "inlineChoiceInteraction" for one in asking)
    return {
        "type": "gaps",
        "prompt": "",
        "text": holed(plain.text),
        **media.of(plain),
        **({"options": sorted(set(options))} if chosen else {}),
        **({"answer": right} if all(right) else {}),
    }
