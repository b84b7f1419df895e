"""Retention: what of the library goes by which rule, and when; what stays, and why. Pure.

A rule takes what it describes once it is old enough. What is held, published, a part of something else, used by a
lesson to come, or was asked for by its owner stays all the same. What goes has a time of grace first, in which it is
told to its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from classroom.errors import ClientFault, Status

DAY_MS = 86_400_000
MOST_DAYS = 36_500
ASKED_MS = 365 * DAY_MS
"""So long what its owner asked to keep is left alone by the rules."""

PUBLISHED = "published"
STATES = ("draft", "self_reviewed", "submitted", PUBLISHED, "withdrawn")
"""Of a resource, as `review.State` has them, which asks the store, and so this."""

Counted = Literal["recorded", "viewed"]
Action = Literal["delete", "media"]


class Kept(StrEnum):
    """Why something stays that a rule describes; of several reasons the first."""

    HELD = "held"
    PART = "part"
    USED = "used"
    PUBLISHED = "published"
    ASKED = "asked"
    NO_MEDIA = "no_media"
    YOUNGER = "younger"


@dataclass(frozen=True, slots=True)
class Rule:
    """`school`: None of all. `kind`, `state`, `subject` and `collection` describe what it is about, "" whatever it is.
    What is published goes only by a rule that says so (`state`). `counted`: its `days` are since it was recorded, or
    since somebody last watched it. `action`: all of it goes, or only pictures and sound."""

    id: str
    school: str | None
    name: str
    kind: str
    state: str
    subject: str
    collection: str
    counted: Counted
    days: int
    action: Action
    on: bool
    created_at: int
    changed_at: int
    previewed_at: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a resource, what rules ask. `viewed_at` None: never, as far as is known. `media`: it has pictures, sound or
    files that can go by themselves. `asked_at`: when its owner last asked to keep it."""

    id: str
    school: str | None
    kind: str
    state: str
    subject: str
    collections: frozenset[str]
    recorded_at: int
    viewed_at: int | None = None
    media: bool = True
    held: bool = False
    part: bool = False
    used: bool = False
    asked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a resource: it goes (`kept` None), or why not. `days`: how old it is, as the rule counts."""

    resource: str
    rule: str
    action: Action
    days: int
    kept: Kept | None


def check(rule: Rule) -> None:
    """Raises ClientFault `rule_invalid` (422), with what is wrong."""
    if not 1 <= rule.days <= MOST_DAYS:
        raise _invalid(f"A rule's age is 1 to {MOST_DAYS} days.")
    if rule.state and rule.state not in STATES:
        raise _invalid(f"There is no state {rule.state}.")
    if rule.action == "media" and rule.kind not in ("", "recording"):
        raise _invalid("Only recordings have pictures and sound that can go by themselves.")


def may_be_on(rule: Rule) -> bool:
    """Whether somebody has seen what this rule, as it stands, would take."""
    return rule.previewed_at >= rule.changed_at


def describes(rule: Rule, one: Facts) -> bool:
    return (
        rule.school in (None, one.school)
        and rule.kind in ("", one.kind)
        and rule.state in ("", one.state)
        and rule.subject in ("", one.subject)
        and (not rule.collection or rule.collection in one.collections)
        and (rule.action == "delete" or one.kind == "recording")
    )


def age_days(rule: Rule, one: Facts, now: int) -> int:
    since = one.recorded_at
    if rule.counted == "viewed" and one.viewed_at is not None:
        since = max(since, one.viewed_at)
    return max(0, now - since) // DAY_MS


def judge(rule: Rule, one: Facts, now: int) -> Verdict | None:
    """None of what the rule is not about."""
    if not describes(rule, one):
        return None
    days = age_days(rule, one, now)
    return Verdict(one.id, rule.id, rule.action, days, _kept(rule, one, days, now))


def preview(rule: Rule, all_: Iterable[Facts], now: int) -> list[Verdict]:
    """Of all that the rule is about; what goes before what stays, each the oldest first."""
    found = [verdict for one in all_ if (verdict := judge(rule, one, now)) is not None]
    return sorted(found, key=lambda one: (one.kept is not None, -one.days, one.resource))


def going(rules: Sequence[Rule], all_: Iterable[Facts], now: int) -> dict[str, Verdict]:
    """What goes by the rules that are on, by resource. Of two rules that take the same, the one that takes all of it,
    else the older one."""
    found: dict[str, Verdict] = {}
    ordered = sorted((one for one in rules if one.on), key=lambda one: (one.action != "delete", one.created_at, one.id))
    for one in all_:
        for rule in ordered:
            verdict = judge(rule, one, now)
            if verdict is not None and verdict.kept is None:
                found[one.id] = verdict
                break
    return found


@dataclass(frozen=True, slots=True)
class Going:
    """That a resource goes by a rule, at `due_at` unless something comes between."""

    resource: str
    rule: str
    action: Action
    since: int
    due_at: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What a day brings: what begins to go, what stays after all, and what goes now."""

    begins: Sequence[Going]
    stays: Sequence[str]
    goes: Sequence[Going]


def turn(before: Mapping[str, Going], verdicts: Mapping[str, Verdict], grace_days: int, now: int) -> Turn:
    """By what is going already, and what the rules say now. Another rule, or a harder one, begins anew."""
    begins, goes = [], []
    for resource, verdict in verdicts.items():
        known = before.get(resource)
        if known is None or (known.rule, known.action) != (verdict.rule, verdict.action):
            begins.append(Going(resource, verdict.rule, verdict.action, now, now + grace_days * DAY_MS))
        elif known.due_at <= now:
            goes.append(known)
    return Turn(begins, [one for one in before if one not in verdicts], goes)


def _kept(rule: Rule, one: Facts, days: int, now: int) -> Kept | None:
    reasons = {
        Kept.HELD: one.held,
        Kept.PART: one.part and rule.action == "delete",
        Kept.USED: one.used,
        Kept.PUBLISHED: one.state == PUBLISHED and rule.state != PUBLISHED,
        Kept.ASKED: one.asked_at is not None and now - one.asked_at < ASKED_MS,
        Kept.NO_MEDIA: rule.action == "media" and not one.media,
        Kept.YOUNGER: days < rule.days,
    }
    return next((kept for kept, holds in reasons.items() if holds), None)


def _invalid(message: str) -> ClientFault:
    return ClientFault("rule_invalid", message, Status.REFUSED)
