"""Who leads: exactly one, whatever happens."""

from __future__ import annotations

import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from classroom import rules
from classroom.errors import ClientFault
from classroom.events import Phase, Role, Seat
from tests.unit.classroom.lessons import ANNA, DISPLAY, LEAD, LOCAL, Lesson

LOCAL2 = Seat("local2", Role.LOCAL_TEACHER, "r2")
AGAIN = Seat("lead-again", Role.LEAD_TEACHER)
TEACHERS = (LEAD, AGAIN, LOCAL, LOCAL2)


def lead_of(lesson: Lesson) -> str | None:
    return lesson.state["lead"]["participant"]


def test_the_first_lead_teacher_who_comes_leads() -> None:
    lesson = Lesson.live(LOCAL, DISPLAY)
    assert lead_of(lesson) is None
    assert [event.kind for event in lesson.join(LEAD, AGAIN).events[-3:]] == [
        "participant.joined",
        "lead.taken",
        "participant.joined",
    ]
    assert lead_of(lesson) == "lead"


def test_a_planned_take_over_and_back() -> None:
    lesson = Lesson.live(LEAD, LOCAL, ANNA)
    lesson.ask(LEAD, "lead.give", participant="local")
    assert (
        lesson.refused(LEAD, "activity.open", activity="a", type="vote", prompt="?", options=["1", "2"])
        == "not_allowed"
    )
    lesson.ask(LOCAL, "activity.open", activity="a", type="vote", prompt="?", options=["1", "2"])
    assert lesson.refused(LEAD, "lead.take") == "lead_present"
    lesson.ask(LEAD, "lead.ask")
    assert lesson.state["lead"] == {"participant": "local", "asked": "lead"}
    lesson.ask(LOCAL, "lead.decline")
    lesson.ask(LEAD, "lead.ask")
    lesson.ask(LOCAL, "lead.give", participant="lead")
    assert lesson.state["lead"] == {"participant": "lead", "asked": None}


def test_a_local_teacher_takes_over_from_a_lead_whose_line_died_and_gives_it_back() -> None:
    lesson = Lesson.live(LEAD, LOCAL, LOCAL2)
    assert lesson.refused(LOCAL, "lead.take") == "lead_present"
    lesson.ask(LEAD, "participant.leave")
    assert lead_of(lesson) == "lead", "away, and still the one lead"
    lesson.ask(LOCAL, "lead.take")
    assert lesson.refused(LOCAL2, "lead.take") == "lead_present"
    lesson.join(LEAD)
    assert lead_of(lesson) == "local"
    assert lesson.refused(LEAD, "page.add", page="9") == "not_allowed"
    lesson.ask(LEAD, "lead.ask")
    lesson.ask(LOCAL, "lead.give", participant="lead")
    lesson.ask(LEAD, "page.add", page="9")


def test_when_the_lesson_is_over_who_handed_the_lead_away_marks_and_gives_practice() -> None:
    lesson = Lesson.live(LEAD, LOCAL, ANNA)
    lesson.ask(LEAD, "activity.open", activity="a", type="essay", prompt="?")
    lesson.ask(ANNA, "activity.answer", activity="a", text="so")
    lesson.ask(LEAD, "lead.give", participant="local")
    mark = {"activity": "a", "participant": "anna", "points": 1}
    assert lesson.refused(LEAD, "activity.mark", **mark) == "not_allowed"
    lesson.ask(LOCAL, "lesson.end")
    lesson.ask(LEAD, "activity.mark", **mark)
    lesson.ask(LOCAL, "activity.mark", **{**mark, "points": 2})
    practised = {"type": "choice", "prompt": "?", "options": ["1", "2"], "answer": 0}
    lesson.ask(LEAD, "practice.give", practice="p", point="x", participants=["anna"], questions=[practised])


def test_the_same_teacher_at_another_computer() -> None:
    lesson = Lesson.live(LEAD, AGAIN)
    assert lesson.refused(AGAIN, "page.add", page="9") == "not_allowed"
    lesson.ask(AGAIN, "lead.take")
    assert lead_of(lesson) == "lead-again"
    lesson.ask(AGAIN, "participant.leave")
    assert lead_of(lesson) == "lead", "who is there takes over at once"
    lesson.ask(LEAD, "participant.leave")
    lesson.join(AGAIN)
    assert lead_of(lesson) == "lead-again", "nobody but the teacher was away"


def test_a_guest_who_gets_the_lead_leaves_the_stage() -> None:
    lesson = Lesson.live(LEAD, LOCAL)
    lesson.ask(LEAD, "stage.invite", participant="local")
    lesson.ask(LEAD, "lead.give", participant="local")
    assert lesson.state["stage"]["guests"] == []
    assert lesson.refused(LOCAL, "stage.invite", participant="local") == "not_allowed"
    lesson.ask(LOCAL, "stage.invite", participant="lead")


def test_only_teachers_who_are_there_are_given_the_lead() -> None:
    lesson = Lesson.live(LEAD, LOCAL, ANNA, DISPLAY)
    assert lesson.refused(LEAD, "lead.give", participant="anna") == "not_allowed"
    assert lesson.refused(LEAD, "lead.give", participant="nobody") == "not_found"
    lesson.ask(LOCAL, "participant.leave")
    assert lesson.refused(LEAD, "lead.give", participant="local") == "not_found"


class Leading(RuleBasedStateMachine):
    """Lines that die and come back, and everyone asking for everything."""

    @initialize()
    def begin(self) -> None:
        self.lesson = Lesson.live(*TEACHERS, ANNA, DISPLAY)
        self.state, self.seen = rules.EMPTY, 0

    @rule(
        seat=st.sampled_from([*TEACHERS, ANNA, DISPLAY]),
        kind=st.sampled_from(["lead.take", "lead.ask", "lead.decline", "participant.leave", "lesson.end"]),
    )
    def ask(self, seat: Seat, kind: str) -> None:
        if kind == "lesson.end" and seat != LOCAL:
            return
        with contextlib.suppress(ClientFault):
            self.lesson.ask(seat, kind)

    @rule(seat=st.sampled_from([*TEACHERS, ANNA]))
    def come(self, seat: Seat) -> None:
        with contextlib.suppress(ClientFault):
            self.lesson.join(seat)

    @rule(seat=st.sampled_from(TEACHERS), heir=st.sampled_from([*TEACHERS, ANNA]))
    def give(self, seat: Seat, heir: Seat) -> None:
        with contextlib.suppress(ClientFault):
            self.lesson.ask(seat, "lead.give", participant=heir.participant)

    @invariant()
    def exactly_one_leads_after_each_event(self) -> None:
        if not hasattr(self, "lesson"):
            return
        for event in self.lesson.events[self.seen :]:
            self.state = rules.apply(self.state, event)
            lead = self.state["lead"]["participant"]
            acting = [one.participant for one in TEACHERS if rules.acting(self.state, one).role == Role.LEAD_TEACHER]
            wanted = {lead, "lead", "lead-again"} if self.state["phase"] == Phase.ENDED else {lead}
            assert lead is None or set(acting) == wanted
            assert rules.acting(self.state, ANNA) == ANNA
        self.seen = len(self.lesson.events)
        assert self.state["lead"]["participant"] is not None, "a lead teacher has come"


TestLeading = Leading.TestCase
TestLeading.settings = settings(max_examples=1000, stateful_step_count=15, deadline=None)
