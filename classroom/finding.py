"""Words within texts of any language: how a text is cut into what an index keeps, and a search likewise. Pure.

A run of Chinese (Japanese, Korean) is kept as its overlapping pairs, with its last character alone, so that any word of
it is found without a dictionary: 光合作用 is 光合 合作 作用 用, and a search for 合作用 the phrase of 合作 and 作用.
A single character is the beginning of a pair. Other words are kept as their English stems. Capitals, accents, wide
forms and traditional characters make no difference.

A run that is looked for is a phrase, and where that finds nothing it is words written without spaces: 静夜思李白 finds
《静夜思》李白. Where they part is not guessed: each character has to stand in a text with one of its neighbours.
A number that counts a grade, a lesson and the like is looked for in figures and in characters: 3年级 finds 三年级.
"""

from __future__ import annotations

import heapq
import operator
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, pairwise, product

import opencc
import snowballstemmer

MOST_WORDS = 12
"""Of a search; more are not looked at."""
MOST_FORMS = 4
"""Of a word with numbers; more are not looked at."""
MOST_PARTED = 24
"""Characters of a search that is parted; more are not looked at."""
MOST_LETTERS = 400
MOST_IN_TOKEN = 64
"""Letters; of a longer word these are kept. PostgreSQL takes no token of more than 2 KB."""
CHUNK = 64
LIKELY = 4
"""So many passages are looked at for one that is shown: a few have the same letters, and not the word."""
AROUND = 40
"""Characters before what was found that an excerpt has; after it there are twice as many."""

_WIDE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(f"(?P<wide>[{_WIDE}]+)|(?P<word>[^\\W_{_WIDE}]+)")
_APART = re.compile("[^的和与及]+")
"""What stands between characters that only join words: of these none has to be found."""
_QUOTES = '"“”＂'
_DIGITS = "一二三四五六七八九"
_FIGURES = {("", "十", "二十")[n // 10] + ("", *_DIGITS)[n % 10]: str(n) for n in range(1, 21)}
_OTHERWISE = _FIGURES | {figures: said for said, figures in _FIGURES.items()}
_COUNTED = re.compile(
    f"((?<![0-9])(?:[1-9]|1[0-9]|20)|(?<![{_DIGITS}十百千])(?:十?[{_DIGITS}]|二?十))(?=[年册课单章节班组题])"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a text, and where it stood there: [start, end)."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that follow each other; of the last one only its beginning may be meant."""

    tokens: tuple[str, ...]
    open: bool


Said = tuple[tuple[Phrase, ...], ...]
"""What is looked for: all of these, of each any."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text, with its moment (ms of the lesson's clock) where it has one."""

    text: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What stands around words that were found; `marks` are where these stand in it, [from, to) in UTF-16 units, as
    pages count."""

    text: str
    marks: tuple[tuple[int, int], ...]


@cache
def _simplified() -> dict[int, str]:
    """Characters that are written otherwise in China, each with that which is kept in its stead."""
    converter = opencc.OpenCC("t2s")
    ranges = (range(0x3400, 0xA000), range(0xF900, 0xFB00))
    every = ((code, converter.convert(unicodedata.normalize("NFKC", chr(code)))) for span in ranges for code in span)
    return {code: said for code, said in every if said != chr(code) and len(said) == 1}


class _Letters(dict[int, str]):
    """What each character is looked through as."""

    MOST = 50_000

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", chr(code)).casefold())
        said = unicodedata.normalize("NFC", _ACCENTS.sub("", plain)).translate(_simplified())
        if len(self) < self.MOST:
            self[code] = said
        return said


_letters = _Letters()


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text as it is looked through, and for each of its characters which of the text it came from."""
    whole = text.translate(_letters)
    letters = [_letters[ord(one)] for one in text]
    if len(whole) == len(text) and all(len(one) == 1 for one in letters):
        return whole, range(len(text))
    places = [index for index, said in enumerate(letters) for _ in said]
    return whole, places


@lru_cache(65536)
def _stem(word: str) -> str:
    is_english = word.isascii() and word.isalpha() and len(word) <= 40
    return str(_STEMMER.stemWord(word)) if is_english else word[:MOST_IN_TOKEN]


def tokens(text: str) -> Iterator[Token]:
    whole, places = _folded(text)
    for run in _RUN.finditer(whole):
        start, end = run.span()
        if run.lastgroup == "word":
            yield Token(_stem(run[0]), places[start], places[end - 1] + 1)
            continue
        for index, (one, two) in enumerate(pairwise(run[0]), start):
            yield Token(one + two, places[index], places[index + 1] + 1)
        yield Token(run[0][-1], places[end - 1], places[end - 1] + 1)


def words(text: str) -> list[str]:
    """What an index is given: the tokens' texts."""
    found: list[str] = []
    for run in _RUN.finditer(text.translate(_letters)):
        if run.lastgroup == "word":
            found.append(_stem(run[0]))
        else:
            found += map(operator.add, run[0], run[0][1:])
            found.append(run[0][-1])
    return found


def phrases(search: str) -> tuple[Phrase, ...]:
    """What is looked for, as it is written: all of these. Between quotation marks, words that follow each other. The
    last word may be one that is still being written."""
    return tuple(dict.fromkeys(one[0] for one in _whole(search)))


def ways(search: str) -> list[Said]:
    """What it may mean; the next is tried where one finds nothing. Where nothing is looked for that is one way, to say
    nothing; words that are none have no way."""
    if not search:
        return [()]
    return [said for said in dict.fromkeys((_whole(search), _parted(search))) if said]


def _whole(search: str) -> Said:
    found: list[tuple[Phrase, ...]] = []
    for word, exact in _words(search):
        forms = [word] if exact else _numbered(word)
        if said := tuple(phrase for one in forms if (phrase := _phrase(one))):
            found.append(said)
    if found and _goes_on(search):
        found[-1] = tuple(map(_begun, found[-1]))
    return tuple(dict.fromkeys(found[:MOST_WORDS]))


def _numbered(word: str) -> list[str]:
    """As it is written, and where numbers in it may be written otherwise, so too."""
    parts = _COUNTED.split(word.translate(_letters))
    either = [(part, _OTHERWISE[part]) if index % 2 else (part,) for index, part in enumerate(parts)]
    return ["".join(one) for one in islice(product(*either), MOST_FORMS)]


def _parted(search: str) -> Said:
    found: list[tuple[Phrase, ...]] = []
    for word, exact in _words(search):
        plain = word.translate(_letters)
        if exact or not any(run.lastgroup == "wide" for run in _RUN.finditer(plain)):
            found += [(phrase,)] if (phrase := _phrase(word)) else []
            continue
        for run in _RUN.finditer(plain):
            found += _neighbours(run[0]) if run.lastgroup == "wide" else [(Phrase((_stem(run[0]),), open=False),)]
    if found and _goes_on(search):
        found[-1] = tuple(map(_begun, found[-1]))
    return tuple(dict.fromkeys(found[:MOST_PARTED]))


def _neighbours(run: str) -> Iterator[tuple[Phrase, ...]]:
    """For each of its characters the pairs that it may stand in, for it does so in a word of two and more. Where their
    number is odd, one at an edge may be a word by itself."""
    pairs = [Phrase((one + two,), open=False) for one, two in pairwise(run)]
    for part in _APART.finditer(run):
        start, end = part.span()
        for index in range(start, end):
            alone = (end - start) % 2 and index in (start, end - 1)
            single = [Phrase((run[index],), open=True)] if alone else []
            yield (*pairs[max(0, index - 1) : index + 1], *single)


def _words(search: str) -> Iterator[tuple[str, bool]]:
    """As they are written, and whether between quotation marks."""
    for index, part in enumerate(re.split(f"[{_QUOTES}]", search[:MOST_LETTERS])):
        yield from [(part, True)] if index % 2 else ((word, False) for word in part.split())


def _goes_on(search: str) -> bool:
    return not search.rstrip().endswith(tuple(_QUOTES))


def _begun(phrase: Phrase) -> Phrase:
    return Phrase(phrase.tokens, phrase.open or _may_go_on(phrase.tokens[-1]))


def _phrase(word: str) -> Phrase | None:
    kept = [token.text for token in tokens(word)]
    if not kept:
        return None
    last = kept[-1]
    if not _is_wide(last):
        return Phrase(tuple(kept), open=False)
    if len(kept) > 1 and _is_wide(kept[-2]) and len(kept[-2]) == 2:
        return Phrase(tuple(kept[:-1]), open=False)  # what comes after a pair is open anyway
    return Phrase(tuple(kept), open=True)


def _may_go_on(token: str) -> bool:
    return not _is_wide(token) and len(token) > 2


def _is_wide(token: str) -> bool:
    found = _RUN.match(token)
    return found is not None and found.lastgroup == "wide"


def places(text: str, wanted: Sequence[Phrase]) -> list[tuple[int, int, Phrase]]:
    """Where they stand in a text, in order."""
    found = []
    all_of = list(tokens(text))
    for phrase in wanted:
        length = len(phrase.tokens)
        for index in range(len(all_of) - length + 1):
            if _stands(phrase, all_of[index : index + length]):
                found.append((all_of[index].start, _end(phrase, all_of[index + length - 1]), phrase))
    return sorted(found, key=lambda one: one[:2])


def _stands(phrase: Phrase, there: Sequence[Token]) -> bool:
    *first, last = phrase.tokens
    if any(one != token.text for one, token in zip(first, there, strict=False)):
        return False
    return there[-1].text.startswith(last) if phrase.open else there[-1].text == last


def _end(phrase: Phrase, token: Token) -> int:
    return token.start + 1 if phrase.open and _is_wide(phrase.tokens[-1]) else token.end


def unbroken(text: str) -> str:
    """In one line: where a line of Chinese is broken makes no difference."""
    return re.sub(r"\s+", " ", re.sub(f"(?<=[{_WIDE}])\\s+(?=[{_WIDE}])", "", text)).strip()


def excerpt(text: str, wanted: Sequence[Phrase]) -> Excerpt | None:
    """None where none of them stands there."""
    found = places(text, wanted)
    if not found:
        return None
    first = found[0][0]
    begin = max(0, first - AROUND)
    end = min(len(text), first + 2 * AROUND)
    lead, tail = "…" if begin else "", "…" if end < len(text) else ""
    marks: list[tuple[int, int]] = []
    for start, stop, _ in found:
        if stop > end:
            break
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(stop, marks[-1][1]))
        else:
            marks.append((start, stop))
    shown = text[begin:end]
    units = tuple((len(lead) + _units(text[begin:one]), len(lead) + _units(text[begin:two])) for one, two in marks)
    return Excerpt(lead + shown + tail, units)


def _units(text: str) -> int:
    return len(text) + sum(one > "\uffff" for one in text)


def nearest(passages: Sequence[Passage], wanted: Sequence[Phrase], most: int) -> list[tuple[Passage, Excerpt]]:
    """Of passages those that have most of them, in their order; at most so many."""
    hints = [_hint(phrase) for phrase in wanted]
    likely: list[tuple[int, int]] = []
    whole = 0
    for start in range(0, len(passages), CHUNK):
        for index, plain in enumerate(_plain(passages[start : start + CHUNK]), start):
            count = 0
            for hint in hints:
                count += hint in plain
            if count:
                likely.append((-count, index))
                whole += count == len(hints)
        if whole >= LIKELY * most:
            break  # later ones have no more
    best: list[tuple[int, Excerpt]] = []
    for _, index in heapq.nsmallest(LIKELY * most, likely):
        if found := excerpt(passages[index].text, wanted):
            best.append((index, found))
            if len(best) == most:
                break
    return [(passages[index], found) for index, found in sorted(best, key=lambda one: one[0])]


def _plain(passages: Sequence[Passage]) -> list[str]:
    """All at once: that takes a third of the time."""
    whole = "\n".join(passage.text for passage in passages).translate(_letters).split("\n")
    return whole if len(whole) == len(passages) else [passage.text.translate(_letters) for passage in passages]


def _hint(phrase: Phrase) -> str:
    """What stands in every text that has it: of a stem only the beginning does."""
    first = phrase.tokens[0]
    return first if _is_wide(first) else first[:3]
