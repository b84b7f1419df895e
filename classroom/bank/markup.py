"""HTML, as formats have it in their texts, to what is read: lines of plain text, in which formulas stay as they were.
What looks like markup afterwards was text. In linear time, whatever it is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from classroom.bank.reading import CONTROL

# A tag is a letter after “<”, and either nothing else than a name, or attributes; “a <b and c> d” is none.
TAG = re.compile(r"<!--|<[!?][^<>]*>|<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:\s[^<>]*)?)>")
# No name begins inside another: a long one that is none is looked at once.
ATTRIBUTE = re.compile(r"""(?<![\w:-])([A-Za-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
SILENT = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "head", "math")}
LINES = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6r]|header|li|main|nav|ol"
    "|p|pre|section|table|tr|ul"
)
MEDIA = {"img": "src", "audio": "src", "source": "src", "embed": "src", "object": "data", "video": "src"}
BREAK = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
SPACE = re.compile(r"[ \t\n]+")
RAISED = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
SCRIPTS = {"sup": (RAISED, "^"), "sub": (LOWERED, "_")}


@dataclass(frozen=True, slots=True)
class Plain:
    """`media`: where its pictures and sounds are, each with what is said of it."""

    text: str
    media: list[tuple[str, str]] = field(default_factory=list)


def plain(markup: str) -> str:
    return read(markup).text


def read(markup: str) -> Plain:
    out: list[str] = []
    media: list[tuple[str, str]] = []
    scripts: list[tuple[str, int]] = []
    at = 0
    while found := TAG.search(markup, at):
        out.append(_words(markup[at : found.start()]))
        at = found.end()
        if found[0] == "<!--":
            end = markup.find("-->", at)
            at = len(markup) if end < 0 else end + 3
            continue
        name = (found[2] or "").lower()
        inside = found[3] or ""
        if inside.strip(" \t\n/") and "=" not in inside:
            out.append(_words(found[0]))
            continue
        if LINES.fullmatch(name):
            out.append("\n")
        elif name in ("td", "th"):
            out.append(" ")
        elif name in SCRIPTS:
            _script(out, scripts, name, bool(found[1]))
        elif found[1]:
            continue
        elif name in SILENT:
            said = _attributes(inside).get("alttext") if name == "math" else None
            if name == "math" and said is None:
                continue
            close = SILENT[name].search(markup, at)
            at = close.start() if close else len(markup)
            out.append(f"\\({said}\\)" if said else "")
        elif name in MEDIA:
            given = _attributes(inside)
            if address := given.get(MEDIA[name], ""):
                media.append((address, given.get("alt", "").strip()))
    out.append(_words(markup[at:]))
    return Plain(_lines("".join(out)), media)


def _words(markup: str) -> str:
    return CONTROL.sub("", html.unescape(SPACE.sub(" ", markup)))


def _attributes(inside: str) -> dict[str, str]:
    return {
        one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in ATTRIBUTE.finditer(inside[:20_000])
    }


def _script(out: list[str], scripts: list[tuple[str, int]], name: str, ends: bool) -> None:
    """x<sup>2</sup> is not x2."""
    if not ends:
        scripts.append((name, len(out)))
    elif scripts and scripts[-1][0] == name:
        _, begin = scripts.pop()
        said = "".join(out[begin:]).strip()
        del out[begin:]
        table, sign = SCRIPTS[name]
        if said and all(ord(one) in table for one in said):
            out.append(said.translate(table))
        elif said:
            out.append(f"{sign}{said}" if len(said) == 1 else f"{sign}({said})")


def _lines(text: str) -> str:
    """Without spaces about a line, and without empty ones."""
    return "\n".join(line for line in (one.strip(" ") for one in text.split("\n")) if line)


def unescaped(text: str) -> str:
    """Of text that is no HTML, but was escaped as such where it had to be."""
    return _lines("\n".join(map(_words, BREAK.split(text))))


def escaped(text: str) -> str:
    """Text as HTML, which reads as the same text."""
    said = html.escape(text, quote=False).replace("\n", "<br>").replace("\t", "&#9;").replace("  ", " &#32;")
    return f"&#91;{said[1:]}" if said.startswith("[") else said
