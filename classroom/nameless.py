"""What a lesson's events say with the names of its pupils left out, for who is of another school. Pure.

A pupil is "Student 3" everywhere: the third who came in. Teachers, rooms and guests keep their names. What people say
or write themselves, a name within it too, is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classroom.events import Event, Json, Role

WORDS = {"zh": ("学生", "发言人"), "en": ("Student", "Speaker")}
"""By language: a pupil, and somebody of whom a label says no more."""
NAMED, NAMES = frozenset({"name", "speaker"}), "names"


@dataclass(frozen=True, slots=True)
class Pupils:
    """What they are called instead: by participant, and by the name that they have."""

    by_id: Mapping[str, str]
    by_name: Mapping[str, str]
    others: frozenset[str]
    """Names of those who are no pupils."""
    speaker: str

    def called(self, participant: Any, name: str) -> str:
        known = self.by_id.get(participant) if isinstance(participant, str) else None
        return known or self.by_name.get(name, name)


def pupils(events: Iterable[Event], language: str) -> Pupils:
    """`events` as anyone was told them: with the names that are in them now."""
    student, speaker = WORDS["zh" if language == "zh" else "en"]
    by_id, by_name, others = dict[str, str](), dict[str, str](), set[str]()
    for event in events:
        if event.kind != "participant.joined":
            continue
        name = event.data.get("name", "")
        if event.data.get("role") != Role.STUDENT:
            others.add(name)
            continue
        called = by_id.setdefault(event.data["participant"], f"{student} {len(by_id) + 1}")
        by_name.setdefault(name, called)
    by_name.pop("", None)
    return Pupils(by_id, by_name, frozenset(others), speaker)


def nameless(events: Sequence[Event], of: Pupils) -> list[Event]:
    """The same events, with no pupil's name in them."""
    if not of.by_id:
        return list(events)
    return [replace(event, data=_object(event.data, of, event.actor)) for event in events]


def labels(cues: Iterable[Json], of: Pupils) -> list[Json]:
    """Captions, whose speakers are who their labels say. Those who may be pupils are told apart and not named, too."""
    unknown = dict[str, str]()
    out = []
    for cue in cues:
        speaker = cue.get("speaker", "")
        if speaker and speaker not in of.others:
            said = of.by_name.get(speaker)
            speaker = said or unknown.setdefault(speaker, f"{of.speaker} {len(unknown) + 1}")
        out.append({**cue, "speaker": speaker})
    return out


def _object(data: Json, of: Pupils, whose: Any) -> Json:
    whose = data.get("participant", data.get("owner", whose))
    out = dict(data)
    for key, value in data.items():
        if key in NAMED and isinstance(value, str):
            out[key] = of.called(whose, value)
        elif key == NAMES and isinstance(value, dict):
            out[key] = {one: of.called(one, name) for one, name in value.items()}
        else:
            out[key] = _deeper(value, of)
    return out


def _deeper(value: Any, of: Pupils) -> Any:
    if isinstance(value, dict):
        return _object(value, of, None)
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):  # points of strokes are numbers
        return [_deeper(one, of) for one in value]
    return value
