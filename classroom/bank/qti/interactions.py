"""What an item asks, by the interaction in it: of each the part of a question that is its type's own."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from classroom.activities.types.gaps import GAP
from classroom.bank import markup
from classroom.bank.markup import Plain
from classroom.bank.media import Media
from classroom.bank.reading import Not, number_of, order_of
from classroom.bank.tree import Element

MOST_CHOICES = 100
FEWEST_CORNERS, MOST_CORNERS = 3, 20
LEFT_OUT = ("rubricBlock", "feedbackInline", "feedbackBlock", "templateInline", "templateBlock", "stylesheet")
TRUTHS = ["true", "false"]
BY_RULES = "tolerance of rules"
"""An attribute that no file can have, for its name has spaces: `processing` says it."""
HOLE = "\ue000"
"""Where a gap is, in a text that may have lines that look like one."""

Right = Sequence[str]


def right_of(declaration: Element | None) -> Right:
    """What is declared as correct; else what brings most marks."""
    if declaration is None:
        return ()
    if (correct := declaration.first("correctResponse")) is not None:
        return [one.text() for one in correct.all("value")]
    mapping = declaration.first("mapping")
    entries = list(mapping.all("mapEntry")) if mapping is not None else []
    return [one.attributes.get("mapKey", "") for one in entries if _float(one.attributes.get("mappedValue", "")) > 0]


def accepted(right: Right, declaration: Element | None) -> Iterator[str]:
    """Words that are mapped to as many marks as the right one are as right."""
    yield from dict.fromkeys(right)
    mapping = declaration.first("mapping") if declaration is not None else None
    entries = list(mapping.all("mapEntry")) if mapping is not None else []
    best = max((_float(one.attributes.get("mappedValue", "")) for one in entries), default=0.0)
    for one in entries:
        word = one.attributes.get("mapKey", "")
        if word not in right and _float(one.attributes.get("mappedValue", "")) == best > 0:
            yield word


def _choice(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    found = choices(one, "simpleChoice")
    answer = [i for i, name in enumerate(found) if name in right]
    if list(found) == TRUTHS and len(answer) < 2:
        return {"type": "truefalse", **({"answer": answer[0]} if answer else {})}
    options = media.options([plain_of(choice) for choice in found.values()])
    if not answer:
        return {"type": "vote", **options}
    single = declaration is None or declaration.attributes.get("cardinality") == "single"
    return (
        {"type": "choice", **options, "answer": answer[0]}
        if single
        else {"type": "multiple", **options, "answer": answer}
    )


def _order(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    found = choices(one, "simpleChoice")
    if sorted(right) != sorted(found):
        return {"type": "order", **media.options([plain_of(choice) for choice in found.values()])}
    shown = media.options([plain_of(found[name]) for name in right])
    return order_of(shown["options"], shown.get("pictures"))


def _match(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    sets = [choices(found, "simpleAssociableChoice") for found in one.all("simpleMatchSet")]
    if len(sets) != 2:
        raise Not("match_not_two")
    options, targets = sets
    pairs = {option: target for option, _, target in (pair.partition(" ") for pair in right)}
    if len(pairs) < len(right):
        raise Not("match_several")
    at = list(targets)
    asked = {
        "type": "match",
        **media.options([plain_of(choice) for choice in options.values()]),
        **media.options([plain_of(choice) for choice in targets.values()], "targets", "target_pictures"),
    }
    if not right:
        return asked
    if set(pairs) != set(options) or not set(pairs.values()) <= set(at):
        raise Not("match_incomplete")
    return asked | {"answer": [at.index(pairs[name]) for name in options]}


def entry(item: Element, right: Right, declaration: Element | None) -> dict[str, Any]:
    if declaration is not None and declaration.attributes.get("baseType") in ("float", "integer"):
        if not right:
            return {"type": "number"}
        try:
            number = number_of(right[0])
        except ValueError:
            raise Not("no_number", answer=right[0]) from None
        return {"type": "number", "answer": number} | _tolerance(item, declaration, number)
    return {"type": "text", **({"answer": list(accepted(right, declaration))} if right else {})}


def _tolerance(item: Element, declaration: Element, number: float) -> dict[str, Any]:
    """How far the item's own response processing lets a number be off (QTI 2.2, `equal`): by so much, or by so many
    per cent."""
    response = declaration.attributes.get("identifier", "")
    if (given := declaration.attributes.get(BY_RULES)) and number_of(given):
        return {"tolerance": number_of(given)}
    for one in item.within("equal"):
        if any(variable.attributes.get("identifier") == response for variable in one.all("variable")):
            mode = one.attributes.get("toleranceMode")
            try:
                off = max(abs(number_of(part)) for part in one.attributes.get("tolerance", "").split())
            except ValueError:
                continue
            if mode in ("absolute", "relative"):
                return {"tolerance": off if mode == "absolute" else abs(number) * off / 100}
    return {}


def _essay(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    return {"type": "essay"}


def _gap_match(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    """Words that are put into gaps of a text."""
    words = {name: plain_of(choice).text for name, choice in choices(one, "gapText").items()}
    gaps = list(one.within("gap"))
    pairs = {gap: words.get(word, "") for word, _, gap in (pair.partition(" ") for pair in right)}
    hidden = {id(gap): HOLE for gap in gaps} | {id(other): "" for other in one.within("gapText", "prompt")}
    text = holed(plain_of(one, hidden).text)
    asked = {"type": "gaps", "text": text, "options": list(dict.fromkeys(words.values()))}
    filled = [pairs.get(gap.attributes.get("identifier", ""), "") for gap in gaps]
    return asked | ({"answer": [[word] for word in filled]} if all(filled) and filled else {})


def _hotspot(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    """Right are the hotspots that are; the others say nothing here."""
    spots = choices(one, "hotspotChoice")
    return _spot(one, media, [spots[name] for name in accepted(right, declaration) if name in spots])


def _point(one: Element, right: Right, declaration: Element | None, media: Media) -> dict[str, Any]:
    """Right are the areas that bring most marks."""
    mapping = declaration.first("areaMapping") if declaration is not None else None
    areas = list(mapping.all("areaMapEntry")) if mapping is not None else []
    worth = [_float(area.attributes.get("mappedValue", "")) for area in areas]
    best = max(worth, default=0.0)
    return _spot(one, media, [area for area, value in zip(areas, worth, strict=True) if value == best > 0])


def _spot(one: Element, media: Media, areas: Sequence[Element]) -> dict[str, Any]:
    shown = next(one.within("object", "img"), None)
    if shown is None:
        raise Not("no_picture")
    found = media.of(plain_of(one, {id(other): "" for other in one.within("prompt")}))
    if "picture" not in found:
        raise Not("no_picture")
    width, height = (_float(shown.attributes.get(side, "")) for side in ("width", "height"))
    if not (width > 0 and height > 0):
        raise Not("picture_size")
    asked = {"type": "spot", **found, "aspect": height / width}
    return asked | ({"answer": [_area(area, width, height) for area in areas]} if areas else {})


def _area(area: Element, width: float, height: float) -> dict[str, Any]:
    """In shares of the picture, whose sides are `width` and `height`."""
    shape, coords = area.attributes.get("shape"), area.attributes.get("coords", "")
    if shape == "default":
        return {"shape": "rect", "at": [0.0, 0.0], "size": [1.0, 1.0]}
    try:
        match shape, [number_of(part) for part in coords.split(",")]:
            case "circle", [x, y, radius]:
                return {"shape": "circle", "at": _place(x, y, width, height), "radius": min(1.0, radius / width)}
            case "rect", [left, top, right, bottom]:
                size = [min(1.0, (right - left) / width), min(1.0, (bottom - top) / height)]
                return {"shape": "rect", "at": _place(left, top, width, height), "size": size}
            case "poly", [*points] if len(points) % 2 == 0:
                corners = [_place(x, y, width, height) for x, y in zip(points[::2], points[1::2], strict=True)]
                if len(corners) > FEWEST_CORNERS and corners[0] == corners[-1]:  # some close it
                    corners.pop()
                if len(corners) <= MOST_CORNERS:
                    return {"shape": "polygon", "points": corners}
    except (ValueError, IndexError):
        pass
    raise Not("area_unfit")


def _place(x: float, y: float, width: float, height: float) -> list[float]:
    return [min(1.0, max(0.0, x / width)), min(1.0, max(0.0, y / height))]


TYPES: dict[str, Callable[[Element, Right, Element | None, Media], dict[str, Any]]] = {
    "choiceInteraction": _choice,
    "orderInteraction": _order,
    "matchInteraction": _match,
    "extendedTextInteraction": _essay,
    "gapMatchInteraction": _gap_match,
    "hotspotInteraction": _hotspot,
    "selectPointInteraction": _point,
}
GAPS = ("textEntryInteraction", "inlineChoiceInteraction")
OTHERS = tuple(
    f"{name}Interaction"
    for name in (
        *("associate", "custom", "drawing", "endAttempt", "graphicAssociate", "graphicGapMatch", "graphicOrder"),
        *("hottext", "media", "positionObject", "portableCustom", "slider", "upload"),
    )
)


def holed(text: str) -> str:
    """With gaps as we write them."""
    return text.replace(GAP, "…").replace(HOLE, GAP)


def choices(one: Element, name: str) -> dict[str, Element]:
    found = {choice.attributes.get("identifier", ""): choice for choice in one.within(name)}
    if len(found) > MOST_CHOICES:
        raise Not("too_many", where="options")
    return found


def _float(text: str) -> float:
    try:
        return number_of(text)
    except ValueError:
        return 0.0


def plain_of(one: Element, instead: Mapping[int, str] | None = None) -> Plain:
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
            said = _said(one)
            given = "".join(f' {key}="{html.escape(it)}"' for key, it in (one.attributes | said).items())
            yield f"<{one.name}{given}>"
            waiting.append((f"</{one.name}>",))
            waiting += () if said else reversed(one.children)


def _said(one: Element) -> dict[str, str]:
    """What stands within an `object` is there for who does not see it."""
    if one.name != "object" or any(isinstance(child, Element) for child in one.children):
        return {}
    return {"alt": one.text()} if one.text() else {}
