"""A diagram on a sheet: where lanes, rows, dots, arrows and their words stand, so that no words cover others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from coreto.lab.picture.chips import place_chips
from coreto.lab.picture.legend import legend
from coreto.lab.picture.letters import shortened, text_width
from coreto.lab.picture.model import Arrow, Dot, Picture, Reign
from coreto.lab.picture.shapes import LARGE, NORMAL, SMALL, Area, Line, Shape, Sheet, Spot, Text

ROW_HEIGHT = 30.0
"""Two lines of letters stand in it."""
PAUSE_HEIGHT = 20.0
"""Added where some time passed."""
LEFT, RIGHT, TOP, BOTTOM = 74.0, 24.0, 92.0, 22.0
PITCH_MIN, PITCH_MAX, PITCH_MAX_MANY = 118.0, 180.0, 166.0
"""Between two lanes; less where there are many."""
MANY_LANES = 6
CLOCK_ROOM = 36.0
"""Beside a dot, for a Lamport value; more where values are longer."""
DOT, GAP = 3.6, 7.0
"""Radius of a dot, and where words begin beside it."""
LINE_HEIGHT = 12.5
ROUNDS_MAX = 6
"""How often rows are moved apart for words on arrows."""
CROSS = 4.5
"""Half the size of the cross at the end of a message that was lost."""
STROKES = {"candidate": "election 4 candidate", "establishing": "election 4 candidate", "coordinator": "reign 5"}
DASHED = ("clients", "heartbeats", "members", "clocks")
BANDS = {"down": "faint 0.22"}
BAND_HALF = 11.0
"""Half the width of a fault of one lane."""


class Grid(msgspec.Struct, frozen=True):
    """Where lanes and rows are."""

    pitch: float
    room: float
    """Beside a dot, for a Lamport value."""
    rows: tuple[float, ...]

    def x(self, lane: int) -> float:
        """Return where a lane is."""
        return LEFT + self.room + lane * self.pitch

    def at(self, place: tuple[int, int]) -> tuple[float, float]:
        """Return the point of a lane and a row."""
        return self.x(place[0]), self.rows[place[1]]


def place(picture: Picture) -> Sheet:
    """Return the sheet with a diagram."""
    room = _clock_room(picture)
    pitch = _pitch(picture, room)
    spread = [0.0] * len(picture.rows)
    for _round in range(ROUNDS_MAX):
        grid = Grid(pitch, room, tuple(_rows(picture, spread)))
        fixed = [*_dot_words(picture, grid), *_notices(picture, grid)]
        chips, crowded = place_chips(picture.arrows, grid.at, [text.box for text in fixed])
        if not crowded:
            break
        for row in crowded:
            spread[row] += ROW_HEIGHT / 2
    bottom = (grid.rows[-1] if grid.rows else TOP) + ROW_HEIGHT
    width = _width(picture, grid)
    below = [*_footer(picture, bottom), *legend(picture, LEFT, bottom + 20 + LINE_HEIGHT * len(picture.footer))]
    shapes = [*_background(picture, grid, width, bottom), *_arrows(picture, grid), *chips, *_dots(picture, grid)]
    shapes += [*fixed, *_heading(picture, grid), *below]
    height = max((shape.y for shape in below if isinstance(shape, Text)), default=bottom) + BOTTOM
    return Sheet(width, height, picture.title, tuple(shapes))


def _clock_room(picture: Picture) -> float:
    widest = max((text_width(str(dot.clock), SMALL) for dot in picture.dots), default=0.0)
    return max(widest + GAP + 2, CLOCK_ROOM)


def _pitch(picture: Picture, room: float) -> float:
    words = [text_width(line, NORMAL) for dot in picture.dots for line in dot.label]
    names = [text_width(name, NORMAL, bold=True) for name in picture.lanes]
    wanted = max([*(width + GAP + CLOCK_ROOM + 6 for width in words), *(width + 16 for width in names)], default=0.0)
    most = PITCH_MAX_MANY if len(picture.lanes) > MANY_LANES else PITCH_MAX
    return min(max(wanted, PITCH_MIN), most) + room - CLOCK_ROOM


def _rows(picture: Picture, spread: list[float]) -> Iterator[float]:
    y = TOP + ROW_HEIGHT
    for number, row in enumerate(picture.rows):
        y += (ROW_HEIGHT if number else 0.0) + (PAUSE_HEIGHT if row.pause else 0.0)
        yield y
        y += spread[number]


def _width(picture: Picture, grid: Grid) -> float:
    lanes = grid.x(max(len(picture.lanes) - 1, 0)) + grid.pitch - grid.room
    heads = [(picture.title, LARGE, True), (picture.subtitle, NORMAL, False)]
    heads += [(line, SMALL, False) for line in picture.footer]
    words = [LEFT + text_width(text, size, bold=bold) for text, size, bold in heads]
    words += [LEFT + grid.room + text_width(notice.words, NORMAL) for notice in picture.notices]
    explained = [text.box[2] for text in legend(picture, LEFT, 0.0) if isinstance(text, Text)]
    return max([lanes, *words, *explained]) + RIGHT


def _heading(picture: Picture, grid: Grid) -> Iterator[Text]:
    yield Text(LEFT, 32, picture.title, "ink", size=LARGE, bold=True)
    yield Text(LEFT, 52, picture.subtitle, "faint")
    for lane, name in enumerate(picture.lanes):
        shown = shortened(name, (grid.pitch - 14) / 1.1, NORMAL)
        yield Text(grid.x(lane), TOP - 8, shown, "ink", "middle", bold=True, title=name)
    told = ""
    for row, y in zip(picture.rows, grid.rows, strict=True):
        moment = f"+{row.time:.3f}"
        if moment != told:
            yield Text(LEFT - 12, y + 3.5, moment, "faint", "end", SMALL)
        told = moment
        if row.pause:
            passed = f"{row.pause:.1f} s" if row.pause >= 1 else f"{row.pause * 1000:.0f} ms"
            yield Text(LEFT - 12, y - ROW_HEIGHT / 2 - PAUSE_HEIGHT / 2 + 3, f"⋮ {passed}", "faint", "end", SMALL)


def _footer(picture: Picture, bottom: float) -> Iterator[Text]:
    for number, line in enumerate(picture.footer):
        yield Text(LEFT, bottom + 18 + number * LINE_HEIGHT, line, "faint", size=SMALL)


def _background(picture: Picture, grid: Grid, width: float, bottom: float) -> Iterator[Shape]:
    """Return what lies behind everything: faults, breaks, lanes, reigns."""
    top = TOP
    for band in sorted(picture.bands, key=lambda band: band.lane):
        y1 = grid.rows[band.first] - (0.0 if band.first else ROW_HEIGHT)
        y2 = bottom if band.last == len(grid.rows) - 1 else grid.rows[band.last]
        if band.lane < 0:
            yield Area((LEFT - 4, y1, width - RIGHT + 12, y2), "fault 0.07", band.sentence)
        else:
            x = grid.x(band.lane)
            box = (x - BAND_HALF, y1, x + BAND_HALF, max(y2, y1 + 6))
            yield Area(box, BANDS.get(band.kind, "fault 0.16"), band.sentence)
    for number, row in enumerate(picture.rows):
        if row.pause:
            y = grid.rows[number] - ROW_HEIGHT / 2 - PAUSE_HEIGHT / 2
            yield Line(((LEFT - 6, y), (width - RIGHT + 12, y)), "break 1 lost")
    for lane in range(len(picture.lanes)):
        yield Line(((grid.x(lane), top), (grid.x(lane), bottom)), "lane 1.2")
    for reign in picture.reigns:
        yield _reign(reign, grid, bottom)


def _reign(reign: Reign, grid: Grid, bottom: float) -> Line:
    x = grid.x(reign.lane)
    top = grid.rows[reign.first] if reign.first else TOP
    end = bottom if reign.last == len(grid.rows) - 1 else grid.rows[reign.last]
    return Line(((x, top), (x, end)), STROKES[reign.standing], title=reign.sentence)


def _arrows(picture: Picture, grid: Grid) -> Iterator[Shape]:
    for arrow in picture.arrows:
        (x1, y1), (x2, y2) = _ends(arrow, grid)
        dash = "lost" if arrow.fate == "lost" else arrow.sort if arrow.sort in DASHED else ""
        look = f"{arrow.sort} {'1.8' if arrow.sort == 'election' else '1.3'} {dash}".strip()
        yield Line(((x1, y1), (x2, y2)), look, head=arrow.fate != "lost", title=arrow.sentence)
        if arrow.fate == "lost":
            yield Line(((x2 - CROSS, y2 - CROSS), (x2 + CROSS, y2 + CROSS)), "fault 2")
            yield Line(((x2 - CROSS, y2 + CROSS), (x2 + CROSS, y2 - CROSS)), "fault 2")


def _ends(arrow: Arrow, grid: Grid) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of an arrow: from the edge of a dot to the edge of another; one that was lost ends on its way."""
    (x1, y1), (x2, y2) = grid.at(arrow.source), grid.at(arrow.target)
    if arrow.fate == "lost":
        return (x1, y1), (x1 + 0.86 * (x2 - x1), y1 + ROW_HEIGHT * 0.8)
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-6)
    edge = (DOT + 0.5) / length
    return (x1, y1), (x2 - edge * (x2 - x1), y2 - edge * (y2 - y1))


def _dots(picture: Picture, grid: Grid) -> Iterator[Spot]:
    for dot in picture.dots:
        x, y = grid.at((dot.lane, dot.row))
        yield Spot(
            x, y, DOT + 1.2 if dot.label else DOT, _colour(dot), f"+{picture.rows[dot.row].time:.3f} {dot.sentence}"
        )


def _colour(dot: Dot) -> str:
    return "ink" if dot.sort == "decision" else dot.sort


def _dot_words(picture: Picture, grid: Grid) -> Iterator[Text]:
    """Return the Lamport values, on the side that no arrow needs, and the words of decisions, on the right."""
    heading = _headings(picture.arrows)
    room = grid.pitch - GAP - grid.room - 4
    for dot in picture.dots:
        x, y = grid.at((dot.lane, dot.row))
        right = not dot.label and heading.get((dot.lane, dot.row), 1) < 0
        if dot.clock:
            clock = str(dot.clock)
            yield Text(x + GAP if right else x - GAP, y + 3.5, clock, "faint halo", "start" if right else "end", SMALL)
        top = y + 4 - LINE_HEIGHT / 2 * (len(dot.label) - 1)
        for number, line in enumerate(dot.label):
            words = shortened(line, room, NORMAL)
            look = f"{_colour(dot)} halo"
            yield Text(x + GAP + 1, top + number * LINE_HEIGHT, words, look, bold=False, title=dot.sentence)


def _headings(arrows: Iterable[Arrow]) -> dict[tuple[int, int], int]:
    """Return for each end of an arrow on which side of the dot the arrow is: 1 right, -1 left."""
    sides: dict[tuple[int, int], int] = {}
    for arrow in arrows:
        side = 1 if arrow.target[0] > arrow.source[0] else -1
        sides.setdefault(arrow.source, side)
        sides.setdefault(arrow.target, -side)
    return sides


def _notices(picture: Picture, grid: Grid) -> Iterator[Text]:
    for notice in picture.notices:
        yield Text(LEFT + grid.room + 10, grid.rows[notice.row] + 4, notice.words, "fault halo", bold=True)
