"""What is right by an item's own rules of response processing, where it declares nothing (QTI 2.2, `responseRule`).

The rules are carried out for every answer that could make a difference: what brings most points is right. That says
nothing of half points, which our types reckon by themselves.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice, pairwise, product
from math import isfinite, prod
from typing import Any

from classroom.bank.qti.interactions import BY_RULES
from classroom.bank.reading import between, number_of
from classroom.bank.tree import Element

MOST_STEPS = 400_000
"""Answers that are tried, times elements and outcomes of the rules; a long word counts as several."""
LONG_WORD = 100
MOST_PARTS = 200
"""Of what is put together of several."""
MOST_CHOICES = 10
"""Of which any may be chosen together."""
NUMBERS = ("float", "integer")
CHOSEN = ("simpleChoice", "inlineChoice", "hotspotChoice")


class Unread(Exception):
    """What of the rules was not understood, as `notes.WORDS` has it."""

    def __init__(self, why: str, **fields: str | int) -> None:
        super().__init__(why)
        self.why = why
        self.fields = fields


class _Exit(Exception):
    """No further rule counts."""


def ruled(item: Element, asking: Sequence[Element], declared: Mapping[str, Element]) -> dict[str, Element]:
    """The declarations, those of which nothing is right with what the rules say. Raises Unread."""
    rules = item.first("responseProcessing")
    names = [one.attributes.get("responseIdentifier", "") for one in asking]
    if rules is None or rules.first("responseCondition") is None or any(_is_told(declared.get(one)) for one in names):
        return dict(declared)
    told = {name: declared[name] for name in names if name in declared}
    if len(told) < len(names):
        raise Unread("undeclared")
    tries = [_tries(one, told[name], rules) for one, name in zip(asking, names, strict=True)]
    outcomes = {one.attributes.get("identifier", ""): _default(one) for one in item.all("outcomeDeclaration")}
    steps = len(outcomes) + sum(map(_steps, _all(rules)))
    if prod(map(len, tries)) * steps > MOST_STEPS:
        raise Unread("tries")
    counts = _counts(outcomes)
    points = {one: _points(rules, outcomes | dict(zip(names, one, strict=True)), counts) for one in product(*tries)}
    best = max(points.values())
    if best <= points[tuple(None for _ in names)]:
        if best > min(points.values()):
            raise Unread("worthless")
        return dict(declared)
    won = [one for one, worth in points.items() if worth == best]
    right = [list(dict.fromkeys(values)) for values in zip(*won, strict=True)]
    if len(won) < prod(map(len, right)):
        raise Unread("together")
    said = zip(names, right, tries, strict=True)
    return {**declared, **{name: _right(told[name], rules, some, of) for name, some, of in said}}


def _steps(one: Element) -> int:
    return 1 + (len(one.text()) // LONG_WORD if one.name == "baseValue" else 0)


def _is_told(declaration: Element | None) -> bool:
    told = ("correctResponse", "mapping", "areaMapping")
    return declaration is not None and any(declaration.first(one) is not None for one in told)


def _counts(outcomes: Mapping[str, Any]) -> str:
    """The outcome that is the item's points: `SCORE`, else the only number. Others count tries and mistakes."""
    numbers = [name for name, value in outcomes.items() if isinstance(value, float)]
    if "SCORE" in numbers:
        return "SCORE"
    if len(numbers) != 1:
        raise Unread("outcomes")
    return numbers[0]


def _right(declaration: Element, rules: Element, values: Sequence[Any], tries: Sequence[Any]) -> Element:
    """As an item would declare it. Several words, and what is between numbers, can be right; else one answer."""
    said, line = declaration.attributes, declaration.line
    kind, several = said.get("baseType"), said.get("cardinality") == "multiple"
    if None in values or (len(values) > 1 and (several or kind == "identifier")):
        raise Unread("alike")
    words = list(values[0]) if several else [str(one) for one in values]
    if kind in NUMBERS:
        span = between(*_ends(values, _compared(declaration, rules), tries, whole=kind == "integer"))
        words = [repr(span["answer"])]
        declaration = replace(declaration, attributes={**said, BY_RULES: repr(span["tolerance"])})
    shown = words if several else words[:1]
    correct = Element("correctResponse", {}, line, [Element("value", {}, line, [one]) for one in shown])
    entries = [Element("mapEntry", {"mapKey": one, "mappedValue": "1"}, line) for one in words]
    mapping = [Element("mapping", {}, line, [*entries])] if kind == "string" else []
    return replace(declaration, children=[*declaration.children, correct, *mapping])


def _ends(
    values: Sequence[float], compared: Sequence[float], tries: Sequence[float | None], *, whole: bool
) -> tuple[float, float]:
    """Of the range that is right: what lies between two numbers that are compared is as what was tried there."""
    every = sorted(one for one in tries if one is not None)
    low, high = min(values), max(values)
    if low == every[0] or high == every[-1]:
        raise Unread("endless")
    if any(low < one < high and one not in values for one in every):
        raise Unread("numbers")
    if low not in compared:
        low = max(one for one in compared if one < low) + whole
    if high not in compared:
        high = min(one for one in compared if one > high) - whole
    if low > high:
        raise Unread("no_number")
    return low, high


def _tries(asking: Element, declaration: Element, rules: Element) -> list[Any]:
    """Values of a response, None among them."""
    kind, cardinality = (declaration.attributes.get(one, "") for one in ("baseType", "cardinality"))
    if kind == "identifier":
        names = [one.attributes.get("identifier", "") for one in asking.within(*CHOSEN)]
        if cardinality == "single":
            return [None, *names]
        if cardinality != "multiple" or len(names) > MOST_CHOICES:
            raise Unread("choices", n=len(names), part=cardinality)
        sets = chain.from_iterable(combinations(names, many) for many in range(1, len(names) + 1))
        return [None, *sets]
    if kind not in ("string", *NUMBERS) or cardinality != "single":
        raise Unread("response", part=kind)
    compared = _compared(declaration, rules)
    if kind == "string" or not compared:
        return [None, *compared]
    between_them = (low / 2 + high / 2 for low, high in pairwise(compared))
    beyond = (compared[0] - 1 - abs(compared[0]), compared[-1] + 1 + abs(compared[-1]))
    return [None, *sorted({*compared, *between_them, *beyond})]


def _compared(declaration: Element, rules: Element) -> list[Any]:
    """The words or numbers with which the rules compare a response, in order; with those from which on a number is near
    enough."""
    response, kind = (declaration.attributes.get(one) for one in ("identifier", "baseType"))
    found: set[Any] = set()
    for one in _all(rules):
        if any(variable.attributes.get("identifier") == response for variable in one.all("variable")):
            values = [_typed(value) for value in one.all("baseValue")]
            found.update(values)
            if one.name == "equal":
                found.update(chain.from_iterable(_near(one, each) for each in values if isinstance(each, float)))
    if kind == "string":
        return sorted(one for one in found if isinstance(one, str))
    return sorted(one for one in found if isinstance(one, float) and isfinite(one))


def _near(equal: Element, value: float) -> Iterator[float]:
    mode, off = _tolerance(equal)
    if mode == "exact":
        return
    for one in off:
        part = value * one / 100 if mode == "relative" else one
        yield from (value - part, value + part)
        if mode == "relative" and one < 100:  # of the response
            yield from (value / (1 - one / 100), value / (1 + one / 100))


def _tolerance(equal: Element) -> tuple[str, list[float]]:
    said = equal.attributes
    try:
        off = [number_of(text) for text in said.get("tolerance", "0").split()]
    except ValueError:
        raise Unread("tolerance") from None
    if len(off) not in (1, 2) or min(off) < 0:
        raise Unread("tolerance")
    return said.get("toleranceMode", "exact"), off


def _all(one: Element) -> Iterator[Element]:
    waiting = [one]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += (child for child in one.children if isinstance(child, Element))


def _default(outcome: Element) -> Any:
    """Numbers that are not told are 0 (QTI 2.2, `outcomeDeclaration`)."""
    kind, given = outcome.attributes.get("baseType", ""), outcome.first("defaultValue")
    values = [_read(one.text(), kind) for one in given.all("value")] if given is not None else []
    if outcome.attributes.get("cardinality") != "single":
        return tuple(values) or None
    return values[0] if values else 0.0 if kind in NUMBERS else None


def _read(text: str, kind: str) -> Any:
    if kind in NUMBERS:
        try:
            return number_of(text)
        except ValueError:
            raise Unread("word", part=text) from None
    return text == "true" if kind == "boolean" else text


def _typed(value: Element) -> Any:
    return _read(value.text(), value.attributes.get("baseType", ""))


def _points(rules: Element, values: dict[str, Any], counts: str) -> float:
    with contextlib.suppress(_Exit):
        _run(_inside(rules), values)
    points = values[counts]
    return points if isinstance(points, float) else 0.0


def _inside(one: Element) -> list[Element]:
    return [child for child in one.children if isinstance(child, Element)]


def _run(rules: Sequence[Element], values: dict[str, Any]) -> None:
    for rule in rules:
        match rule.name:
            case "responseCondition":
                _condition(rule, values)
            case "setOutcomeValue":
                name, (expression, *_) = rule.attributes.get("identifier", ""), _inside(rule) or [rule]
                if name not in values:
                    raise Unread("outcome", part=name)
                values[name] = _value(expression, values)
            case "responseProcessingFragment":
                _run(_inside(rule), values)
            case "exitResponse":
                raise _Exit
            case _:
                raise Unread("element", part=rule.name)


def _condition(rule: Element, values: dict[str, Any]) -> None:
    for branch in _inside(rule):
        if branch.name == "responseElse":
            return _run(_inside(branch), values)
        if branch.name not in ("responseIf", "responseElseIf") or not _inside(branch):
            raise Unread("element", part=branch.name)
        test, *rules = _inside(branch)
        if _value(test, values) is True:
            return _run(rules, values)
    return None


def _value(one: Element, values: Mapping[str, Any]) -> Any:
    """Of an expression: a word, a number, a truth, several as a tuple, or None, which makes None of most."""
    match one.name:
        case "variable":
            return values.get(one.attributes.get("identifier", ""))
        case "baseValue":
            return _typed(one)
        case "null":
            return None
    given = [_value(child, values) for child in _inside(one)]
    if one.name == "isNull":
        return all(each in (None, "", ()) for each in given)
    if one.name in ("multiple", "ordered"):
        parts = (each if isinstance(each, tuple) else (each,) for each in given if each is not None)
        together = tuple(islice(chain.from_iterable(parts), MOST_PARTS + 1))
        if len(together) > MOST_PARTS:
            raise Unread("element", part=one.name)
        return together or None
    if one.name == "and":
        return False if False in given else None if None in given else True
    if one.name == "or":
        return True if True in given else None if None in given else False
    if None in given:
        return None
    try:
        return _of_known(one, given)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise Unread("element", part=one.name) from None


def _of_known(one: Element, given: list[Any]) -> Any:
    said = one.attributes
    match one.name, given:
        case "not", [truth]:
            return not truth
        case "match", [a, b]:
            return Counter(a) == Counter(b) if isinstance(a, tuple) and isinstance(b, tuple) else a == b
        case "member", [a, b]:
            return a in (b if isinstance(b, tuple) else (b,))
        case "contains", [tuple(a), tuple(b)]:
            return Counter(b) <= Counter(a)
        case "stringMatch", [str(a), str(b)] if said.get("substring") != "true":
            return a == b if said.get("caseSensitive") != "false" else a.casefold() == b.casefold()
        case "equal", [float(a), float(b)]:
            mode, off = _tolerance(one)
            part = 1 if mode != "relative" else abs(a) / 100
            return a == b if mode == "exact" else a - off[0] * part <= b <= a + off[-1] * part
        case "sum", _:
            return sum(given, 0.0)
        case "product", [first, *others]:
            for other in others:
                first *= other
            return float(first)
        case "subtract", [float(a), float(b)]:
            return a - b
        case "divide", [float(a), float(b)]:
            return a / b
        case "gt", [float(a), float(b)]:
            return a > b
        case "gte", [float(a), float(b)]:
            return a >= b
        case "lt", [float(a), float(b)]:
            return a < b
        case "lte", [float(a), float(b)]:
            return a <= b
    raise Unread("element", part=one.name)
