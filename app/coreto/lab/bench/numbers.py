"""What is made of measured values: percentiles, medians, and rates."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
"""What is told of latencies: the value that this share of them does not exceed."""
MS = 1000.0


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the ordered values that at least `share` of them do not exceed (nearest rank)."""
    place = -(-len(ordered) * share // 1)
    return ordered[max(0, int(place) - 1)]


def latencies_told(seconds: Sequence[float]) -> dict[str, float]:
    """Return the percentiles of latencies given in seconds, in milliseconds; nothing of none."""
    ordered = sorted(seconds)
    return {name: percentile(ordered, share) * MS for name, share in PERCENTILES.items()} if ordered else {}


def load_told(moments: Sequence[float], latencies: Sequence[float], began: float, ended: float) -> dict[str, float]:
    """Return rate (1/s) and latencies (ms) of what ended at `moments` within a span of time, all in seconds."""
    within = [latency for moment, latency in zip(moments, latencies, strict=True) if began <= moment <= ended]
    return {"rate": len(within) / (ended - began), **latencies_told(within)}


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each value over several runs; a value that a run lacks counts where it is."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: statistics.median(row[name] for row in rows if name in row) for name in names}
