"""Plots for the results' page: lines over logarithmic axes as inline SVG, nothing loaded from anywhere."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 120, 36, 44
COLOURS = ("#0f766e", "#b45309", "#6d28d9", "#be123c", "#475569", "#1d4ed8")

Points = Sequence[tuple[float, float]]


def lines(title: str, x_name: str, y_name: str, series: Mapping[str, Points]) -> str:
    """A line a series, named at its end. Points that are not positive have no place on these axes, and are left out."""
    shown = {name: sorted((x, y) for x, y in points if x > 0 and y > 0) for name, points in series.items()}
    shown = {name: points for name, points in shown.items() if points}
    if not shown:
        return ""
    xs = [x for points in shown.values() for x, _ in points]
    ys = [y for points in shown.values() for _, y in points]
    across, down = _axis(xs, LEFT, WIDTH - RIGHT), _axis(ys, HEIGHT - BOTTOM, TOP)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    turned = f'text-anchor="middle" transform="rotate(-90 14 {middle_y})"'
    parts = [
        f'<svg {size} role="img" font-family="sans-serif" font-size="12"><title>{html.escape(title)}</title>',
        _text(LEFT, 18, title, 'font-weight="bold"'),
        _text(middle_x, HEIGHT - 8, x_name, 'text-anchor="middle"'),
        _text(14, middle_y, y_name, turned),
    ]
    for value in sorted(set(xs)):
        parts.append(_text(across(value), HEIGHT - BOTTOM + 16, f"{value:g}", 'text-anchor="middle"'))
    for value in _ticks(min(ys), max(ys)):
        y = down(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:g}", 'text-anchor="end"'))
    taken: list[float] = []
    for (name, points), colour in zip(
        sorted(shown.items(), key=lambda one: -one[1][-1][1]), COLOURS * len(shown), strict=False
    ):
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        at = down(points[-1][1])
        while any(abs(at - other) < 14 for other in taken):
            at += 1
        taken.append(at)
        parts.append(_text(across(points[-1][0]) + 8, at + 4, name, f'fill="{colour}"'))
    return "".join([*parts, "</svg>"])


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{html.escape(text)}</text>'


def _axis(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    """From a value to its place. The axis reaches to the next of 1, 2, 5 × a power of ten where it is vertical."""
    low, high = math.log(min(values)), math.log(max(values))
    if start > end:
        ticks = _ticks(min(values), max(values))
        low, high = math.log(ticks[0]), math.log(ticks[-1])
    span = high - low or 1.0
    return lambda value: start + (end - start) * (math.log(value) - low) / span


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 × powers of ten, from the last at or below `low` to the first at or above `high`."""
    steps = [base * 10.0**power for power in range(-4, 7) for base in (1, 2, 5)]
    first = max(step for step in steps if step <= low * 1.0001)
    last = min(step for step in steps if step >= high * 0.9999)
    return [step for step in steps if first <= step <= last]
