"""Fake microphones: .wav files of a tone, and the hearing of it in a page."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.people import poll

# The frequency in Hz of what a page plays of a source, over 1.5 s, by the lengths of its loud waves; its received sound
# by the browser's own statistics. It is recorded, for Firefox starts no AudioContext where there is no sound card.
# The page needs people.KEEP_CONNECTIONS.
LISTEN = """(async () => {
  const element = document.querySelector('[data-testid=sound]%s');
  if (!element?.srcObject) return null;
  const recorder = new MediaRecorder(element.srcObject);
  const recorded = new Promise((done) => (recorder.ondataavailable = ({data}) => done(data)));
  recorder.start();
  await new Promise((done) => setTimeout(done, 1500));
  recorder.stop();
  const bytes = await (await recorded).arrayBuffer();
  const samples = (await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes)).getChannelData(0);
  const waves = [];
  let start = 0, peak = 0, loudest = 0;
  for (let i = 1; i < samples.length; i++) {
    peak = Math.max(peak, samples[i]);
    if (samples[i - 1] >= 0 || samples[i] < 0) continue;
    waves.push([i - start, peak]);
    loudest = Math.max(loudest, peak);
    start = i;
    peak = 0;
  }
  const lengths = waves.filter(([, high]) => high > loudest / 2).map(([length]) => length).sort((a, b) => a - b);
  let sound = {};
  for (const connection of connections)
    for (const one of (await connection.getStats()).values())
      if (one.type === 'inbound-rtp' && one.kind === 'audio' && one.totalAudioEnergy > 0) sound = one;
  return {hz: 48000 / lengths[lengths.length >> 1] || 0, paused: element.paused, energy: sound.totalAudioEnergy,
          concealed: sound.concealedSamples - (sound.silentConcealedSamples || 0), samples: sound.totalSamplesReceived};
})()"""


def tone(path: Path, hz: float, seconds: int = 10) -> Path:
    """Beeps of 0.8 s: a steady tone is what noise suppression takes for noise."""
    rate = 48_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (
            round(12_000 * math.sin(2 * math.pi * hz * n / rate)) if n % rate < rate * 0.8 else 0
            for n in range(rate * seconds)
        )
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


def hears(evaluate: Callable[[str], Any], hz: float, source: str = "mic", participant: str = "") -> None:
    """`evaluate` runs an expression in the page that listens; to anyone, or to one participant."""
    of = f"[data-source={source}]" + (f'[data-participant="{participant}"]' if participant else "")
    heard: dict[str, float] = {}

    def right() -> bool:
        heard.update(evaluate(LISTEN % of) or {"hz": 0})
        return abs(heard["hz"] - hz) < 15

    try:
        poll(right, f"tone of {hz} Hz", timeout_s=20)
    except AssertionError as error:
        error.add_note(f"heard {heard}")
        raise
    assert not heard["paused"]
    assert heard["energy"] > 0
    print(f"{hz} Hz heard, {heard['concealed'] / heard['samples']:.2%} concealed")
