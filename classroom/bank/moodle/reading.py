"""Out of Moodle XML (docs.moodle.org/en/Moodle_XML_format)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Any

from classroom.activities.types.gaps import GAP
from classroom.bank import markup, wildcards
from classroom.bank.entries import Understood
from classroom.bank.gift import folder_of
from classroom.bank.markup import Plain
from classroom.bank.media import Media
from classroom.bank.reading import Full, Not, Reading, match_of, number_of, order_of
from classroom.bank.tree import Element, parsed
from classroom.errors import ClientFault, Status

MOST_ANSWERS = 100
FILES = "@@PLUGINFILE@@/"
PLAIN = "plain_text"
PLACE = re.compile(r"\[\[([0-9]{1,2})\]\]")
CLOZE = re.compile(r"\{[0-9]{0,3}:([A-Z_]{2,20}):([^{}]*)\}")
WEIGHT = re.compile(r"(=|%-?[0-9.]{1,12}%)?(.*)", re.DOTALL)
WHOLE, NOTHING = ("=", "%100%"), re.compile(r"%(-.*|0*\.?0*)%")
# What is escaped in such an answer is one character until it is cut, so that what is left is the format's.
ESCAPE = re.compile(r"\\([}#~/\"\\{])")
HELD = {one: chr(1 + i) for i, one in enumerate('}#~/"\\{')}
MEANT = str.maketrans({held: one for one, held in HELD.items()})
AS_IT_WAS = str.maketrans({held: f"\\{one}" for one, held in HELD.items()})
CHOSEN = re.compile(r"MULTI(CHOICE|RESPONSE)(_[VH]?S?)?|M[CR][VH]?S?")
ALL, NUMBERS = ("MULTIRESPONSE", "MR"), ("NUMERICAL", "NM")


def read(data: bytes) -> Understood:
    root = parsed(data)
    if root.name != "quiz":
        raise ClientFault("malformed", "The XML is no quiz of Moodle's.", Status.MALFORMED)
    reading = Reading()
    folder = ""
    try:
        for one in root.all("question"):
            if one.attributes.get("type") == "category":
                folder = folder_of(_words(one.first("category")))
                continue
            media = Media(reading, one.line, _finder(one))
            try:
                asked = _question(reading, one, media)
            except Not as fault:
                reading.note(one.line, fault.code, **fault.fields)
                continue
            tags = [_words(tag)[:80] for found in one.all("tags") for tag in found.all("tag")]
            reading.take(one.line, asked, folder=folder, tags=[tag for tag in tags if tag][:20], files=media.files)
    except Full:
        pass
    return reading.understood()


def _question(reading: Reading, one: Element, media: Media) -> dict[str, Any]:
    kind = one.attributes.get("type", "")
    if kind == "description":
        raise Not("asks_nothing")
    if kind not in TYPES:
        raise Not("type_unknown", type=kind)
    prompt = _plain(one.first("questiontext"))
    asked: dict[str, Any] = {"prompt": prompt.text or _words(one.first("name")), **media.of(prompt)}
    answers = list(one.all("answer"))
    if len(answers) > MOST_ANSWERS:
        raise Not("too_many", where="answer")
    right = [answer for answer in answers if _fraction(answer) > 0]
    why = [_plain(one.first("generalfeedback")).text]
    why = [text for text in why if text] or [_plain(answer.first("feedback")).text for answer in right]
    if text := "\n".join(dict.fromkeys(text for text in why if text)):
        asked["explanation"] = text
    if (
        any(_fraction(answer) < 100 for answer in right)
        and (kind != "multichoice" or _is_single(one))
        and kind != "ordering"
    ):
        reading.note(one.line, "part_wrong")
    return asked | TYPES[kind](one, answers, media)


def _choice(one: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    options = media.options([_plain(answer) for answer in answers])
    right = [i for i, answer in enumerate(answers) if _fraction(answer) > 0]
    if not right:
        return {"type": "vote", **options}
    if _is_single(one):
        return {"type": "choice", **options, "answer": max(right, key=lambda i: _fraction(answers[i]))}
    return {"type": "multiple", **options, "answer": right}


def _truth(_: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    right = {_words(answer).lower() for answer in answers if _fraction(answer) > 0}
    if len(right) != 1 or not right <= {"true", "false"}:
        raise Not("truth_unclear")
    return {"type": "truefalse", "answer": int(right == {"false"})}


def _text(one: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    right = [_words(answer) for answer in _best(answers)]
    return {"type": "text", "answer": wildcards.plain(media.reading, one.line, right)}


def _number(one: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    best = _best(answers)
    units = [unit for found in one.all("units") for unit in found.all("unit")]
    try:
        asked = {
            "type": "number",
            "answer": number_of(_words(best[0])),
            "tolerance": number_of(_words(best[0].first("tolerance")) or "0"),
        }
        base = [unit for unit in units if float(_words(unit.first("multiplier")) or 1) == 1]
    except (ValueError, IndexError):
        raise Not("no_right_number") from None
    return asked | ({"unit": _words(base[0].first("unit_name"))} if base else {})


def _match(one: Element, _: Sequence[Element], media: Media) -> dict[str, Any]:
    pairs = [(_plain(pair), _words(pair.first("answer"))) for pair in one.all("subquestion")]
    asked = [(option, target) for option, target in pairs if option.text or option.media]
    options = media.options([option for option, _ in asked])
    named = list(zip(options["options"], (target for _, target in asked), strict=True))
    return match_of(named, [target for option, target in pairs if not (option.text or option.media)]) | options


def _order(_: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    shown = media.options([_plain(answer) for answer in answers])
    return order_of(shown["options"], shown.get("pictures"))


def _gaps(one: Element, _: Sequence[Element], media: Media) -> dict[str, Any]:
    """Words that are dragged or chosen into [[1]], [[2]]…, each the place of the word of that number."""
    boxes = [
        _words(box) for box in one.children if isinstance(box, Element) and box.name in ("dragbox", "selectoption")
    ]
    text = _plain(one.first("questiontext")).text
    at = [int(place) - 1 for place in PLACE.findall(text)]
    if not at or not all(0 <= i < len(boxes) for i in at):
        raise Not("places_unfit")
    filled = PLACE.sub(GAP, text.replace(GAP, "…"))
    return {
        "type": "gaps",
        "prompt": "",
        "text": filled,
        "options": sorted(set(boxes)),
        "answer": [[boxes[i]] for i in at],
    }


def _cloze(one: Element, _: Sequence[Element], media: Media) -> dict[str, Any]:
    """Answers stand in the text, `{1:SHORTANSWER:=right~wrong}`."""
    text = ESCAPE.sub(lambda found: HELD[found[1]], _plain(one.first("questiontext")).text)
    gaps = list(CLOZE.finditer(text))
    options: list[str] = []
    right: list[list[str] | None] = []
    for gap in gaps[:MOST_ANSWERS]:
        parts = [_part(part) for part in gap[2].split("~", MOST_ANSWERS)]
        full = [words for weight, words in parts if weight in WHOLE]
        right.append(_accepted(gap[1], full, one.line, media.reading))
        options += [words for _, words in parts] if CHOSEN.fullmatch(gap[1]) else []
        if any(weight not in (*WHOLE, None) and not NOTHING.fullmatch(weight) for weight, _ in parts):
            media.reading.note(one.line, "part_not_accepted")
    if not gaps:
        raise Not("no_gap")
    chosen = {"options": sorted(set(options))} if all(CHOSEN.fullmatch(gap[1]) for gap in gaps) else {}
    if options and not chosen:
        media.reading.note(one.line, "choice_left_out")
    filled = CLOZE.sub("\0", text).replace(GAP, "…").replace("\0", GAP).translate(AS_IT_WAS)
    return {"type": "gaps", "prompt": "", "text": filled, "answer": None if None in right else right, **chosen}


def _accepted(kind: str, full: list[str], line: int, reading: Reading) -> list[str] | None:
    """Words of a gap of this kind that are wholly right, as they are accepted here."""
    if kind in NUMBERS:
        numbers = [words.partition(":") for words in full]
        if any(off.strip(" 0.") for _, _, off in numbers):
            reading.note(line, "tolerance_left_out")
        return [number.strip() for number, _, _ in numbers]
    if not CHOSEN.fullmatch(kind):
        return wildcards.plain(reading, line, full)
    if kind.startswith(ALL) and len(full) > 1:
        reading.note(line, "one_word")
    return full


def _part(part: str) -> tuple[str | None, str]:
    """What it is worth, as it stands there, and its words."""
    found = WEIGHT.match(part)
    assert found  # noqa: S101  (it matches anything)
    words = found[2].partition("#")[0]
    return found[1], words.translate(MEANT).strip()


TYPES: dict[str, Callable[[Element, Sequence[Element], Media], dict[str, Any]]] = {
    "multichoice": _choice,
    "truefalse": _truth,
    "shortanswer": _text,
    "numerical": _number,
    "matching": _match,
    "match": _match,
    "essay": lambda _one, _answers, _media: {"type": "essay"},
    "ordering": _order,
    "ddwtos": _gaps,
    "gapselect": _gaps,
    "cloze": _cloze,
}


def _best(answers: Sequence[Element]) -> list[Element]:
    best = max(map(_fraction, answers), default=0.0)
    return [answer for answer in answers if _fraction(answer) == best > 0]


def _fraction(answer: Element) -> float:
    try:
        return float(answer.attributes.get("fraction", "0"))
    except ValueError:
        return 0.0


def _is_single(one: Element) -> bool:
    return _words(one.first("single")).lower() not in ("false", "0")


def _words(one: Element | None) -> str:
    """The plain text of an element, which may stand in a `text` of its own."""
    return "" if one is None else (one.first("text") or one).text()


def _plain(one: Element | None) -> Plain:
    if one is None:
        return Plain("")
    words = _words(one)
    return Plain(words) if one.attributes.get("format") == PLAIN else markup.read(words)


def _finder(one: Element) -> Callable[[str], bytes | None]:
    """Files of a question stand in it, in base 64."""
    files = {file.attributes.get("name", ""): file for file in one.within("file")}

    def find(address: str) -> bytes | None:
        file = files.get(address.removeprefix(FILES).rpartition("/")[2]) if address.startswith(FILES) else None
        try:
            return base64.b64decode("".join(file.text().split()), validate=True) if file else None
        except (binascii.Error, ValueError):
            return None

    return find
