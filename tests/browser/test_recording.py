"""What a recording holds, picture by picture: in Chromium by hls.js, and against the ink of the lesson."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import av
import pytest
from playwright.sync_api import Playwright

from recordings.files import LessonFolder
from tests.bench.bench_record import publishing
from tests.bench.systems.tongke import Server as System
from tests.browser.browsers import DESKTOP, KIOSK, chromium
from tests.browser.camera import FPS, WATCH
from tests.browser.people import administrator, draw, person, poll, start_lesson
from tests.processes import ROOT, serving
from tests.recorded import GOP, clip
from tests.unit.recordings import played
from tests.unit.recordings.harness import Desk, paced
from tests.unit.recordings.streams import Encoded, Sender
from web.server.demo import clip as demo_clip
from web.server.demo.publisher import Clip

pytestmark = pytest.mark.browser

HLS = ROOT / "web" / "client" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
SIZES = ((640, 360), (320, 180), (640, 360))  # as a browser's encoder goes down and up again

PLAY = """async (begins) => {
  const video = document.querySelector('video'), hls = new Hls({maxBufferLength: 60})
  window.faults = []
  hls.on(Hls.Events.ERROR, (_, data) => window.faults.push(data.details))
  hls.loadSource('index.m3u8')
  hls.attachMedia(video)
  await new Promise((there) => video.addEventListener('loadeddata', there, {once: true}))
  await new Promise((all) => hls.on(Hls.Events.BUFFER_EOS, all))
}"""
STEP = """async ([first, count, fps]) => {
  const video = document.querySelector('video'), start = video.buffered.start(0), numbers = []
  for (let n = first; n < first + count; n++) {
    const sought = new Promise((there) => video.requestVideoFrameCallback(there))
    video.currentTime = start + (n + 0.5) / fps
    await sought
    numbers.push(readFrame(video))
  }
  return {numbers, start, end: video.buffered.end(0)}
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def folder_by_http(folder: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def as_sent(number: int, size: tuple[int, int]) -> Encoded:
    """Picture `number` of the clip as an encoder gives it out: Annex B, parameter sets before each keyframe."""
    frame = clip(*size)[number]
    nals, at = [], 0
    if frame.key:
        record = frame.config.box[8:]
        sps_size = int.from_bytes(record[6:8], "big")
        pps = record[8 + sps_size + 1 :]
        nals += [record[8 : 8 + sps_size], pps[2 : 2 + int.from_bytes(pps[:2], "big")]]
    while at < len(frame.data):
        length = int.from_bytes(frame.data[at : at + 4], "big")
        nals.append(frame.data[at + 4 : at + 4 + length])
        at += 4 + length
    return Encoded(number, b"".join(b"\0\0\0\1" + nal for nal in nals), frame.key)


def test_from_first_to_last_second_no_picture_is_missing_or_doubled(playwright: Playwright, tmp_path: Path) -> None:
    desk, sender = Desk(tmp_path / "lesson"), Sender("H264")
    track = desk.track(sender)
    pictures = tuple(as_sent(part * GOP + n, size) for part, size in enumerate(SIZES) for n in range(GOP))
    desk.feed(track, sender, list(paced(sender, pictures, FPS)))
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    assert (folder / "index.m3u8").read_text().count("#EXT-X-DISCONTINUITY") == 2
    played.probe(folder)
    played.probe_segments(folder)
    (folder / "hls.js").write_bytes(HLS.read_bytes())
    (folder / "page.html").write_text("<!doctype html><video muted></video><script src=hls.js></script>")
    with folder_by_http(folder) as base, chromium(playwright, flags=[KIOSK]) as browser:
        page = person(browser, DESKTOP).page
        page.goto(f"{base}/page.html")
        page.evaluate(PLAY)
        found = page.evaluate(STEP, [0, len(pictures), FPS])
        assert page.evaluate("faults") == []
    assert found["numbers"] == list(range(len(pictures)))
    assert found["end"] - found["start"] == pytest.approx(len(pictures) / FPS, abs=0.05)


LIVE = """async ([playlist, seconds]) => {
  document.body.innerHTML = '<video muted></video>'
  const video = document.querySelector('video')
  window.hls = new Hls({lowLatencyMode: true, backBufferLength: 600, enableWorker: false})
  window.faults = []
  hls.on(Hls.Events.ERROR, (_, data) => window.faults.push(data.details))
  hls.loadSource(playlist)
  hls.attachMedia(video)
  await new Promise((there) => video.addEventListener('loadeddata', there, {once: true}))
  await video.play()
  await new Promise((later) => setTimeout(later, seconds * 1000))
  const late = hls.latency
  hls.stopLoad()
  video.pause()
  const parts = performance.getEntriesByType('resource').filter(({name}) => name.includes('/part-')).length
  const ranges = Array.from({length: video.buffered.length}, (_, i) => [video.buffered.start(i), video.buffered.end(i)])
  return {late, parts, ranges}
}"""
EVERY = """async ([from, to, step]) => {
  const video = document.querySelector('video'), shown = new Map()
  for (let at = from; at < to; at += step) {
    const sought = new Promise((there) => video.requestVideoFrameCallback((_, {mediaTime}) => there(mediaTime)))
    if (Math.abs(video.currentTime - at) < 1e-6) continue
    video.currentTime = at
    const mediaTime = await Promise.race([sought, new Promise((no) => setTimeout(no, 2000, null))])
    if (mediaTime !== null) shown.set(mediaTime, readFrame(video))
  }
  return [...shown].sort(([a], [b]) => a - b)
}"""
WATCHED_S = 12


@pytest.mark.soak  # its pictures are looked at one by one, for a quarter of a minute
def test_while_it_grows_every_picture_is_seen_once_by_low_latency_hls(playwright: Playwright, tmp_path: Path) -> None:
    """What an encoder sends, part by part as it is recorded; looked at when it has been watched for a while."""
    path = demo_clip.ensure(tmp_path, width=640, height=360, seconds=10, rate_bps=1_000_000)
    length = len(Clip.load(path).pictures)
    server = System(recording=True)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        aside = stack.enter_context(ThreadPoolExecutor(1))  # Playwright's loop runs in this thread
        aside.submit(server.start, tmp_path, "127.0.0.1", 0).result()
        base, lesson = server.process.base, server.access["lesson"]
        stack.enter_context(publishing(base, lesson, server.access["encoder"], path))
        browser = stack.enter_context(chromium(playwright, flags=[KIOSK]))
        context = browser.new_context(bypass_csp=True, base_url=base)
        context.add_init_script(WATCH)
        headers = {"Authorization": f"Bearer {server.lead}"}
        address = context.request.get(f"/api/v1/lessons/{lesson}/past", headers=headers).json()["address"]
        page = context.new_page()
        page.goto(f"{address}/tracks.json")

        def cameras() -> list[str]:
            told = context.request.get(f"{address}/tracks.json").json()
            found = [one["playlist"] for one in told["tracks"] if one["kind"] == "video"]
            return [one for one in found if "#EXTINF" in context.request.get(one).text()]

        poll(lambda: len(cameras()) > 0, "a first segment of the picture", 30)
        page.evaluate(HLS.read_text())
        told = page.evaluate(LIVE, [cameras()[0], WATCHED_S])
        [[begin, end]] = told["ranges"]
        seen = page.evaluate(EVERY, [begin, end, 1 / FPS / 2])
        assert page.evaluate("faults") == []
    print(f"{len(seen)} pictures, {told['parts']} parts, {told['late']:.1f} s late")
    assert told["parts"] >= WATCHED_S / 2
    assert len(seen) > WATCHED_S * FPS * 0.8
    assert all(after == (before + 1) % length for (_, before), (_, after) in pairwise(seen)), seen
    assert all(0.02 < after - before < 0.06 for (before, _), (after, _) in pairwise(seen))


FLASHES = """
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 640, height: 360})
  const context = canvas.getContext('2d')
  let until = 0
  const draw = () => {
    context.fillStyle = performance.now() < until ? '#ffffff' : '#303030'
    context.fillRect(0, 0, 640, 360)
    context.fillStyle = '#806040'  // something that moves, so that every picture differs
    context.fillRect(performance.now() / 5 % 640, 300, 40, 40)
    requestAnimationFrame(draw)
  }
  draw()
  addEventListener('pointerdown', () => { until = performance.now() + 400 }, {capture: true})
  const sound = new AudioContext().createMediaStreamDestination()
  return new MediaStream([...canvas.captureStream(30).getVideoTracks(), ...sound.stream.getAudioTracks()])
}
"""
STROKES = 6


@pytest.mark.soak  # `make test` has the same, and closer, at the end of test_a_whole_lesson
def test_ink_lies_on_the_picture_that_was_there_when_it_was_begun(playwright: Playwright, tmp_path: Path) -> None:
    """The lead's page flashes its captured picture as each stroke begins."""
    with serving(tmp_path / "data") as server, chromium(playwright, flags=[KIOSK]) as browser:
        teacher = administrator(browser, server.base, server.setup_secret(), script=FLASHES)
        lesson, _ = start_lesson(teacher, "Flashes", recording=True)
        folder = server.data / "recordings" / lesson
        poll(lambda: any(folder.glob("*-camera-video/seg-*.m4s")), "the recording", 20)
        time.sleep(3)
        for number in range(STROKES):
            draw(teacher, [(0.2, 0.1 + number / 10), (0.6, 0.1 + number / 10)])
            time.sleep(0.9)
        time.sleep(1)
        teacher.touch("end-lesson")
        teacher.touch("end-lesson-confirm")
        teacher.see("ended")
        poll(lambda: all(entry.end_ms for entry in LessonFolder.load(folder).entries), "the end of the recording")
        begun = strokes(server.data)
    [entry] = [one for one in LessonFolder.load(folder).entries if one.source == "camera" and one.kind == "video"]
    flashed = flashes(folder / entry.folder)[:STROKES]  # the touch that ended the lesson flashed, too
    assert len(begun) == len(flashed) == STROKES
    apart = [round(flash - stroke) for flash, stroke in zip(flashed, begun, strict=True)]
    print(f"ink against video, ms: {apart}")
    assert max(abs(one) for one in apart) <= 100


def strokes(data: Path) -> list[int]:
    """When each was begun, in ms of the lesson's clock."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'tongke.sqlite'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT data FROM event WHERE kind = 'stroke.added' ORDER BY seq")
        return [json.loads(data)["began"] for (data,) in rows]


def flashes(folder: Path) -> list[float]:
    """When the picture became white, in ms of the lesson's clock."""
    out, white = [], False
    for content in played.files(folder):
        with av.open(io.BytesIO(content)) as container:
            for frame in container.decode(video=0):
                now = bytes(frame.planes[0])[frame.planes[0].line_size * 20 + frame.width // 2] > 180
                if now and not white:
                    out.append(float(frame.pts * frame.time_base) * 1_000)
                white = now
    return out
