"""QTI: items whose own rules of response processing say what is right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.bank import read

OPTIONS = "ABCD"
RESPONSE = '<variable identifier="R"/>'
SCORE = '<variable identifier="SCORE"/>'


def base(value: object, kind: str = "identifier") -> str:
    return f'<baseValue baseType="{kind}">{value}</baseValue>'


def on(name: str, *inside: str, **said: str) -> str:
    given = "".join(f' {key}="{value}"' for key, value in said.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def sets(expression: str, outcome: str = "SCORE") -> str:
    return on("setOutcomeValue", expression, identifier=outcome)


def more(points: float) -> str:
    return sets(on("sum", SCORE, base(points, "float")))


def when(test: str, *rules: str, otherwise: str = "") -> str:
    return on("responseCondition", on("responseIf", test, *rules), otherwise)


def item(kind: str, cardinality: str, body: str, *rules: str) -> bytes:
    score = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
    declared = f'<responseDeclaration identifier="R" cardinality="{cardinality}" baseType="{kind}"/>{score}'
    processing = on("responseProcessing", *rules)
    return f"<assessmentItem>{declared}<itemBody><p>Ask</p>{body}</itemBody>{processing}</assessmentItem>".encode()


def chosen(cardinality: str, *rules: str, options: str = OPTIONS) -> bytes:
    words = "".join(on("simpleChoice", one.lower(), identifier=one) for one in options)
    return item("identifier", cardinality, on("choiceInteraction", words, responseIdentifier="R"), *rules)


def written(kind: str, *rules: str) -> bytes:
    return item(kind, "single", '<p><textEntryInteraction responseIdentifier="R"/></p>', *rules)


def is_(value: str) -> str:
    return on("match", RESPONSE, base(value))


def has(value: str) -> str:
    return on("member", base(value), RESPONSE)


NONE_SENT = on("isNull", RESPONSE)
LINES: list[tuple[bytes, str, Any]] = [
    (chosen("single", when(is_("C"), sets(base(1, "float")))), "choice", 2),
    (chosen("single", when(is_("B"), sets(base(0, "float")), otherwise=on("responseElse", more(0)))), "vote", None),
    (
        chosen(
            "single",
            when(
                NONE_SENT,
                sets(base(-1, "float")),
                otherwise=on("responseElseIf", is_("D"), more(2)) + on("responseElse", more(-1)),
            ),
        ),
        "choice",
        3,
    ),
    (chosen("single", when(is_("A"), more(1)), when(is_("B"), more(3)), "<exitResponse/>", more(9)), "choice", 1),
    (chosen("multiple", *(when(has(one), more(1 if one in "AD" else -1)) for one in OPTIONS)), "multiple", [0, 3]),
    (
        chosen("multiple", when(on("match", RESPONSE, on("multiple", base("B"), base("A"))), sets(base(1, "float")))),
        "multiple",
        [0, 1],
    ),
    (
        chosen("multiple", when(on("and", has("A"), on("not", on("or", has("B"), has("C"), has("D")))), more(1))),
        "multiple",
        [0],
    ),
    (
        written("string", when(on("stringMatch", RESPONSE, base("York", "string"), caseSensitive="true"), more(1))),
        "text",
        ["York"],
    ),
    (
        written(
            "string",
            when(on("or", *(on("match", RESPONSE, base(one, "string")) for one in ("grey", "gray"))), more(1)),
            when(on("match", RESPONSE, base("black", "string")), more(0.5)),
        ),
        "text",
        ["gray", "grey"],
    ),
    (written("integer", when(on("equal", RESPONSE, base(7, "integer")), more(1))), "number", 7),
    (
        written(
            "float",
            when(
                on("and", on("gt", RESPONSE, base(2, "float")), on("lt", RESPONSE, base(3, "float"))),
                sets(on("product", base(2, "float"), base(3, "float"))),
            ),
        ),
        "number",
        2.5,
    ),
]


def number(value: float) -> str:
    return base(value, "float")


def compared(name: str, value: float, **said: str) -> str:
    return on(name, RESPONSE, number(value), **said)


@pytest.mark.parametrize(
    ("kind", "test", "answer", "tolerance"),
    [
        ("float", compared("equal", 100, toleranceMode="absolute", tolerance="1"), 100, 1),
        ("float", compared("equal", 100, toleranceMode="absolute", tolerance="1 3"), 99, 2),
        ("float", on("equal", number(200), RESPONSE, toleranceMode="relative", tolerance="10"), 200, 20),
        ("float", on("and", compared("gte", 2), compared("lte", 3)), 2.5, 0.5),
        ("float", on("and", compared("gt", 2), compared("lt", 3)), 2.5, 0.5),
        ("float", on("and", compared("gte", 2), compared("lt", 3)), 2.5, 0.5),
        ("integer", on("and", compared("gt", 1), compared("lt", 9)), 5, 3),
        ("integer", on("and", compared("gt", 1), compared("lte", 9)), 5.5, 3.5),
        ("float", compared("equal", 100, tolerance="1"), 100, None),
    ],
)
def test_numbers_in_a_range_are_right(kind: str, test: str, answer: float, tolerance: float | None) -> None:
    found = read("q.xml", written(kind, when(test, more(1))))
    (one,) = found.questions
    assert (one.question.get("answer"), one.question.get("tolerance") or None) == (answer, tolerance)
    assert not found.notes


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (on("or", compared("equal", 2), compared("equal", -2)), "several numbers"),
        (on("or", compared("match", 2), compared("match", -2)), "several numbers"),
        (
            on("or", *(compared("equal", one, toleranceMode="absolute", tolerance="1") for one in (100, 200))),
            "several numbers",
        ),
        (compared("gte", 5), "without an end"),
        (compared("gt", 5), "without an end"),
        (compared("lt", 5), "without an end"),
        (on("not", compared("equal", 5)), "without an end"),
        (compared("equal", 5, toleranceMode="absolute", tolerance=""), "a tolerance"),
        (compared("equal", 5, toleranceMode="absolute", tolerance="x"), "a tolerance"),
        (compared("equal", 5, toleranceMode="relative", tolerance="-100"), "a tolerance"),
        (on("and", compared("gt", 2), compared("lt", 3)), ""),
    ],
)
def test_numbers_that_are_no_range_are_said(test: str, why: str) -> None:
    found = read("q.xml", written("integer" if not why else "float", when(test, more(1))))
    assert "answer" not in found.questions[0].question
    assert why in found.notes[0].message


def test_only_the_points_count() -> None:
    mistakes = '<outcomeDeclaration identifier="MISTAKES" cardinality="single" baseType="integer"/>'
    data = chosen("single", when(is_("A"), sets(number(1))), when(is_("B"), sets(number(2), "MISTAKES")))
    found = read("q.xml", data.replace(b"<itemBody>", mistakes.encode() + b"<itemBody>"))
    assert (found.questions[0].question["answer"], found.notes) == (0, [])
    without = data.replace(b"SCORE", b"GOOD").replace(b"<itemBody>", mistakes.encode() + b"<itemBody>")
    assert "which outcome" in read("q.xml", without).notes[0].message
    minus = chosen("single", when(is_("B"), more(-1)))
    assert "no answer brings more than none" in read("q.xml", minus).notes[0].message


def test_what_doubles_is_soon_left() -> None:
    doubled = sets(on("multiple", '<variable identifier="X"/>', '<variable identifier="X"/>'), "X")
    many = '<outcomeDeclaration identifier="X" cardinality="multiple" baseType="identifier"/>'
    rules = [sets(on("multiple", base("a")), "X"), *[doubled] * 40, when(is_("A"), more(1))]
    found = read("q.xml", chosen("single", *rules).replace(b"<itemBody>", many.encode() + b"<itemBody>"))
    assert "multiple" in found.notes[0].message
    long = on("match", base("x" * 1_000_000), base("y"))
    found = read("q.xml", chosen("multiple", when(on("and", has("A"), on("not", long)), more(1)), options="ABCDEFGHIJ"))
    assert "too many answers to try" in found.notes[0].message


@pytest.mark.parametrize(("data", "kind", "answer"), LINES)
def test_what_brings_most_points_is_right(data: bytes, kind: str, answer: Any) -> None:
    found = read("q.xml", data)
    (one,) = found.questions
    assert (one.question["type"], one.question.get("answer")) == (kind, answer)
    assert not found.notes


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (chosen("single", when(on("customOperator", RESPONSE), more(1))), "customOperator"),
        (
            chosen("single", when(is_("A"), on("lookupOutcomeValue", RESPONSE, identifier="SCORE"))),
            "lookupOutcomeValue",
        ),
        (chosen("single", when(on("gt", RESPONSE, base(1, "float")), more(1))), "gt"),
        (chosen("single", when(is_("A"), sets(base("x", "float")))), "for a number"),
        (chosen("single", when(is_("A"), sets(base(1, "float"), "OTHER"))), "OTHER"),
        (chosen("single", when(is_("A"), more(1)), when(is_("B"), more(1))), "bring the same"),
        (chosen("multiple", when(has("A"), more(1))), "bring the same"),
        (chosen("multiple", when(has("A"), more(1)), options=OPTIONS * 3), "12 choices"),
        (chosen("ordered", when(has("A"), more(1))), "ordered"),
    ],
)
def test_what_does_not_reduce_is_said_and_the_rest_is_read(data: bytes, why: str) -> None:
    found = read("q.xml", data)
    assert why in found.notes[0].message
    assert (found.notes[0].code, found.notes[0].line) == ("rules_unread", 1)
    assert [one.question["prompt"] for one in found.questions] == ["Ask"]
    assert "answer" not in found.questions[0].question


def test_rules_however_many_and_deep_are_soon_read() -> None:
    deep = is_("A")
    for _ in range(80):
        deep = on("not", deep)
    found = read("q.xml", chosen("single", when(deep, more(1))))
    assert (found.questions[0].question["answer"], len(found.notes)) == (0, 0)
    many = read("q.xml", chosen("multiple", *(when(has("A"), more(1)) for _ in range(20_000)), options="ABCDEFGHIJ"))
    assert "too many answers to try" in many.notes[0].message
    endless = sets(on("product", *(base("9e99", "float") for _ in range(900))))
    assert read("q.xml", chosen("single", when(is_("A"), endless))).questions


OPERATORS = ("match", "member", "contains", "equal", "stringMatch", "isNull", "and", "or", "not")
OPERATORS += ("sum", "subtract", "product", "divide", "gt", "lte", "multiple")
EXPRESSIONS = st.recursive(
    st.sampled_from(
        [
            RESPONSE,
            SCORE,
            base("A"),
            base(1, "float"),
            base(2, "integer"),
            base(-1e308, "float"),
            base("x", "string"),
            "<null/>",
        ]
    ),
    lambda inner: st.builds(
        lambda name, parts, said: on(name, *parts, **said),
        st.sampled_from(OPERATORS),
        st.lists(inner, max_size=3),
        st.fixed_dictionaries(
            {},
            optional={
                "tolerance": st.sampled_from(["", "1", "1 2", "1 2 3", "-1", "-100", "x", "1e308", "9e999", "100"]),
                "toleranceMode": st.sampled_from(["absolute", "relative", "exact", "?"]),
                "substring": st.sampled_from(["true", "false", ""]),
                "caseSensitive": st.sampled_from(["true", "false", ""]),
            },
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_any_rules_about_numbers_are_read_or_said_not_to_be(test: str, worth: str) -> None:
    found = read("q.xml", written("float", when(test, sets(worth)), when(compared("equal", 1e308), more(1))))
    assert len(found.questions) <= 1
    assert found.questions or found.notes


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["single", "multiple"]), EXPRESSIONS, EXPRESSIONS)
def test_any_rules_are_read_or_said_not_to_be(cardinality: str, test: str, worth: str) -> None:
    found = read("q.xml", chosen(cardinality, when(test, sets(worth)), when(is_("B"), more(1))))
    assert len(found.questions) == 1
    assert {note.code for note in found.notes} <= {"rules_unread"}
