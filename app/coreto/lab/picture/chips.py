"""The words on arrows: each on its own arrow, and none on other words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from coreto.lab.picture.letters import text_width
from coreto.lab.picture.model import Arrow
from coreto.lab.picture.shapes import SMALL, Area, Box, Shape, Text, meet

PAD_X, PAD_Y = 3.0, 1.5
"""Around the words."""
NEAR, FAR = 0.5, 0.94
"""How much of the way between two lanes a middle is from the first one, and how far along an arrow words may stand."""
STEPS = (0.0, -0.14, 0.14, -0.26, 0.26)
"""Shares of a gutter that words may be off its middle."""

Point = tuple[float, float]


def place_chips(
    arrows: Sequence[Arrow], at: Callable[[tuple[int, int]], Point], taken: Sequence[Box]
) -> tuple[list[Shape], set[int]]:
    """Return the words on arrows, and the rows below which there was no room for some."""
    room = _Room(taken)
    shapes: list[Shape] = []
    crowded: set[int] = set()
    for arrow in sorted(arrows, key=lambda arrow: (arrow.sort != "election", arrow.source[1], arrow.target)):
        centre = next((point for point in _candidates(arrow, at) if room.take(_box(arrow.label, point))), None)
        if centre is None:
            crowded.add(arrow.source[1])
        else:
            shapes += _chip(arrow, centre)
    return shapes, crowded


class _Room:
    """What is taken already; boxes are found by the height they are at."""

    def __init__(self, taken: Sequence[Box]) -> None:
        self._boxes: dict[int, list[Box]] = {}
        for box in taken:
            self._add(box)

    def take(self, box: Box) -> bool:
        """Take the room of a box if it is free."""
        if any(meet(box, other) for level in _levels(box) for other in self._boxes.get(level, ())):
            return False
        self._add(box)
        return True

    def _add(self, box: Box) -> None:
        for level in _levels(box):
            self._boxes.setdefault(level, []).append(box)


_LEVEL = 40.0
"""Height of the slices that boxes are sorted into."""


def _levels(box: Box) -> range:
    return range(int(box[1] // _LEVEL), int(box[3] // _LEVEL) + 1)


def _candidates(arrow: Arrow, at: Callable[[tuple[int, int]], Point]) -> Iterator[Point]:
    """Return points on an arrow, in the middle between lanes first, near its begin first."""
    (x1, y1), (x2, y2) = at(arrow.source), at(arrow.target)
    if arrow.fate == "lost":
        y2 = y1 + 20.0
    gutters = max(abs(arrow.target[0] - arrow.source[0]), 1)
    for step in STEPS:
        for gutter in range(gutters):
            share = (gutter + NEAR + step) / gutters
            share *= FAR * 0.86 if arrow.fate == "lost" else 1.0
            yield x1 + share * (x2 - x1), y1 + share * (y2 - y1)


def _box(label: str, centre: Point) -> Box:
    width = text_width(label, SMALL) / 2 + PAD_X
    return centre[0] - width, centre[1] - SMALL / 2 - PAD_Y, centre[0] + width, centre[1] + SMALL / 2 + PAD_Y


def _chip(arrow: Arrow, centre: Point) -> Iterator[Shape]:
    yield Area(_box(arrow.label, centre), "ground", arrow.sentence)
    yield Text(centre[0], centre[1] + SMALL * 0.34, arrow.label, f"{arrow.sort}", "middle", SMALL, title=arrow.sentence)
