"""How long the server stands still while files of questions come and go, and while those come that mean harm.

`stall_ms` is the longest in which it did not answer `/healthz`; `all_s` until the file was answered. Every file of
which a format is warned is sent: bombs, depths, wrong encodings, zips that lead out, ten thousand options, a megabyte
of text; `told` is what it was answered. Then questions come as JSON, and a bank's 5,000 go out in each format.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from classroom import bank
from classroom.bank import Entry
from tests.bench import cores
from tests.bench.stall import Probe, probing
from tests.processes import Server, serving
from tests.unit.classroom.bank import test_moodle_xml, test_qti
from tests.unit.web.people import PASSWORD, Person
from tests.unit.web.test_question_files import TOO_MANY

QUESTIONS = (2000, 3000)
OF_BYTES = {"Content-Type": "application/octet-stream"}
QUIET_S = 3.0
MEGABYTE = "x" * (1 << 20)
HARM: dict[str, tuple[str, bytes]] = {
    **{f"xml {name}": ("q.xml", text.encode()) for name, text in test_moodle_xml.HARM.items()},
    **{f"zip {name}": ("q.zip", made()) for name, made in test_qti.HARM.items()},
    **{f"many {name}": (name, text.encode()) for name, text in TOO_MANY.items()},
    "xml deep": ("q.xml", b"<quiz>" + b"<a>" * 200_000),
    "xml wide": ("q.xml", b"<quiz>" + b"<a/>" * 1_000_000),
    "json deep": ("q.json", b"[" * 1_000_000),
    "gift deep": ("q.gift", b"{" * 1_000_000),
    "gift bytes": ("q.gift", b"\xff\x80\x00 {T}"),
    "xml encoding": ("q.xml", '<?xml version="1.0" encoding="utf-8"?><quiz>地</quiz>'.encode("gbk")),
    "prompt of 1 MB": (
        "q.json",
        json.dumps({"questions": [{"question": {"type": "essay", "prompt": MEGABYTE}}]}).encode(),
    ),
    "a million options": (
        "q.json",
        json.dumps({"questions": [{"question": {"type": "vote", "prompt": "?", "options": ["x"] * 10**6}}]}).encode(),
    ),
}


def run() -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        cores.on(cores.SERVER),
        serving(Path(folder) / "data") as server,
        cores.on(cores.load()),
        probing(server.data) as probe,
    ):
        yield from asyncio.run(measured(server, probe))


async def measured(server: Server, probe: Probe) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession(server.base, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        admin = Person(http)
        await admin.look()
        account = {"login": "admin", "name": "Admin", "password": PASSWORD}
        await admin.post("/api/v1/setup", {"secret": server.setup_secret(), **account, "school": "A school"})
        await admin.look()
        lines = []
        async for line in exchanged(admin):
            figures = {"all_s": round(line.pop("s"), 2), "stall_ms": round(probe.longest_ms(), 1)}
            lines.append({**line, **figures})
        return lines


async def exchanged(admin: Person) -> AsyncIterator[dict[str, Any]]:
    await asyncio.sleep(QUIET_S)
    yield {"file": "none", "told": "", "s": QUIET_S}  # what the machine itself does meanwhile
    for name, (called, data) in HARM.items():
        yield {"file": name, **await sent(admin, called, data)}
    for many in QUESTIONS:
        yield {"file": f"{many} questions", **await sent(admin, "q.json", questions(many))}
    for form in bank.FORMATS:
        began = time.monotonic()
        response = await admin.call("GET", f"/api/v1/questions/export?format={form}")
        size = len(await response.read())
        yield {"file": f"export {form}", "told": f"{response.status}, {size >> 10} KB", "s": time.monotonic() - began}


async def sent(admin: Person, name: str, data: bytes) -> dict[str, Any]:
    began = time.monotonic()
    headers = {"X-CSRF": admin.csrf, **OF_BYTES}
    assert admin.client is not None
    response = await admin.client.post(f"/api/v1/questions/import?name={name}", data=data, headers=headers)
    said = await response.json()
    codes = said.get("code") or sorted({note["code"] for note in said["notes"]}) or said["understood"]
    return {"told": f"{response.status} {codes}", "s": time.monotonic() - began}


def questions(many: int) -> bytes:
    asked = {
        "type": "choice",
        "options": [f"option {n}" for n in range(5)],
        "answer": 2,
        "explanation": "because " * 10,
    }
    made = (
        Entry(
            {**asked, "prompt": f"第{n}题: which is right?", "points": [f"point {n % 37}"]},
            f"f{n % 20}",
            (f"t{n % 50}",),
        )
        for n in range(many)
    )
    return bank.write("json", list(made))
