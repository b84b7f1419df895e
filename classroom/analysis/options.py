"""What was chosen of a question's options, by how many, and whether by the strong or by the weak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from classroom.analysis.figures import Figure, Least, Missing, Percent, Told, too_small
from classroom.analysis.marks import Choices, Sheet
from classroom.analysis.moments import units


@dataclass(frozen=True, slots=True)
class Chosen(Told):
    """One option; the last, whose `option` is None, stands for those who chose none.

    `count` people, who are `share` of all attempts; where several may be chosen, the shares may sum to more than 100.
    `rest`: the share of the marks in the rest of the quiz that they reached, on average. `upper`, `lower`: how much of
    the best and of the weakest third, by the rest of the quiz, chose it.
    """

    option: str | None
    credit: Percent | None
    count: int
    share: Figure
    rest: Figure
    upper: Figure
    lower: Figure


def chosen(sheet: Sheet, place: int, rest: Sequence[int], choices: Choices, least: Least) -> tuple[Chosen, ...]:
    """Empty where the item has no options. Choices of others are passed over."""
    item = sheet.items[place]
    known = {option.id for option in item.options}
    by = [known.intersection(choices.get(one, {}).get(item.id, ())) for one in sheet.people]
    whole = sum(units(other.max_mark) for other in sheet.items) - units(item.max_mark)
    best, weakest = _thirds(sheet, rest, whole, least)

    def row(option: str | None, credit: Percent | None) -> Chosen:
        takers = [
            mark for mark, mine in zip(rest, by, strict=True) if (option in mine if option is not None else not mine)
        ]
        count = len(takers)
        return Chosen(
            option=option,
            credit=credit,
            count=count,
            share=too_small(len(rest), 1) or 100 * count / len(rest),
            rest=too_small(count, 1) or _restless(sheet, whole) or 100 * sum(takers) / (count * whole),
            upper=best if isinstance(best, Missing) else best(takers),
            lower=weakest if isinstance(weakest, Missing) else weakest(takers),
        )

    rows = [row(option.id, option.credit) for option in item.options]
    return (*rows, row(None, None)) if rows else ()


Third = Callable[[Sequence[int]], Percent] | Missing


def _thirds(sheet: Sheet, rest: Sequence[int], whole: int, least: Least) -> tuple[Third, Third]:
    missing = too_small(len(rest), least.compared) or _restless(sheet, whole)
    missing = missing or (Missing.NO_SPREAD if min(rest) == max(rest) else None)
    return (missing, missing) if missing is not None else (_third(rest, 1), _third(rest, -1))


def _restless(sheet: Sheet, whole: int) -> Missing | None:
    if len(sheet.items) == 1:
        return Missing.ONE_QUESTION
    return None if whole else Missing.NO_MARKS


def _third(rest: Sequence[int], sign: int) -> Callable[[Sequence[int]], Percent]:
    """What share of the best third (`sign` 1) or of the weakest (−1) some are. Those who stand equal at its edge
    all count in part, for a third is a third, and which of equals belong to it would be chance."""
    ranked = sorted((sign * mark for mark in rest), reverse=True)
    size = Fraction(len(ranked), 3)
    edge = ranked[ceil(size) - 1]
    over = sum(mark > edge for mark in ranked)
    part = (size - over) / ranked.count(edge)

    def share(takers: Sequence[int]) -> Percent:
        inside = sum(sign * mark > edge for mark in takers)
        at_edge = sum(sign * mark == edge for mark in takers)
        return float(100 * (inside + at_edge * part) / size)

    return share
