r"""Moodle's GIFT (docs.moodle.org/en/GIFT_format): questions apart by empty lines, answers in braces.

A text is read in two steps. What is escaped becomes one character each that no text has, so that what is left of `~`,
`=`, `#`, `{`, `}` and `:` is the format's; then it is cut at these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from classroom.activities.types.gaps import GAP
from classroom.bank import markup, wildcards
from classroom.bank.entries import Entry, Understood
from classroom.bank.media import Media, lacks
from classroom.bank.reading import Full, Not, Reading, between, match_of, number_of, text_of

CHARACTERS = "\\~=#{}:n"
ESCAPE = re.compile(r"\\([\\~=#{}:n])")
HELD = {one: chr(1 + i) for i, one in enumerate(CHARACTERS)}
MEANT = str.maketrans({held: "\n" if one == "n" else one for one, held in HELD.items()})
SIGNS = str.maketrans({one: f"\\{one}" for one in CHARACTERS[:-1]} | {"\n": "\\n"})

FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
WEIGHT = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)%")
ANSWER = re.compile(r"([=~])")
WORD = re.compile(r"\w")
LABEL = re.compile(r"\[(?:tag|标签):([^\]\n]{1,80})\]")
TRUTH = {"T": 0, "TRUE": 0, "F": 1, "FALSE": 1}
CATEGORY = "$CATEGORY:"
MOST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """`weight`: per cent of the marks that it brings, where it says so."""

    right: bool
    said: str
    weight: float | None
    feedback: str


def read(data: bytes) -> Understood:
    reading = Reading()
    folder = ""
    try:
        for line, block, tags in _blocks(text_of(data)):
            if block.startswith(CATEGORY):
                folder = folder_of(block.partition(":")[2])
                continue
            try:
                reading.take(line, _question(reading, line, block), folder=folder, tags=tags)
            except Not as fault:
                reading.note(line, fault.code, **fault.fields)
    except Full:
        pass
    return reading.understood()


def folder_of(path: str) -> str:
    """Moodle's `$course$/top/Area//Volume/Circles`: a doubled slash is one in a name."""
    parts = [part.replace("\0", "/").strip() for part in path.replace("//", "\0").split("/")]
    while parts and (not parts[0] or parts[0] == "top" or (parts[0].startswith("$") and parts[0].endswith("$"))):
        parts.pop(0)
    return "/".join(part for part in parts if part)[:120].strip()


def path_of(folder: str) -> str:
    return f"$course$/top/{folder}"


def _blocks(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line, what stands there without comments, and tags that these have."""
    lines: list[str] = []
    tags: list[str] = []
    begin = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        bare = line.strip()
        if bare.startswith("//"):
            tags += [one.strip() for one in LABEL.findall(bare)]
        elif bare.startswith(CATEGORY) and not lines:
            yield number, bare, []
        elif bare:
            begin = begin or number
            lines.append(line)
        elif lines:
            yield begin, ESCAPE.sub(lambda one: HELD[one[1]], "\n".join(lines)).strip(), tags[:20]
            lines, tags, begin = [], [], 0


def _question(reading: Reading, line: int, block: str) -> dict[str, Any]:
    title = ""
    if block.startswith("::") and (end := block.find("::", 2)) > 0:
        title, block = _meant(block[2:end]), block[end + 2 :]
    head, opened, rest = block.partition("{")
    inside, closed, tail = rest.partition("}")
    if not opened:
        raise Not("no_question")
    if not closed or "{" in tail or "}" in tail or "{" in inside:
        raise Not("braces_unfit")
    form, head = _format(head, "moodle")
    inside, _, general = inside.partition("####")
    said, gap = _said(head, form), ""
    if after := _said(tail, form):
        gap = f"{said} {GAP} {after}"
    # A full stop behind the answers is no text that goes on.
    asked: dict[str, Any] = {"prompt": (gap if WORD.search(after) else said) or title}
    if why := _option(general, form):
        asked["explanation"] = why
    question = asked | _answered(reading, line, inside.strip(), form, gap, asked)
    if form != "plain":  # a file of this format has none with it
        accepts = question["type"] == "text" or (question["type"] == "gaps" and "options" not in question)
        prose = [one.feedback for one in _answers(inside)] if accepts else [inside]
        shown = " ".join([head, *prose, general, tail]).translate(MEANT)
        Media(reading, line, lambda _: None).of(markup.read(shown))
    return question


def _answered(reading: Reading, line: int, inside: str, form: str, gap: str, asked: dict[str, Any]) -> dict[str, Any]:
    if not inside:
        return {"type": "essay"}
    truth, _, feedback = inside.partition("#")
    if (value := TRUTH.get(truth.strip().upper())) is not None:
        # {T#if it was answered wrongly#if rightly}
        wrong, _, right = feedback.partition("#")
        return {"type": "truefalse", "answer": value} | _explained(asked, [right or wrong], form)
    if inside.startswith("#"):
        return _number(reading, line, inside[1:], form, asked)
    answers = list(_answers(inside))
    if not answers:
        raise Not("answers_unmarked")
    full = [one for one in answers if one.right]
    why = [one.feedback for one in (_best(full) if full else answers) if one.right or (one.weight or 0) > 0]
    asked = _explained(asked, why, form)
    if len(full) < len(answers):
        return {**asked, **_options(reading, line, answers, form, gap)}
    if all("->" in one.said for one in answers):
        return _match(answers, form) | asked
    accepted = _accepted(reading, line, answers)
    if gap.count(GAP) == 1:
        return {"type": "gaps", "text": gap, "answer": accepted and [accepted], **asked, "prompt": ""}
    return {"type": "text", "answer": accepted, **asked}


def _answers(inside: str) -> Iterator[Answer]:
    _, *parts = ANSWER.split(inside, MOST_ANSWERS)
    if len(parts) >= 2 * MOST_ANSWERS:
        raise Not("too_many", where="answer")
    for sign, part in zip(parts[::2], parts[1::2], strict=True):
        weight = WEIGHT.match(part)
        said, _, feedback = part[weight.end() if weight else 0 :].partition("#")
        yield Answer(sign == "=", said.strip(), float(weight[1]) if weight else None, feedback)


def _options(reading: Reading, line: int, answers: Sequence[Answer], form: str, gap: str) -> dict[str, Any]:
    options = [_option(one.said, form) for one in answers]
    right = [i for i, one in enumerate(answers) if one.right or (one.weight or 0) > 0]
    full = [i for i, one in enumerate(answers) if one.right]
    if len(full) == 1:
        if len(right) > 1:
            reading.note(line, "part_wrong")
        if gap.count(GAP) == 1:
            return {"type": "gaps", "text": gap, "options": options, "answer": [[options[full[0]]]], "prompt": ""}
        return {"type": "choice", "options": options, "answer": full[0]}
    if not right:
        return {"type": "vote", "options": options}
    if len({answers[i].weight for i in right}) > 1:
        reading.note(line, "part_alike")
    return {"type": "multiple", "options": options, "answer": right}


def _match(answers: Sequence[Answer], form: str) -> dict[str, Any]:
    pairs = [(_option(a, form), _option(b, form)) for a, _, b in (one.said.partition("->") for one in answers)]
    return match_of([pair for pair in pairs if pair[0]], [target for option, target in pairs if not option])


def _best(answers: Sequence[Answer]) -> list[Answer]:
    marks = [100 if one.weight is None else one.weight for one in answers]
    return [one for one, mark in zip(answers, marks, strict=True) if mark == max(marks)]


def _accepted(reading: Reading, line: int, answers: Sequence[Answer]) -> list[str] | None:
    full = _best(answers)
    if len(full) < len(answers):
        reading.note(line, "part_not_accepted")
    return wildcards.plain(reading, line, [_meant(one.said) for one in full])


def _number(reading: Reading, line: int, inside: str, form: str, asked: dict[str, Any]) -> dict[str, Any]:
    answers = list(_answers(inside)) if inside.lstrip().startswith(("=", "~")) else list(_answers(f"={inside}"))
    right = [one for one in answers if one.right and (one.weight is None or one.weight == 100)]
    if not right:
        raise Not("no_right_number")
    if len(answers) > 1:
        reading.note(line, "one_number")
    low, dots, high = right[0].said.translate(MEANT).partition("..")
    value, _, tolerance = right[0].said.translate(MEANT).partition(":")
    try:
        said = between(number_of(low), number_of(high)) if dots else {"answer": number_of(value)}
        if not dots and tolerance.strip():
            said["tolerance"] = number_of(tolerance)
    except ValueError:
        raise Not("no_number", answer=_meant(right[0].said)) from None
    return {"type": "number", **said} | _explained(asked, [right[0].feedback], form)


def _explained(asked: dict[str, Any], feedback: Sequence[str], form: str) -> dict[str, Any]:
    """What is said about it all goes before what is said about the right answer."""
    said = [said for one in feedback if (said := _option(one, form))]
    return {**({"explanation": "\n".join(dict.fromkeys(said))} if said else {}), **asked}


def _format(part: str, form: str) -> tuple[str, str]:
    found = FORMAT.match(part)
    return (found[1], part[found.end() :]) if found else (form, part)


def _option(part: str, form: str) -> str:
    form, part = _format(part, form)
    return _said(part, form)


def _said(part: str, form: str) -> str:
    """What is meant; of lines within a text, as its author broke them, only the escaped are any."""
    part = " ".join(part.split("\n")) if form != "plain" else part
    return markup.plain(part.translate(MEANT).replace("\n", "<br>")) if form != "plain" else _meant(part)


def _meant(part: str) -> str:
    return part.translate(MEANT).strip()


def holds(entry: Entry) -> bool:
    return not lacks(entry) and _inside(entry.question) is not None


def write(entries: Sequence[Entry]) -> bytes:
    """Texts are HTML, as Moodle writes them."""
    lines = ["// GIFT, UTF-8"]
    folder = ""
    for one in entries:
        if one.folder != folder:
            folder = one.folder
            lines += ["", f"{CATEGORY} {path_of(folder)}"]
        tags = "".join(f" [tag:{tag}]" for tag in one.tags if "]" not in tag and "\n" not in tag)
        lines += ["", *([f"//{tags}"] if tags else []), _written(one.question)]
    return "\n".join([*lines, ""]).encode()


def _written(question: Mapping[str, Any]) -> str:
    inside = _inside(question)
    why = f"\n####{_html(question['explanation'])}\n" if question.get("explanation") else ""
    prompt = question["prompt"]
    if unit := question.get("unit"):
        prompt = f"{prompt} ({unit})"
    if question["type"] == "gaps":
        before, _, after = question["text"].partition(GAP)
        prompt = "\n".join(part for part in (prompt, before.rstrip()) if part)
        return f"[html]{_html(prompt)} {{{inside}{why}}} {_html(after.lstrip())}"
    return f"[html]{_html(prompt)} {{{inside}{why}}}"


def _inside(question: Mapping[str, Any]) -> str | None:
    options, answer = [_choice(one) for one in question.get("options") or ()], question.get("answer")
    match question["type"]:
        case "essay":
            return ""
        case "vote" | "choice":
            return "".join(f"\n{'=' if i == answer else '~'}{one}" for i, one in enumerate(options))
        case "multiple":
            share = f"{100 / len(answer):.7g}" if answer else ""
            return "".join(
                f"\n~%{share if i in answer else f'-{share}'}%{one}" if answer else f"\n~{one}"
                for i, one in enumerate(options)
            )
        case "truefalse" if answer is not None:
            return "F" if answer else "T"
        case "number" if answer is not None:
            return f"#{_digits(answer)}:{_digits(question.get('tolerance', 0))}"
        case "text" if answer is not None:
            return "".join(map(_accept, answer))
        case "match" if answer is not None:
            targets = [_html(one) for one in question["targets"]]
            pairs = [f"\n={one} -> {targets[answer[i]]}" for i, one in enumerate(options)]
            return "".join(pairs + [f"\n= -> {one}" for i, one in enumerate(targets) if i not in answer])
        case "gaps" if answer is not None and len(answer) == 1 and _is_missing_word(question):
            if not options:
                return "".join(map(_accept, answer[0]))
            return "".join(f"\n{'=' if one in answer[0] else '~'}{_choice(one)}" for one in question["options"])
    return None


def _is_missing_word(question: Mapping[str, Any]) -> bool:
    """One that has something behind its gap, and one right option."""
    options, (right,) = question.get("options"), question["answer"]
    return bool(question["text"].partition(GAP)[2].strip()) and (
        not options or sum(one in right for one in options) == 1
    )


def _accept(words: str) -> str:
    """An accepted answer is no HTML. An arrow would make a pair of it."""
    said = wildcards.escaped(words.replace("->", "→").translate(SIGNS))
    return f"\n={'%100%' if words.startswith('%') else ''}{said}"


def _choice(text: str) -> str:
    """What follows a per cent sign at its beginning would be how many marks it brings."""
    said = _html(text)
    return f"&\\#37;{said[1:]}" if said.startswith("%") else said


def _digits(number: float) -> str:
    """Without an exponent, which not every program reads."""
    return format(Decimal(repr(number)), "f")


def _html(text: str) -> str:
    return markup.escaped(text).translate(SIGNS).replace("->", "-&gt;")
