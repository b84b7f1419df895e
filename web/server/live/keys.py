"""The keys under which a lesson's HLS lies. Whoever has one may fetch what is under it, through any cache; it cannot be
guessed, and is another for each audience, so that what one must not see is not under its key."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256

from classroom.events import Role

WATCH = "watch"
"""The audience that comes by a link, without a seat; it sees what any student sees."""
ROLES = (Role.LEAD_TEACHER, Role.LOCAL_TEACHER, Role.DISPLAY, Role.STUDENT, Role.OBSERVER)
AUDIENCES: Mapping[str, Role] = {WATCH: Role.STUDENT, **{role.value: role for role in ROLES}}
"""Audience → as whom it sees what happened. What everyone sees and hears, the lead and the stage, is the same."""


def derived(secret: bytes, *parts: str) -> str:
    """192 bits that only this installation can make of these words."""
    made = hmac.digest(secret, "\n".join(parts).encode(), sha256)
    return base64.urlsafe_b64encode(made[:24]).decode()


def key(secret: bytes, lesson: str, audience: str, turn: int) -> str:
    """`turn` counts how often the lesson's link was taken back; only what comes by a link is of one turn."""
    return derived(secret, "key", lesson, audience, str(turn) if audience == WATCH else "")


def link(secret: bytes, lesson: str, turn: int) -> str:
    """The secret in the fragment of a lesson's link for large audiences."""
    return derived(secret, "link", lesson, str(turn))


def audience_of(secret: bytes, lesson: str, turn: int | None, given: str) -> str | None:
    """Whose key this is; `turn` None: the lesson has no link (any more)."""
    for audience in AUDIENCES:
        if audience == WATCH and turn is None:
            continue
        if hmac.compare_digest(key(secret, lesson, audience, turn or 0).encode(), given.encode(errors="replace")):
            return audience
    return None
