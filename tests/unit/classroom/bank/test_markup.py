"""HTML of strangers: nothing in it takes long."""

from __future__ import annotations

import pytest

from classroom.bank import markup

MEGABYTE = 1 << 20


@pytest.mark.timeout(20)  # what is not linear takes minutes
@pytest.mark.parametrize(
    "text",
    [
        f"<img {'a' * MEGABYTE} 1=x>",
        f"<img {('a' * 19_990)} 1=x>" * 50,
        f"<img {'a' * MEGABYTE}=",
        "<a b" * (MEGABYTE // 4),
    ],
    ids=["one name", "many tags", "no end", "no tags"],
)
def test_names_without_an_end(text: str) -> None:
    assert markup.read(text).media == []


def test_attributes() -> None:
    found = markup.read("""<img data-src='x' src="a.png" alt=leaf><img src = 'b.png'><img xsrc=c.png>""")
    assert found.media == [("a.png", "leaf"), ("b.png", "")]
