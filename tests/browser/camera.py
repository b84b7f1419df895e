"""Fake cameras: .y4m files that show the frame counter, and the reading of it in a page. Kept in build/, made once."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

import numpy

from web.server.demo import framecounter

HOME = Path(__file__).parent.parent.parent / "build" / "cameras"
FPS = 30


def camera(width: int, height: int, frames: int, fps: int = FPS, grain: int = 0) -> Path:
    """Frames 0 to `frames` - 1, over a grey that slowly changes and a bar that moves; `grain` is the height of noise
    over all, which an encoder cannot foresee."""
    rate, noise = "" if fps == FPS else f"-{fps}fps", f"-grain{grain}" if grain else ""
    path = HOME / f"counter-{width}x{height}-{frames}{rate}{noise}.y4m"
    if path.exists():
        return path
    HOME.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    chroma = bytes([128]) * (width * height // 2)
    with part.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(frames):
            luma = bytearray(bytes([90 + number % 40]) * (width * height))
            if grain:
                dust = numpy.random.default_rng(number).integers(0, grain, width * height, dtype=numpy.uint8)
                luma = bytearray((numpy.frombuffer(luma, numpy.uint8) + dust).tobytes())
            left = (number * width // frames) // 8 * 8
            for y in range(height // 2, height // 2 + height // 8):
                luma[y * width + left : y * width + left + width // 16] = bytes([200]) * (width // 16)
            framecounter.draw(luma, width, height, width, number)
            file.write(b"FRAME\n")
            file.write(luma)
            file.write(chroma)
    part.rename(path)
    return path


# Defines watchFrames(video): from then on video.seen is a list of
# [frame number, wall clock ms when it was presented, and (a camera's) when it was captured].
# Where the page is told of a frame late, what can be drawn is the next one already, of which it is told then:
# it counts once. What is presented twice counts twice.
# The geometry is that of web/server/demo/framecounter.py.
WATCH = Template("""
window.readFrame = (video) => {
  const w = video.videoWidth || video.displayWidth, h = video.videoHeight || video.displayHeight;
  const n = $blocks, side = w / 60;
  if (!w) return null;
  const canvas = window.__counter ||= Object.assign(document.createElement('canvas'), {width: n * 4, height: 4});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(video, (w * (60 - n)) / 120, h / 36, n * side, side, 0, 0, n * 4, 4);
  const pixels = context.getImageData(0, 0, n * 4, 4).data;
  let bits = '';
  for (let i = 0; i < n; i++) bits += pixels[(2 * n * 4 + i * 4 + 2) * 4] > 125 ? '1' : '0';
  const number = parseInt(bits.slice(4, 24), 2);
  const check = (number % 61).toString(2).padStart(6, '0');
  return bits.startsWith('$head') && bits.endsWith(check + '$tail') ? number : null;
};
window.watchFrames = (video) => {
  video.seen = [];
  let taken = null, told = -1;
  const step = (now, frame) => {
    const still = new VideoFrame(video);
    const number = window.readFrame(still);
    const ahead = still.timestamp === taken && frame.mediaTime > told;
    [taken, told] = [still.timestamp, frame.mediaTime];
    still.close();
    const shown = performance.timeOrigin + frame.presentationTime;
    const captured = performance.timeOrigin + (frame.captureTime || frame.presentationTime);
    if (number !== null && !ahead) video.seen.push([number, shown, captured]);
    video.requestVideoFrameCallback(step);
  };
  video.requestVideoFrameCallback(step);
};
""").substitute(blocks=framecounter.BLOCKS, head=framecounter.HEAD, tail=framecounter.TAIL)
