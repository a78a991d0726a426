"""What a sheet is made of: lines, areas, dots and texts at points, each with the name of its look."""

from __future__ import annotations

import msgspec

from coreto.lab.picture.letters import text_width

SMALL, NORMAL, LARGE = 9.5, 11.0, 15.0
"""Sizes of letters, in points of the sheet."""
RISE, FALL = 0.8, 0.25
"""How far letters reach above and below their line, as shares of their size."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Line(msgspec.Struct, frozen=True):
    """A stroke through points; `head` puts the tip of an arrow at its end."""

    points: tuple[tuple[float, float], ...]
    look: str
    head: bool = False
    title: str = ""


class Area(msgspec.Struct, frozen=True):
    """A rectangle."""

    box: Box
    look: str
    title: str = ""


class Spot(msgspec.Struct, frozen=True):
    """A filled circle."""

    x: float
    y: float
    radius: float
    look: str
    title: str = ""


class Text(msgspec.Struct, frozen=True):
    """A line of letters; `y` is the line they stand on."""

    x: float
    y: float
    words: str
    look: str
    anchor: str = "start"
    """start, middle or end: which point of the text is at `x`."""
    size: float = NORMAL
    bold: bool = False
    title: str = ""

    @property
    def box(self) -> Box:
        """The room it takes at most."""
        width = text_width(self.words, self.size, bold=self.bold)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - RISE * self.size, left + width, self.y + FALL * self.size


Shape = Line | Area | Spot | Text


class Sheet(msgspec.Struct, frozen=True):
    """A page: what is drawn first lies lowest."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes share room."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
