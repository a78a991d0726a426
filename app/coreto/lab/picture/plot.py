"""Plots on a sheet: panels above each other over one axis of time, faults as bands through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from coreto.lab.picture.axes import Axis, axis_for, write_number
from coreto.lab.picture.faults import Fault
from coreto.lab.picture.letters import shortened, text_width
from coreto.lab.picture.series import Curve, Panel, Point, Series
from coreto.lab.picture.shapes import LARGE, NORMAL, SMALL, Area, Line, Shape, Sheet, Spot, Text
from coreto.lab.picture.style import CURVES
from coreto.texts import _

WIDTH, LEFT, RIGHT = 920.0, 66.0, 108.0
HEAD, PANEL, TITLE, BETWEEN, FOOT = 70.0, 150.0, 20.0, 26.0, 44.0
"""Heights: above everything, of a panel, of its title, between two, below everything."""
TAGS, TAG_HEIGHT, TAG_ROOM = 4, 13.0, 440.0
"""Rows of words about faults and coordinators, their height, and the width of one."""
STROKE, STROKE_MORE = 1.6, 3.2
"""The width of a curve, and how much wider the lowest of those is that lie upon each other."""
AGREEING = ("clocks", "lamport", "log")
"""Panels whose curves lie upon each other while all is well."""
ALMOST = 3.0
"""Bands that begin or end so near to each other come from one line that was typed."""
MARK = 4.0
"""Half the size of a cross."""


def place_plot(series: Series, title: str) -> Sheet:
    """Return the sheet with the plots of a journal."""
    tags, rows = _tags(series)
    top = HEAD + rows * TAG_HEIGHT + 8
    bottom = top + len(series.panels) * (TITLE + PANEL + BETWEEN) - BETWEEN
    begun = datetime.fromtimestamp(series.begun, UTC).strftime("%Y-%m-%d %H:%M:%S")
    subtitle = _("{seconds} s from {moment} UTC on", seconds=f"{series.seconds:.1f}", moment=begun)
    shapes: list[Shape] = [Text(24, 32, title, "ink", size=LARGE, bold=True), Text(24, 52, subtitle, "faint")]
    shapes += [*_bands(series, top - 4, bottom), *tags]
    for number, panel in enumerate(series.panels):
        shapes += _panel(panel, series.seconds, top + number * (TITLE + PANEL + BETWEEN))
    shapes += _time_axis(series.seconds, bottom)
    if any(panel.marks for panel in series.panels):
        words = _("short strokes: rounds of Berkeley; crosses: clocks left out")
        shapes.append(Text(LEFT, bottom + 34, words, "faint", size=SMALL))
    return Sheet(WIDTH, bottom + FOOT, title, tuple(shapes))


def _x(time: float, seconds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (time / seconds if seconds > 0 else 0.5)


def _tags(series: Series) -> tuple[list[Shape], int]:
    """Return words about faults and coordinators, in as few rows as hold them, and how many rows there are."""
    wanted = [(fault.begin, fault.words, "fault", _fault_lines(fault)) for fault in series.faults]
    wanted += [(mark.time, mark.words, "reign", "") for mark in series.coordinators]
    ends = [0.0] * TAGS
    shapes: list[Shape] = []
    used = 0
    for time, words, look, title in sorted(wanted, key=lambda item: (item[0], item[1])):
        shown = shortened(words, TAG_ROOM, SMALL)
        x = min(_x(max(time, 0.0), series.seconds), WIDTH - 12 - text_width(shown, SMALL))
        row = next((row for row, end in enumerate(ends) if end + 8 <= x), None)
        if row is not None:
            ends[row] = x + text_width(shown, SMALL)
            shapes.append(Text(x, HEAD + (row + 1) * TAG_HEIGHT, shown, look, size=SMALL, title=title or words))
            used = max(used, row + 1)
    return shapes, used


def _fault_lines(fault: Fault) -> str:
    return _(
        "{words}, from {begin} s to {end} s", words=fault.words, begin=f"{fault.begin:.2f}", end=f"{fault.end:.2f}"
    )


def _bands(series: Series, top: float, bottom: float) -> Iterator[Shape]:
    shaded: list[tuple[float, float]] = []
    for fault in series.faults:
        x1 = _x(max(fault.begin, 0.0), series.seconds)
        x2 = max(_x(fault.end or fault.begin, series.seconds), x1)
        if x2 - x1 > 1.5 and (fault.kind == "down" or not _is_within(x1, x2, shaded)):
            shaded += [] if fault.kind == "down" else [(x1, x2)]
            yield Area(
                (x1, top, x2, bottom), "faint 0.16" if fault.kind == "down" else "fault 0.1", _fault_lines(fault)
            )
        yield Line(((x1, top), (x1, bottom)), "fault 1 lost", title=_fault_lines(fault))
    for mark in series.coordinators:
        x = _x(mark.time, series.seconds)
        yield Line(((x, top), (x, bottom)), "reign 1 members", title=mark.words)


def _is_within(x1: float, x2: float, shaded: Iterable[tuple[float, float]]) -> bool:
    """Whether a band would only darken another; two servers that are down are darker than one."""
    return any(begin - ALMOST <= x1 and x2 <= end + ALMOST for begin, end in shaded)


def _panel(panel: Panel, seconds: float, top: float) -> Iterator[Shape]:
    values = [value for curve in panel.curves for piece in curve.pieces for _time, value in piece]
    values += [mark.value for mark in panel.marks if mark.value is not None]
    axis = axis_for(values, panel.scale)
    begin, end = top + TITLE, top + TITLE + PANEL
    heading = f"{panel.title} ({panel.unit})" if panel.unit else panel.title
    yield Text(LEFT, top + 12, heading, "ink halo", bold=True)
    yield from _grid(axis, begin, end)
    for number, (curve, width) in enumerate(zip(panel.curves, _widths(panel), strict=True)):
        yield from _curve(curve, f"curve{number % CURVES} {width:g}", axis, seconds, end)
    yield from _marks(panel, axis, seconds, end)
    yield from _ends(panel, axis, begin, end)


def _grid(axis: Axis, begin: float, end: float) -> Iterator[Shape]:
    free = end + NORMAL
    for value in axis.ticks():
        y = end - axis.share(value) * (end - begin)
        yield Line(((LEFT, y), (WIDTH - RIGHT, y)), "lane 1" if value == 0 else "break 1")
        if y + SMALL <= free:
            yield Text(LEFT - 8, y + 3.5, write_number(value), "faint", "end", SMALL)
            free = y


def _curve(curve: Curve, look: str, axis: Axis, seconds: float, end: float) -> Iterator[Shape]:
    for piece in curve.pieces:
        points = [(_x(time, seconds), end - axis.share(value) * PANEL) for time, value in _stepped(piece, curve)]
        if len(points) == 1:
            yield Spot(*points[0], 2.0, look.split(maxsplit=1)[0], curve.label)
        else:
            yield Line(tuple(points), look, title=curve.label)


def _widths(panel: Panel) -> list[float]:
    """Return how wide each curve is drawn: where servers agree, the lower ones are seen on both sides of the upper."""
    behind = range(len(panel.curves) - 1, -1, -1)
    if panel.key not in AGREEING:
        return [STROKE for _curve in behind]
    return [round(STROKE + STROKE_MORE * number / max(len(behind) - 1, 1), 2) for number in behind]


def _stepped(piece: Sequence[Point], curve: Curve) -> list[Point]:
    if not curve.steps:
        return list(piece)
    points = [piece[0]]
    for time, value in piece[1:]:
        points += [(time, points[-1][1]), (time, value)]
    return points


def _marks(panel: Panel, axis: Axis, seconds: float, end: float) -> Iterator[Shape]:
    for mark in panel.marks:
        x = _x(mark.time, seconds)
        if mark.value is None:
            yield Line(((x, end), (x, end - 7)), "ink 1.2" if mark.good else "fault 2", title=mark.words)
            continue
        y = end - axis.share(mark.value) * PANEL
        for side in (MARK, -MARK):
            yield Line(((x - MARK, y - side), (x + MARK, y + side)), "fault 1.6", title=mark.words)


def _ends(panel: Panel, axis: Axis, begin: float, end: float) -> Iterator[Shape]:
    """Return the names of the curves at their ends, moved apart."""
    wanted = sorted(
        (
            (end - axis.share(curve.pieces[-1][-1][1]) * (end - begin), curve.label, number)
            for number, curve in enumerate(panel.curves)
            if curve.label and curve.pieces
        ),
    )
    low = end - NORMAL * 1.25 * (len(wanted) - 1)
    y = begin - NORMAL
    for place, (at, label, number) in enumerate(wanted):
        y = max(y + NORMAL * 1.25, min(at + 4, low + place * NORMAL * 1.25))
        words = shortened(label, RIGHT - 14, NORMAL)
        yield Text(WIDTH - RIGHT + 8, y, words, f"curve{number % CURVES}", title=label)


def _time_axis(seconds: float, bottom: float) -> Iterator[Shape]:
    yield Line(((LEFT, bottom), (WIDTH - RIGHT, bottom)), "ink 1")
    for value in Axis(0.0, seconds).ticks() if seconds > 0 else []:
        x = _x(value, seconds)
        yield Line(((x, bottom), (x, bottom + 4)), "ink 1")
        yield Text(x, bottom + 16, write_number(value), "faint", "middle", SMALL)
    yield Text(WIDTH - RIGHT + 8, bottom + 16, _("seconds"), "faint", size=SMALL)
