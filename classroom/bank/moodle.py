"""Moodle XML (docs.moodle.org/en/Moodle_XML_format)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from classroom.activities.types.gaps import GAP
from classroom.bank import markup
from classroom.bank.entries import Entry, Understood
from classroom.bank.gift import folder_of, path_of
from classroom.bank.markup import Plain
from classroom.bank.media import Media
from classroom.bank.reading import Full, Reading, match_of, number_of, order_of
from classroom.bank.tree import Element, parsed, quoted, said
from classroom.errors import ClientFault, Status

MOST_ANSWERS = 100
FILES = "@@PLUGINFILE@@/"
PLAIN = "plain_text"
PLACE = re.compile(r"\[\[([0-9]{1,2})\]\]")
CLOZE = re.compile(r"\{[0-9]{0,3}:([A-Z_]{2,20}):([^{}]*)\}")
WEIGHT = re.compile(r"(=|%-?[0-9.]{1,12}%)?(.*)", re.DOTALL)
# What is escaped in such an answer is one character until it is cut, so that what is left is the format's.
ESCAPE = re.compile(r"\\([}#~/\"\\{])")
HELD = {one: chr(1 + i) for i, one in enumerate('}#~/"\\{')}
MEANT = str.maketrans({held: one for one, held in HELD.items()})
AS_IT_WAS = str.maketrans({held: f"\\{one}" for one, held in HELD.items()})
CHOSEN = ("MULTICHOICE", "MC", "MCV", "MCH", "MCS", "MCVS", "MCHS", "MULTICHOICE_V", "MULTICHOICE_H", "MULTICHOICE_S")


class _Not(Exception):
    """An element is no question of ours: a code, and why."""


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
            except _Not as fault:
                reading.note(one.line, *fault.args)
                continue
            tags = [_words(tag)[:80] for found in one.all("tags") for tag in found.all("tag")]
            reading.take(one.line, asked, folder=folder, tags=[tag for tag in tags if tag][:20], files=media.files)
    except Full:
        pass
    return reading.understood()


def _question(reading: Reading, one: Element, media: Media) -> dict[str, Any]:
    kind = one.attributes.get("type", "")
    if kind == "description":
        raise _Not("no_question", "A description asks nothing.")
    if kind not in TYPES:
        raise _Not("type_unknown", f"Questions of type “{kind[:40]}” have no counterpart.")
    prompt = _plain(one.first("questiontext"))
    asked: dict[str, Any] = {"prompt": prompt.text or _words(one.first("name")), **media.of(prompt)}
    answers = list(one.all("answer"))
    if len(answers) > MOST_ANSWERS:
        raise _Not("too_many", f"A question with more than {MOST_ANSWERS} answers was left out.")
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
        reading.note(one.line, "partial_credit", "What is right in part counts as wrong.")
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
        raise _Not("malformed", "Either “true” or “false” has to be right.")
    return {"type": "truefalse", "answer": int(right == {"false"})}


def _text(_: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    return {"type": "text", "answer": [_words(answer) for answer in _best(answers)]}


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
        raise _Not("malformed", "No number of this question is right.") from None
    return asked | ({"unit": _words(base[0].first("unit_name"))} if base else {})


def _match(one: Element, _: Sequence[Element], media: Media) -> dict[str, Any]:
    pairs = [(_plain(pair).text, _words(pair.first("answer"))) for pair in one.all("subquestion")]
    return match_of([pair for pair in pairs if pair[0]], [target for option, target in pairs if not option])


def _order(_: Element, answers: Sequence[Element], media: Media) -> dict[str, Any]:
    return order_of([_plain(answer).text for answer in answers])


def _gaps(one: Element, _: Sequence[Element], media: Media) -> dict[str, Any]:
    """Words that are dragged or chosen into [[1]], [[2]]…, each the place of the word of that number."""
    boxes = [
        _words(box) for box in one.children if isinstance(box, Element) and box.name in ("dragbox", "selectoption")
    ]
    text = _plain(one.first("questiontext")).text
    at = [int(place) - 1 for place in PLACE.findall(text)]
    if not at or not all(0 <= i < len(boxes) for i in at):
        raise _Not("malformed", "The places in the text and the words for them do not fit together.")
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
    right: list[list[str]] = []
    for gap in gaps[:MOST_ANSWERS]:
        parts = [_part(part) for part in gap[2].split("~", MOST_ANSWERS)]
        right.append([words.split(":")[0] if gap[1] in ("NUMERICAL", "NM") else words for full, words in parts if full])
        options += [words for _, words in parts] if gap[1] in CHOSEN else []
    if not gaps:
        raise _Not("malformed", "No gap of this text can be read.")
    chosen = {"options": sorted(set(options))} if all(gap[1] in CHOSEN for gap in gaps) else {}
    filled = CLOZE.sub("\0", text).replace(GAP, "…").replace("\0", GAP).translate(AS_IT_WAS)
    return {"type": "gaps", "prompt": "", "text": filled, "answer": right, **chosen}


def _part(part: str) -> tuple[bool, str]:
    found = WEIGHT.match(part)
    assert found  # noqa: S101  (it matches anything)
    words = found[2].partition("#")[0]
    return found[1] in ("=", "%100%"), words.translate(MEANT).strip()


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
            return base64.b64decode(file.text()) if file else None
        except (binascii.Error, ValueError):
            return None

    return find


def holds(question: Mapping[str, Any]) -> bool:
    answered = question.get("answer") is not None or question["type"] in ("choice", "vote", "multiple", "essay")
    return question["type"] in KINDS and answered


def write(entries: Sequence[Entry]) -> bytes:
    """Types that Moodle does not have are left out."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    folder = ""
    for one in entries:
        if one.folder != folder:
            folder = one.folder
            lines.append(said("question", said("category", _raw(path_of(folder))), type="category"))
        lines += _written(one)
    return "\n".join([*lines, "</quiz>", ""]).encode()


def _written(entry: Entry) -> Iterator[str]:
    question = entry.question
    if not holds(question):
        return
    kind = KINDS[question["type"]]
    prompt = markup.escaped(question["prompt"])
    if kind == "cloze":
        prompt = "<br>".join(part for part in (prompt, _filled(question)) if part)
    pictures, files = [], []
    for field, tag in (("picture", 'img alt="{}" src'), ("sound", "audio src")):
        name = question.get(field, "")
        if name in entry.files:
            file = f"{name}.{'png' if field == 'picture' else 'mp3'}"
            pictures.append(f'<{tag.format(quoted(question.get("alt", "")))}="{FILES}{file}">')
            files.append(
                said("file", base64.b64encode(entry.files[name]).decode(), name=file, path="/", encoding="base64")
            )
    yield said(
        "question",
        said("name", _raw(question["prompt"][:60] or question["type"])),
        said("questiontext", _raw(prompt + "".join(pictures)), *files, format="html"),
        *([_html("generalfeedback", question["explanation"])] if question.get("explanation") else []),
        *_answers(question),
        *([said("tags", *(said("tag", _raw(tag)) for tag in entry.tags))] if entry.tags else []),
        type=kind,
    )


KINDS = {
    "choice": "multichoice",
    "vote": "multichoice",
    "multiple": "multichoice",
    "truefalse": "truefalse",
    "text": "shortanswer",
    "number": "numerical",
    "match": "matching",
    "order": "ordering",
    "essay": "essay",
    "gaps": "cloze",
}


def _answers(question: Mapping[str, Any]) -> Iterator[str]:
    answer: Any = question.get("answer")
    options: Sequence[str] = question.get("options", ())
    match question["type"]:
        case "choice" | "vote" | "multiple":
            several = question["type"] == "multiple" and answer is not None
            yield said("single", "false" if several else "true")
            right = answer if several else [answer]
            for i, option in enumerate(options):
                yield _html("answer", option, fraction=f"{100 / len(right):.7g}" if i in right else "0")
        case "truefalse":
            yield said("answer", _raw("true"), fraction="0" if answer else "100")
            yield said("answer", _raw("false"), fraction="100" if answer else "0")
        case "text":
            yield from (said("answer", _raw(one), fraction="100") for one in answer or ())
        case "number":
            tolerance = said("tolerance", repr(question.get("tolerance", 0)))
            yield said("answer", _raw(repr(answer)), tolerance, fraction="100")
            if unit := question.get("unit"):
                yield said("units", said("unit", said("multiplier", "1"), said("unit_name", quoted(unit))))
        case "match":
            targets = question["targets"]
            pairs = [(option, targets[answer[i]]) for i, option in enumerate(options)]
            pairs += [("", target) for i, target in enumerate(targets) if i not in answer]
            yield from (_html("subquestion", option, said("answer", _raw(target))) for option, target in pairs)
        case "order":
            yield from (_html("answer", options[i], fraction=str(at)) for at, i in enumerate(answer, 1))


def _filled(question: Mapping[str, Any]) -> str:
    """A text with its answers in the gaps."""
    begin, *rest = question["text"].split(GAP)
    options = question.get("options") or ()
    form = "MULTICHOICE" if options else "SHORTANSWER"
    out = [markup.escaped(begin)]
    for accepted, after in zip(question["answer"], rest, strict=True):
        wrong = [f"~{_said(one)}" for one in options if one not in accepted]
        out.append(f"{{1:{form}:={'~='.join(map(_said, accepted))}{''.join(wrong)}}}{markup.escaped(after)}")
    return "".join(out)


def _said(text: str) -> str:
    return re.sub(r"([}{#~\"\\])", r"\\\1", markup.escaped(text).replace("&#", "&\0")).replace("&\0", "&#")


def _raw(text: str) -> str:
    return said("text", quoted(text))


def _html(name: str, text: str, *more: str, **attributes: str) -> str:
    return said(name, _raw(markup.escaped(text)), *more, format="html", **attributes)
