"""Rooms in the store: which lessons they take part in, their displays and their rosters; on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from classroom.errors import ClientFault, Status
from classroom.events import Event, Role
from classroom.store import Store
from classroom.store.database import MIGRATIONS
from classroom.store.records import Banked, Entry, Room

NOW = 1_800_000_000_000
MINUTE = 60_000


@pytest.fixture
async def room(store: Store) -> Room:
    school = await store.schools.add("青山村小", NOW)
    return await store.schools.add_room(school.id, "Room 3")


async def test_a_lesson_without_named_rooms_is_for_its_schools_rooms(store: Store, room: Room) -> None:
    other = await store.schools.add("云岭小学", NOW)
    elsewhere = await store.schools.add_room(other.id, "Room 1")
    by_school = await store.lessons.add("by school", NOW, school=room.school)
    named = await store.lessons.add("named", NOW + 1, school=room.school, rooms=[elsewhere.id, elsewhere.id])
    await store.lessons.add("nobody's", NOW + 2)
    assert await store.lessons.of_room(room) == [(by_school, False)]
    assert await store.lessons.of_room(elsewhere) == [(named, True)]
    assert await store.lessons.rooms([by_school.id, named.id]) == {named.id: (elsewhere.id,)}
    await store.lessons.set_rooms(named.id, [room.id])
    assert await store.lessons.of_room(room) == [(by_school, False), (named, True)]
    await store.lessons.set_rooms(named.id, [])
    assert await store.lessons.of_room(room) == [(by_school, False), (named, False)]
    ended = Event(1, 0, "lead", "lesson.ended", {})
    await store.journal.append([Entry(named.id, "lead", "c" * 8, 1, [ended], [])], NOW + 5)
    assert await store.lessons.of_room(room) == [(by_school, False)]


async def test_a_room_that_is_not_there_is_not_named(store: Store, room: Room) -> None:
    lesson = await store.lessons.add("one", NOW, rooms=[room.id])
    for refused in (store.lessons.set_rooms(lesson.id, ["nowhere"]), store.lessons.add("two", NOW, rooms=["nowhere"])):
        with pytest.raises(ClientFault) as refusal:
            await refused
        assert refusal.value.status == Status.NOT_FOUND
    assert await store.lessons.rooms([lesson.id]) == {lesson.id: (room.id,)}
    assert await store.lessons.list() == [lesson]


async def test_a_code_pairs_the_screen_that_shows_it_once(store: Store, room: Room) -> None:
    shown = await store.devices.new_code("the screen's token", NOW, MINUTE)
    assert "token" not in shown.token_hash
    assert await store.devices.code("the screen's token", NOW) == shown
    assert await store.devices.by_token("the screen's token") is None
    paired = await store.devices.pair(shown.code, room.id, NOW)
    assert await store.devices.by_token("the screen's token") == paired == await store.devices.of_room(room.id)
    assert await store.devices.code("the screen's token", NOW) is None
    with pytest.raises(ClientFault) as refusal:
        await store.devices.pair(shown.code, room.id, NOW)
    assert refusal.value.status == Status.NOT_FOUND
    assert await store.devices.list() == [paired]


async def test_a_code_pairs_once_also_by_two_at_the_same_moment(store: Store, room: Room) -> None:
    shown = await store.devices.new_code("t", NOW, MINUTE)
    answers = await asyncio.gather(
        *(store.devices.pair(shown.code, room.id, NOW) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert all(isinstance(answer, ClientFault) for answer in answers if isinstance(answer, BaseException))


async def test_a_code_is_good_for_its_time_and_until_there_is_another(store: Store, room: Room) -> None:
    old = await store.devices.new_code("t", NOW, MINUTE)
    assert await store.devices.code("t", NOW + MINUTE) is None
    new = await store.devices.new_code("t", NOW, MINUTE)
    for code, now in ((old.code, NOW), (new.code, NOW + MINUTE), ("", NOW)):
        with pytest.raises(ClientFault):
            await store.devices.pair(code, room.id, now)
    with pytest.raises(ClientFault):
        await store.devices.pair(new.code, "nowhere", NOW)
    assert await store.devices.code("t", NOW) == new, "what was refused used nothing up"
    await store.devices.new_code("another's", NOW + MINUTE, MINUTE)
    async with store._database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM pairing"))).scalar() == 1, "the others are over"


async def test_another_display_takes_the_place_of_the_first(store: Store, room: Room) -> None:
    lesson = await store.lessons.add("语文", NOW)
    first = await store.devices.pair((await store.devices.new_code("a", NOW, MINUTE)).code, room.id, NOW)
    seated = await store.participants.for_device(lesson.id, first, "Room 3", NOW)
    assert not await store.participants.barred({(seated.id, "Room 3")})
    second = await store.devices.pair((await store.devices.new_code("b", NOW, MINUTE)).code, room.id, NOW)
    assert await store.devices.by_token("a") is None
    assert await store.devices.list() == [second]
    assert await store.participants.barred({(seated.id, "Room 3")})
    again = await store.devices.pair((await store.devices.new_code("a", NOW, MINUTE)).code, room.id, NOW)
    assert await store.participants.barred({(seated.id, "Room 3")}), "who was unpaired once is let in as another"
    anew = await store.participants.for_device(lesson.id, again, "Room 3", NOW)
    assert anew.id != seated.id
    await store.devices.unpair(room.id)
    assert await store.devices.list() == []
    assert await store.participants.of_device(again.id) == {anew.id}


async def test_a_device_is_one_participant_of_a_lesson_however_many_windows_ask(store: Store, room: Room) -> None:
    lesson = await store.lessons.add("语文", NOW)
    paired = await store.devices.pair((await store.devices.new_code("a", NOW, MINUTE)).code, room.id, NOW)
    found = await asyncio.gather(*(store.participants.for_device(lesson.id, paired, "Room 3", NOW) for _ in range(4)))
    assert len({one.id for one in found}) == 1
    assert (found[0].role, found[0].room, found[0].device) == (Role.DISPLAY, room.id, paired.id)
    _, session = await store.sessions.add(None, NOW, MINUTE)
    seat = await store.seats.of(found[0].id, session.id_hash, NOW)
    assert await store.seats.of(found[0].id, session.id_hash, NOW + 1) == seat
    with pytest.raises(ClientFault):
        await store.participants.for_device("nowhere", paired, "Room 3", NOW)


async def test_where_a_device_runs_is_remembered(store: Store, room: Room) -> None:
    paired = await store.devices.pair((await store.devices.new_code("a", NOW, MINUTE)).code, room.id, NOW)
    await store.devices.hold(paired.id, "here")
    found = await store.devices.by_token("a")
    assert found is not None
    assert found.instance == "here"


async def test_a_roster_keeps_its_order_and_is_replaced_whole(store: Store, room: Room) -> None:
    assert await store.rosters.names(room.id) == []
    await store.rosters.put(room.id, ["王明", "Li Na", "王明"])
    assert await store.rosters.names(room.id) == ["王明", "Li Na", "王明"]
    await store.rosters.put(room.id, ["Zhao"])
    assert await store.rosters.counts() == {room.id: 1}
    await store.rosters.put(room.id, [])
    assert await store.rosters.counts() == {}


async def test_what_is_offered_to_who_joins_is_the_schools_to_say(store: Store, room: Room) -> None:
    before = await store.schools.get(room.school)
    assert before is not None
    assert before.names_offered
    changed = await store.schools.change(room.school, {"names_offered": False})
    assert changed is not None
    assert (changed.names_offered, changed.recording) == (False, False)
    assert await store.schools.change(room.school, {}) == changed
    assert await store.schools.change("nowhere", {"recording": True}) is None


async def test_an_account_has_a_school_and_may_change_it(store: Store, room: Room) -> None:
    account = await store.accounts.add("li", "李", "teacher", "hash", NOW, room.school)
    assert (await store.accounts.by_login("li")) == account
    assert account.school == room.school
    await store.accounts.set_school(account.id, None)
    found = await store.accounts.get(account.id)
    assert found is not None
    assert found.school is None


@pytest.mark.parametrize("schools", [1, 2])
def test_accounts_of_before_belong_to_the_only_school_there_is(tmp_path: Path, schools: int) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON"))
        _migrate(connection, "0001")
        connection.execute(text("INSERT INTO account VALUES ('a', 'li', 'Li', 'teacher', 'hash', 0, 0)"))
        connection.execute(text("INSERT INTO session VALUES ('s', 'a', 'c', 0, 9)"))
        for name in "xy"[:schools]:
            connection.execute(text("INSERT INTO school VALUES (:id, :id, 0, 0)"), {"id": name})
        _migrate(connection, "head")
        assert connection.execute(text("SELECT school FROM account")).scalar() == ("x" if schools == 1 else None)
        assert connection.execute(text("SELECT count(*) FROM session")).scalar() == 1
        assert connection.execute(text("SELECT min(names_offered) FROM school")).scalar() == 1
    engine.dispose()


def test_what_lessons_of_before_have_shown_is_kept_for_them(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON"))
        _migrate(connection, "0005")
        connection.execute(text("INSERT INTO account VALUES ('a', 'li', 'Li', 'teacher', 'hash', 0, 0, NULL)"))
        lesson = "INSERT INTO lesson VALUES ('l', 't', NULL, 'a', 'c', 'ended', 0, 0, 0, NULL, 0, 0)"
        connection.execute(text(lesson))
        one = "INSERT INTO courseware VALUES ('kept', 'a', 'n', 9, 0, 'ready', NULL, 'd', 'slides', 1, '[]', NULL, '')"
        connection.execute(text(one))
        event = text("INSERT INTO event VALUES ('l', :seq, 0, 0, 'p', 'courseware.opened', :data, NULL, 1)")
        for seq, name in enumerate(("kept", "gone", "kept")):
            connection.execute(event, {"seq": seq, "data": json.dumps({"courseware": name})})
        _migrate(connection, "head")
        assert connection.execute(text("SELECT courseware, lesson FROM shown")).all() == [("kept", "l")]
        assert connection.execute(text("SELECT removed_at FROM courseware")).all() == [(None,)]
    engine.dispose()


def test_banks_that_were_published_before_are_from_now_on_what_is_in_them(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON"))
        _migrate(connection, "0023")
        _put(connection, "account", id="a", login="li", name="Li", role="teacher")
        for name, state in (("kept", "published"), ("before", "published"), ("draft", "draft")):
            _put(connection, "resource", id=name, title=name, kind="bank", state=state, owner="a", target="Poems")
        _put(connection, "published_bank", resource="kept", questions="[]")
        asked = {"type": "choice", "prompt": "秋?"}
        for place, folder in enumerate(("Poems", "Other", "Poems")):
            one = {"id": f"q{place}", "owner": "a", "folder": folder, "position": -place, "tags": '["x"]'}
            _put(connection, "question", **one, type="choice", question=json.dumps(asked))
        _migrate(connection, "head")
        told = {
            row.resource: json.loads(row.questions) for row in connection.execute(text("SELECT * FROM published_bank"))
        }
        assert told.keys() == {"kept", "before"}
        assert told["kept"] == []
        banked = [Banked(**one) for one in told["before"]]
        assert [(one.id, one.tags, one.question) for one in banked] == [("q2", ["x"], asked), ("q0", ["x"], asked)]
    engine.dispose()


def _put(connection: Connection, table: str, **said: Any) -> None:
    """What is not said is empty, or nothing."""
    for _, name, kind, needed, default, _ in connection.execute(text(f"PRAGMA table_info({table})")):
        if needed and default is None and name not in said:
            said[name] = 0 if kind in ("BIGINT", "INTEGER", "BOOLEAN") else "[]" if kind == "JSON" else ""
    names = ", ".join(said)
    marks = ", ".join(f":{name}" for name in said)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), said)


def _migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
