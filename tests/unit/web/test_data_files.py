"""A table's rows from the file of a watch or a spreadsheet, read and written by the page."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from classroom.spreadsheet import table as on_the_server
from tests.unit.web.node import evaluate

TABLE = [
    {"name": "Time", "unit": "s"},
    {"name": "Pulse", "unit": "1/min", "least": 30, "most": 220},
    {"name": "What", "words": True},
]


def read(text: str) -> Any:
    return evaluate("activities/csv.ts", "m.read(given.text, given)", {"text": text, "table": TABLE})


@pytest.mark.parametrize(
    "text",
    [
        "0,99,run\n60,101,\n",
        "\ufeffWhat;Cadence;Pulse;Time\r\nrun;80;99;0\r\n;81;101;60\r\n",
        "time\tpulse (1/min)\twhat\n0:00\t99\trun\n00:01:00\t101\t\n\n",
        '"Time (s)","PULSE","What"\n"0","99","run"\n"60","1.01e2",""\n',
    ],
)
def test_rows_as_watches_and_spreadsheets_write_them(text: str) -> None:
    assert read(text) == {"rows": [[0, 99, "run"], [60, 101, None]], "wrong": []}


def test_numbers_with_a_comma() -> None:
    """Where semicolons part the cells it is a point; where commas do, it parts thousands."""
    assert read("Pulse;Time\n99,5;1,250\n")["rows"] == [[1.25, 99.5, None]]
    assert read('Pulse,Time\n"99,5","1,250"\n')["rows"] == [[1250, 99.5, None]]


NUMBERS = {
    "1500": 1500, "1,500": 1500, "1 500": 1500, "-12,345,678.5": -12345678.5, "１，５００": 1500, "９。８": 9.8,
    "９．８": 9.8, "−5": -5, "－５": -5, "+.5": 0.5, "9,81": 9.81, "0,500": 0.5, "1e3": 1000, " 7 ": 7, "5.": 5,
    "1,50,000": None, "1,500,00": None, "1,500 000": None, "0x10": None, "Infinity": None, "1e16": None, "": None,
    "7 apples": None, "1_000": None, "--1": None, "٣": None, "1.5.2": None,
}  # fmt: skip


def test_numbers_as_people_write_them() -> None:
    assert evaluate("activities/numbers.ts", "given.map((one) => m.numberOf(one))", list(NUMBERS)) == list(
        NUMBERS.values()
    )


def test_a_line_that_is_wrong_is_none_and_is_said() -> None:
    lines = [
        "Time,Pulse,What",
        "1,99,ok",
        "2,29,x",
        "3,221,x",
        "x,99,x",
        f"5,99,{'x' * 101}",
        ",,",
        '6,99,"two\nlines"',
    ]
    got = read("\n".join(lines))
    assert got["rows"] == [[1, 99, "ok"], [6, 99, "two\nlines"]]
    assert [(one["line"], one["fault"], one["column"]) for one in got["wrong"]] == [
        (3, "least", "Pulse"), (4, "most", "Pulse"), (5, "number", "Time"), (6, "long", "What"),
    ]  # fmt: skip
    assert [one["fault"] for one in read("1,2\n1,99,run,4\n")["wrong"]] == ["cells", "cells"]
    assert [one["fault"] for one in read('1,99,"open\n')["wrong"]] == ["cells"]
    assert read("") == {"rows": [], "wrong": []}


def test_what_is_written_is_what_the_server_writes_and_no_formula() -> None:
    rows = [[1, "=cmd|'/c calc'!A0", '-a "quoted", word'], [2.5, "+1", "狗\nline"], [None, "@x", "plain"]]
    head = ["n", "=head", "what"]
    got = evaluate("activities/csv.ts", "m.written(given.head, given.rows)", {"head": head, "rows": rows})
    assert list(csv.reader(io.StringIO(got)))[1:] == list(csv.reader(io.StringIO(on_the_server(head, rows))))[1:]
    assert not any(cell.startswith(("=", "+", "@")) for row in csv.reader(io.StringIO(got[1:])) for cell in row)


def test_how_often_is_counted_in_equal_stretches() -> None:
    got = evaluate("activities/data.ts", "given.map((one) => m.bins(one))", [[], [5, 5], [0, 1, 2, 10]])
    assert got[0] == []
    assert got[1] == [{"from": 5, "to": 5, "n": 2}]
    assert [one["n"] for one in got[2]] == [3, 1]
