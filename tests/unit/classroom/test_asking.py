"""What learners ask: who may, who sees what of it, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom import rules
from classroom.asking import MAX_OF_ONE, MAX_QUESTIONS, asked_by, unseen, without
from classroom.events import Role, Seat
from classroom.reducer import Questions
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, LEAD, LOCAL, OBSERVER, Lesson, whole
from tests.unit.web.node import evaluate


def seen(lesson: Lesson, viewer: Seat) -> Questions:
    return rules.view(lesson.state, rules.seated(lesson.state, viewer), lesson.texts)["questions"]


def asked(**rule: Any) -> Lesson:
    lesson = Lesson.live()
    if rule:
        lesson.ask(LEAD, "question.rule", **{"held": False, "named": False, **rule})
    lesson.ask(ANNA, "question.ask", question="a", text="why?")
    return lesson


def test_teachers_know_who_asks_and_others_only_where_names_are_shown() -> None:
    lesson = asked()
    for viewer in (LEAD, LOCAL, ANNA):
        one = seen(lesson, viewer)["by_id"]["a"]
        assert (one["participant"], one["text"], one["name"]) == ("anna", "why?", "name of anna")
    for viewer in (BEN, DISPLAY, OBSERVER):
        one = seen(lesson, viewer)["by_id"]["a"]
        assert one["text"] == "why?"
        assert not {"participant", "name"} & one.keys()
        told = lesson.seen_by(viewer)[-1]
        assert (told.actor, "anna" in str(told.data)) == ("system", False)
    lesson.ask(LEAD, "question.rule", held=False, named=True)
    assert "name" not in seen(lesson, BEN)["by_id"]["a"], "it was asked without"
    lesson.ask(ANNA, "question.ask", question="b", text="and why?")
    assert seen(lesson, BEN)["by_id"]["b"]["name"] == "name of anna"


def test_what_waits_for_a_teacher_is_its_askers_alone_until_it_is_let_out() -> None:
    lesson = asked(held=True)
    assert "a" in seen(lesson, ANNA)["by_id"]
    for viewer in (BEN, DISPLAY, OBSERVER):
        assert not seen(lesson, viewer)["by_id"]
        assert not [event for event in lesson.seen_by(viewer) if event.kind == "question.asked"]
    assert lesson.refused(BEN, "question.vote", question="a", on=True) == "not_found"
    lesson.ask(LOCAL, "question.mark", question="a", state="open")
    assert seen(lesson, BEN)["by_id"]["a"]["text"] == "why?"
    lesson.ask(BEN, "question.vote", question="a", on=True)
    lesson.ask(LOCAL, "question.mark", question="a", state="hidden")
    assert not seen(lesson, BEN)["by_id"]
    assert (seen(lesson, LEAD)["by_id"]["a"]["votes"], seen(lesson, LEAD)["by_id"]["a"]["voters"]) == (0, [])
    lesson.ask(LEAD, "question.mark", question="a", state="open")
    assert (seen(lesson, BEN)["by_id"]["a"]["votes"], seen(lesson, BEN)["by_id"]["a"]["voters"]) == (0, [])


def test_one_vote_each_that_can_be_taken_back() -> None:
    lesson = asked()
    assert lesson.refused(ANNA, "question.vote", question="a", on=True) == "not_allowed", "her own"
    lesson.ask(BEN, "question.vote", question="a", on=True)
    assert lesson.ask(BEN, "question.vote", question="a", on=True) == []
    assert seen(lesson, ANNA)["by_id"]["a"]["votes"] == 1
    assert [seen(lesson, who)["by_id"]["a"]["voters"] for who in (BEN, ANNA, LEAD)] == [["ben"], [], ["ben"]]
    assert lesson.seen_by(ANNA)[-1].actor == "system"
    lesson.ask(BEN, "question.vote", question="a", on=False)
    assert seen(lesson, LEAD)["by_id"]["a"]["votes"] == 0


def test_who_asked_the_one_has_voted_for_the_other_and_nobody_twice() -> None:
    lesson = asked()
    lesson.ask(BEN, "question.ask", question="b", text="how come?")
    lesson.ask(BEN, "question.vote", question="a", on=True)
    lesson.ask(ANNA, "question.vote", question="b", on=True)
    lesson.ask(LEAD, "question.merge", question="b", into="a")
    one = seen(lesson, LEAD)["by_id"]["a"]
    assert (one["votes"], one["voters"]) == (1, ["ben"])
    assert seen(lesson, BEN)["by_id"]["b"]["into"] == "a"
    assert "b" not in seen(lesson, ANNA)["by_id"]
    assert lesson.refused(LEAD, "question.merge", question="a", into="a") == "merged"
    assert lesson.refused(LEAD, "question.merge", question="b", into="a") == "merged"
    assert lesson.refused(LEAD, "question.merge", question="a", into="b") == "not_found", "it is no more to be seen"
    assert lesson.refused(LEAD, "question.mark", question="b", state="open") == "merged"


def test_a_merger_that_is_taken_back_leaves_no_trace() -> None:
    """With votes for the one, the other and both, an answer to both, and one more merger into the other."""
    lesson = asked()
    lesson.ask(BEN, "question.ask", question="b", text="how come?")
    carl, dora, emma = (Seat(name, Role.STUDENT, "r1") for name in ("carl", "dora", "emma"))
    lesson.join(carl, dora, emma)
    for who, question in ((carl, "b"), (dora, "a"), (emma, "a"), (emma, "b"), (ANNA, "b")):
        lesson.ask(who, "question.vote", question=question, on=True)
    lesson.ask(LEAD, "question.reply", question="a", text="Because.")
    lesson.ask(LEAD, "question.reply", question="b", text="So.")
    everyone = (LEAD, LOCAL, ANNA, BEN, carl, dora, emma, DISPLAY, OBSERVER)
    before = [seen(lesson, who)["by_id"] for who in everyone]
    lesson.ask(LEAD, "question.merge", question="b", into="a")
    assert seen(lesson, LEAD)["by_id"]["a"]["voters"] == ["dora", "emma", "carl", "ben"]
    (event,) = lesson.ask(LEAD, "question.part", question="b")
    assert [seen(lesson, who)["by_id"] for who in everyone] == before
    for who, known in zip(everyone, before, strict=True):
        assert rules.fold(lesson.seen_by(who))["questions"]["by_id"] == known
        told = rules.project(event, who, lesson.texts)
        assert told
        others = {"anna", "ben", "carl", "dora", "emma"} - {who.participant}
        assert who in (LEAD, LOCAL) or not [one for one in others if one in str(told.data)]
    assert rules.concerned(event, lesson.state) >= {"ben", "carl", "emma", "anna"}
    assert lesson.refused(LEAD, "question.part", question="b") == "not_merged"
    assert lesson.refused(LOCAL, "question.part", question="b") == "not_allowed"


def test_a_vote_that_was_given_while_they_were_one_stays_with_the_other() -> None:
    """Ben's own, taken back and given anew, and Carl's, who had one by the merger alone: theirs are the other's now,
    and of Dora it has none."""
    lesson = asked()
    carl, dora = (Seat(name, Role.STUDENT, "r1") for name in ("carl", "dora"))
    lesson.join(carl, dora)
    lesson.ask(BEN, "question.ask", question="b", text="how come?")
    for who in (carl, dora):
        lesson.ask(who, "question.vote", question="b", on=True)
    lesson.ask(LEAD, "question.merge", question="b", into="a")
    for who, said in ((BEN, (False, True)), (carl, (False, True)), (dora, (False,))):
        for on in said:
            lesson.ask(who, "question.vote", question="a", on=on)
    assert lesson.state["questions"]["by_id"]["b"]["gave"] == []
    lesson.ask(LEAD, "question.part", question="b")
    by_id = seen(lesson, LEAD)["by_id"]
    assert {name: (one["votes"], one["voters"]) for name, one in by_id.items()} == {
        "a": (2, ["ben", "carl"]),
        "b": (2, ["carl", "dora"]),
    }
    for who in (LEAD, LOCAL, ANNA, BEN, carl, dora, OBSERVER):
        assert rules.fold(lesson.seen_by(who))["questions"]["by_id"] == seen(lesson, who)["by_id"]


def test_mergers_are_taken_back_the_last_one_first_and_what_waited_waits_again() -> None:
    lesson = asked()
    lesson.ask(LEAD, "question.rule", held=True, named=False)
    lesson.ask(BEN, "question.ask", question="b", text="how come?")
    lesson.ask(LEAD, "question.rule", held=False, named=False)
    lesson.ask(BEN, "question.ask", question="c", text="what for?")
    lesson.ask(LEAD, "question.merge", question="b", into="a")
    lesson.ask(LEAD, "question.merge", question="a", into="c")
    assert lesson.refused(LEAD, "question.part", question="b") == "merged"
    for question in ("a", "b"):
        lesson.ask(LEAD, "question.part", question=question)
    stands = {name: (one["state"], one["voters"]) for name, one in seen(lesson, LEAD)["by_id"].items()}
    assert stands == {"a": ("open", []), "b": ("held", []), "c": ("open", [])}
    assert seen(lesson, ANNA)["by_id"].keys() == {"a", "c"}
    assert "how come" not in str(lesson.seen_by(ANNA))


def test_looked_at_again_nothing_is_there_of_what_was_withdrawn_but_the_votes_it_gave() -> None:
    lesson = asked()
    lesson.ask(BEN, "question.ask", question="b", text="how come?")
    lesson.ask(LEAD, "question.show", question="b")
    lesson.ask(LEAD, "question.merge", question="b", into="a")
    projected = (rules.project(event, OBSERVER, lesson.texts) for event in lesson.events)
    told = [without(event, unseen(lesson.state["questions"])) for event in projected if event]
    kept = [event for event in told if event is not None]
    assert "how come?" not in str(kept)
    again = rules.fold(kept)["questions"]
    assert (set(again["by_id"]), again["by_id"]["a"]["votes"], again["now"]) == ({"a"}, 1, None)
    assert not [event for event in kept if event.data.get("question") == "b" and event.kind != "question.merged"]


def test_an_answer_aloud_begins_when_the_question_is_shown_and_one_in_writing_is_read_by_all() -> None:
    lesson = asked()
    lesson.now = 60_000
    lesson.ask(LEAD, "question.show", question="a")
    assert lesson.ask(LEAD, "question.show", question="a") == []
    lesson.now = 90_000
    lesson.ask(LEAD, "question.mark", question="a", state="answered")
    assert seen(lesson, BEN)["by_id"]["a"]["moment"] == 60_000
    assert lesson.state["questions"]["now"] is None, "it leaves the displays"
    lesson.ask(BEN, "question.ask", question="b", text="and why?")
    lesson.ask(LEAD, "lesson.end")
    lesson.ask(LEAD, "question.mark", question="b", state="answered")
    assert seen(lesson, ANNA)["by_id"]["b"]["moment"] is None, "no lesson, no moment"
    lesson.ask(LEAD, "question.reply", question="a", text="Because.")
    assert seen(lesson, BEN)["by_id"]["a"]["reply"] == "Because."
    assert "Because" not in str(lesson.events)


@pytest.mark.parametrize("state", ["later", "answered"])
def test_what_was_over_when_it_was_shown_stays_on_the_displays(state: str) -> None:
    lesson = asked()
    lesson.ask(LEAD, "question.mark", question="a", state=state)
    lesson.ask(LEAD, "question.show", question="a")
    lesson.ask(BEN, "question.vote", question="a", on=True)
    assert lesson.state["questions"]["now"]["question"] == "a"
    lesson.ask(LEAD, "question.mark", question="a", state="next")
    lesson.ask(LEAD, "question.mark", question="a", state=state)
    assert lesson.state["questions"]["now"] is None


def test_it_is_asked_before_and_after_the_lesson_too() -> None:
    lesson = Lesson()
    assert lesson.refused(ANNA, "question.ask", question="a", text="?") == "wrong_phase"
    lesson.ask(LEAD, "lesson.open")
    lesson.join(LEAD, ANNA).ask(ANNA, "question.ask", question="a", text="?")
    lesson.ask(LEAD, "lesson.start")
    lesson.ask(LEAD, "lesson.end")
    lesson.ask(ANNA, "question.ask", question="b", text="?")
    assert seen(lesson, ANNA)["by_id"].keys() == {"a", "b"}


def test_a_local_teacher_asks_for_a_child_without_a_tablet_whose_words_they_are() -> None:
    lesson = Lesson.live()
    lesson.ask(LOCAL, "participant.add", participant="chen", name="Chen")
    lesson.ask(LEAD, "question.rule", held=True, named=False)
    events = lesson.ask(LOCAL, "question.ask", question="c", text="why?", participant="chen")
    assert asked_by(events) == {"question:c": "chen"}
    assert lesson.state["questions"]["by_id"]["c"]["state"] == "open", "its teacher has seen it"
    assert lesson.refused(LOCAL, "question.ask", question="d", text="?", participant="anna") == "not_allowed"
    other = Seat("other", Role.LOCAL_TEACHER, "r2")
    lesson.join(other)
    assert lesson.refused(other, "question.ask", question="d", text="?", participant="chen") == "not_allowed"
    assert lesson.refused(LOCAL, "question.ask", question="d", text="?") == "not_allowed"
    assert lesson.refused(LOCAL, "question.ask", question="d", text="?", participant="lead") == "not_found"
    assert lesson.refused(LOCAL, "question.mark", question="c", state="answered") == "not_allowed"
    lesson.ask(LEAD, "question.mark", question="c", state="later")
    assert lesson.refused(LOCAL, "question.mark", question="c", state="open") == "not_allowed", "the lead closed it"
    lesson.ask(BEN, "question.ask", question="b", text="?")
    assert lesson.refused(LOCAL, "question.mark", question="b", state="open") == "not_allowed", "of no room of theirs"


def test_bounds() -> None:
    lesson = asked()
    assert lesson.refused(BEN, "question.ask", question="a", text="mine") == "exists"
    assert lesson.refused(BEN, "question.ask", question="b", text="x" * 501) == "malformed"
    assert lesson.refused(BEN, "question.ask", question="b", text=" ") == "malformed"
    for n in range(MAX_OF_ONE - 1):
        lesson.ask(ANNA, "question.ask", question=f"a{n}", text="?")
    assert lesson.refused(ANNA, "question.ask", question="more", text="?") == "too_many"
    lesson.ask(LEAD, "student.lock", locked=["chat"])
    assert lesson.refused(BEN, "question.ask", question="b", text="?") == "locked"
    lesson.ask(LEAD, "student.lock", locked=[])
    for n in range(MAX_QUESTIONS - MAX_OF_ONE):
        lesson.ask(Seat(f"child{n}", Role.STUDENT), "question.ask", question=f"b{n}", text="?")
    assert lesson.refused(BEN, "question.ask", question="more", text="?") == "too_many"


def test_what_a_snapshot_has_for_a_child_alone_is_little_however_much_the_class_asks() -> None:
    lesson = Lesson.live()
    for number in range(MAX_OF_ONE):
        lesson.ask(BEN, "question.ask", question=f"b{number}", text="why?")
    lesson.ask(ANNA, "question.ask", question="a", text="how?")
    lesson.ask(ANNA, "question.vote", question="b0", on=True)
    anna = rules.seated(lesson.state, ANNA)
    rest = rules.shared(lesson.state, Role.STUDENT, lesson.texts)
    own = rules.own(lesson.state, anna, lesson.texts, rest)
    assert own["questions"]["by_id"].keys() == {"a", "b0"}
    view = rules.view(lesson.state, anna, lesson.texts)
    assert whole(rest, own) == view
    given = [json.loads(json.dumps(one)) for one in (rest, own)]
    assert evaluate("lesson/snapshot.ts", "m.whole(given[0], given[1])", given) == json.loads(json.dumps(view))
