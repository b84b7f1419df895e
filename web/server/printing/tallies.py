"""What came of each question, as lists of rows: what pages show under it (Result.svelte, rows.ts). Nothing is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt
from statistics import median
from typing import Any

from classroom.activities import counting
from classroom.activities.question import Tally, plain
from classroom.activities.types import type_of
from classroom.activities.types.gaps import GAP
from web.server.printing.words import Json, Words

MOST = 8
"""Bars of a list, as on pages; rows of what a class collected."""
MOST_BINS = 10
MOST_WORDS = 60
"""Of a cloud; those that have no bar any more are named."""
AROUND = 24
"""Characters on both sides of a gap."""


Shown = tuple[str | None, str]
"""The courseware of a picture, and what is said of it or goes without one."""


@dataclass(frozen=True, slots=True)
class Row:
    """`n` people, votes or words. `shown`: of what the label says, where any has a picture."""

    label: str
    n: int
    right: bool = False
    shown: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """`of`: how many would be a whole bar. `rest`: what was answered less often, in words."""

    rows: tuple[Row, ...]
    of: int
    title: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`note`: a sentence over it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Points, or a line through them, over what `x` and `y` say."""

    points: tuple[tuple[float, float], ...]
    joined: bool
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Spots:
    """`[cell, how often]` of a picture that is `aspect` times as high as it is wide, and the right areas."""

    picture: str
    aspect: float
    cells: Tally
    areas: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a question: `notes` are sentences, `parts` the questions of a survey, `pairs` the cards of a game.
    `picture`: of a question of a survey, which is shown over it."""

    notes: tuple[str, ...] = ()
    bars: tuple[Bars, ...] = ()
    plot: Plot | None = None
    tables: tuple[Table, ...] = ()
    pairs: tuple[tuple[Shown, Shown], ...] = ()
    picture: str | None = None
    spots: Spots | None = None
    parts: tuple[tuple[str, Came], ...] = ()


def came(asked: Json, t: Words, hits: int | None = None) -> Came:
    """`asked` as a report has it. `hits`: how many were wholly right, where that is known. Words that a teacher has
    hidden are counted, and not named."""
    if asked["tally"] is None:
        return Came((t("vote.few"),))
    hidden = asked.get("unshown") or []
    told = _came({**asked, "tally": counting.without(asked["tally"], hidden)}, t, hits)
    return replace(told, notes=(*told.notes, t("hide.some", n=len(hidden)))) if hidden else told


def _came(asked: Json, t: Words, hits: int | None) -> Came:
    n, tally = asked["answered"], asked["tally"]
    people = (t("result.answers.people", n=n),) if n else ()
    if type_of(asked).columns is not None:
        several = people if asked["type"] == "multiple" else ()
        return Came(several or _nobody(any(tally), t), (_columns(asked, t),))
    match asked["type"]:
        case "number" | "text" | "cloud":
            found: tuple[Bars, ...] = (_words(asked, t),) if tally or asked.get("answer") is not None else ()
        case "gaps":
            found = _gaps(asked, t)
        case "order":
            found = (Bars(_places(asked), n),)
        case "match":
            found = (Bars(_pairs(asked), n),)
        case "memory":
            bars = (Bars(_turns(tally), n),) if tally else ()
            return Came((t("memory.spread", n=n),), bars, pairs=_cards(asked))
        case "survey":
            return Came(people or _nobody(False, t), parts=tuple(_parts(asked, t)) if n else ())
        case "data":
            return _data(asked, t)
        case "spot":
            return _spots(asked, t, hits)
        case "essay":
            return Came((t("vote.texts", n=n),))
        case "buzzer":
            return Came()
        case _:
            return Came((t("work.handed", n=n),))
    return Came(people or _nobody(False, t), found)


def _nobody(voted: bool, t: Words) -> tuple[str, ...]:
    """Hands are votes of nobody known."""
    return () if voted else (t("result.why.nobody"),)


def letter(index: int) -> str:
    return chr(ord("A") + index)


def _columns(asked: Json, t: Words) -> Bars:
    right = asked.get("answer")
    known = right if isinstance(right, list) else [right]
    rows = [
        _row(_lettered(asked, place, option), n, place in known, _picture(asked, place))
        for place, (option, n) in enumerate(zip(t.options(asked), asked["tally"], strict=True))
    ]
    # Of hands that were counted for several options nobody knows how many people's they were.
    of = max(asked["answered"], *asked["tally"]) if asked["type"] == "multiple" else sum(asked["tally"])
    return Bars(tuple(rows), of)


def _row(label: str, n: int, right: bool, picture: str | None) -> Row:
    return Row(label, n, right, ((picture, label),) if picture else ())


def _picture(asked: Json, place: int, field: str = "pictures") -> str | None:
    pictures: Sequence[str | None] | None = asked.get(field)
    return pictures[place] if pictures else None


def _lettered(asked: Json, place: int, option: str) -> str:
    own = "options" in asked and option != letter(place)
    return f"{letter(place)}  {option}" if own else option


def _often(tally: Tally, right: Any, row: Callable[[Any, int], Row]) -> tuple[Row, ...]:
    """The most frequent; where none of them is right, what would be stands behind them, as on the pages."""
    rows = tuple(row(value, n) for value, n in tally[:MOST])
    if right is None or any(one.right for one in rows):
        return rows
    counted = plain(right) if isinstance(right, str) else right
    return (*rows, row(right, next((n for value, n in tally if value == counted), 0)))


def _words(asked: Json, t: Words) -> Bars:
    kind, tally, unit = type_of(asked), asked["tally"], asked.get("unit")
    right = asked.get("answer")
    known = right is not None

    def row(value: Any, n: int) -> Row:
        said = written(value)
        return Row(f"{said} {unit}" if unit else said, n, known and kind.mark(asked, value) == 1)

    rest = tally[MOST:]
    if asked["type"] == "cloud":
        said = " · ".join(f"{word} × {n}" if n > 1 else word for word, n in rest[: MOST_WORDS - MOST])
    else:
        said = _more(rest, t)
    return Bars(_often(tally, right[0] if isinstance(right, list) else right, row), asked["answered"], rest=said)


def _gaps(asked: Json, t: Words) -> tuple[Bars, ...]:
    pieces, right = asked["text"].split(GAP), asked.get("answer") or []
    lists = []
    for gap, tally in enumerate(asked["tally"]):
        accepted = {plain(one) for one in right[gap]} if right else set()
        rows = _often(
            tally,
            right[gap][0] if right else None,
            lambda word, n, accepted=accepted: Row(word, n, plain(word) in accepted),  # type: ignore[misc]
        )
        before, after = pieces[gap].strip()[-AROUND:], pieces[gap + 1].strip()[:AROUND]
        title = f"{before} {GAP} {after}".strip()
        lists.append(Bars(rows, asked["answered"], title, _more(tally[MOST:], t)))
    return tuple(lists)


def _more(rest: Tally, t: Words) -> str:
    return t("result.answers.more", n=len(rest)) if rest else ""


def _places(asked: Json) -> tuple[Row, ...]:
    """In the right order, else in that of what most put first; how many have put each there."""
    counts, options, right = asked["tally"], asked["options"], asked.get("answer")

    def mean(option: int) -> int:
        return sum(n * place for place, n in enumerate(counts[option]))

    order = sorted(range(len(options)), key=mean) if right is None else right
    return tuple(
        _row(f"{place + 1}. {options[option]}", counts[option][place], right is not None, _picture(asked, option))
        for place, option in enumerate(order)
    )


def _pairs(asked: Json) -> tuple[Row, ...]:
    """With the right target, else with that which most chose."""
    right, rows = asked.get("answer"), []
    for option, counts in enumerate(asked["tally"]):
        target = counts.index(max(counts)) if right is None else right[option]
        one, other = _pair(asked, option, target)
        shown = (one, other) if one[0] or other[0] else ()
        rows.append(Row(f"{one[1]} → {other[1]}", counts[target], right is not None, shown))
    return tuple(rows)


def _pair(asked: Json, option: int, target: int) -> tuple[Shown, Shown]:
    one = (_picture(asked, option), asked["options"][option])
    return one, (_picture(asked, target, "target_pictures"), asked["targets"][target])


def _cards(asked: Json) -> tuple[tuple[Shown, Shown], ...]:
    return tuple(_pair(asked, place, place) for place in range(len(asked["options"])))


def _turns(tally: Tally) -> tuple[Row, ...]:
    """How many took how many turns, the fewest first; where these are many, in spans."""
    least, most = min(turns for turns, _ in tally), max(turns for turns, _ in tally)
    wide = -(-(most - least + 1) // MOST)
    spans: Counter[int] = Counter()
    for turns, n in tally:
        spans[least + (turns - least) // wide * wide] += n
    return tuple(
        Row(str(start) if wide == 1 else f"{start}–{start + wide - 1}", n) for start, n in sorted(spans.items())
    )


def _parts(asked: Json, t: Words) -> Iterable[tuple[str, Came]]:
    for part, (answered, tally) in zip(asked["questions"], asked["tally"], strict=True):
        told = _came({**part, "answered": answered, "tally": tally}, t, None)
        yield t.prompt(part), replace(told, picture=part.get("picture"))


def _data(asked: Json, t: Words) -> Came:
    """How many rows there are, the chart that the teacher chose, what is least, in the middle and most of each column
    of numbers; some of the rows."""
    many, rows = asked["tally"]
    notes = [t("data.many", n=many)]
    if len(rows) < many:
        notes.append(t("result.answers.sample", n=len(rows)))
    heads = [f"{one['name']} ({one['unit']})" if one.get("unit") else one["name"] for one in asked["table"]]
    figures = []
    for at, (column, head) in enumerate(zip(asked["table"], heads, strict=True)):
        values = [] if column.get("words") else [row[at] for row in rows if row[at] is not None]
        if values:
            three = (min(values), median(values), max(values))
            figures.append((head, *(written(float(f"{one:.6g}")) for one in three)))
    tables = []
    if figures:
        tables.append(Table(("", t("data.least"), t("result.median"), t("data.most")), tuple(figures)))
    if rows:
        shown = _evenly(rows)
        note = t("result.data.shown", n=len(shown), of=many) if len(shown) < many else ""
        cells = (tuple("" if cell is None else written(cell) for cell in row) for row in shown)
        tables.append(Table(tuple(heads), tuple(cells), note))
    bars, plot = _chart(asked, heads, t)
    return Came(tuple(notes), bars, plot, tuple(tables))


def _chart(asked: Json, heads: Sequence[str], t: Words) -> tuple[tuple[Bars, ...], Plot | None]:
    """As pages draw it for who does not know whose the rows are: those of each room together, how often."""
    rows = asked["tally"][1]
    first, second, *_ = [*(at for at, column in enumerate(asked["table"]) if not column.get("words")), None, None]
    values = [] if first is None else [row[first] for row in rows if row[first] is not None]
    if not values:
        return (), None
    if asked["chart"] in ("histogram", "rooms"):
        return (Bars(tuple(_bins(values)), len(values), heads[first]),), None
    if second is None:
        points = ((at, row[first]) for at, row in enumerate(rows, 1))
        head, other = t("data.place"), heads[first]
    else:
        points = ((row[first], row[second]) for row in rows)
        head, other = heads[first], heads[second]
    known = tuple((x, y) for x, y in points if x is not None and y is not None)
    return (), Plot(known, asked["chart"] == "line", head, other) if known else None


def _bins(values: Sequence[float]) -> Iterable[Row]:
    """How many are in each of so many equal stretches from the least to the most."""
    least, most = min(values), max(values)
    many = 1 if least == most else min(MOST_BINS, max(2, ceil(sqrt(len(values)))))
    width = (most - least) / many
    counts = Counter(min(many - 1, int((value - least) / width)) if width else 0 for value in values)
    for place in range(many):
        start, end = least + place * width, least + (place + 1) * width
        yield Row(f"{rounded(start)} – {rounded(end)}", counts[place])


def rounded(value: float) -> str:
    return written(float(f"{value:.4g}"))


def _evenly(rows: Sequence[Any]) -> list[Any]:
    some = min(MOST, len(rows))
    return [rows[n * len(rows) // some] for n in range(some)]


def _spots(asked: Json, t: Words, hits: int | None) -> Came:
    n = asked["answered"]
    bars = () if hits is None else (Bars((Row(t("result.right"), hits, True), Row(t("result.wrong"), n - hits)), n),)
    spots = Spots(asked["picture"], asked["aspect"], asked["tally"], asked.get("answer") or [])
    return Came((t("spot.result", n=n),), bars, spots=spots if n else None)


def written(value: float | str) -> str:
    """As one would write it: a whole number without a point."""
    return value if isinstance(value, str) else str(value or 0).removesuffix(".0")
