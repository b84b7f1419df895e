"""Into Moodle XML."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from classroom.activities.types.gaps import GAP
from classroom.bank import markup, wildcards
from classroom.bank.entries import Entry
from classroom.bank.gift import path_of
from classroom.bank.media import lacks, mime, named
from classroom.bank.moodle.reading import FILES
from classroom.bank.tree import quoted, said

NOTHING = "%0%"


def holds(entry: Entry) -> bool:
    """What is matched with are words only."""
    question = entry.question
    if lacks(entry) or question.get("target_pictures"):
        return False
    answered = question.get("answer") is not None or question["type"] in ("choice", "vote", "multiple", "essay")
    return question["type"] in KINDS and answered


def write(entries: Sequence[Entry]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    folder = ""
    names = named(entries)
    for one in entries:
        if one.folder != folder:
            folder = one.folder
            lines.append(said("question", said("category", _raw(path_of(folder))), type="category"))
        lines.append(_written(one, names))
    return "\n".join([*lines, "</quiz>", ""]).encode()


def _written(entry: Entry, names: Mapping[str, str]) -> str:
    question = entry.question
    kind = KINDS[question["type"]]
    prompt = markup.escaped(question["prompt"])
    if kind == "cloze":
        prompt = "<br>".join(part for part in (prompt, _filled(question)) if part)
    shown = [question[field] for field in ("picture", "sound") if question.get(field) in entry.files]
    prompt += "".join(_shown(names[one], question.get("alt", "")) for one in shown)
    return said(
        "question",
        said("name", _raw(question["prompt"][:60] or question["type"])),
        said("questiontext", _raw(prompt), *_files(entry, names, shown), format="html"),
        *([_html("generalfeedback", question["explanation"])] if question.get("explanation") else []),
        *_answers(entry, names),
        *([said("tags", *(said("tag", _raw(tag)) for tag in entry.tags))] if entry.tags else []),
        type=kind,
    )


def _shown(name: str, alt: str) -> str:
    """A picture or a sound in a text."""
    address = FILES + quote(name)
    if mime(name).startswith("audio/"):
        return f'<audio controls src="{address}"></audio>'
    return f'<img src="{address}" alt="{html.escape(alt)}">'


def _files(entry: Entry, names: Mapping[str, str], shown: Sequence[str]) -> Iterator[str]:
    for one in shown:
        data = base64.b64encode(entry.files[one].data).decode()
        yield said("file", data, name=names[one], path="/", encoding="base64")


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


def _answers(entry: Entry, names: Mapping[str, str]) -> Iterator[str]:
    question = entry.question
    answer: Any = question.get("answer")
    options: Sequence[str] = question.get("options", ())
    pictures = question.get("pictures") or [None] * len(options)

    def option(name: str, i: int, *more: str, **attributes: str) -> str:
        """One, with its picture."""
        shown = [pictures[i]] if pictures[i] else []
        text = markup.escaped(options[i]) + "".join(_shown(names[one], options[i]) for one in shown)
        return said(name, _raw(text), *_files(entry, names, shown), *more, format="html", **attributes)

    match question["type"]:
        case "choice" | "vote" | "multiple":
            several = question["type"] == "multiple" and answer is not None
            yield said("single", "false" if several else "true")
            right = answer if several else [answer]
            for i in range(len(options)):
                yield option("answer", i, fraction=f"{100 / len(right):.7g}" if i in right else "0")
        case "truefalse":
            yield said("answer", _raw("true"), fraction="0" if answer else "100")
            yield said("answer", _raw("false"), fraction="100" if answer else "0")
        case "text":
            yield from (said("answer", _raw(wildcards.escaped(one)), fraction="100") for one in answer or ())
        case "number":
            tolerance = said("tolerance", repr(question.get("tolerance", 0)))
            yield said("answer", _raw(repr(answer)), tolerance, fraction="100")
            if unit := question.get("unit"):
                yield said("units", said("unit", said("multiplier", "1"), said("unit_name", quoted(unit))))
        case "match":
            targets = question["targets"]
            yield from (option("subquestion", i, said("answer", _raw(targets[at]))) for i, at in enumerate(answer))
            others = [target for i, target in enumerate(targets) if i not in answer]
            yield from (_html("subquestion", "", said("answer", _raw(target))) for target in others)
        case "order":
            yield from (option("answer", i, fraction=str(at)) for at, i in enumerate(answer, 1))


def _filled(question: Mapping[str, Any]) -> str:
    """A text with its answers in the gaps."""
    begin, *rest = question["text"].split(GAP)
    options = question.get("options") or ()
    form = "MULTICHOICE" if options else "SHORTANSWER"
    out = [markup.escaped(begin)]
    for accepted, after in zip(question["answer"], rest, strict=True):
        wrong = [f"~{NOTHING if one[0] in '=%' else ''}{_said(one)}" for one in options if one not in accepted]
        right = [_said(one) if options else wildcards.escaped(_said(one)) for one in accepted]
        out.append(f"{{1:{form}:={'~='.join(right)}{''.join(wrong)}}}{markup.escaped(after)}")
    return "".join(out)


def _said(text: str) -> str:
    return re.sub(r"([}{#~\"\\])", r"\\\1", markup.escaped(text).replace("&#", "&\0")).replace("&\0", "&#")


def _raw(text: str) -> str:
    return said("text", quoted(text))


def _html(name: str, text: str, *more: str, **attributes: str) -> str:
    return said(name, _raw(markup.escaped(text)), *more, format="html", **attributes)
