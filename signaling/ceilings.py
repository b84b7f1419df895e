"""How good a picture each face gets: one table, face × standing of what is shown → the best layer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from classroom.events import Role, Seat
from classroom.rules import Standing, State, TrackInfo, standing, voice_of
from media.api import Quality


class Face(StrEnum):
    """Who looks: a page by its role, or a player (WHEP), which asks for what it wants."""

    DISPLAY = "display"
    LOCAL = "local"
    LEAD = "lead"
    OBSERVER = "observer"
    STUDENT = "student"
    PLAYER = "player"
    SMALL_PLAYER = "small_player"


LEAD, STAGE, CALLED, OTHER = Standing
Row = dict[Standing, Quality]


def _row(*, lead: Quality, stage: Quality, called: Quality, other: Quality) -> Row:
    return {LEAD: lead, STAGE: stage, CALLED: called, OTHER: other}


CEILINGS: dict[Face, Row] = {
    Face.DISPLAY: _row(lead="high", stage="high", called="low", other="low"),
    Face.LOCAL: _row(lead="middle", stage="middle", called="low", other="low"),
    Face.LEAD: _row(lead="low", stage="middle", called="middle", other="low"),
    Face.OBSERVER: _row(lead="low", stage="low", called="low", other="low"),
    Face.STUDENT: _row(lead="low", stage="low", called="low", other="low"),
    Face.PLAYER: _row(lead="high", stage="high", called="high", other="high"),
    Face.SMALL_PLAYER: _row(lead="low", stage="low", called="low", other="low"),
}
FACES = {
    Role.DISPLAY: Face.DISPLAY,
    Role.LOCAL_TEACHER: Face.LOCAL,
    Role.LEAD_TEACHER: Face.LEAD,
    Role.OBSERVER: Face.OBSERVER,
    Role.STUDENT: Face.STUDENT,
}
SAVING = frozenset({Face.DISPLAY, Face.LOCAL})  # the faces that a room's saving of data is for
HEARD = 3


def ceiling(face: Face, viewer: Seat, track: TrackInfo, state: State) -> Quality:
    """The best layer that this viewer may get of a track. Sound has no layers."""
    if track.kind == "audio":
        return "high"
    if face in SAVING and viewer.room in state["saving"]:
        return "low"
    return CEILINGS[face][standing(state, track.participant)]


def heard(tracks: Sequence[TrackInfo], voices: Sequence[str], state: State) -> list[TrackInfo]:
    """Less the microphones off stage that are not among the loudest three of those who speak now. `voices`:
    participants, the loudest first; who overtakes whom was decided there.

    In a group's voice who visits it goes before its students, and up to three are heard also before they speak: the
    first word of a small group is not lost."""
    off = {
        track.participant: track
        for track in tracks
        if track.source == "mic" and standing(state, track.participant) is OTHER
    }
    speaking = [voice for voice in voices if voice in off]
    visitors = [one for one in off if one in state["groups"]["visits"]]
    silent = [one for one in off if voice_of(state, one) is not None]
    loudest = [*dict.fromkeys((*visitors, *speaking, *silent))][:HEARD]
    return [track for track in tracks if off.get(track.participant) != track or track.participant in loudest]
