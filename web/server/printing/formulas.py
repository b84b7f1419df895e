"""A formula in LaTeX as a drawing for paper, set by ziamath as pages set it by KaTeX (typeset.ts). Pure.

Whoever wrote it is not trusted: it defines nothing, and is neither long nor deep nor large. What cannot be set, or only
otherwise than on pages, is none.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from xml.etree.ElementTree import Element

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of importlib, which took it back in 3.13
    from ziafont.font import Font
    from ziafont.glyph import SimpleGlyph
    from ziamath.config import config
    from ziamath.drawable import Drawable, Glyph
    from ziamath.mathfont import MathFont
    from ziamath.styles import MathVariant
    from ziamath.zmath import Latex, loadedfonts

LONGEST = 400
DEEPEST = 12
MOST_NODES = 1000
"""What a formula is made of. ziamath makes what is in a fraction or under a root anew at every level around it, so that
their number doubles with each."""
MOST = 60_000
"""Nodes, and characters, of all formulas of a print; further ones stand as they were written."""
WIDEST, TALLEST = 120, 10
"""In ems."""
SIZE = 24
"""That of ziamath's settings, from which it reckons how small an index may be."""
EDGE = 0.3
"""Italic letters lean out of a formula's box so far at most; what lies farther out would lie over other words."""
TO_EMS = f"{1 / SIZE:.6f} 0 0 {-1 / SIZE:.6f} 0 0 cm"
"""In SVG down is more."""
STEPS = {"{": 1, "}": -1}
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
UNLIKE = re.compile(
    r"\\(?:(?:re)?new(?:command|environment)|[gex]?def|let|DeclareMathOperator|tag|verb|href|url|unicode|class|style"
    r"|f?colorbox|not|h(?:dash)?line)(?![A-Za-z])|&#?\w+;|\\begin\s*\{array\}\s*\{[^}]*\|"
    r"|\\begin\s*\{(?!(?:[pbBvV]|small)?matrix\}|cases\}|array\}|aligned\}|split\}|align\*\})"
)
"""What defines something, what is no formula, and what ziamath draws otherwise than KaTeX."""
SEGMENT = re.compile(r"([MLQCZ])([^MLQCZ]*)")


@dataclass(frozen=True, slots=True)
class Drawing:
    """In ems, how wide it is, and how far it goes above its line and below. `operators`: of PDF; they paint it in the
    present colours, beginning at (0, 0) on its line."""

    wide: float
    above: float
    below: float
    operators: str


class _Letters(MathFont):
    """Of ziamath's font; those that it lacks, of another, for there are Chinese words in formulas."""

    def __init__(self, other: Path) -> None:
        super().__init__(str(files("ziamath.fonts") / "STIXTwoMath-Regular.ttf"))
        self._other = Font(str(other))
        self.left = 0

    @property
    def basesize(self) -> float:
        """Which every node asks for when it is made."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("it is too large")
        return SIZE

    @basesize.setter
    def basesize(self, size: float) -> None:
        pass

    def findglyph(self, char: str, variant: MathVariant) -> SimpleGlyph:
        found = super().findglyph(char, variant)
        return found if found.index else self._other.glyph(char)


class Formulas:
    """Of one print. `font`: a file, of what ziamath's own font lacks."""

    def __init__(self, font: Path) -> None:
        config.svg2, config.precision = False, 2
        self._name = str(font)
        self._font = loadedfonts[self._name] = _Letters(font)
        self._known: dict[tuple[str, bool], Drawing | None] = {}
        self._left = MOST

    def drawn(self, tex: str, display: bool) -> Drawing | None:
        if len(tex) > LONGEST or not _even(tex) or UNLIKE.search(tex):
            return None
        self._left -= len(tex)
        if self._left < 0:
            return None
        if (tex, display) not in self._known:
            self._font.left = MOST_NODES
            try:
                self._known[tex, display] = self._drawn(tex, display)
            except Exception:  # of any kind: two libraries take for granted that a formula is one
                self._known[tex, display] = None
            self._left -= MOST_NODES - self._font.left
        return self._known[tex, display]

    def _drawn(self, tex: str, display: bool) -> Drawing | None:
        # What was given up half-way may have left another.
        self._font.language("math", "")  # type: ignore[no-untyped-call]
        tex = tex.replace("<", r"\lt ").replace(">", r"\gt ")  # it would be taken for markup
        made = Latex(tex, SIZE, font=self._name, inline=not display, margin=0)
        if any(isinstance(one, Glyph) and (not one.glyph.index or one.char == "\\") for one in _all(made.node)):
            return None
        box, shapes = made.node.bbox, Element("g")
        made.node.draw(-box.xmin, 0, shapes)
        wide, above, below = (box.xmax - box.xmin) / SIZE, max(0, box.ymax) / SIZE, max(0, -box.ymin) / SIZE
        around = f"{-EDGE} {-below - EDGE:.3f} {wide + 2 * EDGE:.3f} {above + below + 2 * EDGE:.3f} re W n"
        painted = (_painted(one) for one in shapes.iter() if one.tag != "g")
        drawing = Drawing(wide, above, below, "\n".join([around, TO_EMS, *painted]))
        fits = 0 < drawing.wide <= WIDEST and 0 < drawing.above + drawing.below <= TALLEST
        return drawing if fits else None


def _even(tex: str) -> bool:
    """Whether every brace has its other, and none is too deep."""
    depths = list(accumulate((STEPS.get(one, 0) for one in BRACE.findall(tex)), initial=0))
    return min(depths) == depths[-1] == 0 and max(depths) <= DEEPEST


def _all(node: Drawable) -> Iterator[Drawable]:
    yield node
    for one in node.nodes:
        yield from _all(one)


def _painted(shape: Element) -> str:
    """A path or a bar of SVG, filled or stroked (ISO 32000-1, 8.5). Raises ValueError where it is another shape."""
    stroke = shape.get("stroke")
    width = f"{float(shape.get('stroke-width', 1)):.2f} w " if stroke else ""
    paint = "S" if stroke else "f"
    match shape.tag:
        case "rect":
            x, y, wide, high = (float(shape.get(name, 0)) for name in ("x", "y", "width", "height"))
            return f"{width}{x:.2f} {y:.2f} {wide:.2f} {high:.2f} re {paint}"
        case "path":
            return f"{width}{' '.join(_path(shape.get('d', '')))} {paint}"
        case _:
            raise ValueError(shape.tag)


def _path(told: str) -> Iterator[str]:
    x = y = 0.0
    for command, numbers in SEGMENT.findall(told):
        at = [float(one) for one in numbers.split()]
        if command == "Q":  # PDF has curves of the third degree only
            across, down, *end = at
            at = [x + (across - x) * 2 / 3, y + (down - y) * 2 / 3]
            at += [end[0] + (across - end[0]) * 2 / 3, end[1] + (down - end[1]) * 2 / 3, *end]
        if at:
            x, y = at[-2:]
        yield " ".join([*(f"{one:.2f}" for one in at), {"M": "m", "L": "l", "Z": "h"}.get(command, "c")])
