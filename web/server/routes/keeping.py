"""What is kept, for administrators: rules and what they would take, legal holds, and the record of what was deleted;
for owners, what of theirs goes and the one touch by which it stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from classroom.errors import ClientFault, Status
from classroom.keeping import MOST_DAYS, Rule
from classroom.payload import Words as Text
from classroom.store.records import Account, Hold, Lesson, Participant, Resource
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, View, Words
from web.server.courseware.turns import turn
from web.server.keeping import retiring
from web.server.keeping.removing import lock_of
from web.server.routes.resources import RESOURCE, editable, viewer_of
from web.server.sessions import Call

SHOWN = 500
"""Of a preview, and of the record."""
Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class HoursBody(Body):
    """`hour` of the day at which the rules are carried out; `grace_days` that what goes has until it does."""

    hour: Annotated[int, Field(ge=0, le=23)]
    grace_days: Annotated[int, Field(ge=1, le=365)]


class HoursView(View):
    hour: int
    grace_days: int


class RuleBody(Body):
    """`school`: null of all. `kind`, `state`, `subject`, `collection`: "" whatever it is; what is published goes only
    by a rule whose `state` is that. `counted`: `days` since it was `recorded`, or `viewed` last."""

    name: Words
    school: Id | None = None
    kind: Literal["", "recording", "courseware", "bank", "upload", "link", "joined"] = ""
    state: Code = ""
    subject: Code = ""
    collection: Code = ""
    counted: Literal["recorded", "viewed"] = "recorded"
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    action: Literal["delete", "media"] = "delete"


class RuleView(View):
    """`previewed_at`: when somebody last looked at what it takes; before `changed_at`, it cannot be `on`."""

    id: str
    name: str
    school: str | None
    kind: str
    state: str
    subject: str
    collection: str
    counted: str
    days: int
    action: str
    on: bool
    created_at: int
    changed_at: int
    previewed_at: int


class OnBody(Body):
    on: bool


class VerdictView(View):
    """`kept`: why it stays; null: it goes. `days`: how old it is as the rule counts."""

    resource: str
    title: str
    kind: str
    state: str
    owner_name: str
    created_at: int
    bytes: int
    days: int
    kept: str | None


class MonthView(View):
    month: str
    count: int
    bytes: int


class PreviewView(View):
    """What the rule would take now (`goes`, `bytes`), of so many that it is about (`of`); `items`, the first of them,
    what goes before what stays. `months`: how much would go in each, this one first, if nothing changed."""

    goes: int
    bytes: int
    of: int
    items: list[VerdictView]
    months: list[MonthView]


class GoingView(View):
    resource: str
    title: str
    rule: str
    action: str
    since: int
    due_at: int


class TurnView(View):
    """How many resources begin to go, stay after all, and went."""

    begins: int
    stays: int
    goes: int


class HoldBody(Body):
    kind: Literal["resource", "lesson", "person"]
    subject: Id
    reason: Annotated[Text, StringConstraints(max_length=2000)]


class LiftBody(Body):
    reason: Annotated[Text, StringConstraints(max_length=2000)]


class HoldView(View):
    """`title`: of what is held, "" where that cannot be said. `by`, `lifter`: names; null of the operator, and of who
    is gone."""

    id: str
    kind: str
    subject: str
    title: str
    reason: str
    by: str | None
    since: int
    lifted_at: int | None
    lifter: str | None
    lifted_why: str


class RemovalView(View):
    """`digest`: SHA-256 of the id that it had. `stage`: how far it is; `fault`: why it does not go on. `rows`, `files`,
    `bytes` are how much was deleted here, `stored` how many files the storage had."""

    id: str
    what: str
    kind: str
    school: str | None
    digest: str
    by: str | None
    rule: str | None
    asked_at: int
    stage: str
    fault: str | None
    rows: int
    files: int
    bytes: int
    stored: int
    done_at: int | None


async def hours(call: Call) -> HoursView:
    return HoursView.model_validate(await retiring.hours(call.parts))


async def hours_set(call: Call, body: HoursBody) -> HoursView:
    await retiring.set_hours(call.parts, retiring.Hours(body.hour, body.grace_days))
    return await hours(call)


async def rules(call: Call) -> list[RuleView]:
    return [RuleView.model_validate(one) for one in await call.parts.store.rules.all()]


def _rule(body: RuleBody, rule_id: str, created_at: int) -> Rule:
    return Rule(id=rule_id, on=False, created_at=created_at, changed_at=0, **body.model_dump())


async def rule_made(call: Call, body: RuleBody) -> RuleView:
    made = await call.parts.store.rules.put(_rule(body, "", 0), call.parts.now_ms)
    return RuleView.model_validate(made)


async def rule_changed(call: Call, body: RuleBody) -> RuleView:
    """It is off then."""
    before = await call.parts.store.rules.get(call.path("rule"))
    made = await call.parts.store.rules.put(_rule(body, before.id, before.created_at), call.parts.now_ms)
    return RuleView.model_validate(made)


async def rule_removed(call: Call) -> None:
    await call.parts.store.rules.remove((await call.parts.store.rules.get(call.path("rule"))).id)


async def previewed(call: Call) -> PreviewView:
    """Who looked at it may switch it on."""
    store = call.parts.store
    rule = await store.rules.get(call.path("rule"))
    found = await retiring.preview(call.parts, rule, SHOWN)
    await store.rules.previewed(rule, call.parts.now_ms)
    names = await store.accounts.names({row.owner for _, row, _ in found.items if row.owner})
    items = [
        VerdictView(
            resource=row.id,
            title=row.title,
            kind=row.kind,
            state=row.state,
            owner_name=names.get(row.owner or "", ""),
            created_at=row.created_at,
            bytes=size,
            days=verdict.days,
            kept=verdict.kept,
        )
        for verdict, row, size in found.items
    ]
    months = [MonthView.model_validate(one) for one in found.months]
    return PreviewView(goes=found.goes, bytes=found.bytes, of=found.of, items=items, months=months)


async def switched(call: Call, body: OnBody) -> RuleView:
    store = call.parts.store
    rule = await store.rules.get(call.path("rule"))
    await store.rules.switch(rule, on=body.on)
    return RuleView.model_validate(await store.rules.get(rule.id))


async def carried_out(call: Call) -> TurnView:
    done = await retiring.carry_out(call.parts)
    return TurnView(begins=len(done.begins), stays=len(done.stays), goes=len(done.goes))


async def going(call: Call) -> list[GoingView]:
    """One's own; the operator sees all."""
    viewer = viewer_of(call)
    rows = await call.parts.store.rules.leaving(None if viewer is None else viewer.id)
    fields = GoingView.model_fields.keys() - {"title"}
    return [GoingView(title=title, **{name: getattr(row, name) for name in fields}) for row, title in rows]


async def spared(call: Call) -> None:
    """For a year no rule takes it."""
    resource, by = await editable(call), None if call.operator else call.signed_in.id
    async with turn(lock_of(call.parts)):
        await call.parts.store.rules.spare(resource.id, by, call.parts.now_ms)


async def holds(call: Call) -> list[HoldView]:
    return await _held(call, await call.parts.store.holds.list())


async def _held(call: Call, rows: Sequence[Hold]) -> list[HoldView]:
    store = call.parts.store
    names = await store.accounts.names({one for row in rows for one in (row.account, row.lifted_by) if one})
    return [
        HoldView(
            title=await _title(call, row),
            by=names.get(row.account or ""),
            lifter=names.get(row.lifted_by or ""),
            **{name: getattr(row, name) for name in HoldView.model_fields.keys() & Hold.__dataclass_fields__.keys()},
        )
        for row in rows
    ]


async def _title(call: Call, row: Hold) -> str:
    found = await _named(call, row.kind, row.subject)
    return "" if found is None else found.name if isinstance(found, Account | Participant) else found.title


async def _named(call: Call, kind: str, subject: str) -> Resource | Lesson | Account | Participant | None:
    store = call.parts.store
    match kind:
        case "resource":
            return await store.resources.get(subject)
        case "lesson":
            return await store.lessons.get(subject)
    return await store.accounts.get(subject) or await store.participants.get(subject)


async def hold_made(call: Call, body: HoldBody) -> HoldView:
    store, by = call.parts.store, None if call.operator else call.signed_in.id
    async with turn(lock_of(call.parts)):  # nothing of it is just being removed
        if await _named(call, body.kind, body.subject) is None:
            raise ClientFault("not_found", f"There is no such {body.kind}.", Status.NOT_FOUND)
        made = await store.holds.add(body.kind, body.subject, body.reason, by, call.parts.now_ms)
    return (await _held(call, [made]))[0]


async def hold_lifted(call: Call, body: LiftBody) -> None:
    by = None if call.operator else call.signed_in.id
    await call.parts.store.holds.lift(call.path("hold"), body.reason, by, call.parts.now_ms)


async def removals(call: Call) -> list[RemovalView]:
    """What is not done yet, then the newest."""
    rows = await call.parts.store.removals.list(SHOWN)
    names = await call.parts.store.accounts.names({row.account for row in rows if row.account})
    fields = RemovalView.model_fields.keys() - {"by"}
    return [
        RemovalView(by=names.get(row.account or ""), **{name: getattr(row, name) for name in fields}) for row in rows
    ]


KEEPING = "/api/v1/keeping"
RULES, RULE = f"{KEEPING}/rules", f"{KEEPING}/rules/{{rule}}"
HOLDS = f"{KEEPING}/holds"
OF_RULE = ("not_found", "rule_invalid", "too_many_rules")
ROUTES = (
    Route("GET", KEEPING, hours, "When retention rules are carried out", Needs.ADMIN),
    Route("PUT", KEEPING, hours_set, "Say when, and how long what goes has until it does", Needs.ADMIN),
    Route("GET", RULES, rules, "Retention rules", Needs.ADMIN),
    Route("POST", RULES, rule_made, "Make a rule, which is off", Needs.ADMIN, 201, codes=OF_RULE),
    Route("PUT", RULE, rule_changed, "Change a rule, which is off then", Needs.ADMIN, codes=OF_RULE),
    Route("DELETE", RULE, rule_removed, "Remove a rule", Needs.ADMIN, 204, codes=("not_found",)),
    Route("GET", f"{RULE}/preview", previewed, "What a rule would take", Needs.ADMIN, codes=("not_found",)),
    Route(
        "PUT", f"{RULE}/on", switched, "Switch a rule on or off", Needs.ADMIN, codes=("not_found", "not_previewed")
    ),
    Route("POST", f"{KEEPING}/turn", carried_out, "Carry the rules out now", Needs.ADMIN),
    Route("GET", f"{KEEPING}/going", going, "What goes by rules, and when", Needs.ACCOUNT),
    Route("POST", f"{RESOURCE}/keep", spared, "Keep it, whatever the rules say", Needs.ACCOUNT, 204,
          codes=("not_found", "not_allowed")),
    Route("GET", HOLDS, holds, "Legal holds, and those that were lifted", Needs.ADMIN),
    Route("POST", HOLDS, hold_made, "Hold a resource, a lesson or a person", Needs.ADMIN, 201, codes=("not_found",)),
    Route("POST", f"{HOLDS}/{{hold}}/lift", hold_lifted, "Lift a hold", Needs.ADMIN, 204, codes=("not_found",)),
    Route("GET", f"{KEEPING}/removals", removals, "The record of what was deleted or erased", Needs.ADMIN),
)  # fmt: skip
