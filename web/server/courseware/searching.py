"""Which slides have these words: by what stands on them, in any language, and however it was broken into lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_HITS = 5  # of one courseware
AROUND = 40  # characters that are shown on either side


@dataclass(frozen=True, slots=True)
class Hit:
    """`text`: a piece of the slide's, with the first of the words in it."""

    slide: int
    text: str


def in_name(name: str, words: str) -> bool:
    return _has(name, _folded(words))


def hits(texts: Sequence[str], words: str) -> Iterator[Hit]:
    """The first slides on which all the words are."""
    wanted, found = _folded(words), 0
    for slide, text in enumerate(texts, 1):
        if _has(text, wanted):
            yield Hit(slide, _piece(text, wanted[0]))
            found += 1
            if found == MOST_HITS:
                return


def _folded(words: str) -> list[str]:
    return [_fold(word) for word in words.split()]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _has(text: str, words: Sequence[str]) -> bool:
    """Lines of Chinese have no space where they break, and lines of a PDF break anywhere."""
    whole = "".join(_fold(text).split())
    return all(word in whole for word in words)


def _piece(text: str, word: str) -> str:
    line = unicodedata.normalize("NFKC", " ".join(text.split()))
    at = max(0, line.casefold().find(word))
    start = max(0, at - AROUND)
    end = at + len(word) + AROUND
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
