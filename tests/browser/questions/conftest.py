"""One room for all that is asked; each story leaves it ready for the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.questions.room import Class, seated
from tests.unit.web.papers import picture, sound


@pytest.fixture(scope="package")
def room(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with seated(playwright, tmp_path_factory.mktemp("questions") / "data") as there:
        yield there


@pytest.fixture(scope="package")
def shelf(room: Class, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two pictures and a sound on the teacher's."""
    files = tmp_path_factory.mktemp("shelf")
    (files / "Leaf.png").write_bytes(picture("PNG", 900, 600))
    (files / "Sun.png").write_bytes(picture("PNG", 300, 400))
    sound(files / "Wind.m4a", "aac")
    page = room.teacher.page
    room.teacher.touch("courseware-open")
    page.get_by_test_id("shelf-files").set_input_files(sorted(files.iterdir()))
    ready = page.locator('[data-testid="courseware-item"][data-status="ready"]')
    expect(ready).to_have_count(3, timeout=30_000)
    room.teacher.touch("courseware-open")
