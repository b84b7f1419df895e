"""Sends what lies in lessons' folders to the storage, and lets local copies go. Everything here blocks.

What is to be sent follows from what lies on disk against what the ledger knows to be there, so it survives anything. A
local copy goes when its lesson has ended, all of it is known to be there, the storage lists all of it as it was sent,
and it has lain so long, or the disk is short. One sends at a time, also of several nodes that share a directory.
"""

from __future__ import annotations

import fcntl
import io
import logging
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from recordings import ledger
from recordings.files import DISCARDED, TRACKS, WITHIN, Floor, LessonFolder, alone
from recordings.ledger import LEDGER, Ledger, Sent
from recordings.lying import Lying, whole
from recordings.pacing import Pace
from recordings.storage import Storage, StorageFault, Stored, md5_of

log = logging.getLogger(__name__)

SENDING = ".sending"
PARALLEL = 4
SOON_S, LATER_S = 2.0, 60.0  # a lesson that is being recorded is looked at again; any other
DISCARD_AGAIN_S = 10.0  # what the storage did not remove
PLAYLISTS_S = 30.0  # of a lesson that goes on
ODD_FAULTS = 3  # in a row, after which the storage, not a file, is taken to be at fault
AT_ONCE = ("denied", "no_credentials", "no_bucket", "silent", "unreachable")
LOW = Floor(10_000_000_000, 0.15)


@dataclass(slots=True)
class Counters:
    sent_files: int = 0
    sent_bytes: int = 0
    failures: int = 0
    released_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """`since_s`: when the oldest of them was written, in seconds since 1970."""

    files: int = 0
    bytes: int = 0
    since_s: float | None = None


@dataclass(slots=True)
class _Seen:
    due_s: float = 0.0
    playlists_s: float = 0.0
    delay_s: float = LATER_S
    waiting: Waiting = field(default_factory=Waiting)
    read: tuple[tuple[int, int] | None, Ledger] | None = None


class Sender:
    """`live` are the lessons that have not ended, None until that is known. `now_s` is since 1970."""

    def __init__(self, directory: Path, storage: Storage, keep_s: float, pace: Pace, low: Floor = LOW) -> None:
        self.counters = Counters()
        self.live: frozenset[str] | None = None
        self._directory, self._storage, self._keep_s, self._pace, self._low = directory, storage, keep_s, pace, low
        self._seen: dict[str, _Seen] = {}
        self._odd = 0
        self._discard_s = 0.0
        self._lock: BinaryIO | None = None
        self._pool = ThreadPoolExecutor(PARALLEL, "send")

    def round(self, now_s: float) -> None:
        """Looks at the lessons that are due. Raises StorageFault where going on has no use for now, OSError."""
        if not self._directory.is_dir() or not self._alone_sending():
            return
        if now_s >= self._discard_s:
            self._discard_s = now_s + SOON_S
            try:
                self._remove_discarded()
            except StorageFault as fault:  # it may take and not remove
                self.counters.failures += 1
                self._discard_s = now_s + DISCARD_AGAIN_S
                log.warning("what was removed is still in the storage: %s", fault)
        for path in self._due(now_s):
            seen = self._seen.setdefault(path.name, _Seen())
            try:
                busy = self._look_after(path, seen, now_s)
                seen.delay_s = LATER_S
                seen.due_s = now_s + (SOON_S if busy else LATER_S)
            except StorageFault as fault:
                self.counters.failures += 1
                self._odd += 1
                seen.delay_s = min(seen.delay_s * 2, 3600.0)
                seen.due_s = now_s + seen.delay_s
                log.warning("recording %s cannot be sent now: %s", path.name, fault)
                if fault.code in AT_ONCE or self._odd >= ODD_FAULTS:
                    seen.due_s = now_s
                    raise
            except (OSError, ValueError) as error:
                seen.due_s = now_s + LATER_S
                log.error("recording %s cannot be read: %s", path.name, error)
        self._make_room(now_s)

    def tell(self, live: frozenset[str]) -> None:
        """Which lessons have not ended; one that has is looked at at once."""
        for name in (self.live or frozenset()) - live:
            if (seen := self._seen.get(name)) is not None:
                seen.due_s = 0.0
        self.live = live

    def reached(self) -> None:
        """The storage works again: what was put off is tried at once."""
        self._odd = 0
        for seen in self._seen.values():
            seen.due_s, seen.delay_s = 0.0, LATER_S

    @property
    def waiting(self) -> Waiting:
        all_ = [seen.waiting for seen in self._seen.values()]
        since = [one.since_s for one in all_ if one.since_s is not None]
        return Waiting(sum(one.files for one in all_), sum(one.bytes for one in all_), min(since, default=None))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._lock is not None:
            self._lock.close()

    # whose turn it is

    def _alone_sending(self) -> bool:
        if self._lock is None:
            file = (self._directory / SENDING).open("wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._lock = file
        return True

    def _due(self, now_s: float) -> list[Path]:
        """The live ones first."""
        live = self.live or frozenset()
        names = [entry.name for entry in os.scandir(self._directory) if entry.is_dir() and entry.name[0] != "."]
        for gone in self._seen.keys() - set(names):
            del self._seen[gone]
        due = [name for name in names if (seen := self._seen.get(name)) is None or seen.due_s <= now_s]
        return [self._directory / name for name in sorted(due, key=lambda name: (name not in live, name))]

    def _remove_discarded(self) -> None:
        folder = self._directory / DISCARDED
        for marker in sorted(folder.iterdir()) if folder.is_dir() else []:
            name = marker.name.replace(WITHIN, "/")
            left = self._directory / name
            if left.is_dir():  # whoever removed it went down meanwhile
                shutil.rmtree(left)
            self._storage.remove(list(self._storage.list(name)))
            marker.unlink()
            log.info("recording %s is removed from the storage", marker.name)

    # a lesson

    def _look_after(self, path: Path, seen: _Seen, now_s: float) -> bool:
        """Whether it is to be looked at again soon."""
        if not (path / TRACKS).is_file():
            return False
        known = self._known(path, seen)
        going_on = self.live is None or path.name in self.live
        open_ = any(entry.end_ms is None for entry in LessonFolder.load(path).entries)
        new = [one for one in whole(path) if not self._is_known(path, one, known)]
        late = not open_ or now_s - seen.playlists_s >= PLAYLISTS_S
        ready = [one for one in new if one.rank == 0 or late]
        seen.waiting = _waiting(ready)
        for rank in range(3):
            self._send([one for one in ready if one.rank == rank], path)
        seen.waiting = Waiting()
        if ready and late:
            seen.playlists_s = now_s
        if not (new or open_ or going_on) and now_s - _written_s(path) >= self._keep_s:
            self._release(path)
        return bool(new) or open_

    def _known(self, path: Path, seen: _Seen) -> Ledger:
        version = _version(path)
        if version is None or seen.read is None or seen.read[0] != version:
            known = ledger.read(path, self._storage.identity)
            if not known.begun:
                ledger.begin(path, self._storage.identity)
                known = Ledger(begun=True)
            seen.read = _version(path), known
        return seen.read[1]

    def _is_known(self, path: Path, one: Lying, known: Ledger) -> bool:
        sent = known.sent.get(one.name)
        if sent is None or sent.bytes != one.size:
            return False
        if sent.mtime_ns != one.mtime_ns:
            if md5_of(path / one.name) != sent.md5:
                return False
            ledger.add(path, [replace(sent, mtime_ns=one.mtime_ns)])  # written again, and the same
        return True

    def _send(self, files: list[Lying], path: Path) -> None:
        """All of them, or raises what the first fault was, with what went before written down."""
        futures = [self._pool.submit(self._send_one, path, one) for one in files]
        fault: Exception | None = None
        for future in futures:
            try:
                sent = future.result() if fault is None or not future.cancel() else None
            except (StorageFault, OSError) as error:
                fault = fault or error
                continue
            if sent is not None:
                ledger.add(path, [sent])
                self._odd = 0
                self.counters.sent_files += 1
                self.counters.sent_bytes += sent.bytes
        if fault is not None:
            raise fault

    def _send_one(self, path: Path, one: Lying) -> Sent:
        key = f"{path.name}/{one.name}"
        if one.content is not None:
            receipt, mtime_ns = self._storage.put(key, io.BytesIO(one.content), self._pace), one.mtime_ns
        else:
            with (path / one.name).open("rb") as file:
                mtime_ns = os.fstat(file.fileno()).st_mtime_ns
                receipt = self._storage.put(key, file, self._pace)
        return Sent(one.name, receipt.bytes, mtime_ns, receipt.md5, receipt.etag)

    # letting go

    def _release(self, path: Path) -> None:
        try:
            with alone(path):
                known = ledger.read(path, self._storage.identity).sent
                here = [one for one in whole(path) if not one.stays]
                if not here or any(one.name not in known for one in here):
                    return
                listed = self._storage.list(path.name)
                lost = [name for name, sent in known.items() if not self._has(path.name, sent, listed)]
                if lost:
                    log.error("the storage does not have %d files of recording %s any more", len(lost), path.name)
                    ledger.forget(path, lost)
                    return
                ledger.add(path, [replace(known[one.name], released=True) for one in here])
                for one in here:
                    (path / one.name).unlink()
                    self.counters.released_bytes += one.size
        except BlockingIOError:
            return  # it is written in
        log.info("recording %s is in the storage alone now", path.name)

    def _has(self, lesson: str, sent: Sent, listed: Mapping[str, Stored]) -> bool:
        """A store whose lists name other ETags than its receipts is asked for the content."""
        key = f"{lesson}/{sent.name}"
        found = listed.get(key)
        if found is None or found.bytes != sent.bytes:
            return False
        return found.etag.strip('"') == sent.etag.strip('"') or self._storage.holds(key, sent.md5)

    def _make_room(self, now_s: float) -> None:
        """Where the disk is short, what has lain longest goes before its time."""
        by_age = sorted((_written_s(self._directory / name), name) for name in self._seen)
        for _, name in by_age:
            try:
                self._low.check(self._directory, 0)
                return
            except OSError:
                path, seen = self._directory / name, self._seen[name]
                if self.live is None or name in self.live or seen.waiting.files or not (path / TRACKS).is_file():
                    continue
                if all(self._is_known(path, one, self._known(path, seen)) for one in whole(path)):
                    self._release(path)


def unsent(directory: Path, storage: str) -> Waiting:
    """What waits in all of the lessons' folders. Raises OSError."""
    files: list[Lying] = []
    for path in sorted(directory.iterdir()) if directory.is_dir() else []:
        if (path / TRACKS).is_file():
            known = ledger.read(path, storage).sent
            files += [one for one in whole(path) if one.name not in known or known[one.name].bytes != one.size]
    return _waiting(files)


def _waiting(files: list[Lying]) -> Waiting:
    since = min((one.mtime_ns / 1e9 for one in files), default=None)
    return Waiting(len(files), sum(one.size for one in files), since)


def _version(path: Path) -> tuple[int, int] | None:
    try:
        stat = (path / LEDGER).stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _written_s(path: Path) -> float:
    """When something of it last went, or was brought back."""
    try:
        return (path / LEDGER).stat().st_mtime
    except OSError:
        return 0.0
