"""What is said of a resource, as requests bring it, and who the asker is to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from classroom import review
from classroom.errors import ClientFault, Status
from classroom.payload import Words as Text
from classroom.payload import straight
from classroom.payload import visible as to_be_seen
from classroom.review import Action, Asked, Outcome, Part
from classroom.store.questions import Search as Questions
from classroom.store.records import Amendment, Banked, Details, Resource
from web.server.banking import MOST
from web.server.bodies import Body
from web.server.parts import Parts
from web.server.sessions import RANKS, Call
from web.server.vocabularies import NAMES

MOST_POINTS = 30
MOST_CONTRIBUTORS = 50
TRIES = 5

CLEAN = r"^[^\x00-\x1f\x7f]*$"
Title = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=CLEAN),
    AfterValidator(to_be_seen),
]
Description = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, max_length=5_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
Code = Annotated[str, StringConstraints(max_length=64, pattern=CLEAN)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$")]
Point = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=CLEAN),
    AfterValidator(to_be_seen),
]
Name = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=CLEAN),
    AfterValidator(to_be_seen),
]
Reason = Annotated[Text, AfterValidator(to_be_seen)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewContributor(Body):
    name: Name
    role: Literal["author", "teacher", "editor", "publisher"]


class DetailsBody(Body):
    """What is left out stays as it is."""

    title: Title | None = None
    description: Description | None = None
    subject: Code | None = None
    grade: Code | None = None
    edition: Code | None = None
    type: Code | None = None
    language: Language | None = None
    licence: Code | None = None
    audience: Code | None = None
    reach: Literal["school", "all"] | None = None
    points: Annotated[list[Point], Field(max_length=MOST_POINTS)] | None = None
    contributors: Annotated[list[NewContributor], Field(max_length=MOST_CONTRIBUTORS)] | None = None


def detailed(call: Call, was: Details, body: DetailsBody) -> Details:
    """Raises ClientFault `unknown_code` (422) for a code that its vocabulary has not; what stood there may stay."""
    given: dict[str, Any] = {
        name: value
        for name, value in body.model_dump(include=set(DetailsBody.model_fields)).items()
        if value is not None
    }
    for field in NAMES.keys() & given.keys():
        code = given[field]
        if code and code != getattr(was, field) and not call.parts.vocabularies.known(field, code):
            raise ClientFault("unknown_code", f"{field}: {code} is not in its vocabulary.", Status.REFUSED)
    if "points" in given:
        given["points"] = list(dict.fromkeys(given["points"]))
    return replace(was, **given)


async def parts_of(call: Call, resource: Resource) -> frozenset[Part]:
    """What the asker is to it."""
    if call.operator:
        return review.parts(None, True, resource.owner, False)
    me = call.signed_in
    staff = RANKS[me.role] >= RANKS["staff"]
    others = staff and me.id == resource.owner and await call.parts.store.accounts.reviewer_besides(me.id)
    return review.parts(me.id, staff, resource.owner, others)


async def taken(
    call: Call,
    resource: Resource,
    amendment: Amendment | None,
    action: Action,
    *,
    reason: str = "",
    details: Details | None = None,
) -> Resource:
    """The resource after that step. Raises what `review.decide` and `Reviews.put` raise."""
    outcome = await decided(call, resource, amendment, action, reason=reason, details=details)
    publishes = action is Action.PUBLISH and resource.kind == "bank"
    bank = await questions_of(call.parts, resource) if publishes else None
    await call.parts.store.reviews.put(resource, outcome, bank)
    return outcome.resource


async def bank_of(parts: Parts, resource: Resource) -> Sequence[Banked]:
    """What of a bank others have: of a published one what was published."""
    published = await parts.store.reviews.bank(resource.id) if resource.state == review.State.PUBLISHED else None
    return await questions_of(parts, resource) if published is None else published


async def questions_of(parts: Parts, resource: Resource) -> Sequence[Banked]:
    """What is in its folder now."""
    owner = await parts.store.accounts.get(resource.owner) if resource.owner else None
    if owner is None:
        return []
    rows, _ = await parts.store.questions.list(owner, Questions(folder=resource.target, mine=True), limit=MOST)
    return rows


async def decided(
    call: Call,
    resource: Resource,
    amendment: Amendment | None,
    action: Action,
    *,
    reason: str = "",
    details: Details | None = None,
    more_edits: int = 0,
) -> Outcome:
    """What is to be stored of that step, which adds so many edits. Raises what `review.decide` raises."""
    edits = await call.parts.store.edits.of(resource.id)
    me = None if call.operator else call.signed_in.id
    number = more_edits + (edits[-1].number if edits else 0)
    asked = Asked(action, await parts_of(call, resource), me, call.parts.now_ms, number, reason)
    return review.decide(resource, amendment, asked, details)


async def edited(call: Call, resource: Resource, put: Callable[[Resource, Outcome], Awaitable[None]]) -> None:
    """A decision about a recording, stored by `put` with what comes of it for the review: what was looked at is not
    what is there any more. A full trail refuses none. Raises what `put` raises."""
    store, stepped = call.parts.store, True
    for attempt in range(TRIES):
        outcome = await decided(call, resource, await store.reviews.amendment(resource.id), Action.EDIT, more_edits=1)
        try:
            await put(resource, outcome if stepped else replace(outcome, step=None))
        except ClientFault as fault:
            again = await store.resources.get(resource.id)
            if fault.code not in ("changed_meanwhile", "too_many_steps") or again is None or attempt == TRIES - 1:
                raise
            resource, stepped = again, fault.code != "too_many_steps"
        else:
            return


def seen(resource: Resource, version: int | None) -> None:
    """Raises ClientFault `changed_meanwhile` (409) where the asker saw another version."""
    if version is not None and version != resource.version:
        raise ClientFault("changed_meanwhile", "Somebody else has changed it meanwhile.", Status.CONFLICT)


def differences(was: Details, now: Details) -> list[Mapping[str, Any]]:
    """Field by field."""
    fields = Details.__dataclass_fields__
    pairs = ((name, _plain(getattr(was, name)), _plain(getattr(now, name))) for name in fields)
    return [{"field": name, "was": before, "now": after} for name, before, after in pairs if before != after]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else list(value)
