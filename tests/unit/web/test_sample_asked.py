"""The sample lesson, asked for from an empty library: who may, where it is played, and one at a time."""

from __future__ import annotations

import asyncio

import pytest

from classroom.errors import ClientFault, OperatorFault
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server.parts import Parts
from web.server.routes.sample import ADDRESS, ROOM
from web.server.sample.playing import Playing, Progress


async def test_only_an_account_asks(teacher: Person, nobody: Person) -> None:
    assert await teacher.get(ADDRESS) == {"progress": None, "failed": False}
    assert await refusal(await nobody.call("POST", ADDRESS)) == (401, "signed_out")


async def played(person: Person, parts: Parts) -> tuple[str, ...]:
    """Asks for one, which comes as far as it does where no media are; gives the rooms that its lesson names."""
    before = {one.id for one in await parts.store.lessons.list()}
    await person.post(ADDRESS)
    async with asyncio.timeout(10):
        while parts.sample.done is not None:
            await asyncio.sleep(0.01)
    [made] = [one for one in await parts.store.lessons.list() if one.id not in before]
    await parts.store.resources.add("What is left of it", made.id, 1, lesson=made.id, status="ready")
    return (await parts.store.lessons.rooms([made.id]))[made.id]


async def test_it_is_played_in_a_room_of_its_own_where_no_display_stands(admin: Person, parts: Parts) -> None:
    schools, devices, now = parts.store.schools, parts.store.devices, parts.now_ms
    [school] = await schools.list()

    async def equip(room: str) -> None:
        await devices.pair((await devices.new_code(f"screen of {room}", now, 60_000)).code, room, now)

    real = await schools.add_room(school.id, "Class 1")
    await equip(real.id)
    [own] = await played(admin, parts)
    assert own != real.id
    assert {room.id: room.name for room in await schools.rooms(school.id)} == {real.id: "Class 1", own: ROOM}
    assert await played(admin, parts) == (own,), "it is there already"
    await equip(own)
    [other] = await played(admin, parts)
    assert other not in (real.id, own)


async def test_it_is_for_an_empty_library_and_somebody_with_a_school(
    admin: Person, nobody: Person, parts: Parts
) -> None:
    await parts.store.schools.add("Second School", parts.now_ms)  # of two, an account has none that is not named
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD, "role": "teacher"})
    await nobody.sign_in("wu")
    assert await refusal(await nobody.call("POST", ADDRESS)) == (409, "no_school")
    await admin.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example/a"})
    assert await refusal(await admin.call("POST", ADDRESS)) == (409, "sample_there")
    assert await parts.store.lessons.list() == []
    assert await parts.store.schools.rooms() == []


async def test_one_is_played_at_a_time_and_how_far_it_is_can_be_seen() -> None:
    playing, go_on = Playing(), asyncio.Event()

    async def play(progress: Progress) -> None:
        progress(0.5)
        await go_on.wait()

    playing.begin(play)
    await asyncio.sleep(0)
    assert playing.done == 0.5
    with pytest.raises(ClientFault, match="already"):
        playing.begin(play)
    go_on.set()
    await asyncio.sleep(0.01)
    assert (playing.done, playing.failed) == (None, False)


async def test_one_that_is_broken_off_says_so_and_can_be_asked_for_again() -> None:
    playing = Playing()

    async def play(_: Progress) -> None:
        raise OperatorFault("no server runs")

    playing.begin(play)
    await asyncio.sleep(0.01)
    assert (playing.done, playing.failed) == (None, True)
    playing.begin(play)
    assert (playing.done, playing.failed) == (0.0, False)
    await playing.close()
    assert playing.done is None
