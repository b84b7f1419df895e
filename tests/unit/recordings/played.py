"""What a player makes of a recording: read by PyAV and by ffprobe from the files alone."""

from __future__ import annotations

import io
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import numpy


@dataclass(frozen=True)
class Listed:
    init: str
    segment: str
    duration_s: float


def listed(folder: Path) -> list[Listed]:
    out, init, duration = [], "", 0.0
    for line in (folder / "index.m3u8").read_text().splitlines():
        if match := re.fullmatch(r'#EXT-X-MAP:URI="(.*)"', line):
            init = match[1]
        elif match := re.fullmatch(r"#EXTINF:(.*),", line):
            duration = float(match[1])
        elif line and not line.startswith("#"):
            out.append(Listed(init, line, duration))
    return out


def files(folder: Path) -> list[bytes]:
    """One file a run of segments that share their initialisation segment."""
    out: list[bytes] = []
    last = None
    for item in listed(folder):
        if item.init != last:
            out.append((folder / item.init).read_bytes())
            last = item.init
        out[-1] += (folder / item.segment).read_bytes()
    return out


def pictures(folder: Path) -> list[tuple[float, int]]:
    """Seconds of the lesson's clock and number (modulo 30) of every frame, as decoded, in order of presentation."""
    out = []
    for content in files(folder):
        with av.open(io.BytesIO(content)) as container:
            for frame in container.decode(video=0):
                plane = frame.planes[0]
                grey = numpy.frombuffer(plane, dtype=numpy.uint8)[: plane.line_size * frame.height // 3]
                rows = grey.reshape(-1, plane.line_size)[:, : frame.width]
                out.append((float(frame.pts * frame.time_base), round((float(rows.mean()) - 20) / 7)))
    return out


def samples(folder: Path) -> list[tuple[float, float, int]]:
    """Seconds, duration and size of every packet of a sound track."""
    out = []
    for content in files(folder):
        with av.open(io.BytesIO(content)) as container:
            for packet in container.demux(audio=0):
                if packet.size:
                    base = packet.time_base
                    out.append((float(packet.pts * base), float(packet.duration * base), packet.size))
    return out


def probe(folder: Path) -> dict[str, object]:
    """What ffprobe says of the playlist; fails on any error it prints."""
    command = ["ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-of", "json", "-count_packets"]
    command += ["-show_streams", "-show_format", str(folder / "index.m3u8")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


def probe_segments(folder: Path) -> int:
    """Every segment behind its initialisation segment, one by one; how many there are."""
    for item in listed(folder):
        content = (folder / item.init).read_bytes() + (folder / item.segment).read_bytes()
        command = ["ffprobe", "-v", "error", "-show_packets", "-of", "json", "-"]
        done = subprocess.run(command, input=content, capture_output=True, timeout=60, check=True)
        assert not done.stderr, done.stderr
        packets = json.loads(done.stdout)["packets"]
        assert packets
        assert packets[0]["flags"].startswith("K")
    return len(listed(folder))
