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
    assert (found.notes[0].code, found.notes[0].line) == ("partly", 1)
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
    st.sampled_from([RESPONSE, SCORE, base("A"), base(1, "float"), base(2, "integer"), base("x", "string"), "<null/>"]),
    lambda inner: st.builds(
        lambda name, parts: on(name, *parts),
        st.sampled_from(OPERATORS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["single", "multiple"]), EXPRESSIONS, EXPRESSIONS)
def test_any_rules_are_read_or_said_not_to_be(cardinality: str, test: str, worth: str) -> None:
    found = read("q.xml", chosen(cardinality, when(test, sets(worth)), when(is_("B"), more(1))))
    assert len(found.questions) == 1
    assert {note.code for note in found.notes} <= {"partly"}
