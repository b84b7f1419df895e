"""Captures trace.csv: `.venv/bin/python -m tests.bench.capture` (as root: it reads the loopback interface).

Chromium publishes a fake 3840×2160 camera in H.264 by WHIP to a real `tongke serve`; what leaves it is read off the
interface with the kernel's times. Two cores encode about half of the frames of such a camera, so the rate asked for is
that share of the wanted one, and times are then scaled so that packets come at `PACKETS_PER_S`; but gaps below
`WORK_US` are Chromium's own work, and stay as they are.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from tests.bench import trace
from tests.bench.systems.tongke import Server
from tests.browser.browsers import chromium, page_of

PACKETS_PER_S = 2000
FRAMES_PER_S = 30
WARM_S = 12
SECONDS = 3.0  # of the trace, scaled
WORK_US = 1000
TAG = 16  # bytes of AES-GCM's authentication tag
WIDTH, HEIGHT, PICTURES, NOISE = 3840, 2160, 12, 14

PUBLISH = """async ([place, token, bps]) => {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: {width: 3840, height: 2160, frameRate: 30}, audio: true});
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle', encodedInsertableStreams: true});
  window.frames_ = [];
  for (const track of [...stream.getAudioTracks(), ...stream.getVideoTracks()]) {
    const {sender} = pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
    const {readable, writable} = sender.createEncodedStreams();
    const video = track.kind === 'video';
    readable.pipeThrough(new TransformStream({transform(frame, out) {
      if (video) window.frames_.push([frame.getMetadata().rtpTimestamp ?? frame.timestamp, frame.type]);
      out.enqueue(frame);
    }})).pipeTo(writable);
    if (!video) continue;
    window.sender = sender;
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    const h264 = codecs.filter(one => one.mimeType === 'video/H264' && /packetization-mode=1/.test(one.sdpFmtpLine));
    pc.getTransceivers().at(-1).setCodecPreferences(h264);
    const parameters = sender.getParameters();
    parameters.degradationPreference = 'maintain-resolution';
    parameters.encodings[0].maxBitrate = bps;
    await sender.setParameters(parameters);
  }
  await pc.setLocalDescription();
  const response = await fetch(place, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: `Bearer ${token}`}});
  if (!response.ok) throw new Error(await response.text());
  await pc.setRemoteDescription({type: 'answer', sdp: await response.text()});
}"""
KEYFRAME = """async () => {
  const parameters = sender.getParameters();
  await sender.setParameters(parameters, {encodingOptions: parameters.encodings.map(() => ({keyFrame: true}))});
}"""


def camera(folder: Path) -> Path:
    """A picture with detail that drifts, and a sensor's noise, so that the encoder uses the rate that it is given. More
    motion and it takes each picture for a new scene."""
    draw = np.random.default_rng(7)
    coarse = draw.integers(60, 190, (HEIGHT // 16 + 8, WIDTH // 16 + 8), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((16, 16), dtype=np.uint8))
    path = folder / "uhd.y4m"
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_S}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(PICTURES):
            at = min(number, PICTURES - number)
            noise = draw.integers(0, NOISE, (HEIGHT, WIDTH), dtype=np.uint8)
            file.write(b"FRAME\n" + (texture[:HEIGHT, at : at + WIDTH] + noise).tobytes())
            file.write(bytes([128]) * (WIDTH * HEIGHT // 2))
    return path


class Sniffer:
    """RTP to a UDP port of the loopback interface: (time in ns, bytes on the wire, the first 64 of them)."""

    def __init__(self, port: int) -> None:
        self.packets: list[tuple[int, int, bytes]] = []
        self._port = port
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self._sock.bind(("lo", 0))
        self._sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        self._sock.setsockopt(socket.SOL_SOCKET, 35, 1)
        self._sock.settimeout(0.5)
        self._ended = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ended = True
        self._thread.join()
        self._sock.close()

    def _run(self) -> None:
        while not self._ended:
            try:
                data, ancillary, _, address = self._sock.recvmsg(2048, 64)
            except TimeoutError:
                continue
            if address[2] == socket.PACKET_OUTGOING or len(data) < 54 or data[23] != socket.IPPROTO_UDP:
                continue
            udp = 14 + 4 * (data[14] & 15)
            length = struct.unpack_from("!H", data, udp + 4)[0] - 8
            if struct.unpack_from("!H", data, udp + 2)[0] != self._port or data[udp + 8] >> 6 != 2:
                continue
            if not 192 <= data[udp + 9] <= 223:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                self.packets.append((seconds * 10**9 + nanoseconds, length, data[udp + 8 : udp + 72]))


def captured(packets: list[tuple[int, int, bytes]], frames: list[tuple[int, str]]) -> list[tuple[int, int, bool, int]]:
    """Of the video: (time in ns, payload bytes, last of its frame, RTP timestamp), in order of sequence numbers, each
    once; and their keyframes' timestamps are found by `key_stamps`."""
    streams: collections.Counter[bytes] = collections.Counter()
    for _, length, head in packets:
        streams[head[8:12]] += length
    ssrc = streams.most_common(1)[0][0]
    found: dict[int, tuple[int, int, bool, int]] = {}
    cycle, last = 0, None
    for at, length, head in packets:
        if head[8:12] != ssrc:
            continue
        number, stamp = struct.unpack_from("!HI", head, 2)
        if last is not None and last - number > 32768:
            cycle += 65536
        last = number
        extension = 4 + 4 * struct.unpack_from("!H", head, 14)[0] if head[0] & 0x10 else 0
        found.setdefault(cycle + number, (at, length - 12 - extension - TAG, bool(head[1] & 128), stamp))
    return [found[number] for number in sorted(found)]


def key_stamps(video: list[tuple[int, int, bool, int]], frames: list[tuple[int, str]]) -> set[int]:
    """RTP timestamps of keyframes on the wire; the page's differ by what is added before sending."""
    wire = list(dict.fromkeys(stamp for *_, stamp in video))
    shifts = collections.Counter((one - other) % 2**32 for one in wire[-60:] for other, _ in frames)
    shift = shifts.most_common(1)[0][0]
    return {(stamp + shift) % 2**32 for stamp, kind in frames if kind == "key"}


def record(folder: Path, bps: int) -> tuple[list[tuple[int, int, bool, int]], set[int], str]:
    server = Server()
    server.start(folder, "127.0.0.1", 0)  # before the browser's driver has an event loop of its own
    try:
        access: Any = server.access
        with sync_playwright() as playwright, chromium(playwright, camera=camera(folder)) as browser:
            _, page = page_of(browser, {"width": 800, "height": 600})
            page.goto(f"{access['base']}/healthz")
            sniffer = Sniffer(server.media_port)
            try:
                place = f"/whip/{access['lesson']}?source=camera"
                page.evaluate(PUBLISH, [place, access["encoder"], bps])
                time.sleep(WARM_S)
                page.evaluate(KEYFRAME)
                time.sleep(2.5 * SECONDS + 1)
                frames = [tuple(one) for one in page.evaluate("() => window.frames_")]
            finally:
                sniffer.stop()
            version = browser.version
    finally:
        server.stop()
    video = captured(sniffer.packets, frames)
    return video, key_stamps(video, frames), version


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capture", description=__doc__)
    parser.add_argument("--mbit", type=float, default=20.0, help="the rate asked for")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video, keys, version = record(Path(folder), int(given.mbit * 1e6))
    starts = [at for at, (*_, stamp) in enumerate(video) if stamp in keys and (at == 0 or video[at - 1][3] != stamp)]
    seconds = (video[-1][0] - video[starts[0]][0]) / 1e9
    scale = (len(video) - starts[0]) / seconds / PACKETS_PER_S
    needed_ns = SECONDS * 1e9 / scale
    print(f"keyframes at {[round((video[at][0] - video[0][0]) / 1e9, 1) for at in starts]} s")
    begin = max((at for at in starts if video[-1][0] - video[at][0] > needed_ns), default=starts[0])
    until = video[begin][0] + needed_ns
    video = video[begin:]
    ends = [at for at, (sent, _, last, _) in enumerate(video) if last and sent <= until]
    video = video[: ends[-1] + 1]
    gaps_us = [0, *((b[0] - a[0]) / 1000 for a, b in itertools.pairwise(video))]
    work_us = sum(gap for gap in gaps_us if gap < WORK_US)
    scale = (len(video) / PACKETS_PER_S * 1e6 - work_us) / (sum(gaps_us) - work_us)
    packets = [
        (max(0, round(gap if gap < WORK_US else gap * scale)), size, last, stamp in keys)
        for gap, (_, size, last, stamp) in zip(gaps_us, video, strict=True)
    ]
    made = trace.made(packets)
    frames = len(made.frames())
    head = [
        f"# Chromium {version}, H.264 {WIDTH}x{HEIGHT}, {given.mbit:g} Mbit/s asked for; {len(video)} packets in",
        f"# {frames} frames, captured in {seconds_of(video):.1f} s; its longer gaps × {scale:.3f}, which makes",
        f"# {made.packets_per_s:.0f} packets/s, {frames * 1e6 / made.period_us:.1f} frames/s, {made.mbit_s:.1f} Mbit/s",
        "# µs since the packet before, bytes of RTP payload, last of its frame, of a keyframe",
    ]
    trace.FILE.write_text("\n".join([*head, *trace.rows(made)]) + "\n")
    print("\n".join(head))
    return 0


def seconds_of(video: list[tuple[int, int, bool, int]]) -> float:
    return (video[-1][0] - video[0][0]) / 1e9


if __name__ == "__main__":
    sys.exit(main())
