"""What the store keeps of the catalogue: who sees what, steps and amendments, the queue, collections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classroom.errors import ClientFault
from classroom.ids import new_id
from classroom.review import Action, Asked, Part, decide
from classroom.store import Store
from classroom.store.catalogue import Search
from classroom.store.records import Account, Collection, Details, Edit, Resource
from tests.decided import decided

NOW = 1_760_000_000_000
OWNER, REVIEWER = frozenset({Part.OWNER}), frozenset({Part.REVIEWER})


async def people(store: Store) -> dict[str, Account]:
    one, other = await store.schools.add("实验小学", NOW), await store.schools.add("村小", NOW)
    made = {}
    for login, role, school in (
        ("li", "teacher", one),
        ("hu", "teacher", one),
        ("wu", "teacher", other),
        ("xu", "teacher", None),
        ("ma", "staff", None),
        ("ye", "staff", None),
    ):
        made[login] = await store.accounts.add(login, login, role, "hash", NOW, school.id if school else None)  # type: ignore[arg-type]
    return made


async def recorded(store: Store, owner: Account, title: str = "秋天") -> Resource:
    lesson = await store.lessons.add(title, NOW, owner=owner.id, school=owner.school)
    return await store.resources.add(title, lesson.id, NOW, lesson=lesson.id, status="ready", duration_ms=1000)


async def taken(
    store: Store, one: str, action: Action, by: Account, parts: frozenset[Part], details: Details | None = None
) -> Resource:
    row = await store.resources.get(one)
    assert row is not None
    asked = Asked(action, parts, by.id, NOW + row.version, 3, "because")
    await store.reviews.put(row, decide(row, await store.reviews.amendment(one), asked, details))
    after = await store.resources.get(one)
    assert after is not None
    return after


async def published(store: Store, one: str, owner: Account, reviewer: Account) -> Resource:
    await taken(store, one, Action.SELF_REVIEW, owner, OWNER)
    await taken(store, one, Action.SUBMIT, owner, OWNER)
    return await taken(store, one, Action.PUBLISH, reviewer, REVIEWER)


async def test_what_was_decided_since_it_was_looked_at_is_not_published_unseen(store: Store) -> None:
    who = await people(store)
    row = await recorded(store, who["li"])
    await decided(store, Edit(row.id, 1, who["li"].id, NOW, "cut", {"from_ms": 0, "to_ms": 500}))
    for action in (Action.SELF_REVIEW, Action.SUBMIT):
        looked_at = await taken(store, row.id, action, who["li"], OWNER)
    await decided(store, Edit(row.id, 2, who["li"].id, NOW, "undo", {"number": 1}))
    asked = Asked(Action.PUBLISH, REVIEWER, who["ma"].id, NOW, 2)
    with pytest.raises(ClientFault) as refused:
        await store.reviews.put(looked_at, decide(looked_at, None, asked))
    assert refused.value.code == "changed_meanwhile"
    late = Edit(row.id, 2, who["li"].id, NOW, "cut", {"from_ms": 500, "to_ms": 600})
    before = await store.resources.get(row.id)
    with pytest.raises(ClientFault, match="edited"):
        await decided(store, late)
    assert await store.resources.get(row.id) == before


async def test_who_sees_what_follows_state_and_reach(store: Store) -> None:
    who = await people(store)
    row = await recorded(store, who["li"])
    assert (row.owner, row.school, row.state) == (who["li"].id, who["li"].school, "draft")

    async def seers() -> str:
        seen = [name for name, one in who.items() if await store.resources.get(row.id, one)]
        assert seen == [name for name, one in who.items() if await store.resources.list(one)]
        return " ".join(seen)

    assert await seers() == "li ma ye"
    await taken(store, row.id, Action.SELF_REVIEW, who["li"], OWNER)
    assert await seers() == "li ma ye"
    await taken(store, row.id, Action.SUBMIT, who["li"], OWNER)
    assert await seers() == "li ma ye"
    row = await taken(store, row.id, Action.PUBLISH, who["ma"], REVIEWER)
    assert (row.state, row.published_edits, row.published_at) == ("published", 3, NOW + 3)
    assert await seers() == "li hu ma ye"
    wider = replace(row.details, reach="all")
    await taken(store, row.id, Action.CHANGE, who["li"], OWNER, wider)
    assert await seers() == "li hu ma ye"
    await published(store, row.id, who["li"], who["ma"])
    assert await seers() == "li hu wu xu ma ye"
    await taken(store, row.id, Action.WITHDRAW, who["li"], OWNER)
    assert await seers() == "li ma ye"
    await store.accounts.erase(who["li"].id)
    assert (gone := await store.resources.get(row.id)) is not None
    assert gone.owner is None
    assert [name for _, name in await store.reviews.trail(row.id)] == ["", "", "ma", "", "", "", "ma", ""]


async def test_a_resource_of_no_school_reaches_no_school(store: Store) -> None:
    who = await people(store)
    row = await recorded(store, who["xu"])
    await published(store, row.id, who["xu"], who["ma"])
    assert [name for name, one in who.items() if await store.resources.get(row.id, one)] == ["xu", "ma", "ye"]


async def test_what_is_published_stays_as_it_is_until_its_amendment_is(store: Store) -> None:
    who = await people(store)
    row = await recorded(store, who["li"])
    row = await published(store, row.id, who["li"], who["ma"])
    new = Details(
        "秋天的雨",
        "a lesson",
        subject="chinese",
        points=("雨", "秋"),
        contributors=({"name": "李", "role": "teacher"},),
    )
    after = await taken(store, row.id, Action.CHANGE, who["li"], OWNER, new)
    assert after.details == row.details
    change = await store.reviews.amendment(row.id)
    assert change is not None
    assert (change.state, change.details.title, list(change.details.points)) == ("draft", "秋天的雨", ["雨", "秋"])
    assert not await store.resources.list(search=Search(point="雨"))
    await published(store, row.id, who["li"], who["ma"])
    assert await store.reviews.amendment(row.id) is None
    assert [one.title for one in await store.resources.list(search=Search(point="雨", subject="chinese"))] == [
        "秋天的雨"
    ]
    trail = [(step.number, step.action, step.amended) for step, _ in await store.reviews.trail(row.id)]
    steps = ["self_review", "submit", "publish"]
    assert trail == [
        *((number, action, False) for number, action in enumerate(steps, 1)),
        (4, "change", True),
        *((number, action, True) for number, action in enumerate(steps, 5)),
    ]


async def test_of_two_who_step_at_once_one_is_told(store: Store) -> None:
    who = await people(store)
    row = await recorded(store, who["li"])
    outcome = decide(row, None, Asked(Action.SELF_REVIEW, OWNER, who["li"].id, NOW))
    await store.reviews.put(row, outcome)
    with pytest.raises(ClientFault, match="meanwhile"):
        await store.reviews.put(row, outcome)
    assert len(await store.reviews.trail(row.id)) == 1
    await store.resources.remove(row.id)
    with pytest.raises(ClientFault, match="no such"):
        await store.reviews.put(row, outcome)


async def test_the_queue_has_what_waits_longest_first_and_one_reviewer_for_each(store: Store) -> None:
    who = await people(store)
    first, second = await recorded(store, who["li"], "一"), await recorded(store, who["li"], "二")
    await published(store, second.id, who["li"], who["ma"])
    await taken(store, second.id, Action.CHANGE, who["li"], OWNER, Details("三"))
    for one in (second, first):
        await taken(store, one.id, Action.SELF_REVIEW, who["li"], OWNER)
        with pytest.raises(ClientFault, match="wait"):
            await store.reviews.claim(one.id, who["ma"].id)
        await taken(store, one.id, Action.SUBMIT, who["li"], OWNER)

    async def queue(**asked: object) -> list[tuple[str, str | None]]:
        found = await store.reviews.queue(Search(), **asked)  # type: ignore[arg-type]
        return [(row.title, change.details.title if change else None) for row, change, _ in found]

    assert await queue() == [("一", None), ("二", "三")]
    (*_, place), (*_, last) = await store.reviews.queue(Search())
    assert await queue(limit=1) == [("一", None)]
    assert await queue(after=place) == [("二", "三")]
    assert await queue(after=last) == []
    for one in (first, second):
        await store.reviews.claim(one.id, who["ma"].id)
        await store.reviews.claim(one.id, who["ma"].id)
        with pytest.raises(ClientFault, match="Another"):
            await store.reviews.claim(one.id, who["ye"].id)
    assert await queue(free=True) == [] == await queue(carer=who["ye"].id)
    assert len(await queue(carer=who["ma"].id)) == 2
    await store.reviews.release(second.id)
    assert await queue(free=True) == [("二", "三")]
    await taken(store, second.id, Action.RETURN, who["ye"], REVIEWER)
    assert await queue() == [("一", None)]
    assert await store.reviews.queue(Search(subject="art")) == []


async def test_a_collection_shows_of_it_what_its_viewer_may_see_in_order(store: Store) -> None:
    who = await people(store)
    rows = [await recorded(store, who["li"], name) for name in "一二三"]
    made = Collection(new_id(), "series", "单元", "", who["li"].id, who["li"].school, NOW, NOW)
    await store.collections.add(made)
    for row in rows:
        await store.collections.hold(made.id, row.id, NOW + 1)
        await store.collections.hold(made.id, row.id, NOW + 1)
    assert await store.collections.get(made.id, who["hu"]) is None
    await published(store, rows[1].id, who["li"], who["ma"])
    assert await store.collections.get(made.id, who["hu"]) is not None
    assert await store.collections.get(made.id, who["wu"]) is None

    async def titles(viewer: str) -> str:
        return "".join(one.title for one in await store.collections.resources(made.id, who[viewer]))

    assert (await titles("li"), await titles("hu"), await titles("ma")) == ("一二三", "二", "一二三")
    await store.collections.order(made.id, [rows[2].id, "nowhere", rows[2].id], NOW + 2)
    assert await titles("li") == "三一二"
    assert [many for _, many in await store.collections.list(who["hu"])] == [1]
    assert [one.id for one, _ in await store.collections.list(who["li"], holding=rows[0].id)] == [made.id]
    assert await store.collections.release(made.id, rows[0].id, NOW + 3)
    assert not await store.collections.release(made.id, rows[0].id, NOW + 3)
    assert await store.collections.list(who["li"], holding=rows[0].id) == []
    with pytest.raises(ClientFault, match="no such resource"):
        await store.collections.hold(made.id, "nowhere", NOW)
    with pytest.raises(ClientFault, match="no such collection"):
        await store.collections.hold("nowhere", rows[0].id, NOW)
    assert await store.collections.change(replace(made, title="另一"))
    assert await store.collections.remove(made.id)
    assert not await store.collections.remove(made.id)
    assert len(await store.resources.list()) == 3
