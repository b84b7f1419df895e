"""Tables of questions, as spreadsheets save them."""

from __future__ import annotations

import pytest

from classroom.bank import read


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(name: str) -> None:
    (one,) = read("题.csv", "type,prompt,options,answer\r\nchoice,首都？,北京|上海,1\r\n".encode(name)).questions
    assert one.question == {"type": "choice", "prompt": "首都？", "options": ["北京", "上海"], "answer": 0}
