"""A report as tables: a CSV of one, a workbook of all. What was answered without names is in none of its rows of
people."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import xlsxwriter

from classroom.activities.question import Asked, Tally
from classroom.activities.types import type_of
from classroom.analysis import tables
from classroom.analysis.figures import DIGITS
from classroom.analysis.results import tally_of
from classroom.analysis.tables import Table
from web.server.reporting import Told

WHO = ("participant", "name", "room")
MAX_CELL = 32_767  # characters, of the format


def csv(told: Told, name: str) -> str:
    return TABLES[name](told).csv()


def xlsx(told: Told) -> bytes:
    """A sheet a table. Words are written as words, whatever they begin with."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for name, made in TABLES.items():
            table, sheet = made(told), book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, head in enumerate(table.head):
                sheet.write_string(0, column, head[:MAX_CELL], bold)
            for row, cells in enumerate(table.rows, 1):
                for column, cell in enumerate(cells):
                    _write(sheet, row, column, cell)
    return out.getvalue()


def said(asked: Asked, value: Any) -> str | float:
    """An answer as one reads it."""
    options = asked.get("options", [])
    match type_of(asked).field:
        case "choice" if asked["type"] == "truefalse":
            return ("true", "false")[value]
        case "choice" if options:
            return str(options[value])
        case "choice":
            return int(value) + 1  # a step of a rating
        case "choices" | "order":
            return " | ".join(options[one] for one in value)
        case "pairs":
            pairs = zip(options, value, strict=True)
            return " | ".join(f"{one} = {asked['targets'][other]}" for one, other in pairs if other is not None)
        case "texts":
            return " | ".join(value)
        case "text" | "number":
            return value  # type: ignore[no-any-return]
        case "file":
            return "file"  # what it is called is nobody's answer
    return json.dumps(value, ensure_ascii=False)


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell[:MAX_CELL])
    elif cell is not None:
        sheet.write_number(row, column, cell)


def _children(told: Told) -> Table:
    """A row a child, a column more for each question of the test: the mark for it, empty where it was not answered."""
    report = told.report
    head = [*WHO, "answered", "marks", "max_mark", "result", "participation"]
    rows = []
    for child in report.children:
        answered = [mark for mark in child.marks if mark is not None]
        shown = child.json()
        figures = [
            len(answered),
            round(sum(answered), DIGITS),
            len(child.marks),
            shown["result"],
            shown["score"]["value"],
        ]
        rows.append([*_who(told, child.participant, child.room), *figures, *shown["marks"]])
    numbers = [f"q{number}" for number in _numbers(told).values()]
    return Table([*head, *numbers], [["" if cell is None else cell for cell in row] for row in rows])


def _answers(told: Told) -> Table:
    """A row an answer that has a name; also to what nobody has said is right."""
    results = told.report.results
    rows = [
        [
            *_who(told, who, room),
            asked["activity"],
            asked["type"],
            asked["prompt"],
            said(asked, results.given[who][asked["activity"]]),
            results.marks[who].get(asked["activity"], ""),
            results.times[who].get(asked["activity"], ""),
            results.at[who][asked["activity"]],
        ]
        for asked in results.asked
        for who, room in results.rooms.items()
        if asked["activity"] in results.given[who]
    ]
    return Table([*WHO, "item", "type", "prompt", "answer", "mark", "time_ms", "at_ms"], rows)


def _questions(told: Told) -> Table:
    numbers, asked = _numbers(told), _asked(told)
    table = tables.questions(told.report.analysis.questions)
    rows = ([f"q{numbers[item]}", asked[item]["type"], asked[item]["prompt"]] for item in numbers)
    return table.led(["number", "type", "prompt"], rows)


def _options(told: Told) -> Table:
    numbers, asked = _numbers(told), _asked(told)
    told_options = [(one.item, option.option) for one in told.report.analysis.questions for option in one.options]
    rows = (
        [f"q{numbers[item]}", "" if option is None else said(asked[item], _value(asked[item], option))]
        for item, option in told_options
    )
    return tables.options(told.report.analysis.questions).led(["number", "words"], rows)


def _tallies(told: Told) -> Table:
    """What came of each question, as its chart shows it: a row an option or a word. A row more for each room in which
    hands were counted; those are in the first row, too. Of a vote without names it is all that there is."""
    rows = []
    for asked in told.report.results.asked:
        for words, votes, of in _counted(asked, tally_of(asked)):
            rows.append([told.room(of), asked["activity"], asked["type"], asked["prompt"], words, votes])
    return Table(["room", "item", "type", "prompt", "words", "votes"], rows)


def _counted(asked: Asked, tally: Tally | None) -> Iterator[tuple[str | float, int, str | None]]:
    """Words, votes, and the room whose hands they are. Nothing where it counts neither options, words nor numbers."""
    kind = type_of(asked)
    if tally is not None and kind.columns is not None:
        for option, votes in enumerate(tally):
            words = said(asked, _value(asked, str(option)))
            yield words, votes, None
            yield from ((words, hands[option], room) for room, hands in asked["counts"].items())
    elif tally is not None and asked["type"] in ("text", "cloud", "number"):
        yield from ((one, votes, None) for one, votes in tally)


def _trends(told: Told) -> Table:
    report = told.report
    rooms = {child.participant: child.room for child in report.children}
    names = [[*_who(told, one.of, rooms[one.of])] for one in report.over_time for _ in one.steps]
    names += [["", "", told.room(one.of)] for one in report.rooms_over_time for _ in one.steps]
    return tables.trends([*report.over_time, *report.rooms_over_time]).led(WHO, names)


def _buzzes(told: Told) -> Table:
    """A row a press: who was how fast at which buzzer."""
    rows = [
        [*_who(told, one.participant, one.room), item, one.place, one.after_ms, _or_empty(one.before_ms)]
        for item, row in told.report.results.buzzes.items()
        for one in row
    ]
    return Table([*WHO, "item", "place", "after_ms", "before_ms"], rows)


def _asked_by_learners(told: Told) -> Table:
    rooms = told.report.results.rooms
    rows = []
    for one in told.asked:
        who = one["participant"] or ""
        said = [one["text"], one["state"], one["votes"], one["reply"] or "", _or_empty(one["moment"]), one["at"]]
        rows.append([*_who(told, who, rooms.get(who)), *said])
    return Table([*WHO, "question", "state", "votes", "reply", "moment_ms", "at_ms"], rows)


def _or_empty(figure: int | None) -> int | str:
    return "" if figure is None else figure


def _participation(told: Told) -> Table:
    scores = {child.participant: child.score for child in told.report.children}
    table = tables.scores(scores)
    return table.led(["name"], ([told.name(row[0])] for row in table.rows))


def _who(told: Told, participant: str, room: str | None) -> Iterable[str]:
    return participant, told.name(participant), told.room(room)


def _numbers(told: Told) -> Mapping[str, int]:
    """Of the test's questions, by their places among all that was asked, as pages and prints count."""
    items = {item.id for item in told.report.results.items}
    asked = enumerate(told.report.results.asked, 1)
    return {one["activity"]: number for number, one in asked if one["activity"] in items}


def _asked(told: Told) -> Mapping[str, Asked]:
    return {one["activity"]: one for one in told.report.results.asked}


def _value(asked: Asked, option: str) -> Any:
    return int(option) if type_of(asked).field == "choice" else [int(option)]


TABLES: Mapping[str, Callable[[Told], Table]] = {
    "children": _children,
    "answers": _answers,
    "quiz": lambda told: tables.quiz(told.report.analysis.quiz),
    "questions": _questions,
    "options": _options,
    "tallies": _tallies,
    "points": lambda told: tables.points(told.report.points),
    "trends": _trends,
    "participation": _participation,
    "buzzes": _buzzes,
    "asked": _asked_by_learners,
}
NAMES = tuple(TABLES)
