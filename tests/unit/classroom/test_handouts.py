"""Pages of one's own: who writes on them, who sees them, and what of them is shown to all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from classroom import rules
from classroom.board import boards, copies
from classroom.events import Event, Role, Seat
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, LEAD, LOCAL, OBSERVER, STROKE, Lesson

NOTE = {"object": "n1", "type": "note", "color": "#ffd84d", "size": 28, "box": [40, 40, 300, 200], "text": "canary"}


def given(to: str = "students", **more: Any) -> Lesson:
    lesson = Lesson.live()
    lesson.ask(LEAD, "handout.give", handout="h", page="1", to=to, **more)
    return lesson


def draw(lesson: Lesson, seat: Seat, page: str, name: str = "s1", **more: Any) -> list[Event]:
    return lesson.ask(seat, "stroke.add", **{**STROKE, "page": page, "stroke": name, **more})


def own(lesson: Lesson, owner: str) -> Any:
    return lesson.state["boards"][owner]["pages"][0]


def seen(lesson: Lesson, seat: Seat) -> set[str]:
    view = rules.view(lesson.state, rules.seated(lesson.state, seat), lesson.texts)
    assert view == {**rules.fold(lesson.seen_by(seat)), "seq": view["seq"]}
    return set(view["boards"])


# writing


def test_nothing_is_there_until_somebody_writes_and_then_it_is_its_owners_and_the_teachers() -> None:
    lesson = given()
    assert lesson.state["boards"] == {}
    (event,) = draw(lesson, ANNA, "h-anna")
    assert (event.data["page"], event.data["board"]) == ("h-anna", "anna")
    assert lesson.state["boards"].keys() == {"anna"}
    assert (own(lesson, "anna")["id"], lesson.state["boards"]["anna"]["kind"]) == ("h-anna", "participant")
    lesson.ask(LOCAL, "object.add", page="h-anna", object=NOTE)
    assert [one["by"] for one in own(lesson, "anna")["objects"]] == ["anna", "local"]
    assert lesson.state["board"]["pages"][0]["objects"] == []
    assert lesson.refused(BEN, "stroke.add", **{**STROKE, "page": "h-anna", "stroke": "s2"}) == "not_yours"
    assert lesson.refused(ANNA, "object.erase", page="h-anna", objects=["n1"]) == "not_yours", "a teacher's mark"
    for seat, boards_ in ((ANNA, {"anna"}), (BEN, set()), (DISPLAY, set()), (LOCAL, {"anna"}), (OBSERVER, set())):
        assert seen(lesson, seat) == boards_
    assert "canary" in json.dumps(rules.view(lesson.state, ANNA, lesson.texts)["boards"])


def test_a_local_teacher_sees_the_pages_of_its_room_and_everyones_while_it_leads() -> None:
    lesson = given()
    draw(lesson, ANNA, "h-anna")
    draw(lesson, BEN, "h-ben")
    assert (seen(lesson, LOCAL), seen(lesson, LEAD)) == ({"anna"}, {"anna", "ben"})
    assert lesson.refused(LOCAL, "stroke.add", **{**STROKE, "page": "h-ben", "stroke": "s2"}) == "not_yours"
    (given_,) = lesson.ask(LEAD, "lead.give", participant="local")
    assert rules.resighted(given_) == {"lead", "local"}
    draw(lesson, LOCAL, "h-ben", "s2")
    draw(lesson, LEAD, "h-ben", "s3")
    assert (seen(lesson, LOCAL), seen(lesson, LEAD)) == ({"anna", "ben"}, {"anna", "ben"})
    lesson.ask(LOCAL, "lead.give", participant="lead")
    assert seen(lesson, LOCAL) == {"anna"}


def test_all_that_is_done_on_a_page_is_done_on_ones_own() -> None:
    lesson = given()
    draw(lesson, ANNA, "h-anna", points=[0, 0, 0.5, 0, 100, 40, 1, 80])
    whole = own(lesson, "anna")["objects"]
    lesson.ask(ANNA, "stroke.trim", page="h-anna", stroke="s1", parts=[{"stroke": "a", "from": 0, "to": 0.5}])
    lesson.ask(ANNA, "object.change", page="h-anna", changes=[{"object": "a", "color": "#ffffff"}])
    lesson.ask(ANNA, "stroke.erase", page="h-anna", stroke="a")
    assert own(lesson, "anna")["objects"] == []
    lesson.ask(ANNA, "object.restore", page="h-anna", objects=["s1"])
    assert own(lesson, "anna")["objects"] == whole
    assert seen(lesson, ANNA) == {"anna"}
    assert lesson.ask(ANNA, "object.erase", page="h-anna", objects=["unknown"]) == []
    lesson.ask(LEAD, "handout.give", handout="h2", page="1", to="students")
    assert lesson.ask(BEN, "stroke.erase", page="h2-ben", stroke="unknown") == []
    assert "ben" not in lesson.state["boards"]


def test_a_rooms_page_is_its_students_and_its_displays() -> None:
    lesson = given("rooms")
    draw(lesson, DISPLAY, "h-r1")
    draw(lesson, ANNA, "h-r1", "s2")
    assert lesson.refused(DISPLAY2, "stroke.add", **{**STROKE, "page": "h-r1", "stroke": "s3"}) == "not_yours"
    assert lesson.refused(ANNA, "stroke.erase", page="h-r1", stroke="s1") == "not_yours"
    for seat, boards_ in ((ANNA, {"r1"}), (DISPLAY, {"r1"}), (DISPLAY2, set()), (BEN, set()), (LEAD, {"r1"})):
        assert seen(lesson, seat) == boards_


def test_a_groups_page_is_of_those_who_are_in_it_now() -> None:
    lesson = given("groups")
    lesson.ask(
        LEAD,
        "groups.form",
        groups=[{"group": "red", "participants": ["anna"]}, {"group": "blue", "participants": ["ben"]}],
    )
    draw(lesson, ANNA, "h-red")
    draw(lesson, BEN, "h-blue")
    assert (seen(lesson, ANNA), seen(lesson, BEN), seen(lesson, LEAD)) == ({"red"}, {"blue"}, {"red", "blue"})
    lesson.ask(LEAD, "group.move", participant="ben", group="red")
    assert (seen(lesson, ANNA), seen(lesson, BEN)) == ({"red"}, {"red"})
    assert lesson.refused(BEN, "stroke.erase", page="h-blue", stroke="s1") == "not_yours"
    draw(lesson, BEN, "h-red", "s2")
    for group in ("blue", "red"):
        lesson.ask(LEAD, "group.move", participant="ben", group=group)
        assert seen(lesson, BEN) == {group}, "also who has come back"
    lesson.ask(LEAD, "groups.dissolve")
    assert (seen(lesson, ANNA), seen(lesson, BEN), seen(lesson, LEAD)) == (set(), set(), {"red", "blue"})
    assert not any("board" in event.data for event in lesson.seen_by(ANNA)), "not even what one wrote oneself"
    assert lesson.refused(ANNA, "stroke.erase", page="h-red", stroke="s1") == "not_yours"
    draw(lesson, LEAD, "h-red", "s3")
    assert lesson.refused(LEAD, "groups.open", groups=[{"group": "red"}]) == "exists"


@pytest.mark.parametrize("page", ["h-nobody", "h-lead", "h-r1", "h-", "h", "x-anna", "-anna"])
def test_pages_of_nobody(page: str) -> None:
    lesson = given()
    assert lesson.refused(LEAD, "stroke.add", **{**STROKE, "page": page}) == "not_found"
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": page}) in ("not_found", "no_pen")


def test_the_classs_page_goes_before_one_of_the_same_id() -> None:
    lesson = given()
    lesson.ask(LEAD, "page.add", page="h-anna")
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": "h-anna"}) == "no_pen"
    (event,) = draw(lesson, LEAD, "h-anna")
    assert "board" not in event.data


# time


def test_what_was_collected_is_not_written_on_but_by_teachers() -> None:
    lesson = given(seconds=60)
    lesson.now = 62_000
    draw(lesson, ANNA, "h-anna")
    lesson.now = 62_001
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": "h-anna", "stroke": "s2"}) == "collected"
    assert lesson.state["handouts"][0]["phase"] == "open"
    draw(lesson, LEAD, "h-anna", "s3")
    lesson.ask(LEAD, "handout.reopen", handout="h", seconds=30)
    draw(lesson, ANNA, "h-anna", "s4")
    lesson.ask(LEAD, "handout.collect", handout="h")
    assert lesson.ask(LEAD, "handout.collect", handout="h") == []
    assert lesson.refused(ANNA, "stroke.erase", page="h-anna", stroke="s4") == "collected"
    lesson.ask(LEAD, "handout.reopen", handout="h")
    assert lesson.ask(LEAD, "handout.reopen", handout="h") == []
    lesson.now += 10_000_000
    draw(lesson, ANNA, "h-anna", "s5")
    assert lesson.state["handouts"] == [
        {
            "handout": "h",
            "page": "1",
            "to": "students",
            "photos": False,
            "phase": "open",
            "since": 62_001,
            "seconds": None,
        }
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"handout": "h"}, "exists"),
        ({"page": "9"}, "not_found"),
        ({"handout": "with-hyphen"}, "malformed"),
        ({"handout": "x" * 25}, "malformed"),
        ({"to": "teachers"}, "malformed"),
        ({"seconds": 1}, "malformed"),
    ],
)
def test_what_cannot_be_handed_out(data: dict[str, Any], code: str) -> None:
    assert given().refused(LEAD, "handout.give", **{"handout": "new", "page": "1", "to": "rooms", **data}) == code


def test_pages_of_ones_own_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "OWN", replace(boards.OWN, objects=5, kept=2))
    lesson = given()
    for n in range(4):
        draw(lesson, ANNA, "h-anna", f"s{n}")
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": "h-anna", "stroke": "s9"}) == "too_many"
    draw(lesson, LEAD, "h-anna", "s9")
    for n in range(3):
        lesson.ask(ANNA, "stroke.erase", page="h-anna", stroke=f"s{n}")
    assert [one["object"]["object"] for one in own(lesson, "anna")["erased"]] == ["s1", "s2"]


@pytest.mark.parametrize("to", ["rooms", "groups"])
def test_a_page_on_which_several_write_holds_more_than_one_childs(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    monkeypatch.setattr(boards, "OWN", replace(boards.OWN, objects=1))
    monkeypatch.setattr(boards, "SHARED", replace(boards.SHARED, objects=5))
    lesson = given(to)
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "participants": ["anna"]}])
    page = {"rooms": "h-r1", "groups": "h-red"}[to]
    for n in range(4):
        draw(lesson, ANNA, page, f"s{n}")
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": page, "stroke": "s9"}) == "too_many"


def test_who_has_filled_a_page_may_still_undo_and_make_less_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "OWN", replace(boards.OWN, objects=20, numbers=100))
    lesson = given()
    line = [0, 0, 0.5, 0, 10, 0, 0.5, 8, 20, 0, 0.5, 16, 30, 0, 0.5, 24, 40, 0, 0.5, 32]
    for n in range(4):
        draw(lesson, ANNA, "h-anna", f"s{n}", points=line)
    draw(lesson, LEAD, "h-anna", "mark", points=line[:12])
    assert lesson.refused(ANNA, "stroke.add", **{**STROKE, "page": "h-anna", "stroke": "s9"}) == "too_many"
    lesson.ask(ANNA, "object.erase", page="h-anna", objects=["s0"])
    lesson.ask(ANNA, "object.restore", page="h-anna", objects=["s0"])
    parts = [{"stroke": "left", "from": 0, "to": 1}, {"stroke": "right", "from": 3, "to": 4}]
    lesson.ask(ANNA, "stroke.trim", page="h-anna", stroke="s0", parts=parts)
    assert [one["object"] for one in own(lesson, "anna")["objects"]] == ["left", "right", "s1", "s2", "s3", "mark"]
    draw(lesson, LEAD, "h-anna", "last", points=line[:8])
    assert lesson.refused(ANNA, "object.restore", page="h-anna", objects=["s0"]) == "too_many", (
        "there is no room at all"
    )


# copies


def copied(lesson: Lesson, *of: str) -> Any:
    lesson.ask(LEAD, "page.copy", page="c", of=list(of), after="1")
    assert [page["id"] for page in lesson.state["board"]["pages"]][:2] == ["1", "c"]
    return lesson.state["board"]["pages"][1]


def test_a_copy_shows_one_page_to_all_with_what_lies_under_it() -> None:
    lesson = given()
    lesson.ask(LEAD, "page.change", page="1", paper={"kind": "tianzige"})
    draw(lesson, ANNA, "h-anna")
    lesson.ask(ANNA, "object.add", page="h-anna", object=NOTE)
    draw(lesson, LEAD, "1", "example")
    page = copied(lesson, "h-anna")
    assert page["paper"] == {"kind": "tianzige"}
    assert [(one["object"], one["by"]) for one in page["objects"]] == [
        ("example", "lead"),
        ("s1", "anna"),
        ("n1", "anna"),
    ]
    shown = rules.view(lesson.state, BEN, lesson.texts)["board"]["pages"][1]
    assert shown == rules.fold(lesson.seen_by(BEN))["board"]["pages"][1]
    assert shown["objects"][2]["text"] == "canary"
    assert shown["of"] == [{"handout": "h", "owner": "anna", "kind": "participant", "name": "name of anna"}]
    assert "canary" not in json.dumps([event.json() for event in lesson.events])
    assert "name of" not in json.dumps([event.json() for event in lesson.events])
    lesson.ask(LEAD, "object.change", page="c", changes=[{"object": "s1", "color": "#ff0000"}])
    assert own(lesson, "anna")["objects"][0]["color"] != "#ff0000", "a copy"


def test_two_lie_side_by_side_each_half_as_large() -> None:
    lesson = given()
    lesson.ask(LEAD, "page.change", page="1", paper={"kind": "slide", "courseware": "film", "slide": 2})
    lesson.ask(LEAD, "object.add", page="1", object={**NOTE, "object": "task", "text": "canary task"})
    draw(lesson, ANNA, "h-anna", place=[2, 2, 100, 0])
    lesson.ask(BEN, "object.add", page="h-ben", object={**NOTE, "object": "s1"})
    page = copied(lesson, "h-anna", "h-ben")
    assert page["paper"] == {"kind": "blank"}
    names = [one["object"] for one in page["objects"]]
    assert names == ["paper", "task", "s1", "paper_1", "task_1", "s1_1"]
    assert [one["place"] for one in page["objects"]] == [
        [0.5, 0.5, 0, 225], [0.5, 0.5, 0, 225], [1, 1, 50, 225],
        [0.5, 0.5, 800, 225], [0.5, 0.5, 800, 225], [0.5, 0.5, 800, 225],
    ]  # fmt: skip
    shown = rules.view(lesson.state, BEN, lesson.texts)["board"]["pages"][1]
    assert shown == rules.fold(lesson.seen_by(BEN))["board"]["pages"][1]
    assert [one.get("text") for one in shown["objects"]] == [None, "canary task", None, None, "canary task", "canary"]
    lesson.ask(LEAD, "object.change", page="c", changes=[{"object": "task_1", "text": "other"}])
    shown = rules.view(lesson.state, BEN, lesson.texts)["board"]["pages"][1]
    assert shown == rules.fold(lesson.seen_by(BEN))["board"]["pages"][1]
    assert shown["objects"][4]["text"] == "other"


def test_on_a_copy_too_all_lies_where_it_lay_when_it_comes_back() -> None:
    lesson = given()
    lesson.ask(LEAD, "page.change", page="1", paper={"kind": "slide", "courseware": "film", "slide": 2})
    for owner in (ANNA, BEN):
        for n in range(2):
            draw(lesson, owner, f"h-{owner.participant}", f"{owner.participant}{n}", points=[0, 0, 0.5, 0, 9, 9, 1, 8])
    names = [one["object"] for one in copied(lesson, "h-anna", "h-ben")["objects"]]
    assert names == ["paper", "anna0", "anna1", "paper_1", "ben0", "ben1"]

    def lie() -> list[str]:
        return [one["object"] for one in lesson.state["board"]["pages"][1]["objects"]]

    lesson.ask(LEAD, "object.erase", page="c", objects=["paper", "anna1", "paper_1"])
    lesson.ask(LEAD, "object.restore", page="c", objects=["paper_1", "paper", "anna1"])
    assert lie() == names
    lesson.ask(LEAD, "stroke.trim", page="c", stroke="anna0", parts=[{"stroke": "left", "from": 0, "to": 0.5}])
    assert lie() == ["paper", "left", *names[2:]]
    lesson.ask(LEAD, "object.erase", page="c", objects=["left"])
    lesson.ask(LEAD, "object.restore", page="c", objects=["anna0"])
    assert lie() == names


def test_what_cannot_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = given()
    assert lesson.refused(LEAD, "page.copy", page="1", of=["h-anna"]) == "exists"
    for page in ("1", "h-nobody", "x-anna"):
        assert lesson.refused(LEAD, "page.copy", page="c", of=[page]) == "not_found"
    assert lesson.refused(LEAD, "page.copy", page="c", of=["h-anna"] * 3) == "malformed"
    assert copied(lesson, "h-anna")["objects"] == [], "an empty page is a page"
    monkeypatch.setattr(copies, "MOST_OBJECTS", 1)
    draw(lesson, ANNA, "h-anna")
    draw(lesson, ANNA, "h-anna", "s2")
    assert lesson.refused(LEAD, "page.copy", page="d", of=["h-anna"]) == "too_many"


def test_a_group_is_named_by_its_name() -> None:
    lesson = given("groups")
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "name": "红队", "participants": ["anna"]}])
    draw(lesson, ANNA, "h-red")
    of = [{"handout": "h", "owner": "red", "kind": "group", "name": "红队"}]
    assert copied(lesson, "h-red")["of"] == of
    lesson.ask(LEAD, "groups.dissolve")
    assert lesson.state["boards"]["red"]["name"] == "红队"
    assert seen(lesson, LEAD) == seen(lesson, LOCAL) == {"red"}
    lesson.ask(LEAD, "page.copy", page="d", of=["h-red"])
    assert lesson.state["board"]["pages"][-1]["of"] == of, "also when it is no more"


@pytest.mark.parametrize("role", [Role.STUDENT, Role.DISPLAY])
def test_what_is_shared_by_a_role_has_nobodys_own(role: Role) -> None:
    lesson = given()
    draw(lesson, ANNA, "h-anna")
    assert rules.shared(lesson.state, role, lesson.texts)["boards"] == {}
