"""Recording as the server sees it: which lessons, which tracks, and an entry of the library when a lesson has ended.

What should be recorded follows from the journal and from the tracks that are there; what is being recorded is brought
in line with it, step by step, whenever either changes, and from nothing when the recorder process or a worker has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from classroom.clock import Clock, SystemClock
from classroom.errors import ClientFault
from classroom.events import Command, Event, Role, Seat
from classroom.journal import Journal
from classroom.rules import SYSTEM, is_recorded
from classroom.store import Store
from media.api import MediaEvent, MediaService, Refusal, Track, TrackEnded, TrackStarted
from recordings import library
from recordings.codecs import DEPACKETIZERS
from recordings.process import Recorder
from recordings.recovery import Repaired, mend

log = logging.getLogger(__name__)

RESTART_S = 0.2
DRAIN_S = 0.15  # packets of a track that has ended may still be on their way to the recorder
RETRY_S = 1.0
CONCERNS = {
    "recording.started",
    "recording.stopped",
    "recording.excepted",
    "stage.accepted",
    "stage.released",
    "lead.taken",
    "lead.given",
    "group.visited",
    "group.left",
    "groups.made",
    "groups.dissolved",
    "voice.joined",
    "voices.closed",
    "lesson.ended",
}
SOURCE = re.compile(r"[a-z]{1,16}")

Alarm = Callable[[str, str, str], None]
WORDS = {
    "disk_low": "The disk will be full before long; recording will stop then.",
    "disk_short": "The disk is nearly full: recording has stopped. The lesson goes on.",
    "disk_failed": "The disk cannot be written: recording has stopped. The lesson goes on.",
    "codec_unrecorded": "A picture is missing in the recording: H.264, VP9 and AV1 can be recorded, H.265 cannot.",
}


class Recordings:
    """`await start()` before use, `await close()` at the end. `directory` holds a folder for each lesson."""

    def __init__(
        self, media: MediaService, journal: Journal, store: Store, directory: Path, clock: Clock | None = None
    ) -> None:
        self._media, self._journal, self._store = media, journal, store
        self._directory = directory
        self._clock = clock or SystemClock()
        self._alarms: list[Alarm] = []
        self._stopped: set[str] = set()  # here, whether the journal has it already or not
        self._ended: set[str] = set()
        self._seats: dict[str, tuple[str, Seat] | None] = {}  # participant → lesson, seat
        self._recorder: Recorder | None = None
        self._opened: set[str] = set()
        self._refused: set[str] = set()
        self._taps: dict[str, int] = {}  # track → tag
        self._tags = itertools.count(1)
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._before: dict[str, float] = {"bytes": 0, "segments": 0, "packets_lost": 0}
        self._counted: dict[str, float] = dict(self._before)

    async def start(self) -> None:
        """Repairs what a crash left, starts the recorder, goes on with what is being recorded. Raises OSError."""
        await asyncio.to_thread(self._directory.mkdir, parents=True, exist_ok=True)
        await self.recover()
        for row in await self._store.lessons.not_ended():
            await self._journal.state(row.id)  # what happens in it is told from now on
        self._journal.listen(self._hear_lesson)
        self._media.listen(self._hear_media)
        await self._start_recorder()
        self._spawn(self._keep_recorder())
        self._spawn(self._keep_in_line())

    async def close(self) -> None:
        """Finishes all files; lessons that are live go on being recorded by the next server."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for track in list(self._taps):
            with contextlib.suppress(Refusal):
                await self._media.tap(track, None)
        if self._recorder is not None:
            await asyncio.sleep(DRAIN_S if self._taps else 0)
            await self._recorder.finish()
        for lesson in self._ended:
            await library.publish(self._store, self._journal, self._clock, self._directory, lesson)

    def on_alarm(self, listener: Alarm) -> None:
        """`listener(lesson, code, message)`; codes `disk_low`, `disk_short`, `disk_failed`, `codec_unrecorded`."""
        self._alarms.append(listener)

    def counters(self) -> Mapping[str, float]:
        """Cumulative, by the names of `/metrics` less `tongke_recording_`."""
        return {f"{name}_total": self._before[name] + value for name, value in self._counted.items()}

    async def recover(self) -> list[Repaired]:
        """`tongke recover`; lessons that are being recorded, here or at another node, are left alone."""
        return await self._recover(frozenset(self._ended | self._opened))

    async def _recover(self, busy: frozenset[str] = frozenset()) -> list[Repaired]:
        rows = await self._store.lessons.not_ended()
        theirs = frozenset(row.id for row in rows if not self._journal.owns(row.id))
        return await library.recover(self._store, self._journal, self._clock, self._directory, busy | theirs)

    async def timeline(self, resource: str, viewer: Seat) -> list[Event]:
        """Raises ClientFault `not_found` (404)."""
        return await library.timeline(self._store, self._journal, resource, viewer)

    # what happens

    def _hear_lesson(self, lesson: str, events: list[Event], _: Mapping[str, str]) -> None:
        for event in events:
            match event.kind:
                case "recording.started":
                    self._stopped.discard(lesson)
                case "lesson.ended":
                    self._stopped.discard(lesson)
                    if self._journal.owns(lesson):  # its media were here
                        self._ended.add(lesson)
            if event.kind in CONCERNS:
                self._changed.set()

    def _hear_media(self, event: MediaEvent) -> None:
        match event:
            case TrackStarted():
                self._changed.set()
            case TrackEnded(track):
                tag = self._taps.pop(track.id, None)
                if tag is not None:
                    asyncio.get_running_loop().call_later(DRAIN_S, self._tell, "end", {"tag": tag})
                self._changed.set()

    def _hear_recorder(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "keyframe":
                track = next((track for track, tag in self._taps.items() if tag == event["tag"]), None)
                if track is not None:
                    self._spawn(self._ask_keyframe(track))
            case "counters":
                self._counted = {name: event[name] for name in self._before}
            case "low":
                self._spawn(self._alarm(event["lesson"], "disk_low"))
            case "stopped":
                log.error("recording has stopped: %s", event["message"])
                self._stopped.add(event["lesson"])
                self._opened.discard(event["lesson"])
                self._spawn(self._say_stopped(event["lesson"], event["code"]))
                self._changed.set()

    def _tell(self, op: str, data: Mapping[str, Any]) -> None:
        if self._recorder is not None:
            self._recorder.tell(op, **data)

    async def _ask_keyframe(self, track: str) -> None:
        with contextlib.suppress(Refusal):
            await self._media.request_keyframe(track)

    async def _say_stopped(self, lesson: str, code: str) -> None:
        try:
            if await self._alarm(lesson, code):
                await self._journal.submit(lesson, SYSTEM, Command(str(uuid.uuid4()), "recording.stop", {}))
        except ClientFault as fault:
            log.error("that recording stopped could not be journalled: %s", fault.code)

    async def _alarm(self, lesson: str, code: str) -> bool:
        """Tells the teachers of a lesson that is being recorded; whether it is."""
        if not (await self._journal.state(lesson))["recording"]["on"]:
            return False
        for listener in self._alarms:
            listener(lesson, code, WORDS[code])
        return True

    # the recorder process

    async def _start_recorder(self) -> None:
        recorder = Recorder(self._hear_recorder)
        await recorder.start()
        self._recorder = recorder
        self._changed.set()

    async def _keep_recorder(self) -> None:
        """A recorder that dies is started anew; it goes on in the same folders with new stretches."""
        while self._recorder is not None:
            await self._recorder.ended.wait()
            log.error("the recorder ended; starting it anew")
            self._taps.clear()
            self._opened.clear()
            self._before = {name: self._before[name] + self._counted[name] for name in self._before}
            self._counted = dict.fromkeys(self._before, 0)
            try:
                await self._recover()
            except Exception:  # whatever it is, the lesson goes on and wants to be recorded
                log.exception("what the recorder left could not be repaired")
            await asyncio.sleep(RESTART_S)
            with contextlib.suppress(OSError):
                await self._start_recorder()

    # bringing in line

    async def _keep_in_line(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self._bring_in_line()
            except Exception:  # tried again in a second
                log.exception("recording is behind")

    async def _bring_in_line(self) -> None:
        recorder = self._recorder
        if recorder is None or recorder.ended.is_set():
            return
        wanted = {track.id: (track, lesson) for track in self._media.tracks() if (lesson := await self._belongs(track))}
        gone = [track for track in self._taps if track not in wanted]
        for track_id in gone:
            with contextlib.suppress(Refusal):
                await self._media.tap(track_id, None)
        if gone:
            await asyncio.sleep(DRAIN_S)
        for track_id in gone:
            tag = self._taps.pop(track_id, None)
            if tag is not None:
                recorder.tell("end", tag=tag)
        for lesson in list(self._ended):
            await self._finish(recorder, lesson)
        for lesson in [one for one in self._opened if not self._journal.owns(one)]:  # another node goes on with it
            await recorder.close_lesson(lesson)
            self._opened.discard(lesson)
        for track, lesson in wanted.values():
            if track.id not in self._taps:
                await self._record(recorder, track, lesson)

    async def _belongs(self, track: Track) -> str | None:
        """The lesson that a track is to be recorded in, if it is. A smaller publication of a source is not."""
        if track.layer or not SOURCE.fullmatch(track.source):
            return None
        participant = track.peer.partition(":")[0]
        if participant not in self._seats:
            row = await self._store.participants.get(participant)
            self._seats[participant] = (row.lesson, Seat(row.id, Role(row.role), row.room)) if row else None
        seat = self._seats[participant]
        if seat is None or seat[0] in self._stopped:
            return None
        state = await self._journal.state(seat[0])
        if not (state["recording"]["on"] and is_recorded(state, seat[1], track.source)):
            return None
        if track.codec not in DEPACKETIZERS:
            if track.id not in self._refused:
                self._refused.add(track.id)
                log.warning("a track of %s, %s, cannot be recorded", track.source, track.codec)
                await self._alarm(seat[0], "codec_unrecorded")
            return None
        return seat[0]

    async def _record(self, recorder: Recorder, track: Track, lesson: str) -> None:
        if lesson not in self._opened:
            events = await self._journal.events(lesson)
            epoch_ms = next((event.data["epoch_ms"] for event in events if event.kind == "lesson.started"), 0)
            origin_s = self._journal.clock_of(lesson).origin_s
            if origin_s is None:
                return
            if not await self._mend(lesson):
                return  # tried again in a second
            recorder.tell(
                "open",
                lesson=lesson,
                directory=str(self._directory / lesson),
                zero_us=round(origin_s * 1e6),
                epoch_ms=epoch_ms,
            )
            self._opened.add(lesson)
        tag = self._taps[track.id] = next(self._tags)
        await recorder.record(
            tag=tag,
            lesson=lesson,
            track=track.id,
            participant=track.peer.partition(":")[0],
            publisher=track.peer,
            source=track.source,
            kind=track.kind,
            codec=track.codec.value,
            format=track.format,
        )
        try:
            await self._media.tap(track.id, recorder.socket, tag)
        except Refusal as refusal:
            log.warning("track %s cannot be recorded yet: %s", track.id, refusal.message)
            self._taps.pop(track.id, None)
            recorder.tell("end", tag=tag)

    async def _finish(self, recorder: Recorder, lesson: str) -> None:
        if lesson in self._opened:
            await recorder.close_lesson(lesson)
            self._opened.discard(lesson)
        else:
            await self._mend(lesson)
        await library.publish(self._store, self._journal, self._clock, self._directory, lesson)
        self._ended.discard(lesson)

    async def _mend(self, lesson: str) -> bool:
        """What another node left open of a lesson that is recorded here now; False while it still writes."""
        return await asyncio.to_thread(mend, self._directory / lesson)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
