"""QTI 2.1, 2.2 (imsglobal.org/question/qtiv2p2) and 3.0 (…/spec/qti/v3p0): items, one or in a package with an
`imsmanifest.xml`. 3.0 has the elements and attributes of 2.x under other names, so all are read by those of 2.x."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from classroom.activities.types.gaps import GAP
from classroom.bank import markup
from classroom.bank.entries import Entry, Understood
from classroom.bank.markup import Plain
from classroom.bank.media import Media
from classroom.bank.package import Package
from classroom.bank.reading import Full, Reading, number_of, order_of
from classroom.bank.tree import Element, parsed, quoted, said
from classroom.errors import ClientFault, Status

MANIFEST = "imsmanifest.xml"
MOST_CHOICES = 100
LOCAL_FILE = b"PK\x03\x04"
HYPHEN = re.compile(r"-([a-z])")
ITEM = "assessmentItem"
ITEMS = "http://www.imsglobal.org/xsd/imsqti_v2p2"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
MATCH_CORRECT = "http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"
LEFT_OUT = ("rubricBlock", "feedbackInline", "feedbackBlock", "templateInline", "templateBlock", "stylesheet")

Right = Sequence[str]


class _Not(Exception):
    """An item is no question of ours: a code, and why."""


def read(data: bytes) -> Understood:
    reading = Reading()
    try:
        if data.startswith(LOCAL_FILE):
            _package(reading, Package(data))
        else:
            _items(reading, _older(parsed(data)), lambda _: None)
    except Full:
        pass
    return reading.understood()


def _package(reading: Reading, package: Package) -> None:
    """Items in the order of the manifest; where there is none, of their names."""
    named = [name for name in package.names if name.endswith(".xml") and posixpath.basename(name) != MANIFEST]
    manifest = package.read(MANIFEST)
    if manifest is not None:
        resources = [one for one in parsed(manifest).within("resource") if "item" in one.attributes.get("type", "")]
        named = [posixpath.normpath(one.attributes.get("href", "")) for one in resources] or sorted(named)
    for name in named:
        found = package.read(name)
        if found is None:
            reading.note(None, "item_missing", f"“{name[:80]}” is not in the package.")
            continue
        folder = posixpath.dirname(name)
        try:
            root = _older(parsed(found))
        except ClientFault as fault:
            reading.note(None, fault.code, f"“{name[:80]}”: {fault.message}")
            continue
        _items(reading, root, lambda address, folder=folder: package.read(posixpath.join(folder, address)), name)  # type: ignore[misc]


def _older(root: Element) -> Element:
    """With the names of 2.x: qti-choice-interaction is choiceInteraction, response-identifier responseIdentifier."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if one.name.startswith("qti-"):
            one.name = HYPHEN.sub(lambda found: found[1].upper(), one.name[4:])
            one.attributes = {HYPHEN.sub(lambda found: found[1].upper(), key): it for key, it in one.attributes.items()}
        waiting += [child for child in one.children if isinstance(child, Element)]
    return root


def _items(reading: Reading, root: Element, find: Callable[[str], bytes | None], name: str = "") -> None:
    items = list(root.within(ITEM))
    if not items:
        if not name:
            raise ClientFault("malformed", "The XML has no item of QTI.", Status.MALFORMED)
        return
    for item in items:
        media = Media(reading, item.line, find)
        try:
            asked = _question(reading, item, media)
        except _Not as fault:
            code, why = fault.args
            reading.note(item.line, code, f"{name[:80]}: {why}" if name else why)
            continue
        language = item.attributes.get("lang", "")
        reading.take(item.line, asked, language=language if len(language) < 16 else "", files=media.files)


def _question(reading: Reading, item: Element, media: Media) -> dict[str, Any]:
    body = item.first("itemBody")
    if body is None:
        raise _Not("malformed", "An item has no body.")
    asking = list(body.within(*TYPES, *GAPS))
    strange = next((one for one in body.within(*OTHERS)), None)
    if not asking:
        if strange is not None:
            raise _Not("type_unknown", f"Items with “{strange.name}” have no counterpart.")
        raise _Not("no_question", "An item asks nothing.")
    declared = {one.attributes.get("identifier", ""): one for one in item.all("responseDeclaration")}
    asked = _explained(item)
    if all(one.name in GAPS for one in asking):
        return asked | _gaps(body, asking, declared, media)
    one, *more = asking
    if more or strange is not None:
        reading.note(item.line, "partly", "Of an item that asks several things the first was read.")
    declaration = declared.get(one.attributes.get("responseIdentifier", ""))
    prompt = _plain(body, {id(other): "" for other in asking}) if one.name != "gapMatchInteraction" else Plain("")
    own = one.first("prompt")
    parts = [part for part in (prompt, _plain(own) if own else Plain("")) if part.text or part.media]
    whole = Plain("\n".join(part.text for part in parts if part.text), [got for part in parts for got in part.media])
    asked |= {"prompt": whole.text or item.attributes.get("title", "").strip(), **media.of(whole)}
    return asked | TYPES[one.name](one, _right(declaration), declaration, media)


def _explained(item: Element) -> dict[str, Any]:
    texts = [_plain(one).text for one in item.all("modalFeedback")]
    why = "\n".join(dict.fromkeys(text for text in texts if text))
    return {"explanation": why} if why else {}


def _right(declaration: Element | None) -> Right:
    """What is declared as correct; else what brings most marks."""
    if declaration is None:
        return ()
    if (correct := declaration.first("correctResponse")) is not None:
        return [one.text() for one in correct.all("value")]
    mapping = declaration.first("mapping")
    entries = list(mapping.all("mapEntry")) if mapping is not None else []
    return [one.attributes.get("mapKey", "") for one in entries if _float(one.attributes.get("mappedValue", "")) > 0]


def _choice(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    choices = _choices(one, "simpleChoice")
    options = media.options([_plain(choice) for choice in choices.values()])
    answer = [i for i, name in enumerate(choices) if name in right]
    if not answer:
        return {"type": "vote", **options}
    single = declaration is None or declaration.attributes.get("cardinality") == "single"
    return (
        {"type": "choice", **options, "answer": answer[0]}
        if single
        else {"type": "multiple", **options, "answer": answer}
    )


def _order(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    choices = _choices(one, "simpleChoice")
    if sorted(right) != sorted(choices):
        return {"type": "order", "options": [_plain(choice).text for choice in choices.values()]}
    return order_of([_plain(choices[name]).text for name in right])


def _match(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    sets = [_choices(found, "simpleAssociableChoice") for found in one.all("simpleMatchSet")]
    if len(sets) != 2:
        raise _Not("malformed", "What is to be matched are two sets.")
    options, targets = sets
    pairs = {option: target for option, _, target in (pair.partition(" ") for pair in right)}
    if len(pairs) < len(right):
        raise _Not("type_unknown", "One option belongs to several targets.")
    at = list(targets)
    asked = {
        "type": "match",
        **media.options([_plain(choice) for choice in options.values()]),
        **media.options([_plain(choice) for choice in targets.values()], "targets", "target_pictures"),
    }
    if not right:
        return asked
    if set(pairs) != set(options) or not set(pairs.values()) <= set(at):
        raise _Not("malformed", "What belongs together is not told of every option.")
    return asked | {"answer": [at.index(pairs[name]) for name in options]}


def _entry(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    if declaration is not None and declaration.attributes.get("baseType") in ("float", "integer"):
        try:
            return {"type": "number", **({"answer": number_of(right[0])} if right else {})}
        except ValueError:
            raise _Not("malformed", "What is right is no number.") from None
    return {"type": "text", **({"answer": list(_accepted(right, declaration))} if right else {})}


def _accepted(right: Right, declaration: Element | None) -> Iterator[str]:
    """Words that are mapped to as many marks as the right one are as right."""
    yield from dict.fromkeys(right)
    mapping = declaration.first("mapping") if declaration is not None else None
    entries = list(mapping.all("mapEntry")) if mapping is not None else []
    best = max((_float(one.attributes.get("mappedValue", "")) for one in entries), default=0.0)
    for one in entries:
        word = one.attributes.get("mapKey", "")
        if word not in right and _float(one.attributes.get("mappedValue", "")) == best > 0:
            yield word


def _essay(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    return {"type": "essay"}


def _gap_match(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    """Words that are put into gaps of a text."""
    words = {name: _plain(choice).text for name, choice in _choices(one, "gapText").items()}
    gaps = list(one.within("gap"))
    pairs = {gap: words.get(word, "") for word, _, gap in (pair.partition(" ") for pair in right)}
    hidden = {id(gap): GAP for gap in gaps} | {id(other): "" for other in one.within("gapText", "prompt")}
    text = _plain(one, hidden).text
    asked = {"type": "gaps", "text": text, "options": list(dict.fromkeys(words.values()))}
    filled = [pairs.get(gap.attributes.get("identifier", ""), "") for gap in gaps]
    return asked | ({"answer": [[word] for word in filled]} if all(filled) and filled else {})


def _gaps(body: Element, asking: Sequence[Element], declared: Mapping[str, Element], media: Media) -> dict[str, Any]:
    """Gaps that stand in a text; one alone behind it is a text or a number."""
    found = [declared.get(one.attributes.get("responseIdentifier", "")) for one in asking]
    plain = _plain(body, {id(one): GAP for one in asking})
    if len(asking) == 1 and asking[0].name == "textEntryInteraction" and plain.text.rstrip().endswith(GAP):
        alone = Plain(plain.text.rstrip().removesuffix(GAP).rstrip(), plain.media)
        return {"prompt": alone.text, **media.of(alone), **_entry(asking[0], _right(found[0]), found[0], media)}
    options: list[str] = []
    right: list[list[str]] = []
    for one, declaration in zip(asking, found, strict=True):
        if one.name == "inlineChoiceInteraction":
            words = {name: _plain(choice).text for name, choice in _choices(one, "inlineChoice").items()}
            options += words.values()
            right.append([words[name] for name in _right(declaration) if name in words])
        else:
            right.append(list(_accepted(_right(declaration), declaration)))
    chosen = all(one.name == "inlineChoiceInteraction" for one in asking)
    return {
        "type": "gaps",
        "prompt": "",
        "text": plain.text,
        **media.of(plain),
        **({"options": sorted(set(options))} if chosen else {}),
        **({"answer": right} if all(right) else {}),
    }


TYPES: dict[str, Callable[[Element, Right, Element | None, Media], dict[str, Any]]] = {
    "choiceInteraction": _choice,
    "orderInteraction": _order,
    "matchInteraction": _match,
    "extendedTextInteraction": _essay,
    "gapMatchInteraction": _gap_match,
}
GAPS = ("textEntryInteraction", "inlineChoiceInteraction")
OTHERS = tuple(
    f"{name}Interaction"
    for name in (
        *(
            "associate",
            "custom",
            "drawing",
            "endAttempt",
            "graphicAssociate",
            "graphicGapMatch",
            "graphicOrder",
            "hotspot",
        ),
        *("hottext", "media", "positionObject", "portableCustom", "selectPoint", "slider", "upload"),
    )
)


def _choices(one: Element, name: str) -> dict[str, Element]:
    found = {choice.attributes.get("identifier", ""): choice for choice in one.within(name)}
    if len(found) > MOST_CHOICES:
        raise _Not("too_many", f"An item with more than {MOST_CHOICES} choices was left out.")
    return found


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _plain(one: Element, instead: Mapping[int, str] | None = None) -> Plain:
    """As text, by way of HTML; `instead` of some elements stands something else. What a feedback says is none of it."""
    return markup.read("".join(_markup(one, instead or {})))


def _markup(top: Element, instead: Mapping[int, str]) -> Iterator[str]:
    waiting: list[Element | str | tuple[str]] = list(reversed(top.children))
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            yield one[0]
        elif isinstance(one, str):
            yield html.escape(one)
        elif id(one) in instead:
            yield f" {instead[id(one)]} " if instead[id(one)] else ""
        elif one.name not in LEFT_OUT:
            given = "".join(f' {key}="{html.escape(it)}"' for key, it in one.attributes.items())
            yield f"<{one.name}{given}>"
            waiting.append((f"</{one.name}>",))
            waiting += reversed(one.children)


def holds(question: Mapping[str, Any]) -> bool:
    return _written(Entry(question), "q") is not None


def write(entries: Sequence[Entry]) -> bytes:
    """A package of items of QTI 2.2. Types that QTI does not have are left out."""
    out = io.BytesIO()
    resources = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for number, one in enumerate(entries, 1):
            if (item := _written(one, f"q{number}")) is None:
                continue
            name = f"q{number}.xml"
            package.writestr(_info(name), f'<?xml version="1.0" encoding="UTF-8"?>\n{item}\n')
            given = {"identifier": f"r{number}", "type": "imsqti_item_xmlv2p2", "href": name}
            resources.append(said("resource", said("file", href=name), **given))
        inside = said("organizations"), said("resources", "\n".join(resources))
        manifest = said("manifest", *inside, xmlns=PACKAGING, identifier="tongke")
        package.writestr(_info(MANIFEST), f'<?xml version="1.0" encoding="UTF-8"?>\n{manifest}\n')
    return out.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    """Without the time, so that the same questions are the same file."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _written(entry: Entry, name: str) -> str | None:
    question = entry.question
    found = _asked(question)
    if found is None:
        return None
    (cardinality, base, right), body = found
    correct = [said("correctResponse", *(said("value", quoted(one)) for one in right))] if right else []
    declared = said("responseDeclaration", *correct, identifier="RESPONSE", cardinality=cardinality, baseType=base)
    score = said("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    why = []
    if text := question.get("explanation"):
        told = {"outcomeIdentifier": "FEEDBACK", "identifier": "why", "showHide": "hide"}
        why = [said("modalFeedback", _flow(text), **told)]
    given = {"xmlns": ITEMS, "identifier": name, "title": question["prompt"][:60].replace("\n", " ") or name}
    given |= {"xml__lang": entry.language} if entry.language else {}
    given |= {"adaptive": "false", "timeDependent": "false"}
    processing = [said("responseProcessing", template=MATCH_CORRECT)] if right else []
    return said("assessmentItem", declared, score, said("itemBody", *body), *processing, *why, **given)


Declared = tuple[str, str, Sequence[str]]


def _asked(question: Mapping[str, Any]) -> tuple[Declared, Sequence[str]] | None:
    """What is declared (cardinality, base type, what is right), and the body."""
    answer: Any = question.get("answer")
    options: Sequence[str] = question.get("options", ())
    prompt = said("prompt", _flow(question["prompt"]))
    simple = [said("simpleChoice", _flow(one), identifier=f"c{i}") for i, one in enumerate(options)]
    asks = {"responseIdentifier": "RESPONSE"}
    match question["type"]:
        case "choice" | "vote" | "multiple":
            several = question["type"] == "multiple" and answer is not None
            right = [] if answer is None else [f"c{i}" for i in (answer if several else [answer])]
            body = said(
                "choiceInteraction", prompt, *simple, **asks, shuffle="false", maxChoices="0" if several else "1"
            )
            return ("multiple" if several else "single", "identifier", right), [body]
        case "order" if answer is not None:
            body = said("orderInteraction", prompt, *simple, **asks, shuffle="true")
            return ("ordered", "identifier", [f"c{i}" for i in answer]), [body]
        case "match" if answer is not None:
            sets = [
                said("simpleMatchSet", *(_associable(text, f"{sign}{i}", most) for i, text in enumerate(texts)))
                for sign, texts, most in (("c", options, "1"), ("t", question["targets"], "0"))
            ]
            right = [f"c{i} t{target}" for i, target in enumerate(answer)]
            body = said("matchInteraction", prompt, *sets, **asks, shuffle="true", maxAssociations=str(len(options)))
            return ("multiple", "directedPair", right), [body]
        case "essay":
            return ("single", "string", []), [said("extendedTextInteraction", prompt, **asks)]
    return None


def _associable(text: str, name: str, most: str) -> str:
    return said("simpleAssociableChoice", _flow(text), identifier=name, matchMax=most)


def _flow(text: str) -> str:
    """Text as XML: lines are broken. Spaces that follow each other are one there, and tabs are spaces."""
    return quoted(text).replace("\n", "<br/>")
