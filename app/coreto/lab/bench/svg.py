"""Plots as self-contained SVG: bars with their spread, and lines; no script, no style sheet, no font of ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

import msgspec

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 90, 20, 50, 70
TICKS = 5
COLOURS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8d5a97", "#c77d0a", "#444444")
"""Told apart in print and by most colour-blind readers."""


class Bar(msgspec.Struct, frozen=True):
    """A value, and the least and greatest of the runs that it is the median of."""

    label: str
    value: float
    low: float
    high: float


class Line(msgspec.Struct, frozen=True):
    """A curve: points in order of x."""

    label: str
    points: tuple[tuple[float, float], ...]


def bars(title: str, unit: str, values: Sequence[Bar]) -> str:
    """Return a plot of one bar for each value."""
    top = _ceiling(max((bar.high for bar in values), default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    parts = _frame(title, "", unit, top)
    for place, bar in enumerate(values):
        x, wide = LEFT + step * (place + 0.2), step * 0.6
        y, middle = _y(bar.value, top), LEFT + step * (place + 0.5)
        parts += [
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_y(0, top) - y:.1f}" fill="{COLOURS[0]}"/>',
            _stroke(middle, _y(bar.low, top), middle, _y(bar.high, top), "#000"),
            _text(middle, _y(0, top) + 18, bar.label, "middle"),
            _text(middle, _y(bar.high, top) - 6, _short(bar.value), "middle"),
        ]
    return _document(parts)


def lines(title: str, unit_x: str, unit_y: str, curves: Sequence[Line], *, logarithmic: bool = False) -> str:
    """Return a plot of curves over one axis; a logarithmic axis of x needs values above zero."""
    points = [point for curve in curves for point in curve.points]
    top = _ceiling(max((y for _x, y in points), default=0.0))
    scale = _scale([x for x, _y in points], logarithmic=logarithmic)
    parts = _frame(title, unit_x, unit_y, top)
    for x in sorted({x for x, _y in points}):
        parts.append(_text(scale(x), _y(0, top) + 18, _short(x), "middle"))
    for place, curve in enumerate(curves):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{scale(x):.1f},{_y(y, top):.1f}" for x, y in curve.points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{scale(x):.1f}" cy="{_y(y, top):.1f}" r="3" fill="{colour}"/>' for x, y in curve.points]
        parts.append(_text(WIDTH - RIGHT, TOP + 16 * place, curve.label, "end", colour))
    return _document(parts)


class _Scale(msgspec.Struct, frozen=True):
    """Where a value stands on the axis of x."""

    low: float
    high: float
    logarithmic: bool

    def __call__(self, x: float) -> float:
        at = math.log(x) if self.logarithmic else x
        share = (at - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return LEFT + 20 + share * (WIDTH - LEFT - RIGHT - 40)


def _scale(values: Sequence[float], *, logarithmic: bool) -> _Scale:
    ends = [math.log(value) for value in values] if logarithmic else list(values)
    return _Scale(min(ends, default=0.0), max(ends, default=1.0), logarithmic)


def _frame(title: str, unit_x: str, unit_y: str, top: float) -> list[str]:
    """Return title, axes and lines of equal height."""
    parts = [_text(WIDTH / 2, 24, title, "middle"), _text(WIDTH / 2, HEIGHT - 14, unit_x, "middle")]
    parts.append(_text(8, TOP - 14, unit_y, "start"))
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        parts.append(_stroke(LEFT, _y(value, top), WIDTH - RIGHT, _y(value, top), "#ddd" if tick else "#000"))
        parts.append(_text(LEFT - 8, _y(value, top) + 4, _short(value), "end"))
    return parts


def _document(parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([f'{head} font-size="12">', background, *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#000") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _stroke(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _ceiling(value: float) -> float:
    """Return the next of 1, 2 or 5 times a power of ten: where the axis of y ends."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _short(value: float) -> str:
    for size, mark in ((1e6, "M"), (1e3, "k")):
        if value >= size * 10 or (value >= size and value % size == 0):
            return f"{value / size:g}{mark}" if value % size == 0 else f"{value / size:.1f}{mark}"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
