"""What came with an imported recording, under the addresses that a recording of ours has it by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from classroom.access import Deed
from classroom.nameless import labels
from recordings.carried import TYPES, is_carried
from web.server import carrying, naming
from web.server.recorded import recorded
from web.server.routes.resources import visible
from web.server.seats import not_found
from web.server.sessions import Call

Handler = Callable[..., Awaitable[Any]]
SIMULATION, CUES = "/simulation", "/cues"
PDF = "application/pdf"


def or_imported(handler: Handler, program: dict[str, str]) -> Handler:
    """`program`: headers of what runs in a frame; nothing else is ever served as a page."""

    @wraps(handler)
    async def answered(call: Call, *given: Any) -> Any:
        resource = await visible(call)
        if not is_carried(resource):
            return await handler(call, *given)
        await visible(call, Deed.PLAY)
        carried = await carrying.of(call, resource)
        name = call.request.path.removeprefix(f"/api/v1/resources/{resource.id}")
        if name in carried.answers:
            answer, pupils = carried.answers[name], await naming.pupils_for(call, resource)
            if name.endswith(CUES) and pupils is not None:
                answer = {**answer, "cues": labels(answer["cues"], pupils)}
            return web.json_response(answer)
        path = carried.files.get(name)
        kind = TYPES.get(PurePosixPath(path).suffix) if path else None
        if path is None or kind is None or kind.startswith("text/html") != name.endswith(SIMULATION):
            raise not_found("file")
        answer = await recorded(call, resource.path, path, carrying.CACHE, kind)
        if name.endswith(SIMULATION):
            answer.headers.update(program)
        if kind == PDF:  # anyone may have written it: it is not shown as a page of ours
            answer.headers["Content-Disposition"] = "attachment"
        return answer

    return answered
