"""Stores of both kinds, and a clock that the test turns."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from classroom.store import Store

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database in which there is nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tongke.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BOTH)
async def store(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> AsyncIterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'tongke.db')}"
    else:
        url = request.getfixturevalue("migrated_postgres")()
    opened = await Store.open(url)
    yield opened
    await opened.close()


class TestClock:
    """Time that passes when the test says so."""

    __test__ = False

    def __init__(self, monotonic_s: float = 1000.0, epoch_ms: int = 1_800_000_000_000) -> None:
        self.monotonic_s = monotonic_s
        self.wall_ms = epoch_ms

    def monotonic(self) -> float:
        return self.monotonic_s

    def epoch_ms(self) -> int:
        return self.wall_ms

    def pass_ms(self, ms: int) -> None:
        self.monotonic_s += ms / 1000
        self.wall_ms += ms


@pytest.fixture
def clock() -> TestClock:
    return TestClock()
