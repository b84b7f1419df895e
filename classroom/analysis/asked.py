"""What learners asked in a lesson, as its report tells it: what all may see, what has the most votes first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from classroom import asking
from classroom.events import Event
from classroom.rules import fold

KINDS = ("participant.joined", *asking.EVENTS)
WORDS = ("question:", "reply:")
"""Where in the side table the words of it stand."""


def asked(events: Iterable[Event], texts: Mapping[str, str], rooms: Collection[str] | None) -> list[dict[str, Any]]:
    """Each with its asker where that is a child of these rooms; with its written answer, if there is one."""
    state = fold(event for event in events if event.kind in KINDS)
    people, told = state["participants"], []
    for name, one in state["questions"]["by_id"].items():
        if one["state"] in asking.UNSEEN:
            continue
        whose = one.get("participant")
        known = whose is not None and whose in people and (rooms is None or people[whose]["room"] in rooms)
        said = {
            "question": name,
            "participant": whose if known else None,
            "text": texts.get(asking.words_key(name), ""),
            "reply": texts.get(asking.reply_key(name)) if one["replied"] else None,
        }
        told.append({**said, **{field: one[field] for field in ("state", "votes", "moment", "at")}})
    return sorted(told, key=lambda one: (-one["votes"], one["at"]))
