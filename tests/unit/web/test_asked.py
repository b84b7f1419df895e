"""How pages order what learners ask, and what of it is new to whom (web/client/src/asking/asked.ts)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.web.node import evaluate


def question(**told: Any) -> dict[str, Any]:
    fresh = {"named": False, "at": 0, "state": "open", "votes": 0, "voters": [], "moment": None, "replied": False}
    return {**fresh, "into": None, "text": "why?", **told}


def asked(shown: str | None = None, **by_id: Any) -> dict[str, Any]:
    return {"by_id": by_id, "now": shown and {"question": shown, "at": 1}, "held": False, "named": False}


CLASS = asked(
    shown="now",
    over=question(state="answered", votes=9),
    mine=question(participant="me", at=1),
    later=question(state="later", votes=5),
    few=question(votes=1, at=2),
    many=question(votes=3, at=3),
    as_many=question(votes=3, at=4),
    next=question(state="next"),
    now=question(state="answered"),
    newer=question(participant="me", at=5),
)


def ranked(order: str, me: str | None = None) -> list[str]:
    call = "m.ranked(given[0], given[1], given[2] ?? undefined).map(({id}) => id)"
    return list(evaluate("asking/asked.ts", call, [CLASS, order, me]))


def test_what_is_answered_now_is_first_then_ones_own_and_what_has_most_votes() -> None:
    assert ranked("votes", "me") == ["now", "newer", "mine", "next", "many", "as_many", "few", "later", "over"]
    assert ranked("votes") == ["now", "next", "many", "as_many", "few", "mine", "newer", "later", "over"]
    assert ranked("newest") == ["now", "next", "newer", "as_many", "many", "few", "mine", "later", "over"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.text("abcdef", min_size=1, max_size=1), unique=True), min_size=20, max_size=20))
def test_under_a_hand_nothing_changes_places(orders: list[list[str]]) -> None:
    pairs = list(pairwise(orders))
    found = evaluate("asking/asked.ts", "given.map(([before, wanted]) => m.kept(before, wanted))", pairs)
    for (before, wanted), after in zip(pairs, found, strict=True):
        assert sorted(after) == sorted(wanted)
        stayed = [one for one in before if one in wanted]
        assert after[: len(stayed)] == stayed


def test_an_answer_that_comes_late_changes_nothing() -> None:
    now, same, late = {"seq": 5, "questions": CLASS}, {"seq": 5, "questions": None}, {"seq": 4, "questions": asked()}
    new = {"seq": 6, "questions": asked()}
    told = evaluate("asking/asked.ts", "given.map(([now, found]) => m.newer(now, found))", [
        [None, now], [now, same], [now, late], [now, new]
    ])  # fmt: skip
    assert told == [now, now, now, new]


def tidings(**by_id: Any) -> set[str]:
    return set(evaluate("asking/asked.ts", "m.tidings(given, 'me')", asked(**by_id)))


def test_what_others_ask_is_new_once_and_ones_own_whenever_something_becomes_of_it() -> None:
    mine = question(participant="me")
    assert tidings(a=question(), b=mine) == {"a"}
    assert tidings(a=question(state="answered", replied=True, reply="so"), b=mine) == {"a"}, "no concern of mine"
    voted = question(voters=["me"], state="answered", replied=True, reply="so")
    before, after = tidings(b=mine), tidings(b={**mine, "state": "next"})
    assert (len(before), len(after), len(tidings(a=voted))) == (0, 1, 2)
    replied = tidings(b={**mine, "state": "answered", "replied": True, "reply": "so"})
    corrected = tidings(b={**mine, "state": "answered", "replied": True, "reply": "so then"})
    assert not replied & corrected


def test_what_one_does_is_seen_before_the_server_has_it() -> None:
    pending = [
        {"kind": "question.ask", "data": {"question": "mine", "text": "how?"}},
        {"kind": "question.vote", "data": {"question": "a", "on": True}},
        {"kind": "question.vote", "data": {"question": "b", "on": True}},
        {"kind": "question.vote", "data": {"question": "c", "on": False}},
        {"kind": "question.vote", "data": {"question": "gone", "on": True}},
        {"kind": "hand.raise", "data": {}},
    ]
    told = asked(a=question(votes=2), b=question(votes=1, voters=["me"]), c=question(votes=1, voters=["me"]))
    seen = evaluate("asking/asked.ts", "m.withSent(given[0], 'me', given[1])", [told, pending])["by_id"]
    assert {name: (one["votes"], one["voters"]) for name, one in seen.items() if name != "mine"} == {
        "a": (3, ["me"]), "b": (1, ["me"]), "c": (0, [])
    }  # fmt: skip
    assert (seen["mine"]["text"], seen["mine"]["participant"]) == ("how?", "me")


def test_displays_show_it_until_something_else_is_asked_or_shown() -> None:
    state = {"questions": CLASS, "activities": {"order": [], "by_id": {}, "shown": None}}
    opened = {"order": ["q"], "by_id": {"q": {"opened_at": 2}}, "shown": None}
    earlier = {"order": ["q"], "by_id": {"q": {"opened_at": 0}}, "shown": None}
    works = {"order": [], "by_id": {}, "shown": {"at": 2}}
    states = [state, *({**state, "activities": one} for one in (opened, earlier, works))]
    shown = evaluate("asking/asked.ts", "given.map((one) => m.askedNow(one) !== undefined)", states)
    assert shown == [True, False, True, False]
