"""The keys under which a lesson's HLS lies. Whoever has one may fetch what is under it, through any cache; it cannot be
guessed."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

CLASS, WATCH = AUDIENCES = ("class", "watch")
"""Who has a seat in the lesson, and who comes by its link. Whoever they are, under a key lies what any student sees and
hears, and no more: an address with a key is passed on, kept by caches, and good for as long as the lesson lasts."""


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
