"""Saving data by room, over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from classroom.events import Role


async def test_a_room_saves_data_whom_it_concerns_knows_and_a_restart_forgets_nothing(live: Any) -> None:
    display, lead = await live.join(Role.DISPLAY, room="r"), await live.join(Role.LEAD_TEACHER)
    tablet = await live.join(Role.STUDENT, "kid", room="r")
    assert (await display.ask("data.save", {"on": True}))["ok"]
    await lead.until(lambda: lead.events("data.saved"))
    assert lead.events("data.saved")[0]["data"] == {"room": "r", "on": True}
    await live.restart()
    again, observer, pupil = (
        await live.join(Role.LOCAL_TEACHER, room="r"),
        await live.join(Role.OBSERVER),
        await live.join(Role.STUDENT, "kid", room="r"),
    )
    assert again.snapshot["state"]["saving"] == observer.snapshot["state"]["saving"] == ["r"]
    assert pupil.snapshot["state"]["saving"] == []
    assert not tablet.events("data.saved")
    assert (await again.ask("data.save", {"room": "r", "on": False}))["ok"]
    await observer.until(lambda: observer.events("data.saved"))
    assert not pupil.events("data.saved")


@pytest.mark.parametrize(
    ("role", "data", "code"),
    [
        (Role.DISPLAY, {}, "malformed"),
        (Role.DISPLAY, {"on": "yes"}, "malformed"),
        (Role.DISPLAY, {"on": True, "room": ["r"]}, "malformed"),
        (Role.DISPLAY, {"on": True, "room": "../r"}, "malformed"),
        (Role.DISPLAY, {"on": True, "more": None}, "malformed"),
        (Role.DISPLAY, {"on": True, "room": "other"}, "not_allowed"),
        (Role.LOCAL_TEACHER, {"on": True, "room": "other"}, "not_allowed"),
        (Role.LEAD_TEACHER, {"on": True}, "malformed"),
        (Role.LEAD_TEACHER, {"on": True, "room": "nowhere"}, "not_found"),
        (Role.STUDENT, {"on": True}, "not_allowed"),
        (Role.OBSERVER, {"on": True}, "not_allowed"),
    ],
)
async def test_what_is_refused_leaves_nothing(live: Any, role: Role, data: Any, code: str) -> None:
    page = await live.join(role, room=None if role == Role.LEAD_TEACHER else "r")
    before = len(await live.events())
    answer = await page.ask("data.save", data)
    assert (answer["ok"], answer["error"]["code"]) == (False, code)
    assert len(await live.events()) == before
