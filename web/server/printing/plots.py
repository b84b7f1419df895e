"""Points over two columns of what a class collected, between their least and their greatest, as pages draw them
(Plot.svelte)."""

from __future__ import annotations

from web.server.printing.sheet import ACCENT, INK, LEADING, SMALL, SOFT, Sheets
from web.server.printing.tallies import Plot, rounded

WIDE, HIGH = 300, 150
SIDE = 90
"""For what stands beside the upright axis."""
BESIDE = 6
"""Between the outermost points and the axes."""
DOT = 2
LINE = SMALL * LEADING


def drawn(pdf: Sheets, plot: Plot) -> None:
    pdf.plot(HIGH + 2 * BESIDE + 2 * LINE + 10, lambda x, y: _drawn(pdf, plot, x, y + 2))


def _drawn(pdf: Sheets, plot: Plot, x: float, y: float) -> None:
    (least_x, most_x), (least_y, most_y) = (_range([one[axis] for one in plot.points]) for axis in (0, 1))
    left, right, foot = x + SIDE, x + SIDE + WIDE + 2 * BESIDE, y + HIGH + 2 * BESIDE
    pdf.set_draw_color(*SOFT)
    pdf.polyline([(left, y), (left, foot), (right, foot)])
    pdf.ink(SOFT, SMALL)
    lines = pdf.lines(plot.y, SIDE - 6, 4)
    middle = (y + foot - len(lines) * LINE) / 2
    uprights = [(y, rounded(most_y)), (foot - LINE, rounded(least_y))]
    uprights += [(middle + place * LINE, line) for place, line in enumerate(lines)]
    for at, words in uprights:
        pdf.label(left - 4, at, words, "R", SIDE - 4)
    pdf.label(left, foot + 3, rounded(least_x), "L")
    pdf.label(right, foot + 3, rounded(most_x), "R")
    for place, line in enumerate(pdf.lines(plot.x, WIDE - 120, 2)):
        pdf.label((left + right) / 2, foot + 3 + place * LINE, line, "C", WIDE - 120)
    points = [
        (
            left + BESIDE + (one - least_x) / (most_x - least_x) * WIDE,
            y + BESIDE + (most_y - other) / (most_y - least_y) * HIGH,
        )
        for one, other in (sorted(plot.points, key=lambda point: point[0]) if plot.joined else plot.points)
    ]
    pdf.ink(INK)
    with pdf.local_context():
        pdf.set_draw_color(*ACCENT)
        pdf.set_fill_color(*ACCENT)
        if plot.joined and len(points) > 1:
            pdf.set_line_width(1.2)
            pdf.polyline(points)
        else:
            for point in points:
                pdf.circle(*point, DOT, style="F")


def _range(values: list[float]) -> tuple[float, float]:
    least, most = min(values), max(values)
    return (least - 1, most + 1) if least == most else (least, most)
