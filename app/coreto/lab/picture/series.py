"""What a journal says over time: clock offsets, latency, commits and positions in the log, as curves."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.journal.traffic import Applied, Received, Sent
from coreto.lab.picture.faults import Fault, faults_of
from coreto.lab.picture.panels import PANELS, PANELS_USUAL
from coreto.texts import N_, _

SLICES = 120
"""Parts of the time shown over which latency and commits are summed up …"""
SLICE_MIN = 0.05
"""… of at least so many seconds."""
POINTS_MAX = 400
"""Points of a curve: more than there are dots across a page."""
FAR_SECONDS = 0.2
"""Clocks that are further off than this are shown on a scale on which milliseconds are still seen."""

Point = tuple[float, float]
"""Seconds since the begin, and a value."""
Scale = Literal["linear", "logarithmic", "symmetric"]


class Curve(msgspec.Struct, frozen=True):
    """One line of a panel, in pieces: between them there is nothing to tell."""

    label: str
    pieces: tuple[tuple[Point, ...], ...]
    steps: bool = False
    """Whether a value holds until the next one."""


class Mark(msgspec.Struct, frozen=True):
    """Something at a moment: a round of Berkeley, a new coordinator; `value` places it on a curve."""

    time: float
    words: str
    good: bool = True
    value: float | None = None


class Panel(msgspec.Struct, frozen=True):
    """One plot of several above each other."""

    key: str
    title: str
    unit: str
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    scale: Scale = "linear"


class Series(msgspec.Struct, frozen=True):
    """All of it, over one axis of time."""

    begun: float
    """Unix seconds of the begin."""
    seconds: float
    panels: tuple[Panel, ...]
    faults: tuple[Fault, ...]
    coordinators: tuple[Mark, ...]


_TITLES = {
    "clocks": N_("Application clocks: ahead of the machine's"),
    "lamport": N_("Lamport clocks"),
    "latency": N_("From a client's request to its answer, at the broker"),
    "commits": N_("Entries committed and applied"),
    "log": N_("Position in the log"),
}


def series_of(events: Sequence[Event], only: Sequence[str] = PANELS_USUAL) -> Series:
    """Return the curves of a journal; a panel that it says nothing about is left out."""
    times = [event.time for event in events]
    begun, ended = min(times, default=0.0), max(times, default=0.0)
    makers = {"clocks": _clocks, "lamport": _lamport, "latency": _latency, "commits": _commits, "log": _log}
    panels = [makers[key](events, begun, ended - begun) for key in PANELS if key in only]
    faults = tuple(
        msgspec.structs.replace(
            fault, begin=fault.begin - begun, end=ended - begun if fault.end is None else fault.end - begun
        )
        for fault in faults_of(events)
    )
    shown = tuple(panel for panel in panels if panel.curves)
    return Series(begun, ended - begun, shown, faults, tuple(_coordinators(events, begun)))


def _title(key: str) -> str:
    return _(_TITLES[key])


def _coordinators(events: Iterable[Event], begun: float) -> Iterator[Mark]:
    for event in events:
        if isinstance(event, ev.RoleChanged) and event.state == "coordinator":
            words = _("{name}, epoch {epoch}", name=event.name, epoch=event.epoch)
            yield Mark(event.time - begun, words)


def _clocks(events: Sequence[Event], begun: float, _seconds: float) -> Panel:
    watched = _Clocks(begun)
    for event in events:
        watched.take(event)
    values = [value for parts in watched.pieces.values() for part in parts for _time, value in part]
    far = any(abs(value) > FAR_SECONDS * 1000 for value in values)
    scale: Scale = "symmetric" if far else "linear"
    return Panel("clocks", _title("clocks"), "ms", _curves(watched.pieces), tuple(watched.marks), scale)


class _Clocks:
    """How far each server's application clock is ahead, in milliseconds, as its events tell one after the other."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self.pieces: dict[str, list[list[Point]]] = defaultdict(lambda: [[]])
        self.marks: list[Mark] = []
        self._ahead: dict[str, float] = {}
        self._corrected: dict[str, float] = {}
        """Before the last step, which a coordinator takes and tells before it tells of the round."""

    def take(self, event: Event) -> None:
        """See one more event."""
        match event:
            case ev.FaultChanged(fault="skew", target=name) if name in self._ahead:
                self._jump(name, event.time, self._ahead[name], self._ahead[name] + event.amount * 1000)
                self._ahead[name] += event.amount * 1000
            case ev.ClockCorrected(how="step", app=float(app), lane=lane):
                after = (app - event.time) * 1000
                before = self._corrected[lane] = after - event.seconds * 1000
                if abs(self._ahead.get(lane, before) - before) < abs(self._ahead.get(lane, before) - after):
                    # Otherwise a message has shown the new time before the step itself was told.
                    self._jump(lane, event.time, before, after)
                self._ahead[lane] = after
            case ev.RoleEnded(name=name) if name in self.pieces:
                self.pieces[name].append([])
            case _ if event.app is not None:
                self._read(event, (event.app - event.time) * 1000)
            case _:
                pass

    def _jump(self, name: str, time: float, before: float, after: float) -> None:
        self.pieces[name][-1] += [(time - self._begun, before), (time - self._begun, after)]

    def _read(self, event: Event, ahead: float) -> None:
        self.pieces[event.lane][-1].append((event.time - self._begun, ahead))
        if isinstance(event, ev.ClockRound):
            self.marks += _round(event, self._begun, self._corrected.pop(event.lane, ahead))
        self._ahead[event.lane] = ahead


def _round(event: ev.ClockRound, begun: float, ahead: float) -> Iterator[Mark]:
    words = _("Berkeley round {number}", number=event.round)
    told = words if event.agreed else _("{round}: no majority agreed", round=words)
    yield Mark(event.time - begun, told, event.agreed)
    for clock in event.clocks:
        if clock.left_out and clock.offset is not None:
            sentence = _("{round}: the clock of {name} is left out", round=words, name=clock.name)
            yield Mark(event.time - begun, sentence, good=False, value=ahead + clock.offset * 1000)


def _lamport(events: Sequence[Event], begun: float, _seconds: float) -> Panel:
    pieces: dict[str, list[list[Point]]] = defaultdict(lambda: [[]])
    for event in events:
        if event.role == "server" and event.clock:
            pieces[event.lane][-1].append((event.time - begun, float(event.clock)))
        elif isinstance(event, ev.RoleEnded) and event.name in pieces:
            pieces[event.name].append([])
    return Panel("lamport", _title("lamport"), "", _curves(pieces))


def _latency(events: Sequence[Event], begun: float, seconds: float) -> Panel:
    slices: dict[int, list[float]] = defaultdict(list)
    wide = _slice(seconds)
    for asked, answered in _answers(events):
        slices[int((asked - begun) / wide)].append((answered - asked) * 1000)
    half, most = [], []
    for number, values in sorted(slices.items()):
        values.sort()
        half.append(((number + 0.5) * wide, values[len(values) // 2]))
        most.append(((number + 0.5) * wide, values[min(len(values) * 99 // 100, len(values) - 1)]))
    curves = [Curve(label, _split(points, wide)) for label, points in (("p50", half), ("p99", most)) if points]
    return Panel("latency", _title("latency"), "ms", tuple(curves), scale="logarithmic")


def _answers(events: Iterable[Event]) -> Iterator[tuple[float, float]]:
    """Return when each request came and was answered: a connection's first request has its first answer."""
    waiting: dict[tuple[str, str], deque[float]] = defaultdict(deque)
    for event in events:
        if isinstance(event, Received) and event.kind == "requests":
            for item in event.items:
                waiting[item.who, item.service].append(event.time)
        elif isinstance(event, Sent) and event.kind == "replies":
            for item in event.items:
                if waiting[item.who, item.service]:
                    yield waiting[item.who, item.service].popleft(), event.time


def _commits(events: Sequence[Event], begun: float, seconds: float) -> Panel:
    wide, reached = _slice(seconds), 0
    slices: dict[int, int] = defaultdict(int)
    for event in sorted((event for event in events if isinstance(event, Applied)), key=lambda event: event.time):
        last = event.first + len(event.entries) - 1
        if last > reached:
            # What was applied before the journal began does not count: it begins with the first event.
            slices[int((event.time - begun) / wide)] += last - max(reached, event.first - 1)
            reached = last
    if not slices:
        return Panel("commits", _title("commits"), "/s", ())
    points = tuple((number * wide, slices.get(number, 0) / wide) for number in range(max(int(seconds / wide), 1)))
    return Panel("commits", _title("commits"), "/s", (Curve("", (points,), steps=True),))


def _log(events: Sequence[Event], begun: float, _seconds: float) -> Panel:
    pieces: dict[str, list[list[Point]]] = defaultdict(lambda: [[]])
    for event in events:
        if isinstance(event, Applied):
            pieces[event.name][-1].append((event.time - begun, float(event.first + len(event.entries) - 1)))
        elif isinstance(event, ev.RoleEnded) and event.name in pieces:
            pieces[event.name].append([])
    return Panel("log", _title("log"), "", _curves(pieces, steps=True))


def _slice(seconds: float) -> float:
    return max(seconds / SLICES, SLICE_MIN)


def _split(points: Sequence[Point], wide: float) -> tuple[tuple[Point, ...], ...]:
    """Return the points in pieces: a slice without a value ends one."""
    pieces: list[list[Point]] = []
    for point in points:
        if pieces and point[0] - pieces[-1][-1][0] < wide * 1.5:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return tuple(map(tuple, pieces))


def _curves(pieces: dict[str, list[list[Point]]], *, steps: bool = False) -> tuple[Curve, ...]:
    return tuple(
        Curve(name, tuple(_thinned(piece) for piece in parts if piece), steps) for name, parts in sorted(pieces.items())
    )


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return no more points than are seen: of each stretch the first, the least, the greatest and the last."""
    if len(points) <= POINTS_MAX:
        return tuple(points)
    size = -(-len(points) * 4 // POINTS_MAX)
    kept: list[Point] = []
    for begin in range(0, len(points), size):
        part = points[begin : begin + size]
        seen = {0, len(part) - 1, part.index(min(part, key=_value)), part.index(max(part, key=_value))}
        kept += [part[place] for place in sorted(seen)]
    return tuple(kept)


def _value(point: Point) -> float:
    return point[1]
