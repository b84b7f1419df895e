"""Retention: what goes by a rule and what stays, whatever rules and resources there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.errors import ClientFault
from classroom.keeping import DAY_MS, STATES, Facts, Going, Kept, Rule, check, going, judge, may_be_on, preview, turn
from classroom.review import State

NOW = 1_000 * DAY_MS
RULE = Rule("r1", None, "Old ones", "", "", "", "", "recorded", 100, "delete", True, 1, 1, 2)
OLD = Facts("a", "s1", "recording", "draft", "maths", frozenset({"c1"}), NOW - 200 * DAY_MS)

kinds = st.sampled_from(["recording", "upload", "link"])
states = st.sampled_from(["draft", "published", "withdrawn"])
schools = st.sampled_from([None, "s1", "s2"])
subjects = st.sampled_from(["", "maths", "art"])
days = st.integers(1, 400)
facts = st.builds(
    Facts,
    st.sampled_from([f"x{n}" for n in range(30)]),
    schools,
    kinds,
    states,
    subjects,
    st.frozensets(st.sampled_from(["c1", "c2"])),
    st.integers(0, 1000).map(lambda day: day * DAY_MS),
    st.none() | st.integers(0, 1000).map(lambda day: day * DAY_MS),
    *[st.booleans()] * 4,
    st.none() | st.integers(0, 1000).map(lambda day: day * DAY_MS),
)
rules = st.builds(
    Rule,
    st.sampled_from(["r1", "r2", "r3"]),
    schools,
    st.just("n"),
    st.sampled_from(["", "recording", "upload"]),
    st.sampled_from(["", "draft", "published"]),
    subjects,
    st.sampled_from(["", "c1"]),
    st.sampled_from(["recorded", "viewed"]),
    days,
    st.sampled_from(["delete", "media"]),
    st.booleans(),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
)


@pytest.mark.parametrize(
    ("change", "of_rule", "kept"),
    [
        ({}, {}, None),
        ({"held": True, "part": True}, {}, Kept.HELD),
        ({"part": True}, {}, Kept.PART),
        ({"part": True}, {"action": "media"}, None),
        ({"used": True}, {}, Kept.USED),
        ({"state": "published"}, {}, Kept.PUBLISHED),
        ({"state": "published"}, {"state": "published"}, None),
        ({"asked_at": NOW - 364 * DAY_MS}, {}, Kept.ASKED),
        ({"asked_at": NOW - 366 * DAY_MS}, {}, None),
        ({"media": False}, {"action": "media"}, Kept.NO_MEDIA),
        ({"recorded_at": NOW - 99 * DAY_MS}, {}, Kept.YOUNGER),
        ({"recorded_at": NOW - 100 * DAY_MS}, {}, None),
        ({"viewed_at": NOW - 5 * DAY_MS}, {}, None),
        ({"viewed_at": NOW - 5 * DAY_MS}, {"counted": "viewed"}, Kept.YOUNGER),
    ],
)
def test_why_it_stays(change: dict[str, Any], of_rule: dict[str, Any], kept: Kept | None) -> None:
    verdict = judge(replace(RULE, **of_rule), replace(OLD, **change), NOW)
    assert verdict is not None
    assert verdict.kept == kept


@pytest.mark.parametrize(
    "of_rule", [{"school": "s2"}, {"kind": "upload"}, {"state": "draft!"}, {"subject": "art"}, {"collection": "c2"}]
)
def test_what_a_rule_is_not_about(of_rule: dict[str, Any]) -> None:
    assert judge(replace(RULE, **of_rule), OLD, NOW) is None


def test_only_recordings_have_media() -> None:
    assert judge(replace(RULE, action="media"), replace(OLD, kind="upload"), NOW) is None


@pytest.mark.parametrize("change", [{"days": 0}, {"days": 40_000}, {"state": "x"}, {"action": "media", "kind": "link"}])
def test_rules_that_make_no_sense(change: dict[str, Any]) -> None:
    with pytest.raises(ClientFault) as refused:
        check(replace(RULE, **change))
    assert refused.value.code == "rule_invalid"


def test_a_rule_may_be_on_once_it_was_looked_at_as_it_is() -> None:
    assert may_be_on(RULE)
    assert not may_be_on(replace(RULE, changed_at=3))


@settings(deadline=None, max_examples=100)
@given(st.lists(rules, max_size=4), st.lists(facts, max_size=12, unique_by=lambda one: one.id))
def test_nothing_goes_that_is_held_or_young_or_that_no_rule_takes(some: list[Rule], all_: list[Facts]) -> None:
    goes = going(some, all_, NOW)
    for one in all_:
        taken = [verdict for rule in some if rule.on and (verdict := judge(rule, one, NOW)) and verdict.kept is None]
        assert (one.id in goes) == bool(taken)
        if one.id not in goes:
            continue
        verdict = goes[one.id]
        assert verdict in taken
        assert not one.held
        assert not (one.part and verdict.action == "delete")
        assert verdict.action == ("delete" if any(each.action == "delete" for each in taken) else "media")


@settings(deadline=None, max_examples=100)
@given(rules, st.lists(facts, max_size=12, unique_by=lambda one: one.id), st.integers(0, 500))
def test_what_a_preview_says_is_what_a_rule_does_and_more_go_as_time_passes(
    rule: Rule, all_: list[Facts], later: int
) -> None:
    told = preview(rule, all_, NOW)
    goes = {one.resource for one in told if one.kept is None}
    assert goes == set(going([replace(rule, on=True)], all_, NOW))
    assert [one.kept is None for one in told] == sorted((one.kept is None for one in told), reverse=True)
    assert goes <= {one.resource for one in preview(rule, all_, NOW + later * DAY_MS) if one.kept is None}


@settings(deadline=None, max_examples=100)
@given(st.lists(rules, max_size=3), st.lists(facts, max_size=10, unique_by=lambda one: one.id), st.integers(1, 30))
def test_nothing_goes_before_its_time_of_grace_is_over(some: list[Rule], all_: list[Facts], grace: int) -> None:
    verdicts = going(some, all_, NOW)
    first = turn({}, verdicts, grace, NOW)
    assert not first.goes
    before = {one.resource: one for one in first.begins}
    assert before.keys() == verdicts.keys()
    assert turn(before, verdicts, grace, NOW + grace * DAY_MS - 1).goes == []
    due = turn(before, verdicts, grace, NOW + grace * DAY_MS)
    assert {one.resource for one in due.goes} == verdicts.keys()
    assert due.begins == []


def test_what_is_held_meanwhile_stays_and_another_rule_begins_anew() -> None:
    before = {"a": Going("a", "r1", "media", 1, NOW), "b": Going("b", "r1", "delete", 1, NOW)}
    after = turn(before, going([RULE], [OLD], NOW), 14, NOW)
    assert after.stays == ["b"]
    assert after.goes == []
    [begins] = after.begins
    assert (begins.action, begins.due_at) == ("delete", NOW + 14 * DAY_MS)


def test_what_goes_goes_when_it_is_due_and_not_before() -> None:
    before, verdicts = {"a": Going("a", "r1", "delete", 1, NOW)}, going([RULE], [OLD], NOW)
    assert list(turn(before, verdicts, 14, NOW - 1).goes) == []
    assert list(turn(before, verdicts, 14, NOW).goes) == [before["a"]]


def test_the_states_are_those_of_the_review() -> None:
    assert list(STATES) == list(State)
