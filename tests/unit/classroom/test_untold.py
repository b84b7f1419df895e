"""A lesson from which something was cut out: what is told of it, and that the fold goes on from there."""

from __future__ import annotations

import json
from base64 import b64decode

from pycrdt import Doc, XmlFragment

from classroom import rules
from classroom.events import Event
from classroom.notes.sheets import update_key
from classroom.reducer import EMPTY, State
from classroom.untold import passing, untold
from tests.unit.classroom.lessons import ANNA, BEN, FILM, LEAD, MAP, OBSERVER, QUESTION, STROKE, Lesson
from tests.unit.classroom.scribes import said

CUT = (1000, 2000)


def told(lesson: Lesson, people: tuple[str, ...] = ()) -> tuple[list[Event], State]:
    """As an observer sees it, and what it folds to."""
    events, texts = untold(lesson.events, lesson.texts, [CUT], people)
    seen = [one for event in events if (one := rules.project(event, OBSERVER, texts)) is not None]
    state = EMPTY
    for event in seen:
        state = rules.apply(state, event)
    return seen, state


def words(seen: list[Event]) -> str:
    return json.dumps([event.json() for event in seen], ensure_ascii=False)


def text(object_: str, words_: str) -> dict[str, object]:
    return {"object": object_, "type": "text", "color": "#000000", "size": 20, "box": [0, 0, 300, 100], "text": words_}


def test_what_was_said_in_the_cut_is_not_told_and_what_was_said_before_and_after_is() -> None:
    lesson = Lesson.live()
    for at, message in ((500, "before"), (1500, "mishap"), (2000, "after")):
        lesson.now = at
        lesson.ask(ANNA, "chat.say", message=message, text=f"it is {message}")
        lesson.ask(ANNA, "question.ask", question=f"q{message}", text=f"why {message}")
    lesson.ask(LEAD, "chat.hide", message="mishap")
    seen, state = told(lesson)
    assert "mishap" not in words([event for event in seen if event.kind != "chat.hidden"])
    assert [one["message"] for one in state["chat"]] == ["before", "after"]
    assert list(state["questions"]["by_id"]) == ["qbefore", "qafter"]


def test_hands_that_were_up_only_then_are_not_told_and_others_are_as_they_are() -> None:
    lesson = Lesson.live()
    lesson.now = 500
    lesson.ask(BEN, "hand.raise")
    lesson.now = 1500
    lesson.ask(ANNA, "hand.raise")
    lesson.ask(ANNA, "hand.lower")
    lesson.ask(BEN, "hand.lower")
    seen, state = told(lesson)
    assert [event.data["participant"] for event in seen if event.kind.startswith("hand.")] == ["ben", "ben"]
    assert state["hands"] == []


def test_ink_that_was_erased_again_is_not_told_and_ink_that_stays_is() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "stroke.add", **{**STROKE, "stroke": "old"})
    lesson.now = 1500
    for one in ("gone", "kept", "parted", "back"):
        lesson.ask(LEAD, "stroke.add", **{**STROKE, "stroke": one})
    lesson.ask(LEAD, "stroke.trim", page="1", stroke="parted", parts=[{"stroke": "part", "from": 0, "to": 0.5}])
    for one in ("gone", "part", "back", "old"):
        lesson.ask(LEAD, "stroke.erase", page="1", stroke=one)
    lesson.now = 2500
    lesson.ask(LEAD, "object.restore", page="1", objects=["back"])
    seen, state = told(lesson)
    assert [one["object"] for one in state["board"]["pages"][0]["objects"]] == ["kept", "back"]
    assert not {"gone", "part", "parted"} & {event.data.get("stroke") for event in seen}
    assert (
        state["board"]["pages"][0]["objects"] == rules.view(lesson.state, OBSERVER, {})["board"]["pages"][0]["objects"]
    )


def test_words_that_were_written_over_in_the_cut_are_not_told() -> None:
    lesson = Lesson.live()
    lesson.now = 1500
    lesson.ask(LEAD, "object.add", page="1", object=text("t", "a child's name"))
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "t", "text": "a curse"}])
    lesson.ask(LEAD, "object.change", page="1", changes=[{"object": "t", "text": "the answer"}])
    seen, state = told(lesson)
    assert state["board"]["pages"][0]["objects"][0]["text"] == "the answer"
    assert "child's" not in words(seen)
    assert "curse" not in words(seen)


def test_an_activity_of_the_cut_is_not_told_and_one_that_goes_on_has_no_words_of_then() -> None:
    lesson = Lesson.live()
    lesson.now = 1100
    lesson.ask(LEAD, "activity.open", **{**QUESTION, "activity": "short", "prompt": "a slip of the tongue"})
    lesson.ask(ANNA, "activity.answer", activity="short", choice=1)
    lesson.ask(LEAD, "activity.close", activity="short")
    lesson.ask(LEAD, "activity.open", activity="long", type="text", prompt="Why?", answer=["because"])
    lesson.ask(ANNA, "activity.answer", activity="long", text="a mishap")
    lesson.now = 2100
    lesson.ask(BEN, "activity.answer", activity="long", text="because")
    lesson.ask(LEAD, "activity.close", activity="long")
    lesson.ask(LEAD, "activity.reveal", activity="long")
    seen, state = told(lesson)
    assert list(state["activities"]["by_id"]) == ["long"]
    assert "slip" not in words(seen)
    assert "mishap" not in words(seen)
    assert "because" in words(seen)
    assert state["activities"]["by_id"]["long"]["phase"] == "revealed"


def test_notes_have_what_was_left_and_not_what_was_deleted_in_the_cut() -> None:
    lesson = Lesson.live()
    lesson.now = 500
    lesson.ask(LEAD, "notes.write", notes="class", update=said(1, "before"))
    lesson.now = 1500
    lesson.ask(LEAD, "notes.write", notes="class", update=said(2, "kept"))
    lesson.now = 2500
    lesson.ask(LEAD, "notes.write", notes="class", update=said(3, "after"))
    seen, state = told(lesson)
    doc: Doc[XmlFragment] = Doc()
    for part in state["notes"]["parts"]:
        doc.apply_update(b64decode(part["update"]))
    whole: Doc[XmlFragment] = Doc()
    for event in lesson.events:
        if event.kind == "notes.written":
            whole.apply_update(b64decode(lesson.texts[update_key(event.data)]))
    assert doc.get_state() == whole.get_state()
    assert [event.kind for event in seen if event.kind.startswith("notes.")] == [
        "notes.written", "notes.merged", "notes.written",
    ]  # fmt: skip


def test_a_hidden_participant_has_no_name_and_said_nothing() -> None:
    lesson = Lesson.live()
    lesson.ask(ANNA, "chat.say", message="m", text="hello from anna")
    lesson.ask(ANNA, "hand.raise")
    lesson.ask(LEAD, "activity.open", activity="a", type="text", prompt="Why?", answer=["because"])
    lesson.ask(ANNA, "activity.answer", activity="a", text="annas answer")
    lesson.ask(LEAD, "activity.close", activity="a")
    lesson.ask(LEAD, "activity.reveal", activity="a")
    seen, state = told(lesson, ("anna",))
    for secret in ("name of anna", "hello from anna", "annas answer"):
        assert secret not in words(seen), secret
    assert state["hands"] == []
    assert "name of ben" in words(seen)


def test_slides_that_were_shown_in_the_cut_alone_are_not_told_and_those_that_stay_are() -> None:
    lesson = Lesson.live(courseware={"map": MAP, "film": FILM})
    lesson.now = 1200
    paper = {"kind": "slide", "courseware": "map", "slide": 1}
    lesson.ask(LEAD, "courseware.open", courseware="map")
    lesson.ask(LEAD, "page.add", page="secret", paper=paper)
    lesson.ask(LEAD, "page.show", page="secret")
    lesson.ask(LEAD, "stroke.add", **{**STROKE, "page": "secret"})
    lesson.ask(LEAD, "page.show", page="1")
    lesson.ask(LEAD, "courseware.close", courseware="map")
    lesson.ask(LEAD, "courseware.open", courseware="film")
    lesson.now = 2500
    lesson.ask(LEAD, "courseware.close", courseware="film")
    seen, state = told(lesson)
    assert "secret" not in words(seen)
    assert "map" not in words(seen)
    assert [page["id"] for page in state["board"]["pages"]] == ["1"]
    assert passing(lesson.events, [CUT]) == {"map"}
    assert "film" in words(seen)
    assert passing(lesson.events, []) == set()


def test_steps_of_the_plan_that_passed_in_the_cut_are_not_told_and_the_one_that_goes_on_is() -> None:
    lesson = Lesson.live()
    steps = [{"step": one, "title": f"step {one}"} for one in ("before", "mishap", "onwards")]
    lesson.ask(LEAD, "plan.write", revision=0, steps=steps)
    for at, step in ((500, "before"), (1200, "mishap"), (1500, "onwards")):
        lesson.now = at
        lesson.ask(LEAD, "step.begin", step=step)
    seen, state = told(lesson)
    assert "mishap" not in words(seen)
    assert [one["title"] for one in state["plan"]["begun"]] == ["step before", "step onwards"]
