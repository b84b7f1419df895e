"""What was answered to each question, drawn: bars, beside them the figures of the options where the question is one of
the test, who was how fast at a buzzer, and why the right answer is right."""

from __future__ import annotations

import io
from collections.abc import Sequence

from classroom.activities.types.spot import CELLS
from web.server.printing.pictures import LARGE, Picture, Pictures
from web.server.printing.plots import drawn
from web.server.printing.sheet import INK, NORMAL, RIGHT, RIGHT_INK, RULE, SMALL, SOFT, Bar, Cards, Cell, Sheets
from web.server.printing.tallies import Bars, Came, Row, Shown, Spots, Table, came
from web.server.printing.words import Json, Words

WIDEST, TALLEST = 260, 180
"""A picture on which spots were marked, in points."""
DOT = (2.2, 5.5)
"""A spot of one and that of the most, in points."""
THIRDS = ("upper", "lower", "rest")
PROMPT_LINES = 3
ROOM, ROW, TALL_ROW = 75, 16, 39
"""What there is under a heading, in points: a few words, and rows, without and with pictures."""
MOST_ROOM = 500
SEEN_THROUGH = 0.5


class Answers:
    def __init__(self, pdf: Sheets, t: Words, report: Json, pictures: Pictures) -> None:
        self.pdf, self.t, self.questions, self.pictures = pdf, t, report["questions"], pictures
        test = [one["asked"]["activity"] for one in self.questions if one["figures"]]
        self.right = {
            activity: sum(child["marks"][place] == 1 for child in report["children"])
            for place, activity in enumerate(test)
        }

    def drawn(self) -> None:
        self.pdf.headed(self.t("result.answers"), 150)
        if any(one["figures"] and one["figures"]["options"] for one in self.questions):
            self.pdf.say(self.t("result.options.means"), SOFT, SMALL)
        for place, one in enumerate(self.questions, 1):
            self._question(place, one)

    def _question(self, place: int, one: Json) -> None:
        asked = one["asked"]
        told = came(asked, self.t, self.right.get(asked["activity"]))
        self._headed(f"{place}. {self.t.prompt(asked)}", told)
        self._came(told, one["figures"]["options"] if one["figures"] else [])
        if asked["type"] == "buzzer":
            self._buzzes(one["buzzes"])
        if one["hands"]:
            self._hands(one["hands"])
        if asked.get("explanation"):
            self.pdf.say(asked["explanation"], INK, SMALL)

    def _headed(self, words: str, told: Came, size: float = NORMAL) -> None:
        """On the page of the first list that stands under it."""
        self.pdf.headed(words, min(MOST_ROOM, _room(told)), size, PROMPT_LINES)

    def _came(self, told: Came, options: Sequence[Json] = ()) -> None:
        if told.picture and (picture := self.pictures.of(told.picture, LARGE)):
            self._picture(picture)
        for note in told.notes:
            self.pdf.say(note, SOFT, SMALL, after=2)
        for bars in told.bars:
            self._bars(bars, options)
        if told.plot:
            drawn(self.pdf, told.plot)
        if told.pairs:
            self._pairs(told.pairs)
        if told.spots:
            self._spots(told.spots)
        for table in told.tables:
            self._table(table)
        for place, (prompt, part) in enumerate(told.parts, 1):
            self._headed(f"({place}) {prompt}", part, SMALL)
            self._came(part)

    def _bars(self, bars: Bars, options: Sequence[Json]) -> None:
        """`options`: what the figures of a question of the test say of them; the last is of who chose none."""
        rows, of = list(bars.rows), bars.of
        if options and (none := options[-1]["count"]):
            rows.append(Row(self.t("result.none"), none))
            of += none
        told = [name for name in THIRDS if any(not isinstance(one[name], str) for one in options)]
        figures = ([_percent(one[name]) for name in told] for one in options or [{}] * len(rows))
        cells = [[self._label(row), *_bar(row, of), *more] for row, more in zip(rows, figures, strict=False)]
        thirds = [self.t(f"result.{name}") for name in told]
        head = [bars.title, "", self.t("result.count") if told else "", "", *thirds]
        self.pdf.table(head, cells, (8, 6, 2.6, 2.2, *(3.4 for _ in told)))
        if bars.rest:
            self.pdf.say(bars.rest, SOFT, SMALL)

    def _label(self, row: Row) -> Cell:
        tick, wash = ("✓ ", RIGHT) if row.right else ("", None)
        cards = self._cards(row.shown)
        if any(picture for picture, _ in cards):
            (picture, words), *others = cards
            return Cards([(picture, f"{tick}{words}"), *others], wash)
        return (f"{tick}{row.label}", wash) if wash else row.label

    def _cards(self, shown: Sequence[Shown]) -> list[tuple[Picture | None, str]]:
        return [(self.pictures.of(picture), words) for picture, words in shown]

    def _pairs(self, pairs: Sequence[tuple[Shown, Shown]]) -> None:
        """Two in a row."""
        cells: list[Cell] = []
        for one, other in pairs:
            cards = self._cards((one, other))
            pictured = any(picture for picture, _ in cards)
            cells.append(Cards(cards if pictured else [(None, f"{one[1]} → {other[1]}")]))
        rows = [(cells[at], "", cells[at + 1] if at + 1 < len(cells) else "") for at in range(0, len(cells), 2)]
        self.pdf.table(["", "", ""], rows, (10, 1, 10))

    def _table(self, table: Table) -> None:
        if table.note:
            self.pdf.say(table.note, SOFT, SMALL, after=2)
        self.pdf.table(table.head, table.rows, [1] * len(table.head), most_lines=2)

    def _buzzes(self, buzzes: Sequence[Json]) -> None:
        """Who was how fast, and by how much before the next."""
        if not buzzes:
            self.pdf.say(self.t.why("nobody"), SOFT, SMALL)
        rows: list[list[Cell]] = []
        for buzz in buzzes:
            name = f"{buzz['place']}. {buzz['name'] or self.t('person.nameless')}"
            before = "" if buzz["before_ms"] is None else self.t.seconds(buzz["before_ms"])
            rows.append([name, self.t.seconds(buzz["after_ms"]), before])
        self.pdf.table(["", self.t("result.buzz.after"), self.t("result.buzz.before")], rows, (8, 3, 3))

    def _hands(self, hands: Sequence[Json]) -> None:
        """Of each room; they are in the bars, too."""
        if self.pdf.will_page_break(ROOM):
            self.pdf.add_page()
        self.pdf.say(self.t("result.hands.title"), INK, SMALL, after=1)
        for one in hands:
            right = self.t("result.hands.right", n=one["raised"], share=_percent(one["share"]))
            self.pdf.say(f"{one['name'] or self.t('person.nameless')}: {right}", INK, SMALL, after=1)
        self.pdf.say(self.t("result.hands.means"), SOFT, SMALL)

    def _picture(self, picture: Picture) -> None:
        width = min(WIDEST, TALLEST / picture.aspect)
        self.pdf.plot(width * picture.aspect + 8, lambda x, y: self.pdf.picture(picture, x, y + 2, width))

    def _spots(self, spots: Spots) -> None:
        width = min(WIDEST, TALLEST / spots.aspect)
        height = width * spots.aspect
        self.pdf.plot(height + 8, lambda x, y: self._marked(spots, x, y + 2, width, height))

    def _marked(self, spots: Spots, x: float, y: float, width: float, height: float) -> None:
        """On the picture, where it is there."""
        pdf = self.pdf
        if picture := self.pictures.of(spots.picture, LARGE):
            pdf.image(io.BytesIO(picture.data), x, y, width, height)
        with pdf.rect_clip(x, y, width, height), pdf.local_context(fill_opacity=SEEN_THROUGH):
            pdf.set_draw_color(*RIGHT_INK)
            pdf.set_fill_color(*RIGHT_INK)
            pdf.set_line_width(1.2)
            for area in spots.areas:
                points = [(x + across * width, y + down * height) for across, down in _corners(area)]
                match area["shape"]:
                    case "circle":
                        pdf.circle(*points[0], area["radius"] * width, style="DF")
                    case "rect":
                        (left, top), (right, bottom) = points
                        pdf.rect(left, top, right - left, bottom - top, style="DF")
                    case _:
                        pdf.polygon(points, style="DF")
        with pdf.rect_clip(x, y, width, height), pdf.local_context():
            pdf.set_draw_color(255, 255, 255)
            pdf.set_fill_color(*INK)
            most = max(n for _, n in spots.cells)
            for cell, n in spots.cells:
                size = DOT[0] + (DOT[1] - DOT[0]) * ((n - 1) / max(1, most - 1)) ** 0.5
                down, across = divmod(cell, CELLS)
                at = (x + (across + 0.5) / CELLS * width, y + (down + 0.5) / CELLS * height)
                pdf.circle(*at, size, style="DF")
        pdf.set_draw_color(*RULE)
        pdf.rect(x, y, width, height)


def _room(told: Came) -> float:
    """For what comes first under its heading."""
    room = ROOM + sum(TALL_ROW if row.shown else ROW for bars in told.bars[:1] for row in bars.rows)
    if told.picture or told.spots or told.plot:
        room += TALLEST
    return room + (_room(told.parts[0][1]) if told.parts else 0)


def _corners(area: Json) -> Sequence[Sequence[float]]:
    if area["shape"] == "rect":
        return area["at"], [one + size for one, size in zip(area["at"], area["size"], strict=True)]
    return area["points"] if area["shape"] == "polygon" else [area["at"]]


def _bar(row: Row, of: int) -> list[Cell]:
    share = 100 * row.n / max(1, of)
    return [Bar(share), str(row.n), f"{share:.0f} %"]


def _percent(figure: float | str) -> str:
    return "–" if isinstance(figure, str) else f"{figure:.0f} %"
