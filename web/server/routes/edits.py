"""Editing a recording: decisions that are added one by one, and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.store.records import Edit, Resource
from recordings.edits import check, fold, stands
from web.server import joining
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.cataloguing import edited
from web.server.courseware.turns import turn
from web.server.keeping.removing import lock_of
from web.server.routes.resources import RESOURCE, cuttable
from web.server.sessions import Call

Millis = Annotated[int, Field(ge=0, le=2**48)]
TrackId = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Revision = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Decided(Body):
    """`revision` is the one that was seen; where there is a newer one, 409 `edited`."""

    revision: Revision


class Cut(Decided):
    kind: Literal["cut"]
    from_ms: Millis
    to_ms: Millis


class Trim(Decided):
    """`to_ms` null: to the end."""

    kind: Literal["trim"]
    from_ms: Millis
    to_ms: Millis | None


class HideTrack(Decided):
    kind: Literal["hide"]
    track: TrackId


class HideParticipant(Decided):
    kind: Literal["hide"]
    participant: Id


class Undo(Decided):
    kind: Literal["undo"]
    number: Number


class Decision(Body):
    decision: Cut | Trim | HideTrack | HideParticipant | Undo


class Split(Decided):
    """At that moment of the lesson's clock; the second part gets the title."""

    at_ms: Millis
    title: Words


class DecisionView(View):
    """`by` is the name of who decided; null where that was the installation's operator, or somebody who is gone."""

    number: int
    at: int
    by: str | None
    kind: str
    data: dict[str, Any]
    stands: bool


class EditsView(View):
    """`revision` is the number of the last decision, 0 before the first."""

    revision: int
    duration_ms: int
    cuts: list[tuple[int, int]]
    tracks: list[str]
    participants: list[str]
    decisions: list[DecisionView]


class SplitView(View):
    resource: str


async def shown(call: Call) -> EditsView:
    resource, decisions = await _editable(call)
    return await _view(call, resource, decisions)


async def decided(call: Call, body: Decision) -> EditsView:
    resource, decisions = await _editable(call)
    data = body.decision.model_dump(exclude={"revision", "kind"})
    row = _row(call, resource, body.decision.revision, body.decision.kind, data)
    _check(row, resource, decisions)
    await _refuse_erased(call, row, decisions)
    await edited(call, resource, partial(call.parts.store.edits.add, row))
    await joining.refresh(call.parts, resource)
    return await _view(call, resource, [*decisions, row])


async def _refuse_erased(call: Call, wanted: Edit, decisions: Sequence[Edit]) -> None:
    """Who was erased stays hidden. Raises ClientFault `erased` (409)."""
    undone = [one for one in decisions if wanted.kind == "undo" and one.number == wanted.data["number"]]
    for one in undone:
        who = await call.parts.store.participants.get(one.data.get("participant", ""))
        if who is not None and not who.name:
            raise ClientFault("erased", "That person was erased.", Status.CONFLICT)


async def split(call: Call, body: Split) -> SplitView:
    """What was cut out and hidden is so of both."""
    async with turn(lock_of(call.parts)):  # it is not just being removed
        return await _split(call, body)


async def _split(call: Call, body: Split) -> SplitView:
    resource, decisions = await _editable(call)
    duration_ms = resource.duration_ms or 0
    trims = [one.data for one in stands(decisions) if one.kind == "trim"][-1:]
    begin_ms, end_ms = (trims[0]["from_ms"], trims[0]["to_ms"]) if trims else (0, None)
    first = _row(call, resource, body.revision, "trim", {"from_ms": begin_ms, "to_ms": body.at_ms})
    rest = replace(first, data={"from_ms": body.at_ms, "to_ms": end_ms})
    for row in (first, rest):
        _check(row, resource, decisions)
    if not begin_ms < body.at_ms < (duration_ms if end_ms is None else end_ms):
        raise ClientFault("out_of_range", "It can be split within what is left of it.", Status.REFUSED)
    now = call.parts.now_ms
    second = replace(resource, id=new_id(), title=body.title, created_at=now, state_at=now, changed_at=now)
    second = replace(second, state="draft", version=1, published_at=None, published_edits=0, reviewer=None)
    await edited(call, resource, partial(call.parts.store.edits.split, first, second, [*decisions, rest]))
    await joining.refresh(call.parts, resource)
    return SplitView(resource=second.id)


async def _editable(call: Call) -> tuple[Resource, list[Edit]]:
    resource = await cuttable(call)
    if resource.kind != "recording":
        raise ClientFault("not_a_recording", "What it is made of is edited, not it.", Status.CONFLICT)
    if resource.status != "ready" or resource.duration_ms is None:
        raise ClientFault("not_ready", "It is still being recorded.", Status.CONFLICT)
    return resource, await call.parts.store.edits.of(resource.id)


def _row(call: Call, resource: Resource, revision: int, kind: Any, data: dict[str, Any]) -> Edit:
    actor = call.account.id if call.account is not None else None
    return Edit(resource.id, revision + 1, actor, call.parts.now_ms, kind, data)


def _check(row: Edit, resource: Resource, decisions: Sequence[Edit]) -> None:
    if row.number != len(decisions) + 1:
        raise ClientFault("edited", "Somebody else has edited it meanwhile.", Status.CONFLICT)
    check(row, decisions, resource.tracks, resource.duration_ms or 0)


async def _view(call: Call, resource: Resource, decisions: Sequence[Edit]) -> EditsView:
    by, standing = fold(decisions, resource.duration_ms or 0), {one.number for one in stands(decisions)}
    names = {}
    for actor in {one.actor for one in decisions if one.actor is not None}:
        account = await call.parts.store.accounts.get(actor)
        names[actor] = account.name if account is not None else None
    return EditsView(
        revision=by.revision,
        duration_ms=resource.duration_ms or 0,
        cuts=list(by.cuts),
        tracks=sorted(by.tracks),
        participants=sorted(by.participants),
        decisions=[
            DecisionView(
                number=one.number,
                at=one.at,
                by=names.get(one.actor or ""),
                kind=one.kind,
                data=one.data,
                stands=one.number in standing,
            )
            for one in decisions
        ],
    )


CODES = ("not_found", "not_allowed", "not_ready", "not_a_recording")
ROUTES = (
    Route("GET", f"{RESOURCE}/edits", shown, "What was decided to be taken out of it", Needs.ACCOUNT, codes=CODES),
    Route(
        "POST",
        f"{RESOURCE}/edits",
        decided,
        "Cut something out, trim it, hide somebody or something, or take such a decision back",
        Needs.ACCOUNT,
        codes=(
            *CODES,
            "malformed",
            "edited",
            "out_of_range",
            "nothing_left",
            "too_many_edits",
            "undone",
            "imported",
            "erased",
        ),
    ),
    Route(
        "POST",
        f"{RESOURCE}/split",
        split,
        "Make two of it",
        Needs.ACCOUNT,
        201,
        codes=(*CODES, "malformed", "edited", "out_of_range", "nothing_left", "too_many_edits", "imported"),
    ),
)
