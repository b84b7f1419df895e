r"""Questions in a table, as CSV: one a line, with a head that says which column is what.

`type, prompt, options, answer, explanation, folder, tags, level, language, points`. Options, tags, points and what is
accepted are parted by `|`; one that is meant is `\|`. The `answer` of choices are their numbers, from 1; of an order it
is none, for the options stand in the right one; of a match the options' counterparts stand in `targets`, in the same
order, and behind them what is nobody's.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classroom.bank.entries import Entry, Understood
from classroom.bank.media import lacks
from classroom.bank.reading import Full, Not, Reading, match_of, number_of, text_of
from classroom.errors import ClientFault, Status
from classroom.spreadsheet import FORMULA, table

COLUMNS = (
    "type",
    "prompt",
    "options",
    "targets",
    "answer",
    "tolerance",
    "unit",
    "explanation",
    "folder",
    "tags",
    "level",
    "language",
    "points",
)
PLAIN = ("prompt", "explanation", "unit")
TYPES = ("choice", "vote", "multiple", "truefalse", "number", "text", "order", "match", "essay", "cloud", "rating")
RIGHT = {"true": 0, "t": 0, "1": 0, "对": 0, "false": 1, "f": 1, "2": 1, "0": 1, "错": 1}
MOST_CELL = 20_000
BAR = re.compile(r"(?<!\\)(\\*)\|")

Row = Mapping[str, str]


def read(data: bytes) -> Understood:
    lines = csv.reader(io.StringIO(text_of(data), newline=""))
    reading = Reading()
    try:
        head = [one.strip().lower() for one in next(lines, [])]
        if "prompt" not in head:
            raise ClientFault("malformed", "The table's first line names no column “prompt”.", Status.MALFORMED)
        for one in head:
            if one and one not in COLUMNS:
                reading.note(1, "column_unknown", column=one)
        begin = lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _take(reading, begin, {key: _said(cell) for key, cell in zip(head, cells, strict=False)})
            begin = lines.line_num + 1
    except csv.Error:
        reading.note(lines.line_num, "table_broken")
    except Full:
        pass
    return reading.understood()


def _take(reading: Reading, line: int, row: Row) -> None:
    try:
        question = _question(row)
    except Not as fault:
        reading.note(line, fault.code, **fault.fields)
        return
    if points := _parts(row.get("points", "")):
        question["points"] = points
    labels = {key: row.get(key, "") for key in ("folder", "level", "language")}
    reading.take(line, question, tags=_parts(row.get("tags", "")), **labels)


def write(entries: Sequence[Entry]) -> bytes:
    rows = [_row(one) for one in entries]
    return table(COLUMNS, [[row.get(column, "") for column in COLUMNS] for row in rows]).encode()


def holds(entry: Entry) -> bool:
    """What stands in an order in a table stands in the right one."""
    question = entry.question
    answered = question["type"] not in ("order", "match") or question.get("answer") is not None
    return question["type"] in TYPES and answered and not lacks(entry)


def _said(cell: str) -> str:
    """As it was before `table`, or `_quoted`, kept a spreadsheet from taking it for a formula."""
    word = cell.strip()[:MOST_CELL]
    return word[1:] if word.startswith("'") and word.lstrip("'").startswith(FORMULA) else word


def _quoted(word: str) -> str:
    return f"'{word}" if word.startswith("'") and word.lstrip("'").startswith(FORMULA) else word


def _parts(cell: str) -> list[str]:
    """Backslashes, of which formulas are full, are what they are but before a bar: there two are one, and one that is
    left makes the bar a letter."""
    parts, at = [""], 0
    for bar in BAR.finditer(cell):
        pairs, odd = divmod(len(bar[1]), 2)
        parts[-1] += cell[at : bar.start()] + "\\" * pairs + "|" * odd
        parts += [""] * (not odd)
        at = bar.end()
    parts[-1] += cell[at:]
    return [part.strip() for part in parts if part.strip()]


def _joined(parts: Iterable[str]) -> str:
    """What `_parts` parts."""
    *others, last = [BAR.sub(r"\1\1\\|", part) for part in parts] or [""]
    return "|".join([*(one + "\\" * (len(one) - len(one.rstrip("\\"))) for one in others), last])


def _question(row: Row) -> dict[str, Any]:
    options, answer = _parts(row.get("options", "")), row.get("answer", "")
    kind = row.get("type", "").lower() or _kind(options, answer)
    if kind not in TYPES:
        raise Not("type_not_in_table", type=kind)
    question: dict[str, Any] = {"type": kind, "prompt": row.get("prompt", "")}
    question |= {key: said for key in PLAIN[1:] if (said := row.get(key))}
    match kind:
        case "choice" | "vote" | "multiple" | "order" | "match":
            question["options"] = options
        case "rating":
            question["steps"] = len(options) or 5
    if kind == "order":
        # The options stand in the right order; who is asked is shown them turned round.
        return {**question, "options": options[::-1], "answer": list(range(len(options)))[::-1]}
    if kind == "match":
        targets = _parts(row.get("targets", ""))
        if len(targets) < len(options):
            raise Not("no_target")
        return question | match_of(list(zip(options, targets, strict=False)), targets[len(options) :])
    if answer:
        question |= _answer(kind, answer, row.get("tolerance", ""))
    return question


def _kind(options: list[str], answer: str) -> str:
    if options:
        return "vote" if not answer else "multiple" if len(_parts(answer)) > 1 else "choice"
    return "text" if answer else "essay"


def _answer(kind: str, answer: str, tolerance: str) -> dict[str, Any]:
    try:
        match kind:
            case "choice":
                return {"answer": int(answer) - 1}
            case "multiple":
                return {"answer": sorted({int(part) - 1 for part in _parts(answer)})}
            case "truefalse":
                return {"answer": RIGHT[answer.lower()]}
            case "number":
                return {"answer": number_of(answer)} | ({"tolerance": number_of(tolerance)} if tolerance else {})
            case "text":
                return {"answer": _parts(answer)}
    except (KeyError, ValueError):
        raise Not("answer_unfit", answer=answer) from None
    return {}


def _row(entry: Entry) -> dict[str, str]:
    question = entry.question
    row = {key: str(question[key]) for key in ("type", *PLAIN, "tolerance") if question.get(key) is not None}
    row |= {key: getattr(entry, key) for key in ("folder", "level", "language")}
    row |= {"tags": _joined(entry.tags), "points": _joined(question.get("points", ()))}
    options = question.get("options", [])
    answer: Any = question.get("answer")
    match question["type"]:
        case "order":
            options = [options[i] for i in answer]
        case "match":
            others = [one for i, one in enumerate(question["targets"]) if i not in answer]
            row["targets"] = _joined([question["targets"][i] for i in answer] + others)
        case "choice" if answer is not None:
            row["answer"] = str(answer + 1)
        case "multiple" if answer is not None:
            row["answer"] = "|".join(str(one + 1) for one in answer)
        case "truefalse" if answer is not None:
            row["answer"] = "false" if answer else "true"
        case "number" if answer is not None:
            row["answer"] = str(answer)
        case "text" if answer is not None:
            row["answer"] = _joined(answer)
        case "rating":
            options = [str(step + 1) for step in range(question["steps"])]
    row["options"] = _joined(options)
    return {column: _quoted(word) for column, word in row.items()}
