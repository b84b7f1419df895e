"""Retention at work: what rules would take, and once a day what they take."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

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
    verdicts: list[tuple[Verdict, Resource, int]]
    """With how many bytes each has."""
    months: list[Month]


async def hours(parts: Parts) -> Hours:
    return Hours(**json.loads(await parts.store.settings.get(KEY) or "{}"))


async def set_hours(parts: Parts, wanted: Hours) -> None:
    said = {"hour": wanted.hour, "grace_days": wanted.grace_days}
    await parts.store.settings.put(KEY, json.dumps(said))


async def preview(parts: Parts, rule: Rule) -> Preview:
    """What the rule would take now, and in the months to come if nothing changed; and what it would leave, and why."""
    facts, now = {one.id: one for one in await parts.store.rules.facts()}, parts.now_ms
    resources = {one.id: one for one in await parts.store.resources.list(limit=len(facts))}
    found = [one for one in keeping.preview(rule, facts.values(), now) if one.resource in resources]
    rows = [resources[one.resource] for one in found]
    sizes = await asyncio.to_thread(lambda: [one.bytes or weight(parts.files, one.path) for one in rows])
    weighed = dict(zip((one.resource for one in found), sizes, strict=True))
    verdicts = [(one, resources[one.resource], weighed[one.resource]) for one in found]
    return Preview(verdicts, list(_months(rule, found, facts, weighed, now)))


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
    verdicts = keeping.going(rules, await parts.store.rules.facts(), now)
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
        await remove(parts, resource, None, media=one.action == "media", rule=one.rule)
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
        await store.settings.put(RAN, now.date().isoformat())
        await carry_out(self._parts)
        return True
