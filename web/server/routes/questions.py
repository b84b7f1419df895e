"""The question bank: a teacher's own questions, and those that are shared with the school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from classroom import bank
from classroom.activities import media
from classroom.errors import ClientFault, Status
from classroom.events import Json
from classroom.ids import new_id
from classroom.store.questions import Search
from classroom.store.records import Account, Banked
from web.server.api import Needs, Route
from web.server.banking import MOST, Folder, Kept, Language, Level, Tags, question_of
from web.server.bodies import Body, Login, View, Words
from web.server.courseware.shelf import MOST_ITEMS, SHELF_BYTES
from web.server.seats import not_found
from web.server.sessions import Call

PAGE = 50
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")]


class QuestionView(View):
    """`question` as `activity.open` takes it, but for how it is run. `shared`: the school has it; `by`: whose it is
    where it is not mine, who alone can change it."""

    id: str
    question: dict[str, Any]
    folder: str
    tags: list[str]
    level: str
    language: str
    shared: bool
    mine: bool
    by: str | None
    created_at: int
    changed_at: int


class PageView(View):
    """`of`: how many there are in all."""

    questions: list[QuestionView]
    of: int


class LabelView(View):
    label: str
    questions: int


class LabelsView(View):
    """What the bank may be looked through by. `room`: how many more questions of mine it takes; `formats`:
    as what files they may be exported."""

    folders: list[LabelView]
    levels: list[LabelView]
    tags: list[LabelView]
    points: list[LabelView]
    room: int
    formats: list[str]


class Owned(Body):
    """`owner` is a login, and the operator's to say."""

    owner: Login | None = None


class Wanted(Owned):
    """With all of `words`, by folders, from the so-manyth on."""

    words: Words | None = None
    folder: Folder | None = None
    type: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")] | None = None
    level: Words | None = None
    language: Language | None = None
    tag: Words | None = None
    point: Words | None = None
    whose: Literal["mine", "all"] = "all"
    since: Number = "0"


class QuestionNew(Kept):
    shared: bool = False


class QuestionChange(Body):
    """What is left out stays as it is."""

    question: dict[str, Any] | None = None
    folder: Folder | None = None
    tags: Tags | None = None
    level: Level | None = None
    language: Language | None = None
    shared: bool | None = None


async def listed(call: Call, query: Wanted) -> PageView:
    viewer = await viewer_of(call, query)
    rows, of = await call.parts.store.questions.list(viewer, search_of(query), int(query.since), PAGE)
    return PageView(questions=await _views(call, rows, viewer), of=of)


async def labels(call: Call) -> LabelsView:
    store, me = call.parts.store.questions, call.signed_in
    found = await store.labels(me)
    room = MOST - await store.count(me.id)
    named = {
        name: [LabelView(label=label, questions=many) for label, many in getattr(found, name)]
        for name in ("folders", "levels", "tags", "points")
    }
    return LabelsView(**named, room=room, formats=list(bank.FORMATS))


async def shown(call: Call) -> QuestionView:
    row = await _seen(call)
    return (await _views(call, [row], call.signed_in))[0]


async def made(call: Call, body: QuestionNew) -> QuestionView:
    me, now = call.signed_in, call.parts.now_ms
    kept = body.model_dump(exclude={"shared", "question"})
    question = await _fit(call, me, body.question)
    row = Banked(new_id(), me.id, school_of(me, body.shared), position=0, question=question, **kept, **times_of(now))
    if not await call.parts.store.questions.add(me.id, [row], MOST):
        raise full()
    return (await _views(call, [row], me))[0]


async def changed(call: Call, body: QuestionChange) -> QuestionView:
    row, me = await _mine(call), call.signed_in
    said = {key: value for key, value in dict(body).items() if value is not None and key != "shared"}
    if body.question is not None:
        said["question"] = await _fit(call, me, body.question)
    school = row.school if body.shared is None else school_of(me, body.shared)
    row = replace(row, school=school, changed_at=call.parts.now_ms, **said)
    if not await call.parts.store.questions.change(row):
        raise not_found("question")
    return (await _views(call, [row], me))[0]


async def removed(call: Call) -> None:
    row = await _mine(call)
    await call.parts.store.holds.check_bank(row.owner, row.folder)
    await call.parts.store.questions.remove(row.id, row.owner)


async def copied(call: Call) -> QuestionView:
    """A shared one, with its pictures and sounds, which are on my shelf from now on."""
    row, me, parts = await _seen(call), call.signed_in, call.parts
    if await parts.store.questions.count(me.id) >= MOST:
        raise full()  # before its pictures are on the shelf
    question, wanted = row.question, media.names(row.question)
    if wanted and row.owner != me.id:
        names = await parts.store.shelves.copy(row.owner, wanted, me.id, parts.now_ms, MOST_ITEMS, SHELF_BYTES)
        if names is None:
            raise ClientFault("shelf_full", "Your shelf is full: remove something first.", Status.CONFLICT)
        question = media.renamed(question, names)
    question = await _fit(call, me, question)
    mine = replace(row, id=new_id(), owner=me.id, school=None, question=question, **times_of(parts.now_ms))
    if not await parts.store.questions.add(me.id, [mine], MOST):
        raise full()
    return (await _views(call, [mine], me))[0]


def search_of(query: Wanted) -> Search:
    named: dict[str, Any] = {
        key: value or "" for key, value in dict(query).items() if key in Search.__dataclass_fields__
    }
    return Search(**{**named, "folder": query.folder, "mine": query.whose == "mine"})


async def viewer_of(call: Call, query: Owned) -> Account | None:
    """Whose bank is meant: the asker's own, or whose the operator names; None for everyone's. Raises 403, 404."""
    if not call.operator:
        if query.owner is not None:
            raise ClientFault("not_allowed", "That is the operator's to say.", Status.FORBIDDEN)
        return call.signed_in
    if query.owner is None:
        return None
    account = await call.parts.store.accounts.by_login(query.owner)
    if account is None:
        raise not_found("account")
    return account


async def _seen(call: Call) -> Banked:
    row = await call.parts.store.questions.get(call.path("question"), call.signed_in)
    if row is None:
        raise not_found("question")
    return row


async def _mine(call: Call) -> Banked:
    row = await _seen(call)
    if row.owner != call.signed_in.id:
        raise ClientFault("not_allowed", "Another teacher's question is copied, not changed.", Status.FORBIDDEN)
    return row


async def _fit(call: Call, owner: Account, data: Json) -> Json:
    """Raises `malformed`, `too_large`, `media_unfit`, 404 for a picture or sound that is not on the shelf."""
    question = question_of(data)
    media.check(question, dict(await call.parts.store.shelves.mine(owner.id, media.names(question))))
    return question


def school_of(owner: Account, shared: bool) -> str | None:
    if shared and owner.school is None:
        raise ClientFault("no_school", "An account without a school shares nothing.", Status.CONFLICT)
    return owner.school if shared else None


def times_of(now: int) -> dict[str, Any]:
    return {"created_at": now, "changed_at": now}


def full() -> ClientFault:
    return ClientFault("bank_full", f"A bank has at most {MOST} questions.", Status.CONFLICT)


async def _views(call: Call, rows: Sequence[Banked], viewer: Account | None) -> list[QuestionView]:
    me = viewer.id if viewer else None
    others = {row.owner for row in rows} - {me}
    names = {one.id: one.name for owner in others if (one := await call.parts.store.accounts.get(owner))}
    return [
        QuestionView(
            **{name: getattr(row, name) for name in QuestionView.model_fields if hasattr(row, name)},
            shared=row.school is not None,
            mine=row.owner == me,
            by=names.get(row.owner),
        )
        for row in rows
    ]


BANK, ONE = "/api/v1/questions", "/api/v1/questions/{question}"
BAD = ("malformed", "too_large", "not_found", "media_unfit")
MINE = ("not_found", "not_allowed")
ROUTES = (
    Route("GET", BANK, listed, "Questions of mine and of my school, 50 at a time", Needs.ACCOUNT, codes=("malformed",)),
    Route("GET", f"{BANK}/labels", labels, "By what they may be looked through", Needs.ACCOUNT),
    Route("POST", BANK, made, "Keep a question", Needs.ACCOUNT, 201, codes=(*BAD, "bank_full", "no_school")),
    Route("GET", ONE, shown, "One question", Needs.ACCOUNT, codes=("not_found",)),
    Route("PATCH", ONE, changed, "Change a question", Needs.ACCOUNT, codes=(*BAD, "not_allowed", "no_school")),
    Route(
        "DELETE", ONE, removed, "Remove a question", Needs.ACCOUNT, 204, codes=("not_found", "not_allowed", "on_hold")
    ),
    Route(
        "POST",
        f"{ONE}/copy",
        copied,
        "Take a copy of a question, with its pictures and sounds",
        Needs.ACCOUNT,
        201,
        codes=(*BAD, "bank_full", "shelf_full"),
    ),
)
