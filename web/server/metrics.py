"""`/metrics`: the media workers' counters and this process's, under the names of CONTRACT.md."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from classroom.events import Phase
from media.api import MediaService
from web.server.parts import Parts

ANSWER_S = 2.0


async def media_answers(media: MediaService) -> bool:
    return bool(await _media_numbers(media))


async def _media_numbers(media: MediaService) -> Mapping[str, float]:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await media.counters()
    except Exception:  # a worker that restarts has no numbers just now
        return {}


async def exposed(parts: Parts) -> tuple[bytes, str]:
    numbers: dict[str, float] = {}
    if parts.live is not None:
        numbers |= {f"media_{name}": value for name, value in (await _media_numbers(parts.live.media)).items()}
        numbers |= {f"recording_{name}": value for name, value in parts.live.recordings.counters().items()}
        if parts.live.mirroring is not None:
            numbers |= {f"storage_{name}": value for name, value in parts.live.mirroring.counters().items()}
    lessons = await parts.store.lessons.not_ended()
    numbers["lessons_live"] = sum(lesson.phase == Phase.LIVE for lesson in lessons)
    registry = CollectorRegistry()
    registry.register(_Numbers(numbers))  # what other modules count themselves is in the library's own registry
    return generate_latest(REGISTRY) + generate_latest(registry), CONTENT_TYPE_LATEST


class _Numbers:
    """`x_total` is a counter, `x_bucket_<le>` with `_sum` and `_count` a histogram, all else a gauge."""

    def __init__(self, numbers: Mapping[str, float]) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        histograms: dict[str, dict[float, float]] = {}
        for name, value in self._numbers.items():
            base, found, bound = name.rpartition("_bucket_")
            if found:
                histograms.setdefault(base, {})[float(bound.replace("inf", "+Inf").replace("++", "+"))] = value
        for base, buckets in histograms.items():
            family = HistogramMetricFamily(f"tongke_{base}", base.replace("_", " "))
            pairs = [("+Inf" if le == float("inf") else repr(le), count) for le, count in sorted(buckets.items())]
            if float("inf") not in buckets:
                pairs.append(("+Inf", self._numbers.get(f"{base}_count", 0.0)))
            family.add_metric([], buckets=pairs, sum_value=self._numbers.get(f"{base}_sum", 0.0))
            yield family
        for name, value in self._numbers.items():
            if any(name.startswith(f"{base}_") for base in histograms):
                continue
            kind: Any = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield kind(f"tongke_{name.removesuffix('_total')}", name.replace("_", " "), value=value)
