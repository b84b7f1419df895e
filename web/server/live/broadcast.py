"""A running lesson's recording as many watch it at once: looked at once for all, while anybody asks."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from classroom.errors import ClientFault, Status
from classroom.journal import Journal
from recordings.growing import Growing, Part, Stretch
from recordings.lowlatency import Joined, Picture, Rendition, Shows, multivariant, of_stretch, render
from recordings.playlist import Segment
from recordings.seen import Interval, Seen, within

LOOK_S = 0.1
AT_ONCE = 100
"""So many who wait for the same are told of it in one turn of the loop."""
IDLE_S = 20.0
"""So long nobody has asked: it is forgotten."""
MOST_BLOCKED = 4000
MOST_BLOCKED_OF_ONE = 1000
"""Of one address, which may be a cache or a school."""
SOURCES = {"courseware": "video", "camera": "video", "mic": "audio"}
"""What a lesson's lead has a rendition of, by name."""

Version = tuple[int, ...]

log = structlog.get_logger("live")


@dataclass(frozen=True, slots=True)
class Text:
    """An answer, and the same compressed."""

    plain: bytes
    gzipped: bytes

    @staticmethod
    def of(plain: bytes) -> Text:
        return Text(plain, gzip.compress(plain, 4, mtime=0))


async def _compressed(make: Callable[[], Awaitable[bytes]]) -> Text:
    return await asyncio.to_thread(Text.of, await make())


class Broadcast:
    def __init__(self, lesson: str, directory: Path, journal: Journal) -> None:
        self.lesson = lesson
        self.growing = Growing(directory)
        self.asked_s = time.monotonic()
        self.over = False  # the lesson has ended
        self._seen = Seen()
        self._journal = journal
        self._joined: dict[str, Joined] = {}
        self._made: dict[str, tuple[Version, Rendition]] = {}
        self._texts: dict[tuple[str, bool], tuple[Rendition, Text]] = {}
        self._kept: dict[tuple[str, int], tuple[float, asyncio.Task[Text]]] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._seen_version = 0

    @property
    def epoch_ms(self) -> int:
        return self.growing.epoch_ms

    async def look(self) -> None:
        """Raises OSError, ValueError."""
        seen = self._seen.follow(await self._journal.events(self.lesson, self._seen.seq))
        changed = await asyncio.to_thread(self.growing.look)
        over = (await self._journal.state(self.lesson))["phase"] == "ended"
        if seen or over != self.over:
            self.over = over
            self._seen_version += 1
            for name in list(self._waiting):
                self._wake(name)
        for folder in changed:
            self._wake(folder)
            self._wake(self.growing.stretches[folder].entry.source)

    def _wake(self, name: str) -> None:
        waiting = self._waiting.pop(name, None)
        if waiting:
            telling = asyncio.create_task(_tell(waiting))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def until(self, name: str, ready: Callable[[], bool], most_s: float) -> bool:
        """Whether it came to be within that time; `name` is that of the stretch or the source that it hangs on."""
        try:
            async with asyncio.timeout(most_s):
                while not ready():
                    await self._change(name)
        except TimeoutError:
            return False
        return True

    async def _change(self, name: str) -> None:
        waiting = self._waiting.setdefault(name, set())
        told = asyncio.get_running_loop().create_future()
        waiting.add(told)
        try:
            await told
        finally:
            waiting.discard(told)

    def stretches(self) -> Iterator[Stretch]:
        """Those of which anything may be seen, by their beginning."""
        for stretch in sorted(self.growing.stretches.values(), key=lambda one: (one.entry.start_ms, one.entry.folder)):
            if self.times(stretch):
                yield stretch

    def times(self, stretch: Stretch) -> Sequence[Interval]:
        return self._seen.of(stretch.entry.participant)

    def shows(self, stretch: Stretch, one: Segment | Part) -> bool:
        return within(self.times(stretch), one.start_us, one.end_us)

    def of(self, folder: str) -> tuple[Stretch, Rendition] | None:
        """A stretch and what is seen of it."""
        stretch = self.growing.stretches.get(folder)
        if stretch is None or not self.times(stretch):
            return None
        made = self._made_of(folder, [stretch], lambda: of_stretch(stretch, _shows(self.times(stretch))))
        return stretch, made

    def source(self, name: str) -> Rendition:
        """What the lead showed or said, over all its stretches."""
        stretches = self._of(name)

        def make() -> Rendition:
            led = [(one, _shows(self._seen.led(one.entry.participant))) for one in stretches]
            return self._joined.setdefault(name, Joined()).follow(led, over=self.over)

        return self._made_of(name, stretches, make)

    def _made_of(self, name: str, stretches: Sequence[Stretch], make: Callable[[], Rendition]) -> Rendition:
        """Made anew only when one of these has changed, or what is seen of them."""
        version = (self._seen_version, *(one.version for one in stretches))
        known = self._made.get(name)
        if known is None or known[0] != version:
            known = self._made[name] = version, make()
        return known[1]

    def text(self, name: str, rendition: Rendition, *, delta: bool) -> Text:
        """The playlist of that name, made once for all who ask."""
        known = self._texts.get((name, delta))
        if known is None or known[0] is not rendition:
            text = Text.of(render(rendition, self.epoch_ms, delta=delta).encode())
            known = self._texts[name, delta] = rendition, text
        return known[1]

    async def kept(self, what: tuple[str, int], most_s: float, make: Callable[[], Awaitable[bytes]]) -> Text:
        """What is made again only when it is older than that, once for all who ask meanwhile."""
        known = self._kept.get(what)
        if known is None or (known[1].done() and (time.monotonic() - known[0] > most_s or known[1].exception())):
            known = self._kept[what] = time.monotonic(), asyncio.create_task(_compressed(make))
        return await asyncio.shield(known[1])

    def multivariant(self) -> str:
        """For foreign players: the lead's camera before the courseware, and the lead's sound."""
        pictures = []
        for name in ("camera", "courseware"):
            for newest in self._of(name)[-1:]:
                entry = newest.entry
                parts = [part for one in newest.parts.values() for part in one]
                most = max((part.size * 8e6 / max(1, part.duration_us) for part in parts), default=2e6)
                pictures.append(Picture(name, codec_of(entry.mime), entry.width, entry.height, round(most)))
        sound = next((codec_of(one.entry.mime) for one in self._of("mic")[-1:]), None)
        return multivariant(pictures, sound)

    def _of(self, name: str) -> list[Stretch]:
        of = [one for one in self.stretches() if one.entry.source == name and one.entry.kind == SOURCES[name]]
        return [one for one in of if self._seen.led(one.entry.participant)]


async def _tell(waiting: set[asyncio.Future[None]]) -> None:
    every = tuple(waiting)
    for first in range(0, len(every), AT_ONCE):
        for one in every[first : first + AT_ONCE]:
            if not one.done():
                one.set_result(None)
        await asyncio.sleep(0)


def _shows(times: Sequence[Interval]) -> Shows:
    return lambda start_us, end_us: within(times, start_us, end_us)


def codec_of(mime: str) -> str:
    return mime.partition('codecs="')[2].rstrip('"')


class Broadcasts:
    """`await close()` at the end. `directory` is that of all recordings."""

    def __init__(self, directory: Path, journal: Journal) -> None:
        self._directory, self._journal = directory, journal
        self._running: dict[str, tuple[Broadcast, asyncio.Task[None]]] = {}
        self._opening: dict[str, asyncio.Task[Broadcast]] = {}
        self._blocked: Counter[str] = Counter()
        self._waiting = 0

    async def of(self, lesson: str) -> Broadcast:
        """That of a lesson which is there, brought up to date within the last moment."""
        running = self._running.get(lesson)
        if running is not None:
            running[0].asked_s = time.monotonic()
            return running[0]
        opening = self._opening.get(lesson)
        if opening is None:
            opening = self._opening[lesson] = asyncio.create_task(self._open(lesson))
            opening.add_done_callback(lambda _: self._opening.pop(lesson, None))
        return await asyncio.shield(opening)

    async def _open(self, lesson: str) -> Broadcast:
        made = Broadcast(lesson, self._directory / lesson, self._journal)
        try:
            await made.look()
        except (OSError, ValueError) as error:
            log.error("recording_unreadable", lesson=lesson, reason=str(error))
            raise ClientFault("storage_failed", "The recording cannot be read.", Status.UNAVAILABLE) from None
        self._running[lesson] = made, asyncio.create_task(self._run(made))
        return made

    async def _run(self, one: Broadcast) -> None:
        try:
            while time.monotonic() - one.asked_s < IDLE_S:
                await asyncio.sleep(LOOK_S)
                try:
                    await one.look()
                except (OSError, ValueError) as error:  # looked at again in a moment
                    log.warning("recording_unreadable", lesson=one.lesson, reason=str(error))
                    await asyncio.sleep(1)
        finally:
            self._running.pop(one.lesson, None)

    @contextlib.contextmanager
    def blocking(self, address: str) -> Iterator[None]:
        """One more request waits. Raises `busy` (503) where too many do."""
        if self._waiting >= MOST_BLOCKED or self._blocked[address] >= MOST_BLOCKED_OF_ONE:
            raise ClientFault("busy", "Too many wait here already.", Status.UNAVAILABLE, retry_after_s=1)
        self._blocked[address] += 1
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._blocked[address] -= 1
            if not self._blocked[address]:
                del self._blocked[address]

    async def close(self) -> None:
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
