"""Faults as a picture has them: each from its begin to its end, those that came together as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.lab.wording import say
from coreto.texts import _

TOGETHER_SECONDS = 0.1
"""Faults between roles that begin or end within this time come from one command."""
LINK_FAULTS = ("cut", "drop", "duplicate", "delay", "reorder")


class Fault(msgspec.Struct, frozen=True):
    """One fault: of one role (`lane`), or between roles (no lane)."""

    kind: str
    lane: str
    begin: float
    end: float | None
    """None: it lasts to the end of the journal."""
    words: str


def faults_of(events: Iterable[Event]) -> list[Fault]:
    """Return the faults in the order in which they began."""
    tally = _Tally()
    for event in events:
        tally.take(event)
    return sorted(tally.done(), key=lambda fault: (fault.begin, fault.lane, fault.kind))


def grouped(events: Sequence[ev.FaultChanged]) -> list[list[ev.FaultChanged]]:
    """Return the changes of faults between roles by the command they came from, and every other one alone."""
    groups: list[list[ev.FaultChanged]] = []
    for event in events:
        last = groups[-1][0] if groups else None
        if last is not None and last.source and event.source and _alike(last, event):
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def words_of(group: Sequence[ev.FaultChanged]) -> str:
    """Return what one command did, as a sentence; a fault that is the same on many ways is told once."""
    first = group[0]
    if len(group) == 1 or not first.source:
        return say(first)
    ways = {(event.source, event.target) for event in group}
    sources, targets = _sides(ways)
    if sources == targets:
        return say(msgspec.structs.replace(first, source=", ".join(sources), target=_("each other")))
    both = all((target, source) in ways for source, target in ways)
    one = msgspec.structs.replace(first, source=", ".join(sources), target=", ".join(targets))
    return _("{what}, both ways", what=say(one)) if both else say(one)


def _alike(one: ev.FaultChanged, other: ev.FaultChanged) -> bool:
    same = (one.fault, one.on, one.amount, one.kind) == (other.fault, other.on, other.amount, other.kind)
    return same and abs(other.time - one.time) <= TOGETHER_SECONDS


def _sides(ways: set[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return who is on either side; a cut in both directions has one side with the first name."""
    first = min(source for source, _target in ways)
    one = {source for source, target in ways if target in {t for s, t in ways if s == first}}
    both = {way[::-1] for way in ways} == ways
    sources = one if both else {source for source, _target in ways}
    targets = {target for source, target in ways if source in sources}
    return sorted(sources), sorted(targets)


class _Tally:
    """Pairs begins with ends."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[float, str]] = {}
        self._links: dict[tuple[str, str, str], ev.FaultChanged] = {}
        self._ended: list[tuple[ev.FaultChanged, float | None]] = []
        self._done: list[Fault] = []

    def take(self, event: Event) -> None:
        """See one more event."""
        match event:
            case ev.RoleEnded(name=name) | ev.Halted(name=name):
                self._open.setdefault(("down", name), (event.time, say(event)))
            case ev.RoleStarted(name=name):
                self._close("down", name, event.time)
                self._close("pause", name, event.time)
            case ev.FaultChanged(source=source) if source:
                self._link(event)
            case ev.FaultChanged(fault="restart" | "kill"):
                pass
            case ev.FaultChanged(fault=fault, target=name, on=True):
                self._close(fault, name, event.time)
                self._open[fault, name] = (event.time, say(event))
                if fault in ("skew", "fill_disk"):
                    self._close(fault, name, event.time)
            case ev.FaultChanged(fault=fault, target=name):
                self._close(fault, name, event.time)
            case _:
                pass

    def done(self) -> list[Fault]:
        """Return all of them, those that still last too."""
        for fault, name in list(self._open):
            self._close(fault, name, None)
        self._ended += [(event, None) for event in self._links.values()]
        return self._done + self._between()

    def _link(self, event: ev.FaultChanged) -> None:
        way = (event.fault, event.source, event.target)
        before = self._links.pop(way, None)
        if before is not None:
            self._ended.append((before, event.time))
        if event.on:
            self._links[way] = event

    def _between(self) -> list[Fault]:
        """Return faults between roles; what began and ended together is one."""
        ends: dict[tuple[float, float], list[ev.FaultChanged]] = {}
        self._ended.sort(key=lambda item: (item[0].time, item[0].source, item[0].target))
        for event, told in self._ended:
            end = _NEVER if told is None else told
            together = next(
                (
                    key
                    for key, group in ends.items()
                    if _alike(group[0], event) and (key[1] == end or abs(key[1] - (end or _NEVER)) <= TOGETHER_SECONDS)
                ),
                (event.time, end or _NEVER),
            )
            ends.setdefault(together, []).append(event)
        return [
            Fault(group[0].fault, "", begin, None if end == _NEVER else end, words_of(group))
            for (begin, end), group in ends.items()
        ]

    def _close(self, fault: str, name: str, end: float | None) -> None:
        if (fault, name) in self._open:
            begin, words = self._open.pop((fault, name))
            self._done.append(Fault(fault, name, begin, end, words))


_NEVER = float("inf")
