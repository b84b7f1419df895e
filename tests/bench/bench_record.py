"""What recording costs, what it loses, and how long a recording takes to be there.

`stream`: the demo's Ultra HD clip (H.264 and Opus, 20 Mbit/s) by WHIP through a relay that loses datagrams of both
ways from a seed, to a real server, its worker and its recorder. Every frame and sound of the recording is compared with
the clip's bytes: `lost_frames` and `lost_sounds` are those that are missing between the first and the last.
`delay`: forwarding of the load of `bench_forward` to three subscribers, by one server whose recording is stopped and
started again, in pairs (off, on, on, off, …): medians, and how much longer it takes with recording, the median of the
pairs' differences, and an interval in which that lies with 93 % (order statistics).
`ready`: tests/bench/two_hours.py.
`drift`: how far lips lie from the voice, and ink from the pictures, in what is written of two simulated hours with
senders' clocks that are off by 100 ppm and their timestamps by 100 more (tests/unit/recordings/drifting.py): the most
of the whole lesson, of its first and of its last ten minutes.

TONGKE_BENCH_SECONDS and TONGKE_BENCH_HOURS shorten a run.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av

from recordings.codecs.h264 import AUD, FILLER, PPS, SPS
from recordings.codecs.opus import SILENCE
from recordings.files import LessonFolder
from tests.bench import bench_forward, network, session, two_hours
from tests.bench.load.processes import cpu_ns
from tests.bench.systems.tongke import Server
from tests.relay import relayed
from tests.unit.recordings import drifting, played
from web.server.demo import clip
from web.server.demo.publisher import Clip

STREAM_S = 20.0
SETTLE_S = 4.0
LOSSES = (0.0, 0.01)
SUBSCRIBERS = 3
DELAY_S = 4.0
PAIRS = 8
OUTER = 2
"""Of eight differences in order, the median lies between the second and the second last with 93 % (binomial)."""
HOURS = 2.0


def run() -> Iterator[dict[str, Any]]:
    for loss in LOSSES:
        yield stream(loss, bench_forward.seconds("SECONDS", STREAM_S))
    yield from delays(bench_forward.seconds("SECONDS", DELAY_S))
    yield from drifts(bench_forward.seconds("HOURS", HOURS))
    yield {"what": "ready", **two_hours.run(bench_forward.seconds("HOURS", HOURS))}


def drifts(hours: float) -> Iterator[dict[str, Any]]:
    for computer_ppm, card_ppm in ((100, 100), (-100, 100), (100, -100), (-100, -100)):
        with drifting.in_memory() as folder:
            lesson = drifting.Lesson(folder / "lesson", computer_ppm, card_ppm)
            lesson.hold(round(hours * drifting.HOUR_US))
            found = drifting.figures(lesson.misplaced())
        for what, bar_ms in (("lips", 40), ("ink", 100)):
            yield {"what": f"drift: {what}", "hours": hours, "computer_ppm": computer_ppm, "card_ppm": card_ppm,
                   **{name: round(ms, 1) for name, ms in found[what].items()}, "bar_ms": bar_ms}  # fmt: skip


def stream(loss: float, seconds: float) -> dict[str, Any]:
    path = clip.ensure()
    server = Server(recording=True)
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as folder, contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        server.start(Path(folder), "127.0.0.1", 0)
        relay = stack.enter_context(relayed(server.process))
        relay.loss = loss
        recorder, worker = server.children("recordings.recorder")[0], server.pids[0]  # a worker's spare is younger
        with publishing(relay.base, server.access["lesson"], server.access["encoder"], path):
            recording = server.process.data / "recordings" / server.access["lesson"]
            wait_for(lambda: any(recording.glob("*-video/seg-1.m4s")), 30)
            time.sleep(SETTLE_S)
            before, began = (cpu_ns(recorder), cpu_ns(worker), written(recording)), time.monotonic()
            time.sleep(seconds)
            after, lasted = (cpu_ns(recorder), cpu_ns(worker), written(recording)), time.monotonic() - began
            server.end_lesson()
        wait_for(lambda: all(entry.end_ms is not None for entry in LessonFolder.load(recording).entries), 10)
        found = compared(recording, Clip.load(path))
    spent = [(b - a) / 1e7 / lasted for a, b in zip(before, after, strict=True)]
    return {
        "what": "stream",
        "loss": loss,
        "mbit_s": round((after[2] - before[2]) * 8 / 1e6 / lasted, 1),
        "cpu_percent_of_core": round(spent[0], 2),
        "worker_percent_of_core": round(spent[1], 2),
        **found,
    }


@contextlib.contextmanager
def publishing(base: str, lesson: str, token: str, path: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.patient", "--base", base, "--lesson", lesson, "--clip", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stdin is not None
    process.stdin.write(token + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for(condition: Callable[[], bool], most_s: float) -> None:
    until = time.monotonic() + most_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the recording does not come")
        time.sleep(0.05)


def written(recording: Path) -> int:
    return sum(path.stat().st_size for path in recording.glob("*/seg-*.m4s"))


def compared(recording: Path, sent: Clip) -> dict[str, int]:
    frames, lost_frames, sounds, silences, stretches = 0, 0, 0, 0, 0
    numbers = {pictures_of(annex_b(picture)): number for number, picture in enumerate(sent.pictures)}
    for entry in LessonFolder.load(recording).entries:
        stretches += 1
        packets = list(demuxed(recording / entry.folder))
        if entry.kind == "audio":
            sounds += len(packets)
            silences += packets.count(SILENCE)
            continue
        found = [numbers[pictures_of(prefixed(packet))] for packet in packets]
        frames += len(found)
        lost_frames += sum((b - a - 1) % len(numbers) for a, b in pairwise(found))
    return {
        "frames": frames, "lost_frames": lost_frames, "sounds": sounds, "lost_sounds": silences, "tracks": stretches,
    }  # fmt: skip


def demuxed(folder: Path) -> Iterator[bytes]:
    for content in played.files(folder):
        with av.open(io.BytesIO(content)) as container:
            yield from (bytes(packet) for packet in container.demux() if packet.size)


def annex_b(data: bytes) -> Iterable[bytes]:
    return (nal.removesuffix(b"\0") for nal in data.split(b"\0\0\1") if nal.strip(b"\0"))


def prefixed(data: bytes) -> Iterable[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def pictures_of(nals: Iterable[bytes]) -> bytes:
    return b"".join(nal for nal in nals if nal[0] & 0x1F not in (SPS, PPS, AUD, FILLER))


def delays(seconds: float) -> Iterator[dict[str, Any]]:
    kept = ("cpu_us_per_packet", *bench_forward.DELAYS)
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    server = Server(recording=True)
    with network.joined() as net, session.of("tongke", net, SUBSCRIBERS, server=server) as one:
        one.load.ask("subscribe", count=SUBSCRIBERS)
        one.load.ask("pictures")
        records = True
        for pair in range(PAIRS):
            for recording in (False, True) if pair % 2 == 0 else (True, False):
                if recording != records:
                    server.say("recording.start" if recording else "recording.stop")
                    records = recording
                    time.sleep(1)
                found[recording].append(one.load.ask("measure", pacing="paced", seconds=seconds))
    for recording, figures in found.items():
        yield {
            "what": "delay",
            "recording": recording,
            "pps_in": round(median(one["pps_in"] for one in figures)),
            **{key: round(median(one[key] for one in figures), 3) for key in kept},
            "loss": max(one["loss"] for one in figures),
            "network": net.name,
        }
    for key in kept:
        longer = sorted(on[key] - off[key] for off, on in zip(found[False], found[True], strict=True))
        low, high = longer[OUTER - 1], longer[-OUTER]
        yield {"what": f"{key} with recording less without", "pairs": PAIRS, "median": round(median(longer), 3),
               "from": round(low, 3), "to": round(high, 3)}  # fmt: skip
