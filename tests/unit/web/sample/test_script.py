"""The sample lesson's script, played by the rules alone, and what it draws on."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import av
import pypdfium2 as pdfium
import pytest

from classroom.events import Event, Seat
from tests.unit.classroom.lessons import MAP, Lesson
from web.server.demo.speech import RATE
from web.server.sample import films, pictures, slides
from web.server.sample.script import AUTUMN, CAST, LONG_S, PAGE, PLAN, SPEAKING, Cue, cues

ROOM = "r1"
SLIDES = replace(MAP, id="autumn", slides=4)
SEATS = {who: Seat(who, role, ROOM if there else None) for who, (role, _, there) in CAST.items()}


@pytest.fixture(scope="module")
def played() -> Lesson:
    lesson = Lesson(courseware={SLIDES.id: SLIDES})
    lesson.ask(SEATS["lead"], "lesson.open")
    lesson.join(*SEATS.values())
    lesson.ask(SEATS["lead"], "plan.write", revision=0, steps=list(PLAN))
    lesson.ask(SEATS["lead"], "courseware.open", courseware=SLIDES.id)
    lesson.ask(SEATS["lead"], "lesson.start")
    for cue in cues():
        lesson.now = round(cue.at_s * 1000)
        lesson.ask(SEATS[cue.who], cue.kind, **dict(told(cue, lesson.now)))
    return lesson


def told(cue: Cue, now: int) -> Iterator[tuple[str, Any]]:
    names = {f"@{who}": who for who in CAST} | {"@slides": SLIDES.id}
    for key, value in cue.data.items():
        yield key, names.get(value, value) if isinstance(value, str) else value
    if cue.written_ms:
        yield "began", now - cue.written_ms


def of_kind(lesson: Lesson, kind: str) -> list[Event]:
    return [event for event in lesson.events if event.kind == kind]


def test_the_rules_take_all_of_it(played: Lesson) -> None:
    state = played.state
    written = [one for one in of_kind(played, "stroke.added") if one.data["page"] == PAGE]
    assert len(written) == len(AUTUMN) == 9
    for one, following in pairwise(written):
        assert one.at < following.data["began"], "a hand writes one stroke after the other"
    assert [guest["participant"] for guest in state["stage"]["guests"]] == []
    assert [one.data["participant"] for one in of_kind(played, "stage.accepted")] == ["room"]
    vote, quiz = state["activities"]["by_id"]["seasons"], state["activities"]["by_id"]["parts"]
    assert (vote["tally"], quiz["tally"]) == ([1, 0, 2, 1], [3, 1, 0, 0])
    assert (vote["phase"], quiz["phase"], quiz["answer"]) == ("revealed", "revealed", 0)
    asked = state["questions"]["by_id"]["red"]
    assert (asked["state"], asked["moment"]) == ("answered", 62_000)
    assert [one.data["step"] for one in of_kind(played, "step.begun")] == [one["step"] for one in PLAN]
    assert played.now < LONG_S * 1000


def test_who_speaks_is_heard_and_nobody_else() -> None:
    """The room only while it is on stage."""
    room = films.voice("room")
    assert len(room) == int(LONG_S * RATE)
    [(begin, end)] = SPEAKING["room"]
    on = {cue.kind: cue.at_s for cue in cues() if cue.kind in ("stage.accept", "stage.release")}
    assert on["stage.accept"] < begin < end < on["stage.release"]
    assert loud(room, 0, begin) == loud(room, end, LONG_S) == 0
    assert loud(room, begin, end) > 5000


def loud(samples: array[int], begin_s: float, end_s: float) -> int:
    return max(map(abs, samples[int(begin_s * RATE) : int(end_s * RATE)]))


def test_a_film_is_as_long_as_the_lesson(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "LONG_S", 1.0)
    heard: list[float] = []
    made = films.ensure(heard.append, tmp_path)
    assert made.keys() == SPEAKING.keys()
    assert heard == sorted(heard)
    assert heard[-1] == 1
    with av.open(str(made["lead"])) as container:
        assert (container.streams.video[0].width, container.streams.video[0].frames) == (pictures.WIDTH, films.FPS)
        assert float(container.duration or 0) / 1e6 == pytest.approx(1, abs=0.05)
    assert films.ensure(directory=tmp_path) == made


def test_the_mouth_opens_with_the_voice() -> None:
    scene = pictures.teacher()
    assert scene(1.0, 0.0).tobytes() != scene(1.0, 0.9).tobytes()


def test_the_slides_are_those_of_the_script() -> None:
    document = pdfium.PdfDocument(io.BytesIO(slides.pdf()))
    shown = {cue.data["slide"] for cue in cues() if cue.kind == "slide.show"}
    assert shown == set(range(1, len(document) + 1))
    texts = [page.get_textpage().get_text_bounded() for page in document]
    assert all(words in text for words, text in zip(("秋天", "禾", "春", "树叶"), texts, strict=True))
    document.close()
