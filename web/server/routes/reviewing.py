"""The review of resources: its steps, its trail, what a change comes to, and the reviewers' queue."""

from __future__ import annotations

from typing import Any, Literal

from classroom import review
from classroom.errors import ClientFault, Status
from classroom.review import REASONED, Action
from classroom.store.records import Amendment, Details, Edit, Resource
from recordings.edits import fold, stands
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.cataloguing import Reason, Version, differences, parts_of, seen, taken
from web.server.routes.resources import RESOURCE, Described, Place, ResourceView, editable, search_of, views
from web.server.sessions import Call


class StepView(View):
    """One step that was taken; `amended`: with the change of a published resource. `by` is the name of who took it, ""
    where nobody is left."""

    number: int
    at: int
    by: str
    action: str
    came_from: str
    went_to: str
    reason: str
    amended: bool


class ReviewView(View):
    """Where it stands: `state`, and `change`, the state of the change of a published resource. `steps` are what the
    asker may do now, `reasoned` those of them that need a reason. `reviewer` is the name of who takes care of it."""

    version: int
    state: str
    change: str | None
    steps: list[str]
    reasoned: list[str]
    own: bool
    reviewer: str | None
    reviewer_mine: bool
    trail: list[StepView]


class Step(Body):
    """`version` is the one that was seen."""

    action: Literal["self_review", "submit", "recall", "return", "publish", "withdraw", "reopen", "discard"]
    reason: Reason | None = None
    version: Version | None = None


class FieldView(View):
    """A field that differs: a text, a list of texts, or contributors."""

    field: str
    was: str | list[str] | list[dict[str, str]]
    now: str | list[str] | list[dict[str, str]]


class DecisionShort(View):
    number: int
    kind: str
    data: dict[str, Any]
    stands: bool


class EditsDifference(View):
    """What was decided of the recording since it was published, and the stretches `[from_ms, to_ms]` that were and are
    cut out."""

    decisions: list[DecisionShort]
    was: list[tuple[int, int]]
    now: list[tuple[int, int]]


class Difference(View):
    """To what was published last; null where nothing was."""

    fields: list[FieldView]
    edits: EditsDifference
    published_at: int


class Waiting(View):
    """`since` when it waits; `changes`: it is published, and this is a change of it. `own`: it is the asker's.
    `place`: where it stands in the queue, for `after`."""

    resource: ResourceView
    since: int
    changes: bool
    reviewer: str | None
    mine: bool
    own: bool
    place: str


class QueueSearch(Described):
    """`whose`: what nobody takes care of, or I do. `after`: the `place` of the one after which to go on; a hundred at a
    time."""

    whose: Literal["", "free", "mine"] = ""
    after: Place = ""


async def shown(call: Call) -> ReviewView:
    resource = await editable(call)
    return await _view(call, resource, await call.parts.store.reviews.amendment(resource.id))


async def stepped(call: Call, body: Step) -> ReviewView:
    resource, store = await editable(call), call.parts.store
    amendment = await store.reviews.amendment(resource.id)
    seen(resource, body.version)
    action = Action(body.action)
    if action is Action.SUBMIT and resource.status != "ready":
        raise ClientFault("not_ready", "It is still being recorded.", Status.CONFLICT)
    resource = await taken(call, resource, amendment, action, reason=body.reason or "")
    return await _view(call, resource, await store.reviews.amendment(resource.id))


async def differing(call: Call) -> Difference | None:
    resource, store = await editable(call), call.parts.store
    last = await store.reviews.published(resource.id)
    if last is None:
        return None
    amendment = await store.reviews.amendment(resource.id)
    was: Details = resource.details if resource.state == review.State.PUBLISHED else last.details
    now = amendment.details if amendment is not None else resource.details
    return Difference(
        fields=[FieldView.model_validate(one) for one in differences(was, now)],
        edits=_edits(await store.edits.of(resource.id), resource),
        published_at=last.at,
    )


def _edits(decisions: list[Edit], resource: Resource) -> EditsDifference:
    duration_ms, standing = resource.duration_ms or 0, {one.number for one in stands(decisions)}
    return EditsDifference(
        decisions=[
            DecisionShort(number=one.number, kind=one.kind, data=one.data, stands=one.number in standing)
            for one in decisions[resource.published_edits :]
        ],
        was=list(fold(decisions[: resource.published_edits], duration_ms).cuts),
        now=list(fold(decisions, duration_ms).cuts),
    )


async def queue(call: Call, query: QueueSearch) -> list[Waiting]:
    store, me = call.parts.store, call.account.id if call.account else None
    carer = me if query.whose == "mine" else None
    rows = await store.reviews.queue(search_of(query), carer, query.whose == "free", query.after)
    shown = await views(call, [row for row, _, _ in rows])
    carers = {_carer(row, change) for row, change, _ in rows} - {None}
    names = await store.accounts.names({one for one in carers if one})
    return [
        Waiting(
            resource=view,
            since=change.state_at if change is not None else row.state_at,
            changes=change is not None,
            reviewer=names.get(_carer(row, change) or ""),
            mine=me is not None and _carer(row, change) == me,
            own=me is not None and row.owner == me,
            place=place,
        )
        for view, (row, change, place) in zip(shown, rows, strict=True)
    ]


async def claimed(call: Call) -> ReviewView:
    """Raises 403 for who may not review it."""
    resource, store = await editable(call), call.parts.store
    if review.Part.REVIEWER not in await parts_of(call, resource):
        raise ClientFault("own_resource", "It is your own: another reviewer has to look at it.", Status.FORBIDDEN)
    await store.reviews.claim(resource.id, call.signed_in.id)
    return await _again(call, resource.id)


async def released(call: Call) -> ReviewView:
    """Also what another reviewer took, who may be away."""
    resource = await editable(call)
    await call.parts.store.reviews.release(resource.id)
    return await _again(call, resource.id)


async def _again(call: Call, resource_id: str) -> ReviewView:
    resource = await editable(call)
    return await _view(call, resource, await call.parts.store.reviews.amendment(resource_id))


async def _view(call: Call, resource: Resource, amendment: Amendment | None) -> ReviewView:
    store, me = call.parts.store, call.account.id if call.account else None
    may = review.steps(resource, amendment, await parts_of(call, resource))
    steps: list[str] = [step.value for step in may if step is not Action.CHANGE]
    carer = _carer(resource, amendment)
    names = await store.accounts.names([carer]) if carer else {}
    return ReviewView(
        version=resource.version,
        state=resource.state,
        change=amendment.state if amendment is not None else None,
        steps=steps,
        reasoned=[step for step in steps if step in REASONED],
        own=me is not None and resource.owner == me,
        reviewer=names.get(carer or ""),
        reviewer_mine=carer is not None and carer == me,
        trail=[
            StepView(
                **{field: getattr(step, field) for field in StepView.model_fields if field != "by"},
                by=name,
            )
            for step, name in await store.reviews.trail(resource.id)
        ],
    )


def _carer(resource: Resource, amendment: Amendment | None) -> str | None:
    return amendment.reviewer if amendment is not None else resource.reviewer


CODES = ("not_found", "not_allowed")
ROUTES = (
    Route(
        "GET", f"{RESOURCE}/review", shown, "Where its review stands, and what led there", Needs.ACCOUNT, codes=CODES
    ),
    Route(
        "POST",
        f"{RESOURCE}/review",
        stepped,
        "Take a step of its review",
        Needs.ACCOUNT,
        codes=(
            *(*CODES, "malformed", "own_resource", "wrong_state", "not_ready", "claimed", "reason_needed"),
            *("changed_meanwhile", "too_many_steps"),
        ),
    ),
    Route(
        "GET", f"{RESOURCE}/difference", differing, "What differs from what was published", Needs.ACCOUNT, codes=CODES
    ),
    Route(
        "POST",
        f"{RESOURCE}/claim",
        claimed,
        "Take care of its review",
        Needs.STAFF,
        codes=("not_found", "own_resource", "claimed", "wrong_state"),
    ),
    Route("DELETE", f"{RESOURCE}/claim", released, "Leave its review to others", Needs.STAFF, codes=("not_found",)),
    Route(
        "GET",
        "/api/v1/reviews",
        queue,
        "What waits for review, what waits longest first",
        Needs.STAFF,
        codes=("malformed",),
    ),
)
