"""The real application on real parts, with SQLite in a new directory."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import argon2
import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from tests.unit.web.people import PASSWORD, Client, Person
from web.server import passwords
from web.server.app import MOST_IN_LINE, create_app
from web.server.parts import Parts
from web.server.serve import setup_secret, stored
from web.server.settings import Settings


@pytest.fixture(autouse=True, scope="session")
def hasty_passwords() -> Iterator[None]:
    """The same hash with less work: hundreds of tests sign in. How much work it is for real, a test of its own says."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "PasswordHasher", hasher)
        yield


@pytest.fixture
def settings(tmp_path: Path, database_url: str, migrated: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(migrated, data / "tongke.sqlite")
    made = Settings(_env_file=None, data=data, port=0, media_port=0, metrics_token="scrape-me")
    return made if database_url.startswith("sqlite") else made.model_copy(update={"database": database_url})


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    """Store, journal and tokens; modules that need media and sockets put `opened` in its place, which takes longer."""
    async with stored(settings) as made:
        yield made


@pytest.fixture
async def app_client(settings: Settings, parts: Parts, aiohttp_client: Any) -> Client:
    server = TestServer(create_app(settings, parts))
    await server.start_server(max_line_size=MOST_IN_LINE)
    return await aiohttp_client(server)  # type: ignore[no-any-return]


@pytest.fixture
async def browser(app_client: Client) -> AsyncIterator[Callable[[], Awaitable[Person]]]:
    """Opens another browser on the same server."""
    sessions: list[ClientSession] = []

    async def open_browser() -> Person:
        session = ClientSession(app_client.make_url("/"), cookie_jar=CookieJar(unsafe=True))
        sessions.append(session)
        person = Person(session)
        await person.look()
        return person

    yield open_browser
    for session in sessions:
        await session.close()


@pytest.fixture
async def nobody(browser: Callable[[], Awaitable[Person]]) -> Person:
    """A browser that has not been here before."""
    return await browser()


@pytest.fixture
async def admin(parts: Parts, browser: Callable[[], Awaitable[Person]]) -> Person:
    """The installation's first administrator, made as a technician would."""
    person = await browser()
    body = {
        "secret": await setup_secret(parts),
        "login": "admin",
        "password": PASSWORD,
        "name": "The Admin",
        "school": "First School",
    }
    session = await person.post("/api/v1/setup", body)
    person.csrf = session["csrf"]
    return person


@pytest.fixture
async def teacher(admin: Person, browser: Callable[[], Awaitable[Person]]) -> Person:
    body = {"login": "li", "name": "Li Wen", "role": "teacher", "password": PASSWORD}
    await admin.post("/api/v1/accounts", body)
    person = await browser()
    await person.sign_in("li")
    return person


@pytest.fixture
async def lesson(teacher: Person) -> Any:
    return await teacher.post("/api/v1/lessons", {"title": "Autumn"})
