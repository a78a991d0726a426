"""A diagram in letters: lanes on the left, one line for each thing that happened, its words on the right.

Theory of operation. A message is one line from lane to lane where nothing happened to either of them
between departure and arrival; else its departure and its arrival are a line each, so that the lines
of a lane stand in the order of its events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from coreto.lab.picture.model import Arrow, Dot, Picture
from coreto.texts import _

NARROW, WIDE = 5, 11
"""Columns of a lane, at least and at most."""
LANES_WIDTH = 66
"""Columns of all lanes, where their names leave a choice."""
MARGIN = 10
"""Columns of the time on the left."""
DOT, RIGHT, LEFT = "●", "▶", "◀"
SOLID, DOTTED, LOST = "─", "┄", "✗"
PLAIN, REIGNS, RUNS, FAULTY, DOWN = "│", "┃", "╏", "░", "·"
STRUCK = "!"
"""In the margin while a fault between roles is in force."""

Place = tuple[int, int]


class TextLine(msgspec.Struct, frozen=True):
    """Lanes, and what is to be said beside them; `below` are the lanes of a line that goes on with it."""

    lanes: str
    words: str = ""
    below: str = ""


def write_text(picture: Picture) -> list[TextLine]:
    """Return the lines of a diagram."""
    return _Writing(picture).lines()


class _Writing:
    """One diagram on its way to lines."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        names = max((len(name) for name in picture.lanes), default=0)
        most = max(LANES_WIDTH // max(len(picture.lanes), 1), NARROW)
        self._wide = min(max(names + 2, NARROW), WIDE, most)
        self._dots = sorted(picture.dots, key=lambda dot: (dot.row, dot.lane))
        self._leaving: dict[Place, list[Arrow]] = defaultdict(list)
        self._coming: dict[Place, Arrow] = {}
        for arrow in picture.arrows:
            self._leaving[arrow.source].append(arrow)
            if arrow.fate in ("arrived", "again") or arrow.source not in self._places():
                self._coming[arrow.target] = arrow
        self._told: set[Place] = set()

    def lines(self) -> list[TextLine]:
        """Return them all."""
        lines = [self._heading()]
        number = 0
        for row in range(len(self._picture.rows)):
            lines += self._between(row)
            while number < len(self._dots) and self._dots[number].row == row:
                lines += self._happened(number)
                number += 1
        return lines

    def _places(self) -> set[Place]:
        return {(dot.lane, dot.row) for dot in self._picture.dots}

    def _heading(self) -> TextLine:
        names = (name[: self._wide - 1].center(self._wide) for name in self._picture.lanes)
        return TextLine(" " * MARGIN + "".join(names).rstrip())

    def _between(self, row: int) -> Iterator[TextLine]:
        """Tell of what has no lane: a pause, and what was done from outside."""
        pause = self._picture.rows[row].pause
        if pause:
            passed = _("{seconds} s later", seconds=f"{pause:.3f}")
            yield self._line(max(row - 1, 0), {}, passed, moment="⋮")
        for notice in self._picture.notices:
            if notice.row == row:
                yield self._line(row, {}, f"*** {notice.words}")

    def _happened(self, number: int) -> Iterator[TextLine]:
        dot = self._dots[number]
        place = dot.lane, dot.row
        if place in self._told:
            return
        coming, leaving = self._coming.get(place), self._leaving.get(place, [])
        if coming is not None:
            yield self._arrival(dot, coming)
        elif not leaving:
            yield self._line(dot.row, {dot.lane: DOT}, _stamped(dot.clock, dot.sentence))
        elif len(leaving) == 1 and self._is_undisturbed(number, leaving[0]):
            self._told.add(leaving[0].target)
            yield self._passage(dot, leaving[0])
        else:
            yield self._departure(dot, leaving)

    def _is_undisturbed(self, number: int, arrow: Arrow) -> bool:
        """Whether nothing happens to either lane between the ends of an arrow."""
        if arrow.fate not in ("arrived", "again"):
            return True
        lanes = {arrow.source[0], arrow.target[0]}
        for dot in self._dots[number + 1 :]:
            if (dot.lane, dot.row) == arrow.target:
                return True
            if dot.lane in lanes:
                return False
        return False

    def _passage(self, dot: Dot, arrow: Arrow) -> TextLine:
        """Return one line for a whole message, or for one of which only the departure is known."""
        arrived = arrow.fate in ("arrived", "again")
        signs = self._stroke(arrow, SOLID if arrived else DOTTED)
        source, target = arrow.source[0], arrow.target[0]
        signs[source] = DOT
        signs[target] = DOT if arrived else LOST if arrow.fate == "lost" else self._sign(target, arrow.source[1])
        if not arrived:
            words = _("{message}, lost", message=arrow.label) if arrow.fate == "lost" else arrow.label
            return self._line(dot.row, signs, _stamped(dot.clock, words), arrow)
        clock = next(dot.clock for dot in self._dots if (dot.lane, dot.row) == arrow.target)
        return self._line(dot.row, signs, f"({dot.clock or '-'}→{clock or '-'}) {arrow.label}", arrow)

    def _departure(self, dot: Dot, leaving: list[Arrow]) -> TextLine:
        names = ", ".join(self._picture.lanes[arrow.target[0]] for arrow in leaving)
        words = _("{message} leaves for {names}", message=leaving[0].label, names=names)
        return self._line(dot.row, {dot.lane: DOT}, _stamped(dot.clock, words))

    def _arrival(self, dot: Dot, arrow: Arrow) -> TextLine:
        signs = self._stroke(arrow, DOTTED)
        signs[arrow.source[0]] = self._sign(arrow.source[0], dot.row)
        signs[dot.lane] = DOT
        return self._line(dot.row, signs, _stamped(dot.clock, arrow.label), arrow)

    def _stroke(self, arrow: Arrow, sign: str) -> dict[int, str]:
        """Return the signs on the lanes that an arrow crosses."""
        first, last = sorted((arrow.source[0], arrow.target[0]))
        return dict.fromkeys(range(first + 1, last), "┼" if sign == SOLID else sign)

    def _line(
        self, row: int, signs: dict[int, str], words: str, arrow: Arrow | None = None, moment: str = ""
    ) -> TextLine:
        shown = moment or f"+{self._picture.rows[row].time:.3f}"
        struck = any(band.lane < 0 and band.first <= row <= band.last for band in self._picture.bands)
        margin = f"{shown:>{MARGIN - 2}}{STRUCK if struck else ' '} "
        return TextLine(margin + self._lanes(row, signs, arrow), words, " " * MARGIN + self._lanes(row, {}, None))

    def _lanes(self, row: int, signs: dict[int, str], arrow: Arrow | None) -> str:
        cells = [" "] * (self._wide * len(self._picture.lanes))
        if arrow is not None:
            self._draw(cells, arrow)
        for lane in range(len(self._picture.lanes)):
            cells[self._middle(lane)] = signs.get(lane) or self._sign(lane, row)
        return "".join(cells)

    def _draw(self, cells: list[str], arrow: Arrow) -> None:
        source, target = self._middle(arrow.source[0]), self._middle(arrow.target[0])
        whole = arrow.fate in ("arrived", "again") and arrow.target in self._told
        for column in range(min(source, target) + 1, max(source, target)):
            cells[column] = SOLID if whole else DOTTED
        if arrow.fate != "lost":
            cells[target + (-1 if target > source else 1)] = RIGHT if target > source else LEFT

    def _middle(self, lane: int) -> int:
        return lane * self._wide + self._wide // 2

    def _sign(self, lane: int, row: int) -> str:
        """Return what a lane looks like where nothing happens to it."""
        for band in self._picture.bands:
            if band.lane == lane and band.first <= row <= band.last:
                return DOWN if band.kind == "down" else FAULTY
        for reign in self._picture.reigns:
            if reign.lane == lane and reign.first <= row <= reign.last:
                return REIGNS if reign.standing == "coordinator" else RUNS
        return PLAIN


def _stamped(clock: int, words: str) -> str:
    return f"({clock or '-'}) {words}"
