"""Erasing."""

from __future__ import annotations

from classroom.store.records import Removal
from web.server.parts import Parts


async def resume(parts: Parts, job: Removal) -> None: ...
