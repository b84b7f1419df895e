"""The server's end of the process that sends recordings to the storage: keeps it running, tells what it says."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from classroom.events import Phase
from classroom.store import Store
from recordings.mirror import Report

log = logging.getLogger(__name__)

TELL_S = 2.0
RESTART_S = 5.0
ALARM_S = 600.0
AGAIN_S = 3600.0
NOTHING = Report(0, 0, 0, 0, 0, 0, 0.0, 0.0, None, None)
CUMULATIVE = ("sent_files", "sent_bytes", "failures", "released_bytes")


class Mirroring:
    """`start()` before use, `await close()` at the end. `rate_bps` holds while a lesson is live."""

    def __init__(self, directory: Path, storage: str, keep_s: float, rate_bps: float, store: Store) -> None:
        self._order = {"directory": str(directory), "storage": storage, "keep_s": keep_s, "rate_bps": rate_bps}
        self._directory, self._store = directory, store
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._before = self.report = NOTHING
        self._told_s: float | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """What is on its way is sent again by the next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def counters(self) -> Mapping[str, float]:
        """By the names of `/metrics` less `tongke_storage_`."""
        now, before = self.report, self._before
        totals = {f"{name}_total": float(getattr(before, name) + getattr(now, name)) for name in CUMULATIVE}
        waiting = {f"waiting_{name}": float(getattr(now, f"waiting_{name}")) for name in ("files", "bytes")}
        return {**totals, **waiting, "waiting_seconds": now.waiting_s, "silent_seconds": now.silent_s}

    async def _keep(self) -> None:
        while True:
            try:
                await self._live()
            except (OSError, ValueError, TypeError) as error:  # or what it says, half of it, cannot be understood
                log.error("recordings cannot be sent to the storage: %s", error)
            before, now = self._before, self.report
            self._before = replace(NOTHING, **{name: getattr(before, name) + getattr(now, name) for name in CUMULATIVE})
            self.report = NOTHING
            await asyncio.sleep(RESTART_S)

    async def _live(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "recordings.mirror",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the terminal is for the server alone
        )
        writer, reader = process.stdin, process.stdout
        if writer is None or reader is None:
            raise OSError("no pipes")
        writer.write(json.dumps(self._order).encode() + b"\n")
        telling = asyncio.create_task(self._tell(writer))
        try:
            while line := await reader.readline():
                self._hear(Report(**json.loads(line)))
        finally:
            telling.cancel()
            writer.close()
        await process.wait()
        log.error("what sends recordings ended; starting it anew")

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                rows = await self._store.lessons.not_ended()
                kept = await asyncio.to_thread(self._with_folder, [row.id for row in rows])
                live = any(row.phase == Phase.LIVE for row in rows)
                writer.write(json.dumps({"kept": kept, "live": live}).encode() + b"\n")
                await writer.drain()
            except ConnectionError:
                return
            except Exception:  # the database is away; it is asked again
                log.exception("which lessons go on is not known")
            await asyncio.sleep(TELL_S)

    def _with_folder(self, lessons: list[str]) -> list[str]:
        return [lesson for lesson in lessons if (self._directory / lesson).is_dir()]

    def _hear(self, report: Report) -> None:
        """One line when the storage fails, an alarm each hour when it has for long, a line when it works again."""
        before, self.report = self.report, report
        if report.fault is None:
            if before.fault is not None:
                log.warning("the storage of recordings works again")
            self._told_s = None
        elif before.code != report.code:
            log.error("the storage of recordings: %s; recordings stay on this disk, and go when it works", report.fault)
        elif report.silent_s - (self._told_s if self._told_s is not None else ALARM_S - AGAIN_S) >= AGAIN_S:
            self._told_s = report.silent_s
            log.error(
                "nothing has gone to the storage of recordings for %d minutes: %s; %d files, %.1f GB wait on this disk",
                report.silent_s / 60,
                report.fault,
                report.waiting_files,
                report.waiting_bytes / 1e9,
            )
