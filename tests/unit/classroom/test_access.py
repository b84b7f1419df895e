"""Who may do what with a resource: the table against its rules said otherwise, and the store's condition against it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from classroom.access import MAY, Deed, LinkState, Stage, Standing, by_link, deeds, knows_names, standings, state_of
from classroom.errors import ClientFault
from classroom.ids import digest
from classroom.review import State
from classroom.store import Store
from classroom.store.records import Account, Grant, Resource, SharedLink

NOW = 1_760_000_000_000


def account(name: str, role: str = "teacher", school: str | None = None) -> Account:
    return Account(name, name, name, role, "hash", False, NOW, school)  # type: ignore[arg-type]


def resource(**fields: object) -> Resource:
    return replace(Resource("r", None, "Autumn", "recording", "ready", NOW, 1000, "", []), **fields)  # type: ignore[arg-type]


def link(**fields: object) -> SharedLink:
    row = SharedLink("l", "r", digest("s"), None, False, "Parents", "li", NOW, NOW + 1000)
    return replace(row, **fields)  # type: ignore[arg-type]


def grant(number: int, to: str | None, school: str | None, role: str | None, of: str = "r") -> Grant:
    return Grant(f"g{number}", of, to, school, role, None, NOW)  # type: ignore[arg-type]


STATES = (State.SUBMITTED, State.PUBLISHED, State.WITHDRAWN)  # of each stage one
accounts = some.builds(
    account,
    some.sampled_from(["li", "hu"]),
    some.sampled_from(["teacher", "staff", "admin"]),
    some.sampled_from([None, "one", "two"]),
)
rows = some.builds(
    resource,
    state=some.sampled_from([*State]),
    reach=some.sampled_from(["school", "all"]),
    owner=some.sampled_from([None, "li", "hu"]),
    school=some.sampled_from([None, "one", "two"]),
)
grants = some.lists(
    some.builds(
        grant,
        some.integers(0, 9),
        some.sampled_from([None, "li", "hu"]),
        some.sampled_from([None, "one", "two"]),
        some.sampled_from([None, "teacher", "staff"]),
    ),
    max_size=3,
)


def test_the_table_has_every_cell() -> None:
    assert MAY.keys() == set(product(Standing, Stage))


@given(accounts, rows, grants)
def test_an_account_may_what_the_rules_say(viewer: Account, row: Resource, given_: list[Grant]) -> None:
    """The rules in words: whose it is and the staff may all. Others may watch and take, never change: what is published
    by its reach, or where all that a grant names is theirs; what is not, by a grant to them in person; what is
    withdrawn, never."""
    may = deeds(standings(viewer, row, given_), row.state)
    if viewer.role != "teacher" or viewer.id == row.owner:
        assert may == set(Deed)
        return
    mine = [
        one
        for one in given_
        if (one.account, one.school, one.role) != (None, None, None)
        and one.account in (None, viewer.id)
        and (one.school is None or one.school == viewer.school)
        and one.role in (None, viewer.role)
    ]
    in_person = any(one.account for one in mine)
    reached = row.reach == "all" or (bool(viewer.school) and row.school == viewer.school)
    lets_in = {
        "published": reached or bool(mine),
        "withdrawn": False,
    }.get(row.state, in_person)
    assert may == ({Deed.SEE, Deed.PLAY, Deed.DOWNLOAD} if lets_in else set())


@given(accounts, rows)
def test_names_are_for_the_school_and_whose_it_is(viewer: Account, row: Resource) -> None:
    same = viewer.school in ("one", "two") and viewer.school == row.school
    assert knows_names(viewer, row) == (same or viewer.role != "teacher" or viewer.id == row.owner)


@pytest.mark.parametrize(
    ("fields", "now", "state"),
    [
        ({}, NOW + 999, LinkState.OPEN),
        ({}, NOW + 1000, LinkState.EXPIRED),
        ({"revoked_at": NOW}, NOW, LinkState.REVOKED),
        ({"revoked_at": NOW}, NOW + 1000, LinkState.REVOKED),
    ],
)
def test_a_link_is_good_until_it_is_over_or_taken_back(fields: dict[str, object], now: int, state: LinkState) -> None:
    assert state_of(link(**fields), now) is state
    seen = deeds(by_link(link(**fields), now), "draft")
    assert seen == ({Deed.SEE, Deed.PLAY, Deed.DOWNLOAD} if state is LinkState.OPEN else set())


def test_a_link_to_watch_gives_no_files_and_none_leads_to_what_is_withdrawn() -> None:
    assert deeds(by_link(link(watch_only=True), NOW), "published") == {Deed.SEE, Deed.PLAY}
    assert deeds(by_link(link(), NOW), "withdrawn") == set()


async def test_the_store_lets_in_whom_the_table_does(store: Store) -> None:
    """Every stage, reach, owner and school, each with several grants; by every kind of account."""
    one, two = [(await store.schools.add(name, NOW)).id for name in ("实验小学", "村小")]
    who = [
        await store.accounts.add(name, name, role, "hash", NOW, school)  # type: ignore[arg-type]
        for name, role, school in (
            ("li", "teacher", one),
            ("hu", "teacher", two),
            ("wu", "teacher", None),
            ("ma", "staff", one),
        )
    ]
    li, hu, wu, _ = who
    to: list[list[tuple[str | None, str | None, str | None]]] = [
        [],
        [(hu.id, None, None)],
        [(hu.id, one, None), (wu.id, None, "staff")],
        [(None, two, None)],
        [(None, two, "staff"), (None, None, "teacher")],
        [(wu.id, None, "teacher")],
    ]
    made, kept = [], dict[str, list[Grant]]()
    for state, reach, owner, school in product(STATES, ("school", "all"), (None, li.id), (None, one)):
        for case in to:
            row = resource(id=f"r{len(made)}", state=state, reach=reach, owner=owner, school=school)
            await store.resources.put(row)
            made.append(row)
            kept[row.id] = [grant(0, *names, of=row.id) for names in case]
            for number, given_ in enumerate(kept[row.id]):
                await store.access.grant(replace(given_, id=f"{row.id}g{number}"))
    for viewer in who:
        seen = {row.id for row in await store.resources.list(viewer)}
        should = {row.id for row in made if Deed.SEE in deeds(standings(viewer, row, kept[row.id]), row.state)}
        assert seen == should, viewer.login


async def test_grants_and_links_are_kept_once_taken_back_and_go_with_their_resource(store: Store) -> None:
    hu = await store.accounts.add("hu", "Hu", "teacher", "hash", NOW)
    await store.resources.put(resource())
    first = await store.access.grant(grant(1, hu.id, None, None))
    assert await store.access.grant(grant(2, hu.id, None, None)) == first
    with pytest.raises(ClientFault, match="no such account"):
        await store.access.grant(grant(3, "nobody", None, None))
    await store.access.add_link(link(maker=hu.id))
    assert await store.access.by_secret("other") is None
    found = await store.access.by_secret("s")
    assert found is not None
    assert "s" not in (found.secret_hash, found.password_hash)
    assert await store.access.revoke("other", "l", NOW) is False
    assert (await store.access.revoke("r", "l", NOW), await store.access.revoke("r", "l", NOW + 1)) == (True, False)
    assert (await store.access.take_back("other", first.id), await store.access.take_back("r", first.id)) == (
        False,
        True,
    )
    await store.resources.remove("r")
    assert (await store.access.link("l"), await store.access.grants("r")) == (None, [])
