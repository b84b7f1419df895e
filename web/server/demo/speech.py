"""Speech-like sound: syllables of a pulse train through two formants, in phrases with pauses. Nobody's voice, no
words."""

from __future__ import annotations

import math
import random
from array import array

RATE = 48_000
# The first two formants of five vowels, Hz (Peterson and Barney 1952).
VOWELS = ((730, 1090), (270, 2290), (300, 870), (530, 1840), (570, 840))


def synthesise(seconds: float, seed: int = 1) -> array[int]:
    """Mono 16-bit samples at 48 kHz; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311
    samples = array("h", bytes(2 * int(seconds * RATE)))
    at = int(0.2 * RATE)
    while at < len(samples) - RATE // 2:
        for _ in range(rng.randint(4, 9)):
            length = int(rng.uniform(0.12, 0.24) * RATE)
            if at + length > len(samples) - RATE // 4:
                return samples
            _syllable(samples, at, length, rng.choice(VOWELS), rng.uniform(120, 190))
            at += length + int(rng.uniform(0.01, 0.05) * RATE)
        at += int(rng.uniform(0.3, 0.7) * RATE)
    return samples


def _syllable(samples: array[int], at: int, length: int, formants: tuple[int, int], pitch_hz: float) -> None:
    """Each pitch period rings both formants anew, as the throat does."""
    period = int(RATE / pitch_hz)
    ring = [
        math.exp(-t / 160)
        * (math.sin(math.tau * formants[0] * t / RATE) + 0.5 * math.sin(math.tau * formants[1] * t / RATE))
        for t in range(period)
    ]
    for offset in range(length):
        envelope = math.sin(math.pi * offset / length)
        samples[at + offset] = int(9000 * envelope * ring[offset % period])
