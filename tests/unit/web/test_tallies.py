"""What a print tells of each question: as pages tell it, and as the tables do; and where on the paper it stands."""

from __future__ import annotations

import contextlib
import random
import statistics
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from classroom.activities.types import BY_NAME
from classroom.errors import ClientFault
from tests.unit.classroom.questions import QUESTIONS, question, values
from tests.unit.web.node import evaluate
from web.server.exporting import _counted
from web.server.printing import process
from web.server.printing.answers import Answers
from web.server.printing.pictures import Pictures
from web.server.printing.sheet import MARGIN, Sheets
from web.server.printing.tallies import Bars, Came, Plot, Row, came
from web.server.printing.words import Words

LISTS = ("number", "text", "gaps", "order", "match", "memory")
"""What pages show as lists of rows."""
PEOPLE = 60
EN = Words("en")


def run(name: str, given: list[Any], **more: Any) -> dict[str, Any]:
    """A question as a report has it, to which this was answered."""
    asked = {**question(name), **more}
    run = {"activity": name, "anonymous": False, "answered": len(given), "counts": {}}
    return {**asked, **run, "tally": BY_NAME[name].count(asked, given)}


def at_random(name: str, people: int = PEOPLE, **more: Any) -> dict[str, Any]:
    rng = random.Random(name)
    return run(name, [values(rng, name) for _ in range(people)], **more)


def test_lists_are_those_of_the_pages() -> None:
    games = [{"found": 3, "turns": turns, "ms": 1} for turns in (3, 4, 4, 30)]
    all_asked = [at_random(name) for name in LISTS]
    all_asked += [at_random(name, answer=None) for name in ("text", "gaps", "order", "match")]
    all_asked += [run("memory", games), at_random("text", unshown=["dog"])]
    wrong = {"number": 7, "text": "cat", "gaps": ["x", "y", "z"]}
    all_asked += [run(name, given) for name, one in wrong.items() for given in ([], [one], [one] * 9)]
    all_asked.append(run("number", [*range(100, 109), *range(100, 109), question("number")["answer"]]))
    theirs = evaluate(
        "activities/rows.ts",
        "given.map((one) => m.rowsOf({ ...one, answers: {} }, undefined))",
        [{**one, "phase": "revealed"} for one in all_asked],
    )
    for asked, lists in zip(all_asked, theirs, strict=True):
        mine = came(asked, EN).bars
        assert len(mine) == len(lists)
        for one, other in zip(mine, lists, strict=True):
            assert one.title == other["title"]
            labels = [
                f"{place}. {row['label']}" if asked["type"] == "order" else row["label"]
                for place, row in enumerate(other["rows"], 1)
            ]
            labels = [
                f"{label} → {row['detail']}" if row["detail"] else label
                for label, row in zip(labels, other["rows"], strict=True)
            ]
            rows = [(label, row["n"], row["right"]) for label, row in zip(labels, other["rows"], strict=True)]
            assert [(row.label, row.n, row.right) for row in one.rows] == rows


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("number", [], [("9.81 m/s²", 0)]),
        ("number", [7], [("7 m/s²", 1), ("9.81 m/s²", 0)]),
        ("number", [*range(9), *range(9), 9.81], [*((f"{n} m/s²", 2) for n in range(8)), ("9.81 m/s²", 1)]),
        ("number", [9.8], [("9.8 m/s²", 1)]),
        ("text", ["cat"], [("cat", 1), (question("text")["answer"][0], 0)]),
    ],
)
def test_what_is_right_is_told_also_where_nobody_knew_it(name: str, given: list[Any], told: list[Any]) -> None:
    (bars,) = came(run(name, given), EN).bars
    assert [(row.label, row.n) for row in bars.rows] == told
    assert [row.right for row in bars.rows] == [False] * (len(told) - 1) + [True]


@pytest.mark.parametrize("name", ["choice", "vote", "truefalse", "rating", "multiple", "number", "text", "cloud"])
def test_votes_are_those_of_the_tables(name: str) -> None:
    asked = at_random(name)
    told = list(_counted(asked, asked["tally"]))
    [bars] = came(asked, EN).bars
    assert [row.n for row in bars.rows] == [votes for _, votes, _ in told][:8]
    words = [str(words).lower() for words, _, _ in told][:8]
    assert all(word in row.label.lower() for word, row in zip(words, bars.rows, strict=True) if name != "number")
    assert bars.of == PEOPLE


def test_options_have_their_letters_and_the_right_ones_are_marked() -> None:
    told = came(run("multiple", [[0, 2], [0, 1]]), EN)
    rows = (Row("A  spring", 2, True), Row("B  夏", 1), Row("C  autumn", 1, True), Row("D  冬", 0, True))
    assert told == Came(("2 people answered.",), (Bars(rows, 2),))
    [bars] = came(run("choice", [1], options=["A", "B"], answer=1), EN).bars
    assert bars.rows == (Row("A", 0), Row("B", 1, True)), "a letter is said once"
    [bars] = came(run("truefalse", [0, 1, 1]), Words("zh-CN")).bars
    assert [row.label for row in bars.rows] == ["对", "错"]


def test_the_rest_of_a_cloud_is_named_and_that_of_others_counted() -> None:
    words = [chr(ord("a") + n) * (n + 1) for n in range(12)]
    [bars] = came(run("cloud", [[word, words[0]] for word in words]), EN).bars
    assert (bars.rows[0], bars.rest) == (Row("a", 13), " · ".join(words[8:]))
    [bars] = came(run("text", words), EN).bars
    assert (len(bars.rows), bars.rest) == (9, "and 4 more answers"), "and that which is right, which nobody gave"


def test_a_survey_is_told_question_by_question() -> None:
    asked = at_random("survey")
    told = came(asked, EN)
    assert [prompt for prompt, _ in told.parts] == [part["prompt"] for part in asked["questions"]]
    for (answered, tally), part, (_, one) in zip(asked["tally"], asked["questions"], told.parts, strict=True):
        assert one == came({**part, "answered": answered, "tally": tally}, EN)
    said = asked["tally"][2][1][0][0]
    rows = came({**asked, "unshown": [said]}, EN).parts[2][1].bars[0].rows
    assert said not in [row.label for row in rows]


def test_data_have_figures_and_some_of_their_rows() -> None:
    rows: list[list[Any]] = [[60 + n, None if n % 3 else n / 4, "run" if n else None] for n in range(400)]
    told = came(run("data", [rows[:7], rows[7:]]), EN)
    figures, table = told.tables
    shown = [rows[n * 400 // 300] for n in range(300)]
    minutes = [row[1] for row in shown if row[1] is not None]
    assert figures.rows[0] == ("Pulse (1/min)", "60", f"{statistics.median(row[0] for row in shown):g}", "458")
    assert figures.rows[1] == ("Minute", "0", f"{statistics.median(minutes):g}", f"{max(minutes):g}")
    assert (len(figures.rows), len(table.rows), table.rows[0]) == (2, 8, ("60", "0", ""))
    assert (told.notes[0], table.note) == (EN("data.many", n=400), EN("result.data.shown", n=8, of=400))
    assert "300" in told.notes[1], "what is least of some may not be the least of all"
    assert came(run("data", []), EN).tables == ()


def test_charts_of_data_are_those_of_the_pages() -> None:
    rng = random.Random(7)
    for rows in (
        [[rng.uniform(50, 180), rng.choice([None, rng.randrange(90)]), "run"] for _ in range(90)],
        [[70, 3, None], [70, None, "run"]],
        [[60, 1, None], [70, 2, None], [70, 2, None]],
        [[None, 12345, "run"]],
    ):
        asked = {chart: run("data", [rows], chart=chart) for chart in ("scatter", "line", "histogram", "rooms")}
        columns = [[row[at] for row in rows if row[at] is not None] for at in (0, 1)]
        all_points, all_bins = evaluate(
            "activities/data.ts",
            "given.map(({ rows, values }) => rows ? m.points(rows, 0, 1) : m.bins(values))",
            [{"rows": [{"cells": row} for row in rows]}, {"values": columns[0]}],
        )
        points = tuple((one["x"], one["y"]) for one in all_points)
        for chart in ("scatter", "line"):
            mine = Plot(points, chart == "line", "Pulse (1/min)", "Minute") if points else None
            assert came(asked[chart], EN).plot == mine
        for chart in ("histogram", "rooms"):
            bars = came(asked[chart], EN).bars
            assert [row.n for one in bars for row in one.rows] == [one["n"] for one in all_bins]
            assert [one.of for one in bars] == ([len(columns[0])] if columns[0] else [])
    table = [{"name": "What", "words": True}, {"name": "Steps"}]
    asked_one = run("data", [[["a", 9], ["b", None], ["c", 16]]], table=table, chart="scatter")
    assert came(asked_one, EN).plot == Plot(((1, 9), (3, 16)), False, "Row", "Steps")
    assert came(run("data", [[["a", None]]], table=table), EN).plot is None


def test_of_a_game_the_pairs_are_told() -> None:
    cards = {"options": ["leaf", "B"], "targets": ["A", "sun"], "pictures": [None, "p"], "target_pictures": ["q", None]}
    told = came(run("memory", [], **cards), EN)
    assert told.pairs == (((None, "leaf"), ("q", "A")), (("p", "B"), (None, "sun")))


def test_of_spots_how_many_hit_and_of_works_how_many_came() -> None:
    told = came(run("spot", [[0.3, 0.4], [0.99, 0.99], [0.3, 0.4]]), EN, hits=2)
    assert told.bars == (Bars((Row("right", 2, True), Row("wrong", 1)), 3),)
    assert told.spots is not None
    assert sorted(n for _, n in told.spots.cells) == [1, 2]
    assert came(run("spot", []), EN).spots is None
    assert came(run("essay", ["Leaves"]), EN) == Came(("1 text has been handed in",))
    assert came(run("essay", ["a", "b"]), EN) == Came(("2 texts have been handed in",))
    for name in ("spoken", "drawing", "upload"):
        assert came(run(name, ["x", "y"]), EN) == Came(("2 handed in.",))


def test_nothing_is_told_of_few_and_of_nobody() -> None:
    for name in ("vote", "survey"):
        assert came({**run(name, []), "anonymous": True, "tally": None}, EN) == Came((EN("vote.few"),))
    for name in {*QUESTIONS} - {"roll"}:
        assert came(run(name, []), EN).notes, name
    hands = {**run("choice", []), "tally": [1, 0, 2, 0]}
    assert came(hands, EN).notes == (), "hands are votes of nobody known"


def pages_of(made: bytes) -> list[str]:
    with contextlib.closing(pypdfium2.PdfDocument(made)) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def test_the_head_of_a_table_is_on_the_page_of_its_first_row() -> None:
    pdf = Sheets("Heads", "en", "")
    foot = int(pdf.h - MARGIN - 14)
    for y in range(foot - 60, foot, 4):
        pdf.add_page()
        pdf.set_y(y)
        pdf.table([f"head{y}."], [[f"row{y}. {'word ' * 40}"]], [1])
    pages = pages_of(bytes(pdf.output()))
    for y in range(foot - 60, foot, 4):
        assert [f"row{y}." in page for page in pages if f"head{y}." in page] == [True]


def test_figures_of_options_stand_beside_their_bars_and_hits_are_counted(tmp_path: Path) -> None:
    def option(number: str | None, count: int, upper: float | str) -> dict[str, Any]:
        return {"option": number, "credit": None, "count": count, "upper": upper, "lower": "too_few", "rest": 12.4}

    options = [option("0", 3, 100.0), option("1", 1, "too_few"), option("2", 0, 0.0), option("3", 0, 0.0)]
    figures = {"options": [*options, option(None, 1, 0.0)]}
    spots = run("spot", [[0.3, 0.4], [0.99, 0.99], [0.3, 0.4]], prompt="Where?", explanation="There.\nAnd there.")
    told = [
        {"asked": run("choice", [0, 0, 0, 1]), "figures": figures, "hands": [], "buzzes": []},
        {"asked": spots, "figures": {"options": []}, "hands": [], "buzzes": []},
    ]
    children = [{"marks": [0, 1]}, {"marks": [None, 0]}, {"marks": [0, 1]}]
    pdf = Sheets("Answers", "en", "")
    Answers(pdf, EN, {"questions": told, "children": children}, Pictures(tmp_path, {})).drawn()
    lines = pages_of(bytes(pdf.output()))[0].splitlines()
    under = lines[lines.index("1. ?") + 1 : lines.index("2. Where?")]
    assert under == [
        "Chosen Best third In the rest",
        *("A spring 3 60 % 100 % 12 %", "B 夏 1 20 % – 12 %", "✓ C autumn 0 0 % 0 % 12 %", "D 冬 0 0 % 0 % 12 %"),
        "Chose none 1 20 % 0 % 12 %",
    ]
    assert lines[lines.index("2. Where?") + 1 :][:5] == [
        "3 have marked a spot",
        "✓ right 2 67 %",
        "wrong 1 33 %",
        "There.",
        "And there.",
    ]


def test_lines_are_broken_between_words_and_chinese_characters() -> None:
    pdf = Sheets("Lines", "en", "")
    for words in (
        "A  山坡上的一棵大橡树，在深秋的阳光下（叶子）慢慢变黄。",
        "A very Donaudampfschifffahrtsgesellschaft one",
    ):
        for width in range(30, 300, 7):
            lines = pdf.lines(words, width, 99)
            assert "".join("".join(lines).split()) == "".join(words.split())
            assert all(pdf.get_string_width(line) <= width - 2 * pdf.c_margin for line in lines)
            assert not any(line[0] in "，。）" or line[-1] == "（" for line in lines)
            assert lines[0] != "A" or width < 60
    assert pdf.lines("one\n\ntwo", 300, 9) == ["one", "", "two"]
    assert pdf.lines("", 300, 9) == [""]
    pdf.output()  # which closes the font


def test_what_people_write_is_not_taken_for_the_number_of_pages() -> None:
    pdf = Sheets("Pages", "en", "Lesson {nb}")
    pdf.say("total {nb} of")
    pdf.add_page()
    text = "\n".join(pages_of(bytes(pdf.output())))
    assert "total { nb } of" in text
    assert text.count("Lesson { nb }") == 2
    assert "1 / 2" in text


async def test_a_print_that_takes_more_than_its_time_of_the_processor_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\ncat > /dev/null\nkill -XCPU $$\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    with pytest.raises(ClientFault) as refused:
        await process.Printer(tmp_path).printed(b"{}", "en")
    assert (refused.value.code, refused.value.status) == ("busy", 503)
