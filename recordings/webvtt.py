"""Captions as files: WebVTT (https://www.w3.org/TR/webvtt1/) and SubRip are read, WebVTT is written.

What is not WebVTT is refused with the line at which that shows. What tools write beside the rules is taken: a BOM, line
ends of all kinds, hours of one digit, cues that overlap or stand in no order. Of markup the voices are kept; comments,
styles, regions, names of cues and all other markup are not, and no text ever becomes HTML.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from classroom.payload import straight

Form = Literal["vtt", "srt"]
Reason = Literal["header", "time", "backwards", "stray", "long", "many", "nothing"]

MOST_BYTES = 2 << 20
MOST_CUES = 20_000
MOST_LINE = 10_000
"""Characters, of a line and of all that a cue says."""
MOST_NAME = 120
ARROW = "-->"

SAYS: dict[Reason, str] = {
    "header": "A WebVTT file begins with WEBVTT.",
    "time": "This is no line of times like 00:01.000 --> 00:04.500.",
    "backwards": "The cue ends before it begins.",
    "stray": "This text belongs to no cue: is there an empty line within one?",
    "long": f"More than {MOST_LINE} characters.",
    "many": f"More than {MOST_CUES} cues.",
    "nothing": "There is no cue in this file.",
}

_TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)"
_TIMES = {
    "vtt": re.compile(rf"\s*{_TIME}\.(\d{{3}})\s*-->\s*{_TIME}\.(\d{{3}})(?:\s+(.*))?\s*", re.ASCII),
    "srt": re.compile(rf"\s*{_TIME}[,.](\d{{1,3}})\s*-->\s*{_TIME}[,.](\d{{1,3}})(?:\s.*)?", re.ASCII),
}
_TAG = re.compile(r"<(/?)(c|i|b|u|v|ruby|rt|lang|font)(?:\.[^\s<>]*)?(?:\s([^<>]*))?>|<[\d:.]+>", re.IGNORECASE)
_SRT_PLACE = re.compile(r"\{\\an?\d{1,2}\}")
_SETTING = re.compile(r"(?:vertical|line|position|size|align):[A-Za-z0-9%.,+-]{1,40}", re.ASCII)
_BLOCKS = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cue:
    """`start_ms` and `end_ms` from the recording's beginning; `settings` as WebVTT writes them (§4.4)."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    settings: str = ""


class NotCaptions(Exception):
    """What was read is not what it should be; `line` counts from 1."""

    def __init__(self, line: int, reason: Reason) -> None:
        super().__init__(f"Line {line}: {SAYS[reason]}")
        self.line = line
        self.reason = reason


def form_of(text: str) -> Form:
    """By its first line: SubRip begins with a number and times, which WebVTT never does."""
    head = [line for line in _lines(text[:400]) if line.strip()][:2]
    return "srt" if any(_TIMES["srt"].fullmatch(line) for line in head) and not _is_header(head[0]) else "vtt"


def read(text: str, form: Form) -> list[Cue]:
    """In the order of their beginnings. Raises NotCaptions."""
    lines = _lines(text)
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            raise NotCaptions(number, "long")
    cues: list[Cue] = []
    for number, cue in _vtt(lines) if form == "vtt" else _srt(lines):
        if len(cue.text) > MOST_LINE:
            raise NotCaptions(number, "long")
        cues += _voices(cue)
        if len(cues) > MOST_CUES:
            raise NotCaptions(number, "many")
    return sorted(cues, key=lambda cue: cue.start_ms)


def write(cues: Iterable[Cue]) -> str:
    return "WEBVTT\n" + "".join(f"\n{_written(cue)}\n" for cue in cues)


def plain(cues: Iterable[Cue]) -> str:
    """To be read: each speaker named where another begins to speak."""
    lines, before = [], ""
    for cue in cues:
        if cue.speaker and cue.speaker != before:
            lines.append(f"{cue.speaker}:")
        before = cue.speaker or before
        lines.append(" ".join(cue.text.split("\n")))
    return "\n".join(lines) + "\n"


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _vtt(lines: Sequence[str]) -> Iterator[tuple[int, Cue]]:
    """§6.1: a header up to an empty line, then blocks with empty lines between them."""
    if not _is_header(lines[0]):
        raise NotCaptions(1, "header")
    at = 1
    while at < len(lines) and lines[at] and ARROW not in lines[at]:
        at += 1
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        begun = at
        while at < len(lines) and lines[at]:
            at += 1
        yield from _block(lines[begun:at], begun + 1)


def _block(block: Sequence[str], number: int) -> Iterator[tuple[int, Cue]]:
    """A cue, with or without a name; or what is none."""
    place = next((place for place, line in enumerate(block[:2]) if ARROW in line), None)
    if place is None:
        if not _BLOCKS.fullmatch(block[0]):
            raise NotCaptions(number, "stray")
        return
    for further, line in enumerate(block[place + 1 :], number + place + 1):
        if ARROW in line:  # §4.1: the text of a cue has no arrow
            raise NotCaptions(further, "time")
    yield number + place, _timed(block[place], "\n".join(block[place + 1 :]), number + place, "vtt")


def _srt(lines: Sequence[str]) -> Iterator[tuple[int, Cue]]:
    """A cue's text reaches to the number before the next line of times; empty lines within it are left out."""
    places = [place for place, line in enumerate(lines) if ARROW in line]
    for place in range(places[0] if places else len(lines)):
        if lines[place].strip() and not lines[place].strip().isdigit():
            raise NotCaptions(place + 1, "stray")
    if not places:
        raise NotCaptions(1, "nothing")
    for place, following in zip(places, [*places[1:], len(lines)], strict=True):
        said = list(lines[place + 1 : following])
        if following < len(lines) and said and said[-1].strip().isdigit():
            said.pop()
        yield place + 1, _timed(lines[place], _SRT_PLACE.sub("", "\n".join(said)), place + 1, "srt")


def _timed(times: str, text: str, number: int, form: Form) -> Cue:
    found = _TIMES[form].fullmatch(times)
    if found is None:
        raise NotCaptions(number, "time")
    start_ms, end_ms = _millis(*found.group(1, 2, 3, 4)), _millis(*found.group(5, 6, 7, 8))
    if end_ms < start_ms:
        raise NotCaptions(number, "backwards")
    settings = (found[9] or "").split() if form == "vtt" else []
    return Cue(start_ms, end_ms, text, "", " ".join(one for one in settings if _SETTING.fullmatch(one)))


def _millis(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _voices(cue: Cue) -> Iterator[Cue]:
    """One for each voice in it, less its markup. What looks like no tag is text: teachers of maths write a < b."""
    speaker, said, at = "", "", 0
    for tag in _TAG.finditer(cue.text):
        said += cue.text[at : tag.start()]
        at = tag.end()
        match (tag[2] or "").lower():
            case "v":
                yield from _spoken(cue, speaker, said)
                speaker, said = "" if tag[1] else tag[3] or "", ""
            case "rt":
                said += ")" if tag[1] else "("
    yield from _spoken(cue, speaker, said + cue.text[at:])


def _spoken(cue: Cue, speaker: str, said: str) -> Iterator[Cue]:
    text = tidied(html.unescape(said))
    if text:
        name = str(straight(" ".join(tidied(html.unescape(speaker)).split())))
        yield replace(cue, text=text, speaker=name[:MOST_NAME].strip())


def tidied(text: str) -> str:
    """Lines with something on them, less what cannot be seen or kept."""
    seen = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    return "\n".join(line for one in seen.split("\n") if (line := one.strip()))


def _is_header(line: str) -> bool:
    return line == "WEBVTT" or line.startswith(("WEBVTT ", "WEBVTT\t"))


def _written(cue: Cue) -> str:
    times = f"{_clock(cue.start_ms)} {ARROW} {_clock(cue.end_ms)} {cue.settings}".rstrip()
    voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
    return f"{times}\n{voice}{_escaped(cue.text)}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
