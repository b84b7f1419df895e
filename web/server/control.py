"""How the command line reaches an installation: by the control socket of its server, else by opening it itself."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from classroom.errors import OperatorFault
from web.server import directory
from web.server.settings import Settings

PATIENT = aiohttp.ClientTimeout(total=None)


class Refused(Exception):
    """What the installation answered instead: one line for a person."""


class Missing(Refused):
    """There is no such thing (404)."""


@dataclass(slots=True)
class Control:
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON, None for an empty one. Raises Refused."""
        async with self.http.request(method, f"http://control{path}", json=body) as response:
            await _taken(response)
            return await response.json() if response.status != 204 else None

    async def send(self, path: str, data: bytes) -> Any:
        """POSTs bytes; the answer's JSON, however long that takes. Raises Refused."""
        given: dict[str, Any] = {"headers": {"Content-Type": "application/octet-stream"}, "timeout": PATIENT}
        async with self.http.post(f"http://control{path}", data=io.BytesIO(data), **given) as response:
            return await (await _taken(response)).json()

    async def put(self, path: str, source: Path, size: int, told: Callable[[int], None]) -> None:
        """PUTs a file of that many bytes, and tells of its bytes as they go. Raises Refused, OSError."""

        async def content() -> AsyncIterator[bytes]:
            with source.open("rb") as file:
                while piece := file.read(1 << 20):
                    yield piece
                    told(len(piece))

        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        async with self.http.put(f"http://control{path}", data=content(), headers=headers, timeout=PATIENT) as response:
            await _taken(response)

    async def fetch(self, path: str) -> tuple[bytes, Mapping[str, str]]:
        """What is at an address, as it is, with its headers. Raises Refused."""
        async with self.http.get(f"http://control{path}") as response:
            return await (await _taken(response)).read(), response.headers

    async def load(self, path: str, target: Path) -> Mapping[str, str]:
        """Writes what is at an address into a file, however long it is; its headers. Raises Refused, OSError."""
        async with self.http.get(f"http://control{path}", timeout=PATIENT) as response:
            await _taken(response)
            with target.open("wb") as file:
                async for chunk in response.content.iter_chunked(1 << 20):
                    file.write(chunk)
            return response.headers

    async def save(self, path: str, target: Path) -> int:
        """POSTs and writes what comes into a file, whole or not at all; its size in bytes. Raises Refused."""
        beside = target.with_name(target.name + ".part")
        try:
            async with self.http.post(f"http://control{path}", timeout=PATIENT) as response:
                await _taken(response)
                size = 0
                with beside.open("wb") as file:
                    beside.chmod(0o600)
                    async for chunk in response.content.iter_chunked(1 << 18):
                        size += file.write(chunk)
            beside.replace(target)
        except aiohttp.ClientError:
            raise Refused("The backup broke off; the server's log says why.") from None
        finally:
            beside.unlink(missing_ok=True)
        return size


async def _taken(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status >= 400:
        raise (Missing if response.status == 404 else Refused)(str((await response.json(content_type=None))["title"]))
    return response


@contextlib.asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Control]:
    """Either way the same routes answer. Raises OperatorFault where neither way is open."""
    async with contextlib.AsyncExitStack() as stack:
        path = stack.enter_context(directory.control_socket(settings.data)) if settings.data.is_dir() else ""
        if path and await _answers(path):
            yield Control(await stack.enter_async_context(_session(path)))
            return
        # Loaded here: most commands reach a running server, and need not wait for all that a server is made of.
        from web.server.app import create_control
        from web.server.serve import stored

        directory.prepare(settings.data)
        stack.enter_context(directory.locked(settings.data))
        parts = await stack.enter_async_context(stored(settings))
        own = str(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tongke-"))) / "control.sock")
        runner = web.AppRunner(create_control(parts, directory.new_key(own)), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.UnixSite(runner, own).start()
        yield Control(await stack.enter_async_context(_session(own)))


def _session(path: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(path), headers={directory.KEY_HEADER: directory.key_of(path)}
    )


async def _answers(path: str) -> bool:
    """Raises OperatorFault where a server answers, and refuses."""
    try:
        async with _session(path) as http, http.get("http://control/control/status") as response:
            if response.status == 401:
                raise OperatorFault(
                    f"{directory.KEY}, beside the running server's control socket, is not its own: restart it"
                )
            return response.status == 200
    except (aiohttp.ClientError, OSError):
        return False
