"""One conversion in the sandbox, seen from the server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import structlog
from pydantic import ValidationError

from recordings.files import DiskShort, Floor, is_full
from recordings.sandbox import Exhausted, Limits, Sandbox
from web.server.courseware.forms import Form
from web.server.courseware.making import BOXES, Full, Line, Made, Progress, Refused, Unfenced

MODULE = "web.server.courseware.convert"
FAILED = Refused(fault="conversion_failed")

log = structlog.get_logger("courseware")


async def run(
    source: Path,
    form: Form,
    folder: Path,
    limits: Limits,
    floor: Floor,
    heard: Callable[[Progress], None] = lambda _: None,
    largest: int = BOXES[-1],
    most_ms: int = 0,
) -> Made | Refused:
    """What it says to have made in `folder`, images no larger than the box `largest`; with `most_ms`, of a recording
    that lasts no longer. Raises DiskShort, also where the disk is why nothing came of it."""
    numbers = map(str, (limits.memory_bytes, limits.cpu_s, limits.file_bytes, largest, most_ms))
    result: Made | Refused = FAILED
    with source.open("rb") as given:
        lines = Sandbox(folder, limits).lines([MODULE, form, *numbers], given.fileno())
        try:
            async with contextlib.aclosing(lines):
                async for line in lines:
                    match Line.validate_json(line):
                        case Progress() as progress:
                            heard(progress)
                            await asyncio.to_thread(floor.check, folder, 0)
                        case Unfenced():
                            log.warning("courseware_unfenced")
                        case Full():
                            raise DiskShort("the disk is full")
                        case result:
                            pass
        except Exhausted:
            result = Refused(fault="too_complex")
        except (ValidationError, OSError) as fault:
            if is_full(fault):
                raise DiskShort("the disk is full") from None
            log.warning("courseware_not_understood", reason=type(fault).__name__)
            result = FAILED
    if result == FAILED:
        await asyncio.to_thread(floor.check, folder, 0)
    return result
