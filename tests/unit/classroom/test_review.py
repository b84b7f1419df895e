"""The review's tables, every cell: who may take which step from where, and what stands after it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from classroom.errors import ClientFault
from classroom.review import BEGUN, Action, Asked, Part, State, decide, parts, steps
from classroom.store.records import Amendment, Details, Resource

BEFORE = Details("秋天", subject="chinese")
AFTER = Details("秋天的雨", subject="chinese", points=("雨",))
UNDER_REVIEW = (State.DRAFT, State.SELF_REVIEWED, State.SUBMITTED)

# (state, action) -> what it comes to for the owner (o) and for a reviewer (r); what is not here is refused to both.
EXPECTED = {
    ("draft", "change"): "o:draft r:draft",
    ("draft", "edit"): "o:draft r:draft",
    ("draft", "self_review"): "o:self_reviewed",
    ("self_reviewed", "change"): "o:draft r:draft",
    ("self_reviewed", "edit"): "o:draft r:draft",
    ("self_reviewed", "submit"): "o:submitted",
    ("self_reviewed", "reopen"): "o:draft",
    ("submitted", "change"): "r:submitted",
    ("submitted", "edit"): "o:draft r:submitted",
    ("submitted", "recall"): "o:draft",
    ("submitted", "return"): "r:draft",
    ("submitted", "publish"): "r:published",
    ("published", "withdraw"): "o:withdrawn r:withdrawn",
    ("withdrawn", "change"): "o:draft r:draft",
    ("withdrawn", "edit"): "o:draft r:draft",
    ("withdrawn", "reopen"): "o:draft r:draft",
}
WHO = {"o": frozenset({Part.OWNER}), "r": frozenset({Part.REVIEWER}), "-": frozenset[Part]()}


def resource(state: str) -> Resource:
    row = Resource("r1", "l1", BEFORE.title, "recording", "ready", 1, 10, "l1", [], "li", "s1", state, 1, 1, 7)
    return replace(row, subject=BEFORE.subject, published_edits=2)


def amendment(state: str) -> Amendment:
    return Amendment("r1", AFTER, state, 2, 2)


def asked(action: str, who: frozenset[Part], reason: str = "so") -> Asked:
    return Asked(Action(action), who, "somebody", 9, 5, reason)


@pytest.mark.parametrize(("state", "action", "who"), list(product(State, Action, WHO)))
def test_every_cell_of_a_resources_table(state: str, action: str, who: str) -> None:
    before = resource(state)
    leads = dict(one.split(":") for one in EXPECTED.get((state, action), "").split())
    if state == "published" and action in BEGUN:
        leads = {"o": "published", "r": "published"}
    details = AFTER if action == "change" else None
    if who not in leads:
        with pytest.raises(ClientFault) as refused:
            decide(before, None, asked(action, WHO[who]), details)
        own = who == "o" and (state, action) in EXPECTED and action in ("publish", "return")
        assert refused.value.code == ("own_resource" if own else "not_allowed" if leads else "wrong_state")
        assert Action(action) not in steps(before, None, WHO[who])
        return
    after, change, step = (found := decide(before, None, asked(action, WHO[who]), details)).resource, None, found.step
    change = found.amendment
    assert (after.state, after.version) == (leads[who], 8)
    assert step is not None or (state, after.state) == ("draft", "draft")
    if state == "published" and action in BEGUN:
        assert change is not None
        assert (change.state, change.details, after.details) == ("draft", details or BEFORE, BEFORE)
    else:
        assert change is None
        assert after.details == (details or BEFORE)
    if action == "publish":
        assert (after.published_edits, after.published_at, after.state_at) == (5, 9, 9)
    else:
        assert after.published_edits == 2


@pytest.mark.parametrize(("state", "action", "who"), list(product(UNDER_REVIEW, Action, WHO)))
def test_every_cell_of_an_amendments_table(state: str, action: str, who: str) -> None:
    before, change = resource("published"), amendment(state)
    leads = dict(one.split(":") for one in EXPECTED.get((state, action), "").split())
    if action == "discard":
        leads = {"o": "published"}
    if action == "withdraw":
        leads = {"o": "withdrawn", "r": "withdrawn"}
    details = replace(AFTER, grade="grade-3") if action == "change" else None
    if who not in leads:
        with pytest.raises(ClientFault):
            decide(before, change, asked(action, WHO[who]), details)
        return
    found = decide(before, change, asked(action, WHO[who]), details)
    assert found.resource.version == 8
    if action == "withdraw":  # what was about to be reviewed is what it is from now on
        assert (found.resource.state, found.resource.details, found.amendment) == ("withdrawn", AFTER, None)
    elif leads[who] == "published":
        kept = BEFORE if action == "discard" else AFTER
        assert (found.resource.state, found.resource.details, found.amendment) == ("published", kept, None)
        assert found.resource.published_edits == (2 if action == "discard" else 5)
    else:
        assert found.amendment is not None
        assert (found.resource.state, found.resource.details) == ("published", BEFORE)
        assert (found.amendment.state, found.amendment.details) == (leads[who], details or AFTER)


@pytest.mark.parametrize(("action", "state"), [("return", "submitted"), ("withdraw", "published")])
def test_some_steps_need_a_reason(action: str, state: str) -> None:
    with pytest.raises(ClientFault, match="why"):
        decide(resource(state), None, asked(action, WHO["r"], ""))


def test_one_reviewer_takes_care_of_it() -> None:
    claimed = replace(resource("submitted"), reviewer="another")
    for action in ("publish", "return"):
        with pytest.raises(ClientFault, match="Another"):
            decide(claimed, None, asked(action, WHO["r"]))
        mine = replace(claimed, reviewer="somebody")
        assert decide(mine, None, asked(action, WHO["r"])).resource.reviewer is None
        with pytest.raises(ClientFault, match="Another"):
            decide(resource("published"), replace(amendment("submitted"), reviewer="another"), asked(action, WHO["r"]))


def test_of_two_pairs_of_eyes_one_is_not_the_owners() -> None:
    both, owner, reviewer = {Part.OWNER, Part.REVIEWER}, {Part.OWNER}, {Part.REVIEWER}
    assert parts("li", False, "li", True) == owner
    assert parts("li", True, "li", True) == owner
    assert parts("li", True, "li", False) == both
    assert parts("ma", True, "li", False) == reviewer
    assert parts("ma", True, None, True) == both
    assert parts("hu", False, "li", True) == set() == parts("hu", False, None, False)
    assert parts(None, True, "li", True) == both
