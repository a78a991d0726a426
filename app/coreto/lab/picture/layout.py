"""From chosen events to a diagram: which lane, which row, which arrow, which band."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.journal.traffic import Message, Received, Sent
from coreto.lab.picture.arrows import Placed, arrows_of
from coreto.lab.picture.choice import Chosen
from coreto.lab.picture.faults import faults_of, grouped, words_of
from coreto.lab.picture.history import History
from coreto.lab.picture.kinds import sort_of
from coreto.lab.picture.labels import label_of
from coreto.lab.picture.model import Band, Dot, Notice, Picture, Row
from coreto.lab.picture.reigns import reigns_of
from coreto.lab.wording import say
from coreto.texts import _

TOGETHER_SECONDS = 0.0005
"""What happened to different lanes within this time may stand in one row."""
PAUSE_SECONDS, PAUSE_SHARE = 0.005, 0.06
"""A break is drawn where this time passed, and this share of all that is shown."""
FOOTER_KINDS_MAX = 8
"""Kinds of messages left out that are told by name."""

OUTSIDE = "cluster"
"""The lane of what was done from outside."""
ORDER = {"reference": 0, "server": 1, "broker": 2, "clients": 3, "proxy": 4, "view": 5}
"""Kinds of lanes from left to right."""


def lay_out(chosen: Chosen, title: str) -> Picture:
    """Return the diagram of chosen events."""
    events = chosen.history.events
    lanes = _lanes(chosen.history)
    rows = _Rows(chosen, {name: number for number, name in enumerate(lanes)})
    placed = rows.placed()
    until = events[-1].time if events else 0.0
    everything = [*chosen.earlier, *events]
    return Picture(
        title=title,
        subtitle=_subtitle(chosen, until),
        lanes=tuple(lanes),
        rows=tuple(rows.rows),
        dots=tuple(_dots(placed)),
        arrows=tuple(arrows_of(chosen.history, placed, lanes)),
        bands=tuple(_bands(everything, rows, lanes)),
        reigns=tuple(reigns_of(everything, rows.row_at, lanes, rows.started)),
        notices=tuple(rows.notices),
        footer=tuple(_footer(chosen)),
    )


def _lanes(history: History) -> list[str]:
    """Return the lanes that something is drawn on, in the order in which they stand."""
    events = history.events
    roles = {event.lane: event.role for event in events if event.role != OUTSIDE}
    paired = {*history.departure, *history.departure.values()}
    for place, event in enumerate(events):
        if isinstance(event, Message) and place not in paired and event.kind != "announcement" and event.peer:
            roles.setdefault(event.peer, event.peer if event.peer in ORDER else "server")
        elif isinstance(event, ev.RoleEnded | ev.RoleStarted):
            roles.setdefault(event.name, event.name if event.name in ORDER else "server")
    return sorted(roles, key=lambda name: (ORDER.get(roles[name], len(ORDER)), _natural(name)))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts s10 after s9."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


class _Rows:
    """Gives every event its row: lower than the one before on its lane, and than the departure of what arrives."""

    def __init__(self, chosen: Chosen, lanes: dict[str, int]) -> None:
        self._chosen = chosen
        self._lanes = lanes
        events = chosen.history.events
        self._start = events[0].time if events else 0.0
        self._pause = max(PAUSE_SECONDS, PAUSE_SHARE * (events[-1].time - self._start)) if events else 0.0
        self.rows: list[Row] = []
        self.notices: list[Notice] = []
        self._times: list[float] = []
        self._busy: set[int] = set()
        self._alone = True
        self._row_of: dict[int, int] = {}

    @property
    def started(self) -> float:
        """Unix seconds of the first row."""
        return self._start

    def placed(self) -> list[Placed]:
        """Return every event with its lane and row."""
        placed = []
        outside: list[ev.FaultChanged] = []
        departure = self._chosen.history.departure
        for place, event in enumerate(self._chosen.history.events):
            if isinstance(event, ev.FaultChanged):
                outside = self._outside(outside, event)
            elif event.role == OUTSIDE:
                self._notice(event.time, say(event))
            elif not _is_own(self._chosen, place):
                lane = self._lanes[event.lane]
                sent = self._row_of.get(departure.get(place, -1), -1)
                row = self._row(event.time, lane, sent, alone=self._is_across(place))
                self._row_of[place] = row
                placed.append(Placed(event, place, lane, row))
        return placed

    def row_at(self, time: float) -> int:
        """Return the row of a moment: the last one that had begun then."""
        return max(bisect.bisect_right(self._times, time) - 1, 0)

    def _outside(self, group: list[ev.FaultChanged], event: ev.FaultChanged) -> list[ev.FaultChanged]:
        """Give what was done from outside a row; faults that came together share it."""
        together = grouped([*group, event])
        if len(together) == 1 and group:
            self.notices[-1] = Notice(self.notices[-1].row, words_of(together[0]))
            return together[0]
        self._notice(event.time, words_of(together[-1]))
        return together[-1]

    def _notice(self, time: float, words: str) -> None:
        self.notices.append(Notice(self._new(time, alone=True), words))

    def _row(self, time: float, lane: int, sent: int, *, alone: bool) -> int:
        last = len(self.rows) - 1
        late = not self._times or time - self._times[-1] > TOGETHER_SECONDS
        if late or alone or self._alone or lane in self._busy or sent == last:
            last = self._new(time, alone=alone)
        self._busy.add(lane)
        return last

    def _new(self, time: float, *, alone: bool) -> int:
        time = max(time, self._times[-1]) if self._times else time
        passed = time - self._times[-1] if self._times else 0.0
        self.rows.append(Row(time - self._start, passed if passed > self._pause else 0.0))
        self._times.append(time)
        self._busy, self._alone = set(), alone
        return len(self.rows) - 1

    def _is_across(self, place: int) -> bool:
        """Whether its arrow has no other end in the journal, and is drawn across."""
        event = self._chosen.history.events[place]
        if isinstance(event, Received):
            return place not in self._chosen.history.departure
        return isinstance(event, Sent) and not event.message


def _is_own(chosen: Chosen, place: int) -> bool:
    """Whether it is what a role published and heard itself."""
    sent = chosen.history.departure.get(place)
    event = chosen.history.events[place]
    return sent is not None and chosen.history.events[sent].lane == event.lane


def _dots(placed: Iterable[Placed]) -> Iterable[Dot]:
    for item in placed:
        label = () if isinstance(item.event, Message) else label_of(item.event)
        yield Dot(item.lane, item.row, item.event.clock, sort_of(item.event), label, say(item.event))


def _bands(events: Sequence[Event], rows: _Rows, lanes: Sequence[str]) -> Iterable[Band]:
    """Return the faults that reach into what is shown."""
    for fault in faults_of(events):
        if (fault.end is not None and fault.end < rows.started) or (fault.lane and fault.lane not in lanes):
            continue
        last = len(rows.rows) - 1 if fault.end is None else rows.row_at(fault.end)
        lane = lanes.index(fault.lane) if fault.lane else -1
        yield Band(lane, rows.row_at(fault.begin), last, fault.kind, fault.words)


def _subtitle(chosen: Chosen, until: float) -> str:
    events = chosen.history.events
    if not events:
        return _("nothing happened there")
    begun = datetime.fromtimestamp(events[0].time, UTC).strftime("%Y-%m-%d %H:%M:%S")
    span = _("{seconds} s from {moment} UTC on", seconds=f"{until - events[0].time:.3f}", moment=begun)
    return f"{chosen.window.words}: {span}" if chosen.window.words else span


def _footer(chosen: Chosen) -> Iterable[str]:
    if not chosen.left_out:
        return
    kinds = list(chosen.left_out.items())
    told = ", ".join(f"{count} {kind}" for kind, count in kinds[:FOOTER_KINDS_MAX])
    others = sum(count for _kind, count in kinds[FOOTER_KINDS_MAX:])
    more = _(", {count} others", count=others) if others else ""
    yield _("Left out between: {what}.", what=told + more)
