"""Reckons reports: reads orders as lines of JSON, writes of each a line and what was made.

A process of its own (`python -m web.server.reckoning SOCKET`), for a report is a million small things that are made and
thrown away, and while Python collects them, everything in its process stands still. The first line that it reads is
where the database is; it lives until there will be no more. It writes `{size}`, before so many bytes, or `{fault:
[code, message, status]}`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from classroom.activities.media import PICTURE
from classroom.errors import ClientFault
from classroom.events import Json
from classroom.store import Store
from web.server import exporting, reporting, statements
from web.server.reporting import Order, Told

MEMORY_BYTES = 4 << 30
NICE = 10
"""Lessons go first."""


def page(told: Told) -> bytes:
    return _json(_page(told))


def printed(told: Told) -> bytes:
    """With the folder of each picture among the shelves' contents, and the boxes that it is there in."""
    made = {one.id: (one.digest, one.boxes) for one in told.media.values() if one.kind == PICTURE}
    return _json({**_page(told), "pictures": made})


def _page(told: Told) -> Json:
    return {
        "lesson": told.lesson.id,
        "title": told.lesson.title,
        "phase": told.lesson.phase,
        "started_at": told.lesson.started_at,
        "lessons": [{"id": one.id, "title": one.title, "started_at": one.started_at} for one in told.lessons],
        **told.json(),
    }


def xapi(told: Told, base: str, with_names: bool) -> bytes:
    return _json(statements.statements(told, base, with_names=with_names))


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


FORMS: Mapping[str, Callable[..., bytes]] = {
    "page": page,
    "print": printed,
    "csv": lambda told, table: exporting.csv(told, table).encode(),
    "xlsx": exporting.xlsx,
    "xapi": xapi,
}


async def made(store: Store, asked: Json) -> bytes:
    """Raises ClientFault."""
    told = await reporting.told(store, Order(**asked["order"]))
    return FORMS[asked["form"]](told, **asked["how"])


async def serve(orders: BinaryIO, out: BinaryIO) -> None:
    store = Store.beside(json.loads(orders.readline()))
    for line in orders:
        try:
            body = await made(store, json.loads(line))
        except ClientFault as fault:
            out.write(_json({"fault": [fault.code, fault.message, fault.status]}) + b"\n")
        else:
            out.write(_json({"size": len(body)}) + b"\n" + body)
        out.flush()
        gc.collect()  # nobody waits for it here
    await store.close()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.nice(NICE)
    gc.disable()
    with socket.socket(fileno=int(sys.argv[1])) as server:
        asyncio.run(serve(server.makefile("rb"), server.makefile("wb")))


if __name__ == "__main__":
    main()
