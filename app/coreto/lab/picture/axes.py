"""Scales: where a value stands, and at which values an axis has lines."""

from __future__ import annotations

import math

import msgspec

from coreto.lab.picture.series import Scale

STEPS = (1.0, 2.0, 5.0, 10.0)
LINES = 5
"""About how many lines an axis has."""


class Axis(msgspec.Struct, frozen=True):
    """An axis from `low` to `high`; on a symmetric one, what is within 1 is linear and the rest logarithmic."""

    low: float
    high: float
    scale: Scale = "linear"

    def share(self, value: float) -> float:
        """Return how far along the axis a value stands, 0 to 1."""
        low, high = self._bent(self.low), self._bent(self.high)
        return (self._bent(value) - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[float]:
        """Return the values with a line."""
        if self.scale == "linear":
            step = nice_step((self.high - self.low) / LINES)
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            return [number * step for number in range(first, last + 1)]
        powers = [10.0**power for power in range(-6, 13)]
        values = powers if self.scale == "logarithmic" else [*(-power for power in powers if power >= 1), 0.0, *powers]
        shown = [value for value in values if self.low <= value <= self.high]
        return sorted(value for value in shown if self.scale == "logarithmic" or value == 0 or abs(value) >= 1)

    def _bent(self, value: float) -> float:
        if self.scale == "linear":
            return value
        if self.scale == "logarithmic":
            return math.log10(max(value, 1e-6))
        return math.copysign(math.log10(1 + abs(value)), value)


def axis_for(values: list[float], scale: Scale) -> Axis:
    """Return an axis on which all these values have room."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if scale == "logarithmic":
        return Axis(10 ** math.floor(math.log10(max(low, 1e-3))), 10 ** math.ceil(math.log10(max(high, 1e-2))), scale)
    if scale == "symmetric":
        return Axis(-_power(-low), _power(high), scale)
    low, high = min(low, 0.0), max(high, 0.0)
    step = nice_step(max(high - low, 1e-9) / LINES)
    return Axis(math.floor(low / step) * step, max(math.ceil(high / step), math.floor(low / step) + 1) * step, scale)


def nice_step(least: float) -> float:
    """Return the next of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next((step * power for step in STEPS if step * power >= least * 0.999), 10 * power)


def write_number(value: float) -> str:
    """Return a number for an axis."""
    if abs(value) >= 1000:
        return f"{value / 1000:g}k"
    return f"{round(value, 9):g}"


def _power(value: float) -> float:
    """Return the next power of ten, at least 10: what a symmetric axis ends at."""
    return 10.0 ** max(math.ceil(math.log10(max(value, 1.0))), 1)
