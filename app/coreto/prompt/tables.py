"""Tables and named values as lines, fitted to the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from coreto.prompt.results import Column, Drawing, Facts, Rows
from coreto.prompt.visible import visible, width
from coreto.texts import _

GAP = "  "
COLUMNS_MIN = 20
"""A last column that would be narrower than this is not folded: the row is told in words instead."""


def table_lines(table: Rows, columns: int) -> list[str]:
    """Return heading and rows, lined up; `columns` is the width there is, 0 when it does not matter."""
    heading = [visible(column.label) for column in table.columns]
    cells = [[cell(value, column) for value, column in zip(row, table.columns, strict=True)] for row in table.rows]
    if not cells:
        return []
    widths = [max(width(row[place]) for row in [heading, *cells]) for place in range(len(heading))]
    shown = cells if len(heading) == 1 else [heading, *cells]
    before_last = sum(widths[:-1]) + len(GAP) * len(widths)
    room = columns - before_last if columns else 0
    if not columns or widths[-1] <= room:
        return [padded(row, widths) for row in shown]
    if room >= COLUMNS_MIN:
        return [line for row in shown for line in _folded(row, widths, room)]
    return [line for row in cells for line in _told(row, heading, columns)]


def fact_lines(facts: Facts, columns: int) -> list[str]:
    """Return each value behind its name."""
    labels = [visible(fact.label) for fact in facts.facts]
    widest = max(map(width, labels), default=0)
    room = columns - widest - 2 * len(GAP) if columns else 0
    pairs = [[label, cell(fact.value)] for label, fact in zip(labels, facts.facts, strict=True)]
    if not columns or room < COLUMNS_MIN:
        return [padded(pair, [widest, 0]) for pair in pairs]
    return [line for pair in pairs for line in _folded(pair, [widest, 0], room)]


def drawing_lines(drawing: Drawing, columns: int) -> list[str]:
    """Return a picture in letters; words that do not fit beside it go on below, between its lanes."""
    lines: list[str] = []
    for line in drawing.lines:
        lanes, words = visible(line.lanes), visible(line.words)
        room = columns - width(lanes) - len(GAP)
        first, *others = folded(words, room) if columns and room >= COLUMNS_MIN else [words]
        lines.append(f"{lanes}{GAP}{first}".rstrip())
        lines += [f"{visible(line.below)}{GAP}{other}".rstrip() for other in others]
    return lines


def padded(row: list[str], widths: list[int]) -> str:
    """Return one line of a table."""
    cells = (text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True))
    return (GAP + GAP.join(cells)).rstrip()


def cell(value: object, column: Column | None = None) -> str:
    """Return any value as harmless text of one line."""
    if column is not None and column.moment and isinstance(value, int | float):
        return clock_time(value)
    match value:
        case None | "":
            return "-"
        case bool():
            return _("yes") if value else _("no")
        case list() | tuple():
            return ", ".join(map(cell, value))
        case dict():
            return ", ".join(f"{visible(str(key))}={cell(item)}" for key, item in value.items())
        case float():
            return f"{value:.3f}"
        case _:
            return visible(str(value))


def clock_time(seconds: float) -> str:
    """Return the local time of day; what no calendar knows is shown as dashes."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


def folded(text: str, room: int) -> Iterator[str]:
    """Return the words of a text in lines of at most `room` columns; a longer word stands alone."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer) > room:
            yield line
            line = word
        else:
            line = longer
    yield line


def _folded(row: list[str], widths: list[int], room: int) -> Iterator[str]:
    first, *others = folded(row[-1], room)
    yield padded([*row[:-1], first], [*widths[:-1], 0])
    for other in others:
        yield padded([*([""] * (len(row) - 1)), other], [*widths[:-1], 0])


def _told(row: list[str], heading: list[str], columns: int) -> Iterator[str]:
    """A row in words, for a terminal that is too narrow for a table."""
    first, *values = row
    words = ", ".join(f"{label} {value}" for label, value in zip(heading[1:], values, strict=True))
    lines = folded(f"{first}: {words}", columns - 2 * len(GAP))
    yield GAP + next(lines)
    yield from (GAP * 2 + line for line in lines)
