"""The order of rooms on the desk's wall (web/client/src/net/people.ts), run by node as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from classroom.events import Role, Seat
from classroom.reducer import State
from tests.unit.classroom.lessons import ANNA, DISPLAY, DISPLAY2, LEAD, LOCAL, STROKE, Lesson
from tests.unit.web.node import evaluate

PEOPLE = Path(__file__).parents[3] / "web/client/src/net/people.ts"
SCRIPT = """
const {displays, rooms} = await import(process.argv[1]);
const state = JSON.parse(process.argv[2]);
console.log(JSON.stringify({wall: displays(state).map(({room}) => room), rooms: rooms(state)}));
"""


def ordered(state: State) -> dict[str, list[str]]:
    node = Path(sys.executable).with_name("node")
    done = subprocess.run(
        [str(node), "--no-warnings", "--input-type=module", "-e", SCRIPT, PEOPLE.as_uri(), json.dumps(state)],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_a_room_that_returns_with_whatever_screen_has_its_old_place() -> None:
    lesson = Lesson.live(LEAD, DISPLAY2, DISPLAY, LOCAL)
    assert ordered(lesson.state) == {"wall": ["r2", "r1"], "rooms": ["r2", "r1"]}
    lesson.ask(DISPLAY2, "participant.leave")
    assert ordered(lesson.state) == {"wall": ["r1"], "rooms": ["r1"]}
    lesson.join(Seat("another", Role.DISPLAY, "r2"))
    assert ordered(lesson.state) == {"wall": ["r2", "r1"], "rooms": ["r2", "r1"]}


def test_a_teacher_who_comes_before_the_screens_moves_none_of_them() -> None:
    lesson = Lesson.live(LEAD, LOCAL, DISPLAY2, DISPLAY)
    assert ordered(lesson.state)["wall"] == ["r2", "r1"]


def test_a_group_that_is_no_more_has_its_name_on_what_it_has_written() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "handout.give", handout="h", page="1", to="groups")
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "name": "红队", "participants": ["anna"]}])
    lesson.ask(ANNA, "stroke.add", **{**STROKE, "page": "h-red"})
    lesson.ask(LEAD, "groups.dissolve")
    lesson.ask(LEAD, "groups.form", groups=[{"group": "blue", "participants": ["anna"]}])
    wall = evaluate("net/handouts.ts", "m.wallOf(given, given.handouts[0])", lesson.state)
    assert [(owner["id"], owner["name"]) for owner in wall[0]["owners"]] == [("blue", ""), ("red", "红队")]
