"""S2 of SCENARIOS.md from bell to bell: one Chinese class in two regions, with two teachers, displays and six tablets.

With TONGKE_SHOTS (`make shots`) every face is pictured at every step.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.dual import Lesson, Room, Window, begin, hears, sees, slot
from tests.browser.people import Person, draw, poll
from tests.browser.shots import AUDIT, AXE, DESKTOP, DISPLAY, DISPLAY_TEXT, TABLET, TAKEN, Album
from tests.processes import serving

pytestmark = pytest.mark.browser

ATTENDANCE = "/api/v1/lessons/%s/attendance"
CANARY = "canary-7f3a"
ADDED = "Tian Tian 田甜"
GHOST_S = 15
CLOCKS_S = 1
"""How far the lesson's clock and the wall's may be apart."""


@dataclass
class Story:
    lesson: Lesson
    album: Album = field(default_factory=Album)
    left: dict[str, Window] = field(default_factory=dict)
    """When who was not there at the end has left."""

    def look(self, step: str) -> None:
        """Pictures of the lead's desk, the second room's, both displays and a tablet of each room."""
        if not TAKEN:
            return
        first, second = self.lesson.rooms
        faces = [("lead", self.lesson.lead, DESKTOP), ("local", second.teacher, DESKTOP)]
        faces += [(f"display{n}", room.screen, DISPLAY) for n, room in enumerate(self.lesson.rooms, 1)]
        faces += [("tablet1", first.tablets[0], TABLET), ("tablet2", second.tablets[1], TABLET)]
        for who, someone, size in faces:
            if someone.page.is_closed():
                continue
            face = "display" if who.startswith("display") else who
            language = str(someone.page.locator("html").get_attribute("lang"))
            self.album.shoot(someone.page, face, f"s2-{step}-{who}", language, size)


@pytest.fixture
def story(playwright: Playwright, tmp_path: Path) -> Iterator[Story]:
    with (
        serving(tmp_path / "data") as server,
        chromium(playwright, camera=camera(320, 180, 30, fps=3), flags=[KIOSK]) as browser,
    ):
        script = AUDIT.read_text() + AXE.read_text() if TAKEN else ""
        yield Story(begin(server, browser, browser, script=script))


@pytest.mark.soak  # eleven pages, two minutes; its rules are in tests/unit/classroom
@pytest.mark.timeout(240)
def test_a_chinese_class_of_two_regions(story: Story) -> None:
    everyone_is_there(story)
    a_room_is_called_on(story)
    its_children_are_called_on(story)
    the_teachers_speak_in_private(story)
    a_vote_grows_room_by_room(story)
    the_leads_page_dies_and_the_lesson_goes_on(story)
    the_lead_gets_the_lesson_back(story)
    the_roll_is_called(story)
    it_ends(story)
    everyone_is_in_the_report(story)
    nobody_else_received_a_byte_of_the_teachers_line(story)
    story.album.check()


def tile(lead: Person, room: Room) -> Locator:
    return lead.page.get_by_test_id("room-tile").filter(has_text=room.name)


def everyone_is_there(story: Story) -> None:
    lesson = story.lesson
    for screen in lesson.screens:
        sees(screen, "lead-video")
        hears(screen, lesson.lead)
    for room in lesson.rooms:
        expect(tile(lesson.lead, room).get_by_test_id("open-room")).to_contain_text("3")
        hears(room.teacher, lesson.lead)
        assert slot(room.screen, room.teacher, "mic") is None, "nobody hears their own room by a loudspeaker"
    draw(lesson.lead, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)])
    poll(lambda: all(one.ink() > 50 for one in (*lesson.screens, *lesson.tablets)), "ink everywhere")
    for tablet in lesson.tablets:
        assert tablet.page.locator("video, audio").count() == 0, "no live picture and no sound in a room"
    story.look("1-there")


def a_room_is_called_on(story: Story) -> None:
    """One touch; the displays accept by themselves, and everyone sees and hears the room."""
    lead, (first, second) = story.lesson.lead, story.lesson.rooms
    assert slot(first.screen, second.screen, "mic") is None
    tile(lead, second).get_by_test_id("call-on").click()
    first.screen.see("guest")
    expect(first.screen.page.get_by_test_id("guest")).to_contain_text(second.name)
    sees(first.screen, "guest-video")
    for whose in (second.screen, second.teacher):
        hears(first.screen, whose)
        hears(first.teacher, whose)
    hears(lead, second.screen)
    second.screen.see("called")  # it is not shown itself, but that it is on
    expect(second.screen.page.get_by_test_id("guest")).to_have_count(0)
    story.look("2-room")


def its_children_are_called_on(story: Story) -> None:
    """One by name, then by chance: each has a turn before anyone has a second one."""
    lesson, lead, (first, second) = story.lesson, story.lesson.lead, story.lesson.rooms
    tile(lead, second).get_by_test_id("open-room").click()
    expect(lead.page.get_by_test_id("child")).to_have_count(3)
    lead.page.get_by_test_id("child").filter(has_text=second.children[0]).get_by_test_id("call-child").click()
    turns = []
    for turn in range(3):
        for someone in lesson.teachers:
            someone.see("called-child")
        turns.append(lead.page.get_by_test_id("called-child").locator("b").inner_text())
        for screen in lesson.screens:
            expect(screen.page.get_by_test_id("called-name")).to_have_text(turns[-1])
        expect(first.screen.page.get_by_test_id("called")).to_contain_text(second.name)
        called = second.tablets[second.children.index(turns[-1])]
        called.see("called")
        for tablet in lesson.tablets:
            if tablet is not called:
                expect(tablet.page.get_by_test_id("whose-turn")).to_contain_text(turns[-1])
        if turn == 0:
            sees(first.screen, "guest-video")
            hears(first.screen, second.screen)
            assert letters(first.screen, "called-name") >= DISPLAY_TEXT
            story.look("3-child")
        called.touch("called-seen")
        called.see("my-turn")
        (second.teacher if turn == 1 else lead).touch("dismiss")
        for someone in (*lesson.teachers, *lesson.screens, *lesson.tablets):
            for testid in ("called-child", "called-name", "whose-turn", "my-turn"):
                expect(someone.page.get_by_test_id(testid)).to_have_count(0)
        if turn < 2:
            lead.page.keyboard.press("g")
    assert turns[0] == second.children[0]
    assert set(turns) == set(second.children)
    expect(lead.page.get_by_test_id("child")).to_have_text([re.compile(r"\D1\D")] * 3)  # times that each was called
    tile(lead, second).get_by_test_id("call-on").click()
    expect(first.screen.page.get_by_test_id("guest")).to_have_count(0)
    poll(lambda: slot(first.screen, second.screen, "mic") is None, "end of the room's sound")


def letters(someone: Person, testid: str) -> float:
    """The size of its letters, as a share of the screen's height."""
    return float(
        someone.page.get_by_test_id(testid).evaluate("one => parseFloat(getComputedStyle(one).fontSize) / innerHeight")
    )


def the_teachers_speak_in_private(story: Story) -> None:
    lead, (first, second) = story.lesson.lead, story.lesson.rooms
    second.teacher.touch("tab-line")
    second.teacher.touch("signal-not_understood")
    for someone in (lead, first.teacher):
        expect(someone.page.get_by_test_id("line-news").first).to_contain_text(second.name)
    second.teacher.write("line-input", f"请再讲一遍「秋」字 {CANARY}")
    second.teacher.touch("line-send")
    lead.page.keyboard.press("t")
    expect(lead.page.get_by_test_id("line-message").last).to_contain_text(CANARY)
    lead.write("line-input", f"好的 {CANARY}")
    lead.touch("line-send")
    expect(second.teacher.page.get_by_test_id("line-message").last).to_contain_text(f"好的 {CANARY}")
    story.look("4-private")


def a_vote_grows_room_by_room(story: Story) -> None:
    lesson, lead = story.lesson, story.lesson.lead
    lead.touch("tab-vote")
    lead.page.keyboard.press("v")
    asked(story, {"zh-CN": "请选择", "en": "Choose one"})
    answered = 0
    for room in reversed(lesson.rooms):
        row = lead.page.get_by_test_id("room-answered").filter(has_text=room.name)
        for count, (tablet, choice) in enumerate(zip(room.tablets, "AAB", strict=True), 1):
            tablet.touch(f"answer-{choice}")
            answered += 1
            expect(row).to_have_attribute("data-missing", str(3 - count))
            grown(row.locator(".share"), count / 3)
        room.teacher.touch("tab-vote")
        expect(room.teacher.page.get_by_test_id("room-answered")).to_have_count(1)  # its own
        for screen in lesson.screens:
            expect(screen.page.get_by_test_id("answered")).to_have_attribute("data-answered", str(answered))
            grown(screen.page.get_by_test_id("answered").locator(".track"), answered / 6)
        if answered == 3:
            story.look("5-vote")
    for tablet in lesson.tablets:
        expect(tablet.page.get_by_test_id("answer-state")).to_have_attribute("data-state", "saved")
        assert "activity.revealed" not in tablet.heard()
    lead.touch("vote-reveal")
    for someone in (*lesson.screens, *lesson.tablets):
        for letter, votes in (("A", 4), ("B", 2), ("C", 0)):
            expect(someone.page.get_by_test_id(f"tally-{letter}")).to_have_attribute("data-votes", str(votes))
    story.look("6-revealed")


def asked(story: Story, words: dict[str, str]) -> None:
    """In the language of whoever looks, not of who asks."""
    for room in story.lesson.rooms:
        for someone in (room.teacher, room.screen, room.tablets[0]):
            expect(someone.page.get_by_test_id("asked")).to_have_text(words[room.language])


def grown(bar: Locator, share: float) -> None:
    """How long the bar is that lies in this track."""
    poll(
        lambda: (
            abs(
                bar.evaluate(
                    "one => one.firstElementChild.getBoundingClientRect().width / one.getBoundingClientRect().width"
                )
                - share
            )
            < 0.02
        ),
        f"bar of {share:.0%}",
    )


def the_leads_page_dies_and_the_lesson_goes_on(story: Story) -> None:
    """With it a tablet, which does not come back."""
    lesson, (first, second) = story.lesson, story.lesson.rooms
    assert leads(story) == [lesson.lead]
    lesson.lead.page.close()
    first.tablets[2].page.close()
    story.left[first.children[2]] = (time.time(), time.time() + GHOST_S)
    for room in lesson.rooms:
        room.teacher.see("lead-away", GHOST_S)
    expect(second.screen.page.get_by_text("Picture has stopped")).to_be_visible()
    story.look("7-away")
    second.teacher.touch("lead-take")
    second.teacher.see("end-lesson")
    expect(first.teacher.page.get_by_test_id("lead-away")).to_have_count(0)
    assert leads(story) == [second.teacher]
    sees(first.screen, "lead-video")
    hears(first.screen, second.teacher)
    expect(second.screen.page.get_by_text("Your teacher leads this lesson from here")).to_be_visible()
    assert slot(second.screen, second.teacher, "mic") is None, "they stand before it"
    before = first.screen.ink()
    draw(second.teacher, [(0.2, 0.8), (0.8, 0.8)])
    poll(lambda: first.screen.ink() > before * 1.2, "the new lead's ink")
    story.look("8-taken")


def leads(story: Story) -> list[Person]:
    """At whose desk the lesson can be ended."""
    there = [one for one in story.lesson.teachers if not one.page.is_closed()]
    return [one for one in there if one.page.get_by_test_id("end-lesson").count()]


def the_lead_gets_the_lesson_back(story: Story) -> None:
    """By asking; the local teacher says no, then yes."""
    lesson, lead, (first, second) = story.lesson, story.lesson.lead, story.lesson.rooms
    lead.page = lead.context.new_page()
    lead.page.goto(f"{lesson.server.base}/teach/{lesson.id}")
    lead.enter()
    lead.touch("lead-ask")
    lead.see("lead-asking")
    second.teacher.see("lead-asked")
    assert leads(story) == [second.teacher]
    story.look("9-asked")
    second.teacher.touch("lead-no")
    lead.touch("lead-ask")
    second.teacher.touch("lead-yes")
    lead.see("end-lesson")
    expect(second.teacher.page.get_by_test_id("end-lesson")).to_have_count(0)
    assert leads(story) == [lead]
    for screen in lesson.screens:
        sees(screen, "lead-video")
        hears(screen, lead)
    poll(lambda: slot(first.screen, second.teacher, "mic") is None, "end of the local teacher's sound")


def the_roll_is_called(story: Story) -> None:
    """Who has a tablet answers, the teacher answers for the child that has none, and counts hands."""
    lesson, lead, second = story.lesson, story.lesson.lead, story.lesson.rooms[1]
    second.teacher.touch("tab-class")
    second.teacher.write("child-input", ADDED)
    with lesson.comes(ADDED):
        second.teacher.touch("child-send")
        expect(second.teacher.page.get_by_test_id("child")).to_have_count(4)
    lead.page.keyboard.press("a")
    asked(story, {"zh-CN": "你到了吗？", "en": "Are you here?"})
    here = [tablet for tablet in lesson.tablets if not tablet.page.is_closed()]
    for tablet in here:
        tablet.touch("here")
    row = lead.page.get_by_test_id("room-answered").filter(has_text=second.name)
    expect(row).to_have_attribute("data-missing", "1")
    expect(row.get_by_test_id("missing")).to_contain_text(ADDED)
    story.look("10-roll")
    second.teacher.touch("tab-vote")
    second.teacher.touch("answer-for")
    second.teacher.touch("hands-more")
    expect(row).to_have_attribute("data-missing", "0")
    expect(row).to_contain_text(re.compile(r"4 / 4 \+ .*1"))
    for screen in lesson.screens:  # the child's answer and the hand among them
        expect(screen.page.get_by_test_id("answered")).to_have_attribute("data-answered", str(len(here) + 2))


def it_ends(story: Story) -> None:
    lesson, began = story.lesson, time.time()
    lesson.lead.touch("end-lesson")
    lesson.lead.touch("end-lesson-confirm")
    lesson.lead.see("ended")
    for name in lesson.came:
        story.left.setdefault(name, (began, time.time()))
    for someone in (*lesson.teachers, *(one for one in lesson.tablets if not one.page.is_closed())):
        someone.see("ended")
    for screen in lesson.screens:
        screen.page.get_by_test_id("ended").or_(screen.page.get_by_test_id("display-waiting")).first.wait_for()


def everyone_is_in_the_report(story: Story) -> None:
    """By the shell, as a table, and on the page: the same people, with times that are right."""
    lesson, (first, second) = story.lesson, story.lesson.rooms
    people = {one["name"]: one for one in lesson.server.cli("lesson", "attendance", lesson.id)}
    assert people.keys() == lesson.came.keys()
    assert people.keys() == {ADDED, *(name for room in lesson.rooms for name in (room.teacher_name, *room.children))}
    started_s = lesson.server.cli("lesson", "show", lesson.id)["started_at"] / 1000
    for name, one in people.items():
        (spell,) = one["spells"]
        for at_ms, (earliest, latest) in ((spell["from_ms"], lesson.came[name]), (spell["to_ms"], story.left[name])):
            assert earliest - CLOCKS_S <= started_s + at_ms / 1000 <= latest + CLOCKS_S, (name, at_ms)
        room = first if name in (first.teacher_name, *first.children) else second
        assert one["room_name"] == room.name
        assert one["called"] == int(name in second.children)
        missed, added = name == first.children[2], name == ADDED
        if one["role"] == "student":
            assert [roll["here"] for roll in one["rolls"]] == [not missed]
            assert one["answered"] == 2 - missed - added

    table = lesson.lead.page.evaluate("path => fetch(path).then(got => got.text())", f"{ATTENDANCE}.csv" % lesson.id)
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert len(rows) == len(people)
    for row in rows:
        spell = people[row["name"]]["spells"][0]
        assert (int(row["first_came_ms"]), int(row["last_left_ms"])) == (spell["from_ms"], spell["to_ms"])
        assert row["roll_1"] == ("" if row["role"] == "local_teacher" else str(int(row["name"] != first.children[2])))

    for teacher, names in (
        (lesson.lead, list(people)),
        (second.teacher, [second.teacher_name, *second.children, ADDED]),
    ):
        shown = teacher.page.get_by_test_id("attended")
        expect(shown).to_have_count(len(names))
        for name in names:
            spell = people[name]["spells"][0]
            came, left = (
                datetime.fromtimestamp(started_s + spell[at] / 1000, UTC).astimezone() for at in ("from_ms", "to_ms")
            )
            expect(shown.filter(has_text=name)).to_contain_text(f"{came:%H:%M}–{left:%H:%M}")
    story.look("11-report")


def nobody_else_received_a_byte_of_the_teachers_line(story: Story) -> None:
    for teacher in story.lesson.teachers:
        assert CANARY in teacher.heard()
    for someone in (*story.lesson.screens, *story.lesson.tablets):
        heard = "\n".join(someone.received)
        assert "activity.opened" in heard, "it received the lesson"
        for theirs in (CANARY, '"line.', "not_understood"):
            assert theirs not in heard
