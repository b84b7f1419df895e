"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from classroom.store import Store
from tests import redis
from tests.postgres import Postgres, binaries

hypothesis.settings.register_profile("tongke", deadline=None)  # speed is for `make bench`
hypothesis.settings.load_profile("tongke")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers last: from the first of them on, Playwright keeps an event loop running in this thread; no other may.
    What takes longest begins first."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return item.get_closest_marker("browser") is not None, item.get_closest_marker("long") is None

    items.sort(key=place)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes have random numbers in them, but a test needs the same name in every process that runs some of them."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL server."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian package: postgresql)")
    server = Postgres(programs)
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of an empty database on a real PostgreSQL."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that was migrated and is empty, to be copied: to migrate one takes longer than most tests do. That
    new ones are migrated is seen in tests/unit/classroom/test_store.py."""
    made = tmp_path_factory.mktemp("migrated") / "tongke.db"
    _migrate(f"sqlite:///{made}")
    return made


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Callable[[], str]:
    """Makes databases that are migrated and empty, copied as SQLite's are; their URLs."""
    url = postgres.new_database()
    _migrate(url)
    return partial(postgres.new_database, url.rpartition("/")[2])


def _migrate(url: str) -> None:
    async def open_and_close() -> None:
        await (await Store.open(url)).close()

    with ThreadPoolExecutor(1) as elsewhere:  # this thread's loops are the tests'
        elsewhere.submit(asyncio.run, open_and_close()).result()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> str:
    """The URL of an empty database; on PostgreSQL where TONGKE_TEST_DATABASE says so (`make postgresql`)."""
    if os.environ.get("TONGKE_TEST_DATABASE") == "postgresql":
        return str(request.getfixturevalue("migrated_postgres")())
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'tongke.db')}"


@pytest.fixture
def redis_server() -> Iterator[redis.Redis]:
    """A Redis of the test's own, which it may hold or stop."""
    program = redis.program()
    if program is None:
        pytest.skip("Redis is not installed (Debian package: redis-server)")
    server = redis.Redis(program)
    yield server
    server.stop()
