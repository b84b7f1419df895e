"""Aiken (docs.moodle.org/en/Aiken_format): a prompt in one line, options in one each, `A.` or `A)` before it, and
`ANSWER: A`. Its texts are plain; `<br>` and HTML's names of characters are read as what they mean, and written where
nothing else would do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classroom.bank import markup
from classroom.bank.entries import Entry, Understood
from classroom.bank.media import lacks
from classroom.bank.reading import Full, Reading, text_of
from classroom.bank.sniffing import JSON, is_gift, is_table

OPTION = re.compile(r"([A-Z])(?:\.[ \t]+|\)[ \t]*)(.*)")
ANSWER = re.compile(r"ANSWER[ \t]*[:：][ \t]*([A-Z])[.)]?", re.IGNORECASE)
NO_ANSWER = re.compile(r"ANSWER[ \t]*[:：]")
ESCAPED = re.compile(r"\n|<br|^[\[<]", re.IGNORECASE)
LETTERS = "ABCDEFGHIJ"


def read(data: bytes) -> Understood:
    reading = Reading()
    prompt: list[str] = []
    options: list[str] = []
    begin = 0
    try:
        for number, line in enumerate(text_of(data).split("\n"), 1):
            bare = line.strip()
            if not bare:
                continue
            begin = begin or number
            if found := ANSWER.fullmatch(bare):
                _take(reading, begin, prompt, options, ord(found[1].upper()) - ord("A"))
            elif (found := OPTION.match(bare)) and prompt and ord(found[1]) - ord("A") == len(options):
                options.append(found[2].strip())
                continue
            elif NO_ANSWER.match(bare):
                reading.note(begin, "answer_no_option")
            elif not options:
                prompt.append(bare)
                continue
            else:
                reading.note(begin, "no_answer_line")
                prompt, options, begin = [bare], [], number
                continue
            prompt, options, begin = [], [], 0
        if prompt:
            reading.note(begin, "rest_unanswered")
    except Full:
        pass
    return reading.understood()


def _take(reading: Reading, line: int, prompt: Sequence[str], options: Sequence[str], right: int) -> None:
    if right >= len(options):
        reading.note(line, "answer_no_option")
        return
    asked = markup.unescaped("<br>".join(prompt))
    reading.take(
        line,
        {"type": "choice", "prompt": asked, "options": [markup.unescaped(one) for one in options], "answer": right},
    )


def write(entries: Sequence[Entry]) -> bytes:
    return "\n".join(map(_written, entries)).encode()


def holds(entry: Entry) -> bool:
    """Choices that have an answer: Aiken has nothing else."""
    question = entry.question
    return question["type"] == "choice" and question.get("answer") is not None and not lacks(entry)


def _written(entry: Entry) -> str:
    question = entry.question
    lines = [f"{LETTERS[i]}. {_line(one)}" for i, one in enumerate(question["options"])]
    prompt = _line(question["prompt"]) or "?"
    return "\n".join([prompt, *lines, f"ANSWER: {LETTERS[question['answer']]}", ""])


def _line(text: str) -> str:
    """In one line; where that looked like another part, or the file by it like another format's, its first letter is
    hidden, or its commas are."""
    said = markup.escaped(text) if ESCAPED.search(text) or markup.unescaped(text) != text else text
    if is_table(said):
        said = said.replace(",", "&#44;")
    other = OPTION.match(said) or ANSWER.fullmatch(said) or NO_ANSWER.match(said) or JSON.match(said) or is_gift(said)
    return f"&#{ord(said[0])};{said[1:]}" if other or said.startswith("PK") else said
