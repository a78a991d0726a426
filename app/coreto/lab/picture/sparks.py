"""Plots in letters: one line for each curve, as high as a letter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from coreto.lab.picture.axes import axis_for, write_number
from coreto.lab.picture.series import Curve, Panel, Series
from coreto.texts import _

LEVELS = "▁▂▃▄▅▆▇█"
NOTHING, STRUCK, STARTED = " ", "░", "▲"
COLUMNS_USUAL, COLUMNS_MIN = 100, 40
LABEL, RANGE = 12, 24
"""Columns for the name of a curve and for its least and greatest value."""


def write_sparks(series: Series, columns: int = COLUMNS_USUAL) -> list[str]:
    """Return the lines, no wider than `columns`."""
    wide = max(columns, COLUMNS_MIN) - LABEL - RANGE
    lines: list[str] = []
    for panel in series.panels:
        lines.append(f"{panel.title} ({panel.unit})" if panel.unit else panel.title)
        lines += [_line(curve, panel, series.seconds, wide) for curve in panel.curves]
    return [*lines, *_faults(series, wide), *_coordinators(series, wide)]


def _line(curve: Curve, panel: Panel, seconds: float, wide: int) -> str:
    cells = _cells(curve, seconds, wide)
    told = [value for value in cells if value is not None]
    axis = axis_for([value for value in told if math.isfinite(value)], panel.scale)
    signs = "".join(NOTHING if value is None else LEVELS[_level(axis.share(value))] for value in cells)
    least, most = (write_number(float(f"{end(told):.3g}")) for end in (min, max)) if told else ("-", "-")
    return f"{curve.label[: LABEL - 2]:>{LABEL - 1}} {signs} {least} … {most}"


def _level(share: float) -> int:
    return min(max(int(share * len(LEVELS)), 0), len(LEVELS) - 1)


def _cells(curve: Curve, seconds: float, wide: int) -> list[float | None]:
    """Return the value furthest from zero in each column; between points of a piece the last one holds."""
    cells: list[float | None] = [None] * wide
    for piece in curve.pieces:
        before: tuple[int, float] | None = None
        for time, value in piece:
            column = _column(time, seconds, wide)
            if before is not None:
                for between in range(before[0] + 1, column):
                    cells[between] = before[1]
            held = cells[column]
            cells[column] = value if held is None or abs(value) > abs(held) else held
            before = column, value
    return cells


def _column(time: float, seconds: float, wide: int) -> int:
    return min(max(int(time / seconds * wide), 0), wide - 1) if seconds > 0 else 0


def _faults(series: Series, wide: int) -> Iterator[str]:
    """Tell of each fault when it was in force, and in words what it was."""
    told = _("faults")
    for fault in series.faults:
        first, last = (_column(moment or 0.0, series.seconds, wide) for moment in (fault.begin, fault.end))
        strip = NOTHING * first + STRUCK * (last - first + 1)
        yield f"{told[: LABEL - 2]:>{LABEL - 1}} {strip:<{wide}} {fault.words}"
        told = ""


def _coordinators(series: Series, wide: int) -> Iterator[str]:
    moments: Sequence[int] = [_column(mark.time, series.seconds, wide) for mark in series.coordinators]
    if moments:
        told = _("elections")
        strip = "".join(STARTED if column in moments else NOTHING for column in range(wide))
        words = "; ".join(mark.words for mark in series.coordinators)
        yield f"{told[: LABEL - 2]:>{LABEL - 1}} {strip} {words}"
