r"""What Moodle accepts as a short answer (qtype_shortanswer): `*` stands for anything in it, `\*` for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classroom.bank.reading import Reading

STARS = re.compile(r"(?<!\\)\*+")


def plain(reading: Reading, line: int, answers: Sequence[str]) -> list[str] | None:
    """Without stars at their ends, and without those that have others. None: none of them is left."""
    words: list[str] = []
    for answer in answers:
        parts = [part.strip() for part in STARS.split(answer)]
        said = [part.replace("\\*", "*") for part in parts if part]
        if len(parts) > 1 and len(said) == 1:
            reading.note(line, "star_cut", answer=answer)
        elif len(parts) > 1:
            reading.note(line, "star_left_out", answer=answer)
            continue
        words += said or [""]
    return list(dict.fromkeys(words)) if words or not answers else None


def escaped(words: str) -> str:
    """What `plain` leaves as it was."""
    return words.replace("*", "\\*")
