"""Who gets which quality of a picture, cell by cell, and whose microphones are heard."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.events import Role, Seat
from classroom.rules import Standing, State, TrackInfo, standing
from signaling.ceilings import CEILINGS, FACES, HEARD, Face, ceiling, heard
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, ENCODER, EVERYONE, LEAD, LOCAL, OBSERVER, Lesson

LOCAL2 = Seat("local2", Role.LOCAL_TEACHER, "r2")
VIEWERS = {
    Face.DISPLAY: DISPLAY, Face.LOCAL: LOCAL, Face.LEAD: LEAD, Face.OBSERVER: OBSERVER, Face.STUDENT: BEN,
    Face.PLAYER: DISPLAY, Face.SMALL_PLAYER: DISPLAY,
}  # fmt: skip
# Columns: the lead's, on stage, the local teacher of a called room, any other. l low, m middle, h high.
EXPECTED = """
display        h h l l
local          m m l l
lead           l m m l
observer       l l l l
student        l l l l
player         h h h h
small_player   l l l l
"""
NAMES = {"l": "low", "m": "middle", "h": "high"}
TABLE = {
    (Face(line.split()[0]), one): NAMES[line.split()[column]]
    for line in EXPECTED.strip().splitlines()
    for column, one in enumerate(Standing, 1)
}


def track(participant: str, source: str = "room") -> TrackInfo:
    kind: Literal["audio", "video"] = "audio" if source == "mic" else "video"
    return TrackInfo(participant, source, kind)


def lesson_with(one: Standing) -> tuple[Lesson, str]:
    """A lesson, and someone in it who stands so."""
    lesson = Lesson.live(*EVERYONE, LOCAL2)
    if one in (Standing.STAGE, Standing.CALLED):
        lesson.ask(LEAD, "stage.invite", participant="display2")
    if one is Standing.STAGE:
        lesson.ask(DISPLAY2, "stage.accept", participant="display2")
    return lesson, "encoder" if one is Standing.LEAD else "local2"


def test_the_table_has_every_face_and_every_standing() -> None:
    assert set(TABLE) == set(itertools.product(CEILINGS, Standing)) == set(itertools.product(Face, Standing))
    assert set(FACES) == set(Role) - {Role.ENCODER}


@pytest.mark.parametrize(("face", "one"), list(TABLE))
@pytest.mark.parametrize("saving", [False, True])
def test_a_cell(face: Face, one: Standing, saving: bool) -> None:
    lesson, who = lesson_with(one)
    assert standing(lesson.state, who) is one
    lesson.ask(LEAD, "data.save", room="r1", on=saving)
    expected = "low" if saving and face in (Face.DISPLAY, Face.LOCAL) else TABLE[face, one]
    assert ceiling(face, VIEWERS[face], track(who), lesson.state) == expected
    assert ceiling(face, VIEWERS[face], track(who, "mic"), lesson.state) == "high"
    assert ceiling(Face.DISPLAY, DISPLAY2, track(who), lesson.state) == TABLE[Face.DISPLAY, one], "another room's"


def test_what_each_one_is_in_the_lesson() -> None:
    lesson = Lesson.live(*EVERYONE, LOCAL2)

    def now(*seats: Seat) -> list[str]:
        return [standing(lesson.state, seat.participant).value for seat in seats]

    assert now(LEAD, ENCODER, DISPLAY2, LOCAL2, ANNA, BEN) == ["lead", "lead", "other", "other", "other", "other"]
    lesson.ask(LEAD, "stage.invite", participant="display2")
    lesson.ask(LEAD, "stage.invite", participant="anna")
    assert now(DISPLAY2, LOCAL2, LOCAL, ANNA) == ["other", "called", "other", "other"]
    lesson.ask(DISPLAY2, "stage.accept", participant="display2")
    lesson.ask(ANNA, "stage.accept", participant="anna")
    assert now(DISPLAY2, LOCAL2, LOCAL, DISPLAY, ANNA) == ["stage", "stage", "other", "other", "stage"]
    assert standing(lesson.state, "nobody") is Standing.OTHER


def room(number: int) -> Seat:
    return Seat(f"d{number}", Role.DISPLAY, f"room{number}")


ROOMS = [room(number) for number in range(8)]
MICS = [track("lead", "mic"), *(track(seat.participant, "mic") for seat in ROOMS)]
PICTURES = [track(seat.participant) for seat in ROOMS]


def rooms(*on_stage: int) -> State:
    lesson = Lesson.live(LEAD, *ROOMS)
    for number in on_stage:
        lesson.ask(LEAD, "stage.invite", participant=f"d{number}")
        lesson.ask(ROOMS[number], "stage.accept", participant=f"d{number}")
    return lesson.state


def names(tracks: list[TrackInfo]) -> list[str]:
    return [one.participant for one in tracks if one.source == "mic"]


def test_only_the_three_loudest_rooms_are_heard_beside_the_lead_and_the_stage() -> None:
    state, tracks = rooms(7), [*MICS, *PICTURES]
    assert names(heard(tracks, [], state)) == ["lead", "d7"]
    assert names(heard(tracks, ["d2"], state)) == ["lead", "d2", "d7"]
    assert names(heard(tracks, ["lead", "d7", "d5", "d1", "stranger", "d3", "d2"], state)) == [
        "lead", "d1", "d3", "d5", "d7",
    ]  # fmt: skip
    assert [one for one in heard(tracks, [], state) if one.kind == "video"] == PICTURES


@given(st.permutations([one.participant for one in MICS]), st.integers(0, 9), st.sets(st.integers(0, 7), max_size=4))
def test_whoever_speaks(order: list[str], many: int, on_stage: set[int]) -> None:
    voices, always = order[:many], {"lead", *(f"d{number}" for number in on_stage)}
    got = names(heard(MICS, voices, rooms(*on_stage)))
    assert always <= set(got)
    assert [voice for voice in voices if voice in set(got) - always] == [v for v in voices if v not in always][:HEARD]
    assert set(got) <= always | set(voices)
