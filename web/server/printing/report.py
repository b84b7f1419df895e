"""The report as a print: what the page says, in the page's words. Reads the report as JSON, writes the PDF.

A process of its own (`python -m web.server.printing.report LANGUAGE CONTENTS`), for it is slow, and what it draws is
what children wrote. CONTENTS: the folder of the shelves' contents.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from classroom.activities.types import type_of
from web.server.printing.answers import Answers
from web.server.printing.pictures import LARGE as LARGE_PICTURE
from web.server.printing.pictures import Pictures
from web.server.printing.sheet import (
    ACCENT,
    INK,
    LARGE,
    LEADING,
    MIDDLE,
    RIGHT,
    RULE,
    SERIES,
    SMALL,
    SOFT,
    TITLE,
    WEAK,
    Cell,
    Sheets,
)
from web.server.printing.words import Json, Words, number

TARGET = 60
BINS = 10
MOST_COLUMNS = 20
"""Questions beside each other in the table of children; further ones follow below."""
MOST_LINES = 6
MEMORY_BYTES = 1 << 30
CPU_S = 60
NICE = 10
"""Lessons go first."""
QUIZ = ("mean", "median", "sd", "consistency", "error_ratio", "standard_error", "skewness", "kurtosis")
SHARES = {"consistency", "error_ratio"}
FIGURES = ("facility", "discrimination", "efficiency", "time")


class Print:
    def __init__(self, report: Json, language: str, contents: Path) -> None:
        self.report, self.t = report, Words(language)
        self.pictures = Pictures(contents, report["pictures"])
        self.test = [one for one in report["questions"] if one["figures"]]
        self.pdf = Sheets(report["title"], language, f"{report['title']} · {self.t('result.title')}")

    def drawn(self) -> bytes:
        self._head()
        quiz = self.report["quiz"]
        if quiz["attempts"]:
            self._test()
        elif self.report["questions"]:
            self.pdf.say(self.t("result.notest"), SOFT)
        else:
            self.pdf.say(self.t("result.empty"), SOFT)
        if self.report["points"]:
            self._points()
        if self.report["questions"]:
            self._questions()
        if quiz["attempts"]:
            self._rooms()
            self._children()
        if self.report["asked"]:
            self._asked()
        return bytes(self.pdf.output())

    def _head(self) -> None:
        pdf, started = self.pdf, self.report["started_at"]
        pdf.say(self.report["title"], size=TITLE, after=0)
        when = f"{datetime.fromtimestamp(started / 1000, UTC):%Y-%m-%d %H:%M} UTC · " if started else ""
        pdf.say(when + self.t("result.title"), SOFT)

    def _test(self) -> None:
        pdf, quiz = self.pdf, self.report["quiz"]
        taken = {"n": quiz["attempts"], "of": len(self.report["children"])}
        reached = {"mean": self.t.said(quiz["mean"]), "most": number(quiz["max_mark"])}
        pdf.say(self.t("result.summary", **taken, **reached), size=LARGE)
        results = [child["result"] for child in self.report["children"] if child["result"] is not None]
        counts = [0] * BINS
        for result in results:
            counts[min(BINS - 1, max(0, int(result * BINS / 100)))] += 1
        pdf.plot(130, lambda x, y: self._histogram(counts, x, y))
        rows = []
        for name in QUIZ:
            unit = "%" if name in SHARES else ""
            rows.append([self.t(f"result.{name}"), self.t.said(quiz[name], unit), self.t.range(quiz[name], unit)])
        pdf.table(["", "", ""], rows, (3, 3, 4))
        for name in QUIZ:
            pdf.say(f"{self.t(f'result.{name}')}: {self.t(f'result.{name}.means')}", SOFT, SMALL, after=1)

    def _histogram(self, counts: Sequence[int], x: float, y: float) -> None:
        pdf, width, height, most = self.pdf, 36.0, 90.0, max(1, *counts)
        pdf.ink(INK, SMALL)
        for place, count in enumerate(counts):
            tall = height * count / most
            pdf.set_fill_color(*ACCENT)
            pdf.rect(x + place * width + 3, y + 14 + height - tall, width - 6, tall, style="F")
            if count:
                pdf.label(x + (place + 0.5) * width, y + 12 + height - tall - SMALL, str(count))
        pdf.set_draw_color(*SOFT)
        pdf.line(x, y + 14 + height, x + BINS * width, y + 14 + height)
        for share, align in ((0, "L"), (50, "C"), (100, "R")):
            pdf.label(x + BINS * width * share / 100, y + 17 + height, f"{share} %", align)

    def _points(self) -> None:
        pdf = self.pdf
        pdf.headed(self.t("result.points"))
        for one in self.report["points"]:
            share = one["share"]
            pdf.ink(INK, SMALL)
            name = pdf.fitting(one["point"], 190)
            below = self.t("result.point.below", n=len(one["below"]), of=one["answered"])
            reading = self.t(f"result.point.{one['reading']}")

            def row(
                x: float, y: float, name: str = name, share: Any = share, said: str = f"{reading} · {below}"
            ) -> None:
                pdf.label(x, y, name, "L", 196)
                if isinstance(share, dict):
                    pdf.bar(x + 200, y + 3, 100, share["value"])
                    pdf.set_draw_color(*INK)
                    pdf.line(x + 200 + share["low"], y + 6, x + 200 + share["high"], y + 6)
                    pdf.line(x + 200 + TARGET, y, x + 200 + TARGET, y + 12)
                    pdf.label(x + 308, y, f"{number(share['value'], 0)} %", "L", 40)
                else:
                    pdf.label(x + 200, y, self.t.why(share), "L", 140)
                pdf.label(x + 345, y, pdf.fitting(said, pdf.epw - 347), "L", pdf.epw - 345)

            pdf.plot(16, row)
        pdf.ln(4)
        pdf.say(self.t("result.points.means", target=TARGET), SOFT, SMALL)

    def _questions(self) -> None:
        pdf = self.pdf
        pdf.headed(self.t("result.questions"))
        rows: list[list[Cell]] = []
        for place, one in enumerate(self.report["questions"], 1):
            figures = one["figures"]
            words = f"{place}. {self.t.prompt(one['asked'])}"
            if figures is None:
                rows.append([f"{words} ({self.t(_unmarked(one))})", "", "", "", str(one["asked"]["answered"])])
                continue
            facility = figures["facility"]
            doubt = f" ({self.t('result.doubtful')})" if figures["doubtful"] else ""
            shown = self.t.said(facility, "%")
            rows.append(
                [
                    words + doubt,
                    (shown, wash) if (wash := shade(facility)) else shown,
                    self.t.said(figures["discrimination"], "%"),
                    self.t.said(figures["time"]["median_ms"], "s"),
                    str(figures["answered"]),
                ]
            )
        names = ("facility", "discrimination", "time", "attempts")
        pdf.table(["", *(self.t(f"result.{name}") for name in names)], rows, (9, 3, 4, 3, 2.4))
        for name in FIGURES:
            pdf.say(f"{self.t(f'result.{name}')}: {self.t(f'result.{name}.means')}", SOFT, SMALL, after=1)
        Answers(pdf, self.t, self.report, self.pictures).drawn()

    def _asked(self) -> None:
        """What learners asked, and what they were answered in writing."""
        pdf = self.pdf
        pdf.headed(self.t("result.asked"))
        rows: list[list[Cell]] = []
        for one in self.report["asked"]:
            said = one["text"] or "…"
            said = f"{said}\n→ {one['reply']}" if one["reply"] else said
            rows.append([said, one["name"], str(one["votes"]), self.t(f"asked.stand.{one['state']}")])
        head = ["", self.t("report.name"), self.t("result.votes"), ""]
        pdf.table(head, rows, (9, 3, 1.6, 2.4), most_lines=12)

    def _rooms(self) -> None:
        pdf, rooms = self.pdf, self.report["rooms"]
        pdf.headed(self.t("result.rooms"))
        for begin in range(0, max(1, len(self.test)), MOST_COLUMNS):
            places = range(begin, min(begin + MOST_COLUMNS, len(self.test)))
            rows: list[list[Cell]] = []
            for room in rooms:
                cells: list[Cell] = [
                    self.room(room["room"]),
                    f"{room['attempts']}/{room['children']}",
                    self.t.said(room["mean"], "%"),
                ]
                for place in places:
                    facility = room["facilities"][place]
                    shown = "–" if isinstance(facility, str) else number(facility, 0)
                    cells.append((shown, wash) if (wash := shade(facility)) else shown)
                rows.append(cells)
            head = [self.t("result.room"), self.t("result.attempts"), self.t("result.mean"), *self._numbers(places)]
            pdf.table(head, rows, (5, 2.8, 2.2, *(1.2 for _ in places)))
        lines = [(self.room(one["of"]), self._results(one)) for one in self.report["room_trends"][:MOST_LINES]]
        if lines:
            pdf.headed(self.t("result.trend"), 130)
            pdf.plot(120, lambda x, y: self._lines(lines, x, y))
            pdf.ink(INK, SMALL)
            for place, (name, _) in enumerate(lines):
                pdf.ink(SERIES[place % len(SERIES)], SMALL)
                pdf.cell(pdf.epw, SMALL * LEADING, pdf.fitting(f"— {name}", pdf.epw), new_x="LMARGIN", new_y="NEXT")

    def _lines(self, lines: Sequence[tuple[str, Sequence[float | None]]], x: float, y: float) -> None:
        pdf, width, height = self.pdf, 400.0, 100.0
        pdf.ink(SOFT, SMALL)
        for share in (0, 50, 100):
            level = y + 6 + height * (1 - share / 100)
            pdf.set_draw_color(*RULE)
            pdf.line(x + 36, level, x + 36 + width, level)
            pdf.label(x + 32, level - SMALL * LEADING / 2, f"{share} %", "R", 36)
        for place, (_, values) in enumerate(lines):
            colour = SERIES[place % len(SERIES)]
            pdf.set_draw_color(*colour)
            pdf.set_fill_color(*colour)
            step = width / max(1, len(values) - 1)
            known = [
                (x + 36 + at * step, y + 6 + height * (1 - value / 100)) if value is not None else None
                for at, value in enumerate(values)
            ]
            for one, other in itertools.pairwise(known):
                if one and other:
                    pdf.line(*one, *other)
            for dot in filter(None, known):
                pdf.circle(*dot, 2, style="F")

    def _children(self) -> None:
        pdf = self.pdf
        pdf.headed(self.t("result.children"))
        signs = f"✓ {self.t('result.right')} · 50 {self.t('result.partly.means')} · × {self.t('result.wrong')}"
        pdf.say(f"{signs} · – {self.t('result.unanswered')}", SOFT, SMALL)
        several = len(self.report["rooms"]) > 1
        for room in self.report["rooms"]:
            children = [one for one in self.report["children"] if one["room"] == room["room"]]
            for begin in range(0, len(self.test), MOST_COLUMNS):
                places = range(begin, min(begin + MOST_COLUMNS, len(self.test)))
                head = self.room(room["room"]) if several else self.t("report.name")
                self._class(head, children, places)

    def _class(self, head: str, children: Sequence[Json], places: Sequence[int]) -> None:
        if self.pdf.will_page_break(60):
            self.pdf.add_page()
        rows: list[list[Cell]] = []
        for child in sorted(children, key=lambda one: one["name"]):
            result = child["result"]
            shown = self.t("result.absent") if result is None else f"{number(result, 0)} %"
            marks = (mark(child["marks"][place]) for place in places)
            rows.append([child["name"] or self.t("person.nameless"), shown, *marks])
        widths = (7, 2.2, *(1 for _ in places))
        self.pdf.table([head, self.t("result.result"), *self._numbers(places)], rows, widths, most_lines=2)

    def _numbers(self, places: Sequence[int]) -> list[str]:
        """The questions of the test by their places among all."""
        return [str(self.report["questions"].index(self.test[place]) + 1) for place in places]

    def _results(self, trend: Json) -> list[float | None]:
        known = {step["lesson"]: step["result"] for step in trend["steps"]}
        return [known.get(lesson["id"]) for lesson in self.report["lessons"]]

    def room(self, room: str | None) -> str:
        if room is None:
            return self.t("join.home")
        return next((one["name"] for one in self.report["rooms"] if one["room"] == room and one["name"]), "?")


def shade(facility: Any) -> tuple[int, int, int] | None:
    if isinstance(facility, str) or facility >= TARGET:
        return None
    return WEAK if facility < 40 else MIDDLE


def mark(value: float | None) -> Cell:
    if value is None:
        return "–"
    if value >= 1:
        return "✓", RIGHT
    return ("×", WEAK) if value <= 0 else number(100 * value, 0)


def _unmarked(one: dict[str, Any]) -> str:
    """Why a question has no figures."""
    if one["asked"]["anonymous"]:
        return "result.nameless"
    if one["hands"]:
        return "result.hands"
    if not one["asked"]["answered"] and not one["buzzes"]:
        return "result.silent"
    return "result.tomark" if type_of(one["asked"]).by_hand else "result.unmarked"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    os.nice(NICE)
    Image.MAX_IMAGE_PIXELS = LARGE_PICTURE * LARGE_PICTURE
    sys.stdout.buffer.write(Print(json.load(sys.stdin.buffer), sys.argv[1], Path(sys.argv[2])).drawn())


if __name__ == "__main__":
    main()
