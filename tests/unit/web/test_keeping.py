"""Retention rules and legal holds, as administrators and owners meet them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from classroom.errors import ClientFault
from classroom.keeping import DAY_MS, Turn
from classroom.store.records import Resource
from tests.recorded import EPOCH_MS, Set
from tests.unit.web.people import Person, good, refusal
from web.server.keeping import retiring
from web.server.parts import Parts

RULE = {"name": "After two years", "kind": "upload", "days": 730}
KEEPING = "/api/v1/keeping"


@pytest.fixture
async def old(parts: Parts, teacher: Person) -> list[str]:
    """Two of a teacher's uploads, one of them three years old, and its published one that is as old."""
    me = (await teacher.look())["account"]["id"]
    made = []
    for days, state in ((1100, "draft"), (10, "draft"), (1100, "published")):
        at = parts.now_ms - days * DAY_MS
        row = Resource(f"r{len(made)}", None, f"{state} {days}", "upload", "ready", at, None, "", [], me)
        row = replace(row, state=state, bytes=1000 + days)
        await parts.store.resources.put(row)
        made.append(row.id)
    return made


async def switched_on(admin: Person, **rule: Any) -> str:
    made = await admin.post(f"{KEEPING}/rules", RULE | rule)
    where = f"{KEEPING}/rules/{made['id']}"
    assert await refusal(await admin.call("PUT", f"{where}/on", {"on": True})) == (409, "not_previewed")
    await admin.get(f"{where}/preview")
    assert (await good(await admin.call("PUT", f"{where}/on", {"on": True})))["on"]
    return where


async def test_a_rule_is_previewed_then_goes_about_it_with_a_time_of_grace(
    parts: Parts, admin: Person, teacher: Person, old: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await switched_on(admin)
    told = await admin.get(f"{where}/preview")
    assert (told["goes"], told["bytes"], told["of"]) == (1, 2100, 3)
    assert [(one["resource"], one["kept"]) for one in told["items"]] == [
        ("r0", None), ("r2", "published"), ("r1", "younger")
    ]  # fmt: skip
    assert (len(told["months"]), told["months"][0]["count"], told["months"][0]["bytes"]) == (12, 1, 2100)
    assert await admin.post(f"{KEEPING}/turn") == {"begins": 1, "stays": 0, "goes": 0}
    [notice] = await teacher.get(f"{KEEPING}/going")
    assert (notice["resource"], notice["title"], notice["action"]) == ("r0", "draft 1100", "delete")
    assert await admin.get(f"{KEEPING}/going") == []
    assert notice["due_at"] - notice["since"] == 14 * DAY_MS
    await good(await teacher.call("POST", "/api/v1/resources/r0/keep"))
    assert await teacher.get(f"{KEEPING}/going") == []
    assert await admin.post(f"{KEEPING}/turn") == {"begins": 0, "stays": 0, "goes": 0}


async def test_what_is_not_kept_is_deleted_by_the_rule(parts: Parts, admin: Person, old: list[str]) -> None:
    where = await switched_on(admin)
    clock = Set()
    clock.ms = parts.now_ms - EPOCH_MS
    timed = replace(parts, clock=clock)
    assert len((await retiring.carry_out(timed)).begins) == 1
    clock.ms += 14 * DAY_MS - 1
    assert (await retiring.carry_out(timed)).goes == []
    hold = await admin.post(f"{KEEPING}/holds", {"kind": "resource", "subject": "r0", "reason": "A court asks."})
    clock.ms += 1
    assert (await retiring.carry_out(timed)).stays == ["r0"]
    await good(await admin.call("POST", f"{KEEPING}/holds/{hold['id']}/lift", {"reason": "It is over."}))
    await retiring.carry_out(timed)
    clock.ms += 14 * DAY_MS
    assert [one.resource for one in (await retiring.carry_out(timed)).goes] == ["r0"]
    assert await refusal(await admin.call("GET", "/api/v1/resources/r0")) == (404, "not_found")
    [record] = await admin.get(f"{KEEPING}/removals")
    assert (record["rule"], record["by"], record["what"]) == (where.rpartition("/")[2], None, "resource")
    [trail] = await admin.get(f"{KEEPING}/holds")
    assert (trail["reason"], trail["lifted_why"]) == ("A court asks.", "It is over.")


async def test_a_rule_that_is_changed_is_off_until_it_was_looked_at_again(admin: Person, old: list[str]) -> None:
    where = await switched_on(admin)
    await admin.post(f"{KEEPING}/turn")
    assert not (await good(await admin.call("PUT", where, RULE | {"days": 1})))["on"]
    assert await admin.get(f"{KEEPING}/going") == []
    assert await refusal(await admin.call("PUT", f"{where}/on", {"on": True})) == (409, "not_previewed")
    await good(await admin.call("DELETE", where))
    assert await refusal(await admin.call("GET", f"{where}/preview")) == (404, "not_found")


async def test_a_rule_that_was_changed_meanwhile_goes_off_and_not_on(parts: Parts, admin: Person) -> None:
    store, looked_at = parts.store.rules, await switched_on(admin)
    before = await store.get(looked_at.rpartition("/")[2])
    await store.put(before, before.changed_at + 1)
    with pytest.raises(ClientFault, match="Look first"):
        await store.switch(before, on=True)
    assert not (await store.get(before.id)).on
    now = await store.get(before.id)
    await store.previewed(now, now.changed_at)
    await store.switch(replace(now, previewed_at=now.changed_at), on=True)
    await store.switch(before, on=False)
    assert not (await store.get(before.id)).on
    await store.remove(before.id)
    for work in (store.put(before, 1), store.switch(before, on=False)):
        with pytest.raises(ClientFault, match="no such rule"):
            await work


@pytest.mark.parametrize("body", [RULE | {"days": 0}, RULE | {"state": "nowhere"}, RULE | {"action": "media"}, {}])
async def test_rules_that_make_no_sense_are_refused(admin: Person, body: Any) -> None:
    response = await admin.call("POST", f"{KEEPING}/rules", body)
    assert await refusal(response) in {(400, "malformed"), (422, "rule_invalid")}
    assert await admin.get(f"{KEEPING}/rules") == []


async def test_a_schools_rule_is_about_its_own(admin: Person, parts: Parts, old: list[str]) -> None:
    school = await parts.store.schools.add("Elsewhere", 1)
    where = await switched_on(admin, school=school.id)
    assert (await admin.get(f"{where}/preview"))["of"] == 0
    assert await refusal(await admin.call("POST", f"{KEEPING}/rules", RULE | {"school": "none"})) == (404, "not_found")


async def test_it_is_for_administrators_but_what_is_ones_own(teacher: Person, nobody: Person, old: list[str]) -> None:
    for method, path in (
        ("GET", ""), ("PUT", ""), ("GET", "/rules"), ("POST", "/rules"), ("POST", "/turn"), ("GET", "/holds"),
        ("POST", "/holds"), ("GET", "/removals"),
    ):  # fmt: skip
        assert (await teacher.call(method, KEEPING + path)).status == 403
        assert (await nobody.call(method, KEEPING + path)).status in (401, 403)
    assert await teacher.get(f"{KEEPING}/going") == []
    assert await refusal(await nobody.call("POST", "/api/v1/resources/r0/keep")) == (401, "signed_out")


async def test_the_hours_are_set(admin: Person) -> None:
    assert await admin.get(KEEPING) == {"hour": 3, "grace_days": 14}
    wanted = {"hour": 23, "grace_days": 30}
    assert await good(await admin.call("PUT", KEEPING, wanted)) == wanted
    assert await admin.get(KEEPING) == wanted
    assert await refusal(await admin.call("PUT", KEEPING, {"hour": 24, "grace_days": 30})) == (400, "malformed")


async def test_rules_are_carried_out_once_a_day(parts: Parts) -> None:
    retirer = retiring.Retirer(parts)
    night = datetime(2027, 3, 1, 2, 59, tzinfo=UTC)
    assert not await retirer.look(night)
    assert await retirer.look(night.replace(hour=3))
    assert not await retirer.look(night.replace(hour=22))
    assert await retirer.look(night.replace(day=2, hour=3))


async def test_only_what_is_there_is_held(admin: Person, old: list[str]) -> None:
    for kind in ("resource", "lesson", "person"):
        body = {"kind": kind, "subject": "nothing", "reason": "x"}
        assert await refusal(await admin.call("POST", f"{KEEPING}/holds", body)) == (404, "not_found")
    made = await admin.post(f"{KEEPING}/holds", {"kind": "resource", "subject": "r0", "reason": "x"})
    assert made["title"] == "draft 1100"
    again = f"{KEEPING}/holds/{made['id']}/lift"
    await good(await admin.call("POST", again, {"reason": "y"}))
    assert await refusal(await admin.call("POST", again, {"reason": "y"})) == (404, "not_found")


async def test_what_its_owner_keeps_at_the_last_moment_stays(parts: Parts, admin: Person, old: list[str]) -> None:
    """Also where the rules were read before that."""
    where = await switched_on(admin)
    clock = Set()
    clock.ms = parts.now_ms - EPOCH_MS
    timed = replace(parts, clock=clock)
    await retiring.carry_out(timed)
    clock.ms += 14 * DAY_MS
    [due] = await parts.store.rules.going()
    assert await parts.store.rules.still(due, timed.now_ms)
    await good(await admin.call("PUT", f"{where}/on", {"on": False}))
    assert not await retiring._goes(timed, due)
    await admin.get(f"{where}/preview")
    await good(await admin.call("PUT", f"{where}/on", {"on": True}))
    await parts.store.rules.turned(Turn([due], [], []))
    assert await parts.store.rules.still(due, timed.now_ms)
    await good(await admin.call("POST", "/api/v1/resources/r0/keep"))
    assert not await retiring._goes(timed, due)
    assert await parts.store.resources.get("r0") is not None
