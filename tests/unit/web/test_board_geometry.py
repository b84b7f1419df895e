"""Places, papers, shapes, erasers and instruments of the board (web/client/src/board), without a browser."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest

from tests.unit.web.node import evaluate

WHOLE = {"x": 0, "y": 0, "width": 1600}
LINE = [0, 0, 0.5, 0, 100, 0, 0.5, 10, 200, 0, 0.5, 20]  # two steps of 100 units


def near(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return bool(one.keys() == other.keys()) and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(near, one, other))
    return bool(one == other if isinstance(one, str) else abs(one - other) < 0.11)


# The part that is seen


def test_coming_closer_keeps_what_is_under_the_hand_and_nothing_beside_the_page_is_seen() -> None:
    places = [{"x": x / 4, "y": y / 4} for x in range(5) for y in range(5)]
    found = evaluate(
        "board/view.ts",
        """given.map((about) => {
            const closer = m.zoomed(m.WHOLE, 4, about)
            const far = m.zoomed(closer, 0.01, about)
            return [m.toPage(m.WHOLE, about), m.toPage(closer, about), closer, far]
        })""",
        places,
    )
    for under, still, closer, far in found:
        assert near(under, still)
        assert far == WHOLE
        assert closer["width"] == 400
        assert 0 <= closer["x"] <= 1200
        assert 0 <= closer["y"] <= 675


def test_two_fingers_hold_the_page_where_they_touched_it() -> None:
    hands = [{"x": 0.4, "y": 0.5}, {"x": 0.6, "y": 0.5}]
    apart = [{"x": 0.3, "y": 0.6}, {"x": 0.7, "y": 0.6}]
    view, held = evaluate(
        "board/view.ts",
        """(() => {
            const view = m.pinched(m.WHOLE, ...given)
            return [view, given[0].map((at) => m.toPage(m.WHOLE, at)).map((at) => m.toGlass(view, at))]
        })()""",
        [hands, apart],
    )
    assert view["width"] == 800
    assert all(near(one, other) for one, other in zip(held, apart, strict=True))


@pytest.mark.parametrize("far", [10, 1e9, -1e9])
def test_no_hand_moves_the_page_off_the_glass(far: float) -> None:
    view = evaluate("board/view.ts", "m.panned({x: 400, y: 200, width: 800}, {x: 0, y: 0}, {x: given, y: given})", far)
    assert view in ({"x": 0, "y": 0, "width": 800}, {"x": 800, "y": 450, "width": 800})


# Papers


def test_every_paper_is_on_the_page_and_what_is_unknown_is_blank() -> None:
    papers = evaluate("board/papers.ts", "[...m.PAPERS, 'parchment'].map((kind) => [kind, m.rules(kind)])")
    for kind, rules in papers:
        assert bool(rules) == (kind not in ("blank", "parchment"))
        for one in rules:
            for x, y in (one["from"], one["to"]):
                assert 0 <= x <= 1600
                assert 0 <= y <= 900
    told = dict(papers)
    assert sum(len(told[kind]) for kind in ("tianzige",)) == 28 * 2 + 8 + 5
    assert len(told["mizige"]) == len(told["tianzige"]) + 28 * 2
    assert len(told["staff"]) == 4 * (5 + 2)
    assert len(told["four_line"]) == 4 * 4


# The part eraser


def test_a_place_on_a_line_covers_what_is_within_reach_of_it() -> None:
    found = evaluate("board/trim.ts", f"given.map(([x, y]) => m.covered({LINE}, {{x, y}}, 10))", [
        [50, 0], [100, 0], [0, 0], [50, 9], [50, 10], [300, 0],
    ])  # fmt: skip
    middle, joint, end, touching, beside, beyond = found
    assert near(middle, [{"from": 0.4, "to": 0.6}])
    assert near(joint, [{"from": 0.9, "to": 1.1}])
    assert near(end, [{"from": 0, "to": 0.1}])
    assert 0 < touching[0]["to"] - touching[0]["from"] < 0.1
    assert beside == beyond == []


def test_what_is_left_are_the_parts_between_without_dust() -> None:
    gone = [{"from": 0.4, "to": 0.6}, {"from": 0.5, "to": 1}, {"from": 1.98, "to": 2}]
    rest = evaluate("board/trim.ts", f"m.left({LINE}, given)", gone)
    assert near(rest, [{"from": 0, "to": 0.4}, {"from": 1, "to": 1.98}])
    assert evaluate("board/trim.ts", f"m.left({LINE}, given)", [{"from": 0, "to": 2}]) == []
    assert evaluate("board/trim.ts", "m.left([1, 1, 0.5, 0], given)", []) == [{"from": 0, "to": 0}]
    assert evaluate("board/trim.ts", "m.left([1, 1, 0.5, 0], given)", [{"from": 0, "to": 0}]) == []


def test_no_part_that_is_left_comes_near_the_eraser() -> None:
    rng = random.Random(7)
    rubbed = [[(rng.uniform(0, 200), rng.uniform(-8, 8)) for _ in range(rng.randint(1, 6))] for _ in range(300)]
    found = evaluate(
        "board/trim.ts",
        f"""import(new URL("../lesson/board.ts", process.argv[1])).then(({{cut}}) => given.map((places) => {{
            const line = {LINE}
            const gone = places.flatMap(([x, y]) => m.covered(line, {{x, y}}, 10))
            return m.left(line, gone).map(({{from, to}}) => [from, to, cut(line, from, to)])
        }}))""",
        rubbed,
    )
    for places, parts in zip(rubbed, found, strict=True):
        for start, end, points in parts:
            assert near([points[0], points[-4]], [start * 100, end * 100])
            for x in range(math.ceil(points[0] + 0.01), math.floor(points[-4])):
                assert all(math.hypot(x - px, py) >= 9.9 for px, py in places)


def test_an_eraser_that_is_quick_leaves_no_gaps() -> None:
    places = evaluate("board/trim.ts", "m.along({x: 0, y: 0}, {x: 100, y: 0}, 10)")
    steps = [b["x"] - a["x"] for a, b in zip([{"x": 0}, *places], places, strict=False)]
    assert max(steps) <= 5
    assert places[-1] == {"x": 100, "y": 0}


# What is touched


def stroke(name: str, points: list[float], **more: Any) -> dict[str, Any]:
    return {"object": name, "type": "stroke", "tool": "pen", "width": 4, "points": points, **more}


def shape(name: str, kind: str, start: list[float], end: list[float], **more: Any) -> dict[str, Any]:
    return {"object": name, "type": "shape", "shape": kind, "width": 4, "from": start, "to": end, **more}


def test_a_hand_touches_lines_filled_shapes_and_boxes_the_uppermost_first() -> None:
    objects = [
        stroke("line", LINE),
        stroke("moved", LINE, place=[2, 2, 0, 300]),
        shape("open", "rectangle", [300, 0], [500, 200]),
        shape("filled", "triangle", [600, 0], [800, 200], fill="#ffffff"),
        shape("circle", "ellipse", [300, 300], [500, 500]),
        {"object": "note", "type": "note", "box": [0, -20, 100, 100]},
    ]
    asked = {
        (50, 1): ["note", "line"],
        (390, 300): ["moved", "circle"],
        (390, 304): ["moved", "circle"],
        (150, 40): [],
        (400, 100): [],
        (302, 100): ["open"],
        (700, 150): ["filled"],
        (620, 20): [],
        (400, 400): [],
        (500, 400): ["circle"],
    }
    script = "given[1].map(([x, y]) => m.touched(given[0], {x, y}, 4).map(({object}) => object))"
    found = evaluate("board/objects.ts", script, [objects, list(asked)])
    for (place, expected), got in zip(asked.items(), found, strict=True):
        assert sorted(got) == sorted(expected), place
    assert found[0] == ["note", "line"]


def test_a_box_takes_what_is_mostly_in_it() -> None:
    objects = [
        stroke("in", LINE),
        stroke("half", LINE, place=[1, 1, 150, 0]),
        stroke("out", LINE, place=[1, 1, 0, 300]),
    ]
    script = "m.enclosed(given, {left: -10, top: -50, right: 260, bottom: 50}).map(({object}) => object)"
    assert evaluate("board/objects.ts", script, objects) == ["in", "half"]


def test_moving_and_scaling_are_one_and_can_be_taken_back() -> None:
    script = """(() => {
        const by = m.after(m.scaled(2, {x: 100, y: 50}), m.shifted(10, -5))
        const at = {x: 300, y: 80}
        return [m.placed(by, {x: 100, y: 50}), m.unplaced(by, m.placed(by, at))]
    })()"""
    assert evaluate("board/geometry.ts", script) == [{"x": 110, "y": 45}, {"x": 300, "y": 80}]


# Points that say nothing


def handwriting(rng: random.Random, pressure: bool) -> list[float]:
    """A pen that tells where it is every 4 ms."""
    x, y, turn, points = 800.0, 450.0, 0.0, []
    for n in range(400):
        turn += rng.gauss(0, 0.1) if rng.random() < 0.97 else rng.uniform(-3, 3)
        x, y = x + 1.6 * math.cos(turn), y + 1.6 * math.sin(turn)
        points += [round(x, 1), round(y, 1), round(0.5 + 0.3 * math.sin(n / 40), 3) if pressure else 0.5, 4 * n]
    return points


@pytest.mark.parametrize("seed", range(20))
def test_a_finished_stroke_is_drawn_with_half_its_points_as_it_was(seed: int) -> None:
    points = handwriting(random.Random(seed), pressure=True)
    thin = evaluate("board/thin.ts", "m.thinned(given)", {"tool": "pen", "points": points})
    before, after = [[tuple(all_[n : n + 4]) for n in range(0, len(all_), 4)] for all_ in (points, thin)]
    assert len(after) < 0.6 * len(before)
    places = [before.index(point) for point in after]
    assert (places[0], places[-1]) == (0, len(before) - 1)
    assert places == sorted(places)
    for start, end in itertools.pairwise(places):
        a, b = before[start], before[end]
        assert end == start + 1 or math.dist(a[:2], b[:2]) <= 6
        for n in range(start + 1, end):
            x, y, pressure, _ = before[n]
            length = math.dist(a[:2], b[:2]) or 1e-9
            along = min(1, max(0, ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / length**2))
            beside = math.dist((x, y), (a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])))
            assert beside <= 0.351
            assert abs(pressure - a[2] - (b[2] - a[2]) * (n - start) / (end - start)) <= 0.051


def test_what_is_as_thick_as_the_hand_was_slow_keeps_its_points() -> None:
    points = handwriting(random.Random(1), pressure=False)
    lines = [{"tool": tool, "points": points} for tool in ("pen", "highlighter")] + [{"tool": "pen", "points": [1] * 8}]
    pen, marker, short = evaluate("board/thin.ts", "given.map(m.thinned)", lines)
    assert pen == points
    assert len(marker) < 0.6 * len(points)
    assert short == [1] * 8


# Shapes and instruments


def test_a_hand_that_nearly_draws_it_straight_means_it() -> None:
    script = """given.map(([shape, x, y, always]) => m.straightened(shape, {x: 0, y: 0}, {x, y}, always))"""
    level, slanted, step, square, box, circle = evaluate("board/shapes.ts", script, [
        ["line", 200, 4, False], ["line", 200, 40, False], ["line", 200, 50, True],
        ["rectangle", 200, -195, False], ["rectangle", 200, 100, False], ["ellipse", 200, 100, True],
    ])  # fmt: skip
    assert near(level["y"], 0)
    assert slanted == {"x": 200, "y": 40}
    assert near(math.degrees(math.atan2(step["y"], step["x"])), 15)
    assert square == {"x": 200, "y": -200}
    assert box == {"x": 200, "y": 100}
    assert circle == {"x": 200, "y": 200}


def test_a_pen_at_the_ruler_follows_it_and_elsewhere_does_not() -> None:
    ruler = {"kind": "ruler", "x": 800, "y": 450, "turn": math.pi / 4}
    script = """given[1].map((at) => {
        const edge = m.edgeAt(given[0], at)
        return [edge, m.onEdge(given[0], edge, at)]
    })"""
    (edge, on), (none, still) = evaluate(
        "board/instruments.ts", script, [ruler, [{"x": 820, "y": 440}, {"x": 900, "y": 200}]]
    )
    assert edge == "upper"
    assert near(on["y"] - 450, on["x"] - 800)
    assert none == "none"
    assert still == {"x": 900, "y": 200}
    bow = {"kind": "protractor", "x": 800, "y": 450, "turn": 0}
    ((edge, on),) = evaluate("board/instruments.ts", script, [bow, [{"x": 800, "y": 140}]])
    assert edge == "bow"
    assert near(on, {"x": 800, "y": 130})
    script = "given.map((y) => m.degrees(m.turned({kind: 'ruler', x: 0, y: 0, turn: 0}, {x: 100, y: 0}, {x: 100, y})))"
    assert evaluate("board/instruments.ts", script, [0, 1, -100, 100, -57.735]) == [0, 0, 45, 315, 30]


# Words


def test_words_are_broken_where_each_language_may_be() -> None:
    script = "given.map(([text, width]) => m.broken(text, width, (words) => words.length))"
    found = evaluate("board/words.ts", script, [
        ["the quick brown fox", 10], ["秋天的叶子，落了。", 4], ["Autumn 秋天 leaves", 9],
        ["abcdefghij", 4], ["a\n\nb", 9], ["", 5],
    ])  # fmt: skip
    assert found == [
        ["the quick", "brown fox"],
        ["秋天的叶", "子，落", "了。"],
        ["Autumn 秋天", "leaves"],
        ["abcd", "efgh", "ij"],
        ["a", "", "b"],
        [""],
    ]
