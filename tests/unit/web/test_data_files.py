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


def read(text: str, table: Any = TABLE) -> Any:
    return evaluate("activities/csv.ts", "m.read(given.text, given)", {"text": text, "table": table})


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


RUN = [{"name": "Time"}, {"name": "HR", "unit": "bpm"}]
POLAR = """\
Name,Sport,Date,Start time,Duration,Total distance (km),Average heart rate (bpm)
Anna,RUNNING,01-11-2026,09:00:00,00:10:00,1.5,132
Sample rate,Time,HR (bpm),Speed (km/h)
1,00:00:00,91,0.0
,00:00:01,92,0.0
"""


@pytest.mark.parametrize(
    "text",
    [
        POLAR,
        "sep=;\n\nTime;HR\n0;91\n1;92\n",
        "one,two,three,Time\nTime;HR\n0;91\n1;92\n",
        "Run of the morning\nTime,what\nHR (bpm),time [s]\n91,0\n92,1\n",
        "时间，HR/bpm，TIME / s\n1，91，0\n2，92，1\n",
        "\n" * 30 + "x\n" * 19 + "Time,HR\n0,91\n1,92\n",
    ],
)
def test_lines_that_watches_write_before_the_head(text: str) -> None:
    assert read(text, RUN) == {"rows": [[0, 91], [1, 92]], "wrong": []}


def test_a_head_is_looked_for_in_the_first_lines_only_and_is_no_line_of_numbers() -> None:
    assert len(read("x\n" * 20 + "Time,HR\n0,91\n", RUN)["wrong"]) == 21
    again = read("Time,HR\n0,91\nTime,HR\n1,92\nTime,\n", RUN)
    assert (again["rows"], [one["line"] for one in again["wrong"]]) == ([[0, 91], [1, 92]], [3, 5])
    rows = "1,99,what\n2,100,time\n"
    assert read(rows) == {"rows": [[1, 99, "what"], [2, 100, "time"]], "wrong": []}
    years = [{"name": "What", "words": True}, {"name": "2025"}, {"name": "2026"}]
    assert read("what,2026,2025\na,6,5\n", years) == {"rows": [["a", 5, 6]], "wrong": []}


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Time,Heart rate (bpm),x", [0, None]),
        ("Time,HR max,x", [0, None]),
        ("Time,HR (max),HR (mean)", [0, None]),
        ("Time,(bpm),x", [0, None]),
        ("Hour,HR,x", [None, 91]),
    ],
)
def test_a_column_that_the_head_does_not_name_clearly_is_said_once(head: str, row: list[Any]) -> None:
    got = read(f"before\n{head}\n0,91,92\n1,91,92\n", RUN)
    assert got["rows"][0] == row
    named = RUN[row.index(None)]["name"]
    assert got["wrong"] == [{"line": 2, "fault": "column", "column": named, "cell": ""}]


def test_two_columns_that_are_called_alike_are_not_one_cell() -> None:
    table = [{"name": "Time"}, {"name": "HR (left)"}, {"name": "HR (right)"}]
    assert [one["column"] for one in read("Time,HR\n0,91\n", table)["wrong"]] == ["HR (left)", "HR (right)"]
    assert read("Time,HR [mean],HR (right)\n0,1,2\n", table)["rows"] == [[0, 1, 2]]


def test_that_a_file_has_another_unit_is_said() -> None:
    got = read("Time,Pulse (bpm),What\n0,91,x\n")
    assert got["rows"] == [[0, 91, "x"]]
    assert got["wrong"] == [{"line": 1, "fault": "unit", "column": "Pulse", "cell": "Pulse (bpm)"}]


@pytest.mark.parametrize(
    ("name", "unit", "head", "doubted"),
    [
        ("Time", "s", "Time (hh:mm:ss)", False),
        ("Time", "s", "Time [m:ss.0]", False),
        ("Time", "sec", "Time / H:MM:SS", False),
        ("Time", "s", "Time (hh:mm)", True),
        ("Time", "min", "Time (mm:ss)", True),
        ("Weg (hin)", "m", "Weg (hin)", False),
        ("Weg (hin)", "m", "Weg (hin) [m]", False),
        ("Weg (hin)", "m", "Weg (hin) / km", True),
        ("Pulse (bpm)", None, "PULSE（bpm）", False),
        ("Pulse (bpm)", None, "Pulse (1/min)", True),
        ("Speed", "m/s", "Speed (m/s)", False),
        ("Speed", "m/s", "Speed (km/h)", True),
    ],
)
def test_what_another_unit_is(name: str, unit: str | None, head: str, doubted: bool) -> None:
    column = {"name": name} | ({"unit": unit} if unit else {})
    got = read(f"{head}\n0:10\n", [column])
    assert got["rows"] == [[10]]
    assert [one["fault"] for one in got["wrong"]] == ["unit"] * doubted


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", [",", ";Time", "Time (", '"', '"",', "\n", "Time,HR\n", "，", "/", "1"])
def test_a_megabyte_of_anything_is_soon_read(piece: str) -> None:
    given = {"text": piece * (1_000_000 // len(piece)), "table": RUN}
    assert evaluate("activities/csv.ts", "m.read(given.text, given).rows", given) == []


def test_numbers_with_a_comma() -> None:
    """Where semicolons part the cells it is a point; where commas do, it parts thousands."""
    assert read("Pulse;Time\n99,5;1,250\n")["rows"] == [[1.25, 99.5, None]]
    assert read('Pulse,Time\n"99,5","1,250"\n')["rows"] == [[1250, 99.5, None]]
    assert read("Pulse，Time\n99.5，1,250\n")["rows"] == [[1250, 99.5, None]]


def test_a_comma_is_a_point_in_a_file_that_has_one_which_parts_no_thousands() -> None:
    table = [{"name": "Time"}, {"name": "Steps"}]
    assert read("Time\tSteps\n1\t1,500\n", table)["rows"] == [[1, 1500]]
    assert read("Time\tSteps\n1,5\t1,500\n", table)["rows"] == [[1.5, 1.5]]
    assert read("Time\tSteps\n0:01,5\t1,500\n", table)["rows"] == [[1.5, 1.5]]
    assert read("Time;Steps\n1 500,5;1 500\n1\u00a0500;12\u202f345\u2009678,9\n", table) == {
        "rows": [[1500.5, 1500], [1500, 12345678.9]],
        "wrong": [],
    }
    words = [{"name": "What", "words": True}, {"name": "Steps"}]
    assert read("What\tSteps\n7,5\t1,500\n", words)["rows"] == [["7,5", 1500]]


def test_a_file_that_its_own_commas_would_part_is_not_read_wrongly() -> None:
    pulse = [{"name": "Pulse"}]
    assert read("Pulse\n72,5\n80,1\n", pulse) == {"rows": [[72.5], [80.1]], "wrong": []}
    assert read("Steps\n1,500\n12,000\n", [{"name": "Steps"}]) == {"rows": [[1500], [12000]], "wrong": []}
    table = [{"name": "Time"}, {"name": "Pulse"}]
    for head in ("Time,Pulse", "Time,Pulse,"):
        assert read(f"{head}\n1,5,72\n2,73,\n", table) == {
            "rows": [[2, 73]],
            "wrong": [{"line": 2, "fault": "cells", "column": "", "cell": "3"}],
        }


NUMBERS = {
    "1500": 1500, "1,500": 1500, "1 500": 1500, "-12,345,678.5": -12345678.5, "１，５００": 1500, "９。８": 9.8,
    "９．８": 9.8, "−5": -5, "－５": -5, "+.5": 0.5, "9,81": 9.81, "0,500": 0.5, "1e3": 1000, " 7 ": 7, "5.": 5,
    "1,50,000": None, "1,500,00": None, "1,500 000": None, "0x10": None, "Infinity": None, "1e16": None, "": None,
    "7 apples": None, "1_000": None, "--1": None, "٣": None, "1.5.2": None, "10²": None, "2³": None,
    "x₂": None, "1₀": None, "①": None, "⒈": None, "½": None, "𝟏": None, "1\u00a0500": 1500,
    "1\u202f500\u202f000": 1500000, "１　５００": 1500, "9｡8": 9.8, "1 500,5": 1500.5, "1 50,5": None,
}  # fmt: skip
WITH_COMMAS = {
    "1,5": 1.5, "1,500": 1.5, "1 500,5": 1500.5, "1 500": 1500, "1\u2009234\u2009567,5": 1234567.5, "1500": 1500,
    "1.5": 1.5, "1,500,000": None, "1 50": None, "1,5 000": None, "10²": None,
}  # fmt: skip


def test_numbers_as_people_write_them() -> None:
    assert evaluate("activities/numbers.ts", "given.map((one) => m.numberOf(one))", list(NUMBERS)) == list(
        NUMBERS.values()
    )
    assert evaluate("activities/numbers.ts", "given.map((one) => m.numberOf(one, true))", list(WITH_COMMAS)) == list(
        WITH_COMMAS.values()
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
