"""From draft to published resource, as tables: who may take which step, and what it comes to. Pure.

A resource is its owner's until it is submitted; a reviewer (staff) publishes it, or returns it with a reason. What is
published stays as it is while a change of it, its *amendment*, goes the same way. Of two pairs of eyes one is not the
owner's: who owns a resource is no reviewer of it while the installation has another one. Where there is none, a school
with one member of staff must be able to publish all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.store.records import Amendment, Details, Resource, Review


class State(StrEnum):
    DRAFT = "draft"
    SELF_REVIEWED = "self_reviewed"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """`CHANGE` what is said of it, `EDIT` what is seen of its recording; the others are steps by name."""

    CHANGE = "change"
    EDIT = "edit"
    SELF_REVIEW = "self_review"
    SUBMIT = "submit"
    RECALL = "recall"
    RETURN = "return"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    DISCARD = "discard"


class Part(StrEnum):
    OWNER = "owner"
    REVIEWER = "reviewer"


OWNER, REVIEWER = Part
Steps = Mapping[tuple[State, Action], Mapping[Part, State]]

_UNDER_REVIEW: Steps = {
    (State.DRAFT, Action.CHANGE): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.DRAFT, Action.EDIT): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.DRAFT, Action.SELF_REVIEW): {OWNER: State.SELF_REVIEWED},
    (State.SELF_REVIEWED, Action.CHANGE): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.SELF_REVIEWED, Action.EDIT): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.SELF_REVIEWED, Action.SUBMIT): {OWNER: State.SUBMITTED},
    (State.SELF_REVIEWED, Action.REOPEN): {OWNER: State.DRAFT},
    (State.SUBMITTED, Action.CHANGE): {REVIEWER: State.SUBMITTED},  # a reviewer mends a slip
    (State.SUBMITTED, Action.EDIT): {
        REVIEWER: State.SUBMITTED,
        OWNER: State.DRAFT,
    },  # to cut something out is never refused
    (State.SUBMITTED, Action.RECALL): {OWNER: State.DRAFT},
    (State.SUBMITTED, Action.RETURN): {REVIEWER: State.DRAFT},
    (State.SUBMITTED, Action.PUBLISH): {REVIEWER: State.PUBLISHED},
}
STEPS: Steps = {
    **_UNDER_REVIEW,
    (State.PUBLISHED, Action.WITHDRAW): {OWNER: State.WITHDRAWN, REVIEWER: State.WITHDRAWN},
    (State.WITHDRAWN, Action.CHANGE): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.WITHDRAWN, Action.EDIT): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
    (State.WITHDRAWN, Action.REOPEN): {OWNER: State.DRAFT, REVIEWER: State.DRAFT},
}
"""Of a resource. What is published is changed by an amendment, which begins as a draft."""
AMENDED: Steps = {
    **_UNDER_REVIEW,
    **{
        (state, Action.DISCARD): {OWNER: State.PUBLISHED}
        for state in (State.DRAFT, State.SELF_REVIEWED, State.SUBMITTED)
    },
}
"""Of an amendment; what comes to `published` is no amendment any more."""
REASONED = frozenset({Action.RETURN, Action.WITHDRAW})
BEGUN = frozenset({Action.CHANGE, Action.EDIT})
"""What begins an amendment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What stands after a step. `step` is None for what needs no line in the trail; the store gives its number."""

    resource: Resource
    amendment: Amendment | None
    step: Review | None


@dataclass(frozen=True, slots=True)
class Asked:
    """`edits`: the number of the last decision about the recording. `actor` is an account, or None: the operator."""

    action: Action
    parts: frozenset[Part]
    actor: str | None
    at: int
    edits: int = 0
    reason: str = ""


def parts(actor: str | None, staff: bool, owner: str | None, others: bool) -> frozenset[Part]:
    """What somebody is to a resource of this owner. `others`: somebody else of the staff can review. What is nobody's
    is the staff's; `actor` None is the installation's operator."""
    if actor is None or (staff and owner is None):
        return frozenset({OWNER, REVIEWER})
    if actor == owner:
        return frozenset({OWNER, REVIEWER}) if staff and not others else frozenset({OWNER})
    return frozenset({REVIEWER}) if staff else frozenset()


def steps(resource: Resource, amendment: Amendment | None, mine: frozenset[Part]) -> list[Action]:
    """What somebody may do now, in the order of the table."""
    found = [action for action in Action if action not in BEGUN and _leads(resource, amendment, action, mine)]
    return [Action.CHANGE, *found] if may_change(resource, amendment, mine) else found


def may_change(resource: Resource, amendment: Amendment | None, mine: frozenset[Part]) -> bool:
    return bool(_leads(resource, amendment, Action.CHANGE, mine))


def decide(before: Resource, amendment: Amendment | None, asked: Asked, details: Details | None = None) -> Outcome:
    """`details` are the new ones, of a change. Raises ClientFault `wrong_state` (409) for a step that does not lead on
    from here, `not_allowed` (403) for whom it is not for, `claimed` (409) where another reviewer takes care of it,
    `reason_needed` (422)."""
    table, state = _where(before, amendment, asked.action)
    to = _leads(before, amendment, asked.action, asked.parts)
    if to is None:
        raise _refused(table, state, asked)
    amended = table is AMENDED
    carer = amendment.reviewer if amendment is not None and amended else before.reviewer
    if asked.action in (Action.RETURN, Action.PUBLISH) and carer not in (None, asked.actor):
        raise ClientFault("claimed", "Another reviewer takes care of it.", Status.CONFLICT)
    if asked.action in REASONED and not asked.reason:
        raise ClientFault("reason_needed", "Say why.", Status.REFUSED)
    said = details or (amendment.details if amendment is not None else before.details)
    step = _step(before, asked, said, state, to, amended)
    if amended and to is not State.PUBLISHED:
        new = Amendment(before.id, said, to, asked.at, asked.at)
        if amendment is not None and amendment.state == to:
            new = replace(amendment, details=said, changed_at=asked.at)
        return Outcome(replace(before, version=before.version + 1), new, step if _told(step, amendment) else None)
    if asked.action is Action.DISCARD:
        return Outcome(replace(before, version=before.version + 1), None, step)
    after = replace(before, **fields(said), version=before.version + 1, changed_at=asked.at)
    if to != before.state:
        after = replace(after, state=to, state_at=asked.at, reviewer=None)
    if to is State.PUBLISHED:
        after = replace(after, published_at=before.published_at or asked.at, published_edits=asked.edits)
    return Outcome(after, None, step if to != state or asked.actor != before.owner else None)


def fields(details: Details) -> Json:
    return {name: getattr(details, name) for name in Details.__dataclass_fields__}


def _told(step: Review, amendment: Amendment | None) -> bool:
    """Whether it belongs into the trail: an owner's draft may change as often as it likes."""
    return amendment is None or step.came_from != step.went_to


def _step(before: Resource, asked: Asked, said: Details, state: State, to: State, amended: bool) -> Review:
    return Review(
        before.id, 0, asked.at, asked.actor, asked.action, state, to, asked.reason, amended, said, asked.edits
    )


def _where(resource: Resource, amendment: Amendment | None, action: Action) -> tuple[Steps, State]:
    if resource.state != State.PUBLISHED or action is Action.WITHDRAW:
        return STEPS, State(resource.state)
    if amendment is not None:
        return AMENDED, State(amendment.state)
    return (AMENDED, State.DRAFT) if action in BEGUN else (STEPS, State.PUBLISHED)


def _leads(resource: Resource, amendment: Amendment | None, action: Action, mine: frozenset[Part]) -> State | None:
    """As a reviewer sooner than as the owner."""
    table, state = _where(resource, amendment, action)
    ways = table.get((state, action), {})
    return next((ways[part] for part in (REVIEWER, OWNER) if part in mine and part in ways), None)


def _refused(table: Steps, state: State, asked: Asked) -> ClientFault:
    if (state, asked.action) not in table:
        return ClientFault("wrong_state", f"It is {state.replace('_', '-')}: that cannot be done.", Status.CONFLICT)
    if OWNER in asked.parts and asked.action in (Action.PUBLISH, Action.RETURN):
        return ClientFault("own_resource", "It is your own: another reviewer has to look at it.", Status.FORBIDDEN)
    return ClientFault("not_allowed", "Its owner or a reviewer may do that.", Status.FORBIDDEN)
