"""Which slides have these words: by what stands on them, in any language, and however it was broken into lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from classroom.store.records import Courseware

MOST_HITS = 5  # of one courseware
MOST_READ = 32 << 20  # characters of a whole shelf: a quarter of a second, and more than teachers have
AROUND = 40  # characters that are shown on either side


@dataclass(frozen=True, slots=True)
class Hit:
    """`text`: a piece of the slide's, with the first of the words in it."""

    slide: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    courseware: str
    slides: list[Hit]


def search(rows: Iterable[Courseware], texts_of: Callable[[str], Sequence[str]], words: str) -> Iterator[Found]:
    """What has the words, on slides or in its name; `texts_of` a digest. Of the last ones, where all the others have
    very much text, it is the name alone."""
    left = MOST_READ
    for row in rows:
        if row.status != "ready" or row.digest is None:
            continue
        texts = texts_of(row.digest) if row.kind == "slides" and left > 0 else []
        left -= sum(map(len, texts))
        found = list(hits(texts, words))
        if found or in_name(row.name, words):
            yield Found(row.id, found)


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
