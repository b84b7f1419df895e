"""One room for all that is asked; each story leaves it ready for the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from tests.browser.questions.longer import stocked
from tests.browser.questions.room import Class, seated


@pytest.fixture(scope="package")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with seated(playwright, tmp_path_factory.mktemp("questions") / "data") as there:
        yield there


@pytest.fixture(scope="package")
def shelf(room: Class, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two pictures and a sound on the teacher's."""
    stocked(room.teacher, tmp_path_factory.mktemp("shelf"))


@pytest.fixture(autouse=True)
def new(room: Class) -> None:
    """How far a story's pages move is nothing of the next one's."""
    room.another()
