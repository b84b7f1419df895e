"""What who is of another school is told of a lesson: no pupil's name, wherever it stands."""

from __future__ import annotations

import json

import pytest

from classroom.events import Event, Role
from classroom.nameless import labels, nameless, pupils
from classroom.untold import TAKES_AWAY, works_shown

CHILD, OTHER, TEACHER = "王小明", "Ana Álvarez", "Li Wen"


def joined(seq: int, participant: str, role: Role, name: str) -> Event:
    data = {"participant": participant, "role": role, "name": name}
    return Event(seq, seq, participant, "participant.joined", data)


CAME = [
    joined(1, "t", Role.LEAD_TEACHER, TEACHER),
    joined(2, "a", Role.STUDENT, CHILD),
    joined(3, "b", Role.STUDENT, OTHER),
    joined(4, "c", Role.STUDENT, CHILD),  # equal names
    joined(5, "a", Role.STUDENT, CHILD),  # came again
]
HAPPENED = [
    Event(6, 6, "a", "chat.said", {"message": "m", "text": "hello", "name": CHILD}),
    Event(7, 7, "t", "stage.called", {"participant": "b", "name": OTHER}),
    Event(8, 8, "t", "pick.made", {"participants": ["c", "b"], "names": {"c": CHILD, "b": OTHER}}),
    Event(9, 9, "t", "activity.shown", {"works": [{"participant": "a", "name": CHILD}, {"name": OTHER}]}),
    Event(10, 10, "t", "page.filled", {"of": [{"kind": "participant", "owner": "c", "name": CHILD}], "objects": []}),
    Event(11, 11, "t", "chat.said", {"message": "n", "text": "well done", "name": TEACHER}),
    Event(12, 12, "t", "stroke.added", {"stroke": "s", "points": [[1, 2, 3]]}),
]


@pytest.mark.parametrize(
    ("language", "student"), [("zh", "学生"), ("en", "Student"), ("fr", "Student"), ("", "Student")]
)
def test_pupils_are_numbered_and_teachers_named_everywhere(language: str, student: str) -> None:
    events = CAME + HAPPENED
    told = nameless(events, pupils(CAME, language))
    written = json.dumps([event.data for event in told], ensure_ascii=False)
    assert CHILD not in written
    assert OTHER not in written
    by_seq = {event.seq: event.data for event in told}
    assert [by_seq[seq]["name"] for seq in (1, 2, 3, 4, 5)] == [
        TEACHER,
        *(f"{student} {number}" for number in (1, 2, 3, 1)),
    ]
    assert (by_seq[6]["name"], by_seq[7]["name"], by_seq[11]["name"]) == (f"{student} 1", f"{student} 2", TEACHER)
    assert by_seq[8]["names"] == {"c": f"{student} 3", "b": f"{student} 2"}
    assert [one["name"] for one in by_seq[9]["works"]] == [f"{student} 1", f"{student} 2"]
    assert by_seq[10]["of"][0]["name"] == f"{student} 3"
    assert by_seq[12] == HAPPENED[-1].data
    assert [(event.seq, event.actor, event.kind) for event in told] == [(e.seq, e.actor, e.kind) for e in events]
    assert HAPPENED[0].data["name"] == CHILD, "the events themselves stay as they are"


def test_speakers_of_captions_that_may_be_pupils_are_not_named() -> None:
    cues = [{"text": "x", "speaker": speaker} for speaker in (TEACHER, CHILD, "", "小明", OTHER, "小明", "妈妈")]
    said = [one["speaker"] for one in labels(cues, pupils(CAME, "en"))]
    assert said == [TEACHER, "Student 1", "", "Speaker 1", "Student 2", "Speaker 1", "Speaker 2"]


@pytest.mark.parametrize(
    ("cuts", "left"),
    [
        ([], ["one", "two", "three"]),
        ([(0, 150)], ["one", "two", "three"]),  # still up when the cut ends
        ([(0, 200)], ["two", "three"]),
        ([(50, 310)], ["three"]),
        ([(50, 1000)], []),
    ],
)
def test_works_that_were_shown_in_a_cut_alone_are_not_shown(cuts: list[tuple[int, int]], left: list[str]) -> None:
    at = [(100, "one"), (200, "two"), (400, "three")]
    events = [
        Event(seq, ms, "t", "activity.shown", {"works": [{"file": name}]}) for seq, (ms, name) in enumerate(at, 1)
    ]
    events.insert(2, Event(3, 300, "t", "activity.opened", {"activity": "next"}))
    events.append(Event(9, 500, "t", "lesson.ended", {}))
    assert {event.kind for event in events} == set(TAKES_AWAY)
    assert [event.data["works"][0]["file"] for event in works_shown(events, cuts)] == left
