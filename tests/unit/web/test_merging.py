"""Two who write in one form: what each of its fields comes to. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.web.node import evaluate

MERGED = "m.merged(given.was, given.mine, given.now, given.before)"
WAS = {"title": "Leaves", "points": ["a"], "by": [{"name": "Li"}]}


def merged(mine: dict[str, Any], now: dict[str, Any], before: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[str]]:
    given = {"was": WAS, "mine": WAS | mine, "now": WAS | now, "before": before}
    found = evaluate("pages/library/catalogue/merging.ts", MERGED, given)
    return {name: value for name, value in found["mine"].items() if value != WAS[name]}, found["differ"]


@pytest.mark.parametrize(
    ("mine", "now", "text", "differ"),
    [
        ({}, {}, {}, []),
        ({"title": "Mine"}, {}, {"title": "Mine"}, []),
        ({}, {"points": ["b"]}, {"points": ["b"]}, []),
        ({"title": "Mine"}, {"points": []}, {"title": "Mine", "points": []}, []),
        ({"title": "Mine"}, {"title": "Theirs"}, {"title": "Mine"}, ["title"]),
        ({"title": "Same"}, {"title": "Same"}, {"title": "Same"}, []),
        ({"by": []}, {"by": [{"name": "Ma"}]}, {"by": []}, ["by"]),
    ],
)
def test_what_i_left_is_as_it_is_now_and_the_rest_mine(
    mine: dict[str, Any], now: dict[str, Any], text: dict[str, Any], differ: list[str]
) -> None:
    assert merged(mine, now) == (text, differ)


def test_what_differed_once_differs_until_it_is_the_same() -> None:
    assert merged({"title": "Mine"}, {}, ("title",)) == ({"title": "Mine"}, ["title"])
    assert merged({}, {"title": "Newer"}, ("title",)) == ({"title": "Newer"}, [])
