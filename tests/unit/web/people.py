"""People with browsers, for tests of the routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestClient

PASSWORD = "correct horse battery"
Client = TestClient[Any, Any]


@dataclass
class Person:
    """Someone with a browser: a cookie jar, and the CSRF token that its session came with."""

    client: ClientSession
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def look(self) -> Any:
        response = await self.client.get("/api/v1/session")
        assert response.status == 200
        session = await response.json()
        self.csrf = session["csrf"]
        return session

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> ClientResponse:
        headers = {"X-CSRF": self.csrf, **self.headers, **more.pop("headers", {})}
        return await self.client.request(method, path, json=body, headers=headers, **more)

    async def get(self, path: str) -> Any:
        return await good(await self.call("GET", path))

    async def post(self, path: str, body: Any = None) -> Any:
        return await good(await self.call("POST", path, body))

    async def sign_in(self, login: str, password: str = PASSWORD) -> Any:
        session = await self.post("/api/v1/session", {"login": login, "password": password})
        self.csrf = session["csrf"]
        return session


async def good(response: ClientResponse) -> Any:
    assert response.status < 300, await response.text()
    return await response.json() if response.status != 204 else None


async def refusal(response: ClientResponse) -> tuple[int, str]:
    """Status and code of a refusal, which must be a problem."""
    assert response.content_type == "application/problem+json", await response.text()
    problem = await response.json()
    assert problem["status"] == response.status
    assert problem["title"]
    return response.status, problem["code"]
