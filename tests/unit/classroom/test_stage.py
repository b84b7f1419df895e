"""Who gets which tracks."""

from __future__ import annotations

from typing import Literal

import pytest

from classroom.events import Role, Seat
from classroom.rules import TrackInfo, wanted
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, DISPLAY2, ENCODER, EVERYONE, LEAD, LOCAL, OBSERVER, Lesson

ROOM_ENCODER = Seat("room-encoder", Role.ENCODER, "r2")
CARL = Seat("carl", Role.STUDENT)


def track(participant: str, source: str) -> TrackInfo:
    kind: Literal["audio", "video"] = "audio" if source == "mic" else "video"
    return TrackInfo(participant, source, kind)


def sound(participant: str) -> TrackInfo:
    """That of a shared screen."""
    return TrackInfo(participant, "courseware", "audio")


LEAD_TRACKS = [track("lead", "camera"), track("lead", "mic"), track("lead", "courseware")]
ROOMS = [track("display", "room"), track("display", "mic"), track("display2", "room"), track("display2", "mic")]
CHILDREN = [track(who, source) for who in ("anna", "ben") for source in ("student", "mic")]
ALL = [*CHILDREN, *ROOMS, *LEAD_TRACKS]


def names(tracks: list[TrackInfo]) -> list[str]:
    return [f"{one.participant} {one.source}" for one in tracks]


def seen(lesson: Lesson, viewer: Seat, tracks: list[TrackInfo] | None = None) -> list[str]:
    return names(wanted(lesson.state, viewer, ALL if tracks is None else tracks))


def on_stage(*guests: Seat) -> Lesson:
    lesson = Lesson.live(*EVERYONE, ROOM_ENCODER, CARL)
    for guest in guests:
        lesson.ask(LEAD, "stage.invite", participant=guest.participant)
        lesson.ask(guest, "stage.accept", participant=guest.participant)
    return lesson


VOICE_FIRST = ["lead mic", "lead courseware", "lead camera"]


@pytest.mark.parametrize("viewer", [DISPLAY, DISPLAY2, OBSERVER, BEN])
def test_the_lead_goes_to_rooms_and_homes_the_voice_first(viewer: Seat) -> None:
    assert seen(on_stage(), viewer) == VOICE_FIRST


def test_the_local_teacher_sees_the_other_rooms_as_well_unless_the_line_is_short() -> None:
    lesson = on_stage()
    assert seen(lesson, LOCAL) == [*VOICE_FIRST, "display2 room"]
    lesson.ask(LOCAL, "data.save", on=True)
    assert seen(lesson, LOCAL) == VOICE_FIRST


def test_the_lead_gets_all_rooms_and_never_itself() -> None:
    assert seen(on_stage(), LEAD) == ["display mic", "display2 mic", "display room", "display2 room"]


def test_a_tablet_in_a_room_gets_nothing_but_the_leads_voice_when_on_stage() -> None:
    assert seen(on_stage(), ANNA) == []
    assert seen(on_stage(DISPLAY), ANNA) == []
    assert seen(on_stage(ANNA), ANNA) == ["lead mic"]


def test_encoders_get_nothing() -> None:
    assert seen(on_stage(DISPLAY), ENCODER) == []


def test_a_room_on_stage_goes_to_everyone_else() -> None:
    lesson = on_stage(DISPLAY)
    for viewer in (DISPLAY2, OBSERVER, BEN):
        assert seen(lesson, viewer) == ["lead mic", "display mic", "lead courseware", "lead camera", "display room"]
    assert seen(lesson, DISPLAY) == VOICE_FIRST, "nothing of the room one is in"
    assert seen(lesson, LOCAL) == [*VOICE_FIRST, "display2 room"]
    assert seen(lesson, LEAD) == ["display mic", "display2 mic", "display room", "display2 room"]


def test_an_invitation_alone_puts_nobody_on_stage() -> None:
    lesson = on_stage()
    lesson.ask(LEAD, "stage.invite", participant="display")
    assert seen(lesson, BEN) == VOICE_FIRST


def test_a_child_on_stage_is_seen_and_heard_but_not_in_their_own_room() -> None:
    lesson = on_stage(ANNA)
    for viewer in (DISPLAY2, OBSERVER, BEN):
        assert seen(lesson, viewer) == ["lead mic", "anna mic", "lead courseware", "lead camera", "anna student"]
    assert seen(lesson, DISPLAY) == VOICE_FIRST
    assert seen(lesson, LEAD)[0] == "anna mic"
    assert "anna student" in seen(lesson, LEAD)
    assert "ben student" not in seen(lesson, LEAD)


def test_a_child_at_home_on_stage_is_heard_by_other_children_at_home() -> None:
    lesson = on_stage(BEN)
    assert "ben mic" in seen(lesson, CARL)
    assert "ben mic" not in seen(lesson, BEN)


def test_an_encoder_takes_the_place_of_the_browser() -> None:
    tracks = [*LEAD_TRACKS, track("encoder", "camera")]
    assert seen(on_stage(), DISPLAY, tracks) == ["lead mic", "lead courseware", "encoder camera"]
    assert seen(on_stage(), LEAD, tracks) == ["encoder camera"]
    assert seen(on_stage(), LEAD, [track("encoder", "mic")]) == [], "no echo"


def test_what_the_lead_shares_is_seen_and_heard_wherever_the_lead_is() -> None:
    tracks = [*LEAD_TRACKS, sound("lead"), track("encoder", "courseware")]
    for viewer in (DISPLAY, OBSERVER, BEN):
        got = wanted(on_stage().state, viewer, tracks)
        assert [(one.participant, one.source, one.kind) for one in got] == [
            ("lead", "mic", "audio"),
            ("lead", "courseware", "audio"),
            ("lead", "courseware", "video"),
            ("lead", "camera", "video"),
        ], "before what an encoder sends of it all the time"
    assert "lead courseware" in seen(on_stage(), LOCAL, tracks)
    assert seen(on_stage(ANNA), ANNA, tracks) == ["lead mic"], "a tablet in a room hears the voice alone"
    lesson = on_stage()
    lesson.ask(LEAD, "lead.give", participant="local")
    for viewer in (DISPLAY2, OBSERVER, BEN, LOCAL):
        assert "lead courseware" not in seen(lesson, viewer, tracks), "only who leads shares"


def test_no_picture_goes_out_as_a_sound_nor_a_sound_as_a_picture() -> None:
    tracks = [TrackInfo("lead", "mic", "video"), TrackInfo("lead", "camera", "audio")]
    for viewer in EVERYONE:
        assert seen(on_stage(), viewer, tracks) == []


def test_the_lead_may_choose_the_browser_s_camera_while_an_encoder_is_live() -> None:
    tracks = [*LEAD_TRACKS, track("encoder", "camera")]
    lesson = on_stage()
    lesson.ask(LEAD, "camera.choose", encoder=False)
    assert seen(lesson, DISPLAY, tracks) == VOICE_FIRST
    lesson.ask(LEAD, "camera.choose", encoder=True)
    assert "encoder camera" in seen(lesson, DISPLAY, tracks)


def test_a_local_teacher_who_leads_is_the_lead_for_all_and_the_former_lead_a_teacher_off_stage() -> None:
    lesson = on_stage()
    lesson.ask(LEAD, "lead.give", participant="local")
    tracks = [*ALL, track("local", "camera"), track("local", "mic"), track("local", "courseware")]
    theirs = ["local mic", "local courseware", "local camera"]
    assert seen(lesson, DISPLAY2, tracks) == theirs
    assert seen(lesson, BEN, tracks) == theirs
    assert seen(lesson, DISPLAY, [*tracks, sound("local")]) == ["local courseware"], "she stands in this room"
    assert seen(lesson, LOCAL, tracks) == ["lead mic", "display2 mic", "display2 room", "lead camera"]
    assert seen(lesson, LEAD, tracks) == [*theirs, "display room", "display2 room"]
    lesson.ask(LOCAL, "stage.invite", participant="lead")
    lesson.ask(LEAD, "stage.accept", participant="lead")
    assert seen(lesson, DISPLAY2, tracks) == [
        "local mic",
        "lead mic",
        "local courseware",
        "local camera",
        "lead camera",
    ]


def test_an_encoder_is_the_lead_s_where_the_lead_is() -> None:
    tracks = [track("encoder", "camera"), track("room-encoder", "camera"), track("local", "camera")]
    lesson = on_stage()
    assert seen(lesson, DISPLAY, tracks)[0] == "encoder camera"
    lesson.ask(LEAD, "lead.give", participant="local")
    assert seen(lesson, DISPLAY2, tracks) == ["local camera"]


def test_an_encoder_in_a_room_belongs_to_the_room() -> None:
    tracks = [*LEAD_TRACKS, track("room-encoder", "room")]
    assert seen(on_stage(), LEAD, tracks) == ["room-encoder room"]
    assert seen(on_stage(DISPLAY2), DISPLAY, tracks) == [*VOICE_FIRST, "room-encoder room"]
    assert seen(on_stage(DISPLAY2), DISPLAY2, tracks) == VOICE_FIRST


def test_tracks_of_strangers_and_of_unknown_sources_go_nowhere() -> None:
    tracks = [track("stranger", "camera"), track("lead", "telescope")]
    for viewer in EVERYONE:
        assert seen(on_stage(), viewer, tracks) == []


@pytest.mark.parametrize("guest", [None, DISPLAY, LOCAL, ANNA, BEN])
def test_nobody_ever_gets_their_own_or_the_sound_of_the_room_they_are_in(guest: Seat | None) -> None:
    lesson = on_stage(*([guest] if guest else []))
    people = {seat.participant: seat for seat in EVERYONE}
    for viewer in EVERYONE:
        for one in wanted(lesson.state, viewer, ALL):
            assert one.participant != viewer.participant
            owner = people[one.participant]
            assert viewer.room is None or owner.room != viewer.room
