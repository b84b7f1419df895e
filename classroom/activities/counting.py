"""What was answered, with its words, and what came of it.

Words stand in the side table, and so do ballots and tallies of words: the journal's lines have numbers in their place.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from classroom.activities.question import Asked, Tally, plain
from classroom.activities.types import type_of
from classroom.events import Json

FEWEST = 5
"""Anonymous votes whose tally is shown."""

BALLOT, TALLY, UNSHOWN = "ballot:", "tally:", "unshown:"
"""Keys of the side table that begin so belong to nobody."""
ANSWER = "answer:"


def ballot_prefix(activity: str) -> str:
    return f"{BALLOT}{activity}:"


def answer_key(participant: str, number: int) -> str:
    """Where in the side table the words of an answer stand, and whose they are."""
    return f"{ANSWER}{participant}:{number}"


def answered_by(key: str) -> str | None:
    """Whose answer stands there, if it is one."""
    return key.removeprefix(ANSWER).partition(":")[0] if key.startswith(ANSWER) else None


def tally_key(activity: str) -> str:
    """Where in the side table a tally of words stands."""
    return f"{TALLY}{activity}"


def unshown_key(activity: str) -> str:
    """Where in the side table those words stand of a tally that are not shown to anyone (see `hiding`)."""
    return f"{UNSHOWN}{activity}"


def unshown(activity: str, texts: Mapping[str, str]) -> list[str]:
    words: list[str] = json.loads(texts.get(unshown_key(activity)) or "[]")
    return words


def still_unshown(hidden: str, answers: Iterable[str]) -> str:
    """What stands under `unshown_key` once somebody's answers are erased: the words that these, which are left, say."""
    said = {plain(one) for text in answers for one in _strings(json.loads(text))}
    return json.dumps([word for word in json.loads(hidden) if word in said], ensure_ascii=False)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def without(counted: Tally, words: Collection[str]) -> Tally:
    """A tally of words, of several questions or gaps too, but for these."""
    rest = (one for one in counted if not (isinstance(one, list) and one and one[0] in words))
    return [without(one, words) if isinstance(one, list) else one for one in rest] if words else counted


def worded(data: Json, participant: str, texts: Mapping[str, str]) -> Json:
    """An answer of this participant with its words."""
    text = texts.get(answer_key(participant, data["words"])) if "words" in data else None
    return {**data, **json.loads(text)} if text else data


def tallied(data: Json, texts: Mapping[str, str], *, whole: bool = False) -> Json:
    """An activity, or the data of an event that tells what came of it, with its tally of words that are shown, or
    of all (`whole`)."""
    text = texts.get(tally_key(data["activity"]))
    words = [] if whole else unshown(data["activity"], texts)
    return {**data, "tally": without(json.loads(text), words)} if text else data


def told(activity: dict[str, Any], texts: Mapping[str, str], *, whole: bool = False) -> dict[str, Any]:
    """An activity of the state, with the words that were answered and the tally of them, as `tallied` has it."""
    if not type_of(activity).words:
        return activity
    answers = {who: worded(one, who, texts) for who, one in activity["answers"].items()}
    activity = {**activity, "answers": answers}
    return (
        tallied(activity, texts, whole=whole)
        if activity["phase"] == "revealed" or activity.get("counted")
        else activity
    )


def tally(activity: Asked, values: Iterable[Any]) -> Tally:
    """What came of these answers, and of the hands that were counted."""
    counted = type_of(activity).count(activity, values)
    if not activity["counts"]:
        return counted
    return [sum(column) for column in zip(counted, *activity["counts"].values(), strict=True)]


def values_of(activity: Asked, texts: Mapping[str, str]) -> list[Any]:
    """All answers. Those that were erased are none."""
    field = type_of(activity).field
    if activity["anonymous"]:
        prefix = ballot_prefix(activity["activity"])
        return [json.loads(words) for key, words in texts.items() if key.startswith(prefix)]
    answers = (worded(one, who, texts) for who, one in activity["answers"].items())
    return [one[field] for one in answers if field in one]


def hands(activity: Asked) -> dict[str, list[float]]:
    """How right the hands of each room are, where each is for one option."""
    kind = type_of(activity)
    if kind.field != "choice" or activity.get("answer") is None:
        return {}
    right = [kind.mark(activity, option) or 0.0 for option in range(kind.columns(activity) if kind.columns else 0)]
    return {
        room: [mark for mark, raised in zip(right, counts, strict=True) for _ in range(raised)]
        for room, counts in activity["counts"].items()
    }


def marks(activity: Asked, texts: Mapping[str, str]) -> dict[str, float]:
    """How right each who answered with a name is, where there is something right."""
    kind = type_of(activity)
    if activity.get("answer") is None or activity["anonymous"]:
        return {}
    answers = ((who, worded(one, who, texts)) for who, one in activity["answers"].items())
    given = ((who, kind.mark(activity, one[kind.field])) for who, one in answers if kind.field in one)
    return {who: mark for who, mark in given if mark is not None}


def tally_texts(activity: Asked, counted: Tally) -> dict[str, str]:
    """For the side table: a tally of words."""
    return {tally_key(activity["activity"]): json.dumps(counted, ensure_ascii=False)}


def are_few(activity: Asked) -> bool:
    """Whether so few voted without a name that what they chose would tell of them."""
    return activity["anonymous"] and len(activity["answers"]) < FEWEST
