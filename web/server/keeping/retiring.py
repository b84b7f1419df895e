"""Retention at work: what rules would take, and once a day what they take."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from classroom import keeping
from classroom.errors import ClientFault
from classroom.keeping import DAY_MS, Facts, Going, Kept, Rule, Verdict
from classroom.store.records import Resource
from recordings.removing import weight
from web.server.keeping.removing import remove
from web.server.parts import Parts

KEY, RAN = "keeping", "keeping:ran"
LOOK_S = 30.0
MONTHS = 12
"""So far ahead it is told how much goes in each."""

log = structlog.get_logger("keeping")


@dataclass(frozen=True, slots=True)
class Hours:
    """`hour` of the day, by this machine's clock, at which the rules are carried out; `grace_days` that what goes has
    until it does."""

    hour: int = 3
    grace_days: int = 14


@dataclass(frozen=True, slots=True)
class Month:
    """`month`: `2026-11`."""

    month: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`goes` and `bytes` of what would go now, of so many that the rule is about (`of`); `items` are the first of them,
    each with how many bytes it has."""

    goes: int
    bytes: int
    of: int
    items: list[tuple[Verdict, Resource, int]]
    months: list[Month]


async def hours(parts: Parts) -> Hours:
    return Hours(**json.loads(await parts.store.settings.get(KEY) or "{}"))


async def set_hours(parts: Parts, wanted: Hours) -> None:
    said = {"hour": wanted.hour, "grace_days": wanted.grace_days}
    await parts.store.settings.put(KEY, json.dumps(said))


async def preview(parts: Parts, rule: Rule, shown: int) -> Preview:
    """What the rule would take now, and in the months to come if nothing changed; and what it would leave, and why."""
    store, now = parts.store, parts.now_ms
    facts, heavy = await store.rules.facts(), await store.rules.weights()

    def judged() -> tuple[list[Verdict], dict[str, int], list[Month]]:
        found = [one for one in keeping.preview(rule, facts, now) if one.resource in heavy]
        weighed = {}
        for one in found:
            path, size = heavy[one.resource]
            weighed[one.resource] = size or (weight(parts.files, path) if path else 0)
        return found, weighed, list(_months(rule, found, {one.id: one for one in facts}, weighed, now))

    found, weighed, months = await asyncio.to_thread(judged)
    rows = [(one, await store.resources.get(one.resource)) for one in found[:shown]]
    items = [(one, row, weighed[one.resource]) for one, row in rows if row is not None]
    goes = [weighed[one.resource] for one in found if one.kept is None]
    return Preview(len(goes), sum(goes), len(found), items, months)


def _months(
    rule: Rule, found: Iterable[Verdict], facts: dict[str, Facts], bytes_of: dict[str, int], now: int
) -> Iterable[Month]:
    counts, sizes = Counter[str](), Counter[str]()
    for one in found:
        if one.kept in (None, Kept.YOUNGER):
            left_days = max(0, rule.days - keeping.age_days(rule, facts[one.resource], now))
            month = _month(now + left_days * DAY_MS)
            counts[month] += 1
            sizes[month] += bytes_of[one.resource]
    first = datetime.fromtimestamp(now / 1000, UTC)
    for ahead in range(MONTHS):
        years, place = divmod(first.month - 1 + ahead, 12)
        name = f"{first.year + years}-{place + 1:02d}"
        yield Month(name, counts[name], sizes[name])


def _month(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m")


async def carry_out(parts: Parts) -> keeping.Turn:
    """By the rules that are on: what begins to go, what stays after all, and what goes now. What cannot go just now, or
    is held since, does another day."""
    rules, now = await parts.store.rules.all(), parts.now_ms
    verdicts = await asyncio.to_thread(keeping.going, rules, await parts.store.rules.facts(), now)
    before = {one.resource: one for one in await parts.store.rules.going()}
    turn = keeping.turn(before, verdicts, (await hours(parts)).grace_days, now)
    await parts.store.rules.turned(turn)
    goes = [one for one in turn.goes if await _goes(parts, one)]
    log.info("kept", begins=len(turn.begins), stays=len(turn.stays), goes=len(goes))
    return keeping.Turn(turn.begins, turn.stays, goes)


async def _goes(parts: Parts, one: Going) -> bool:
    resource = await parts.store.resources.get(one.resource)
    if resource is None:
        return False
    try:
        still = partial(parts.store.rules.still, one, parts.now_ms)
        await remove(parts, resource, None, media=one.action == "media", rule=one.rule, still=still)
    except ClientFault as fault:
        log.warning("not_gone", resource=one.resource, reason=fault.code)
        return False
    return True


def is_time(now: datetime, hour: int, ran: str | None) -> bool:
    """Whether it was not carried out today, and the hour has come."""
    return now.hour >= hour and ran != now.date().isoformat()


class Retirer:
    """Carries the rules out once a day, as long as the server runs; of several nodes, the first."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_on())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_on(self) -> None:
        while True:
            try:
                await self.look(datetime.fromtimestamp(self._parts.now_s).astimezone())
            except ClientFault as fault:
                log.warning("not_kept", reason=fault.code)
            except Exception:  # tried again
                log.exception("not_kept")
            await asyncio.sleep(LOOK_S)

    async def look(self, now: datetime) -> bool:
        """Whether it was time, and the rules were carried out."""
        store = self._parts.store
        if not is_time(now, (await hours(self._parts)).hour, await store.settings.get(RAN)):
            return False
        await carry_out(self._parts)
        await store.settings.put(RAN, now.date().isoformat())
        return True
