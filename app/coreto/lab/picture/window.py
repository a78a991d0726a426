"""Which part of a journal a picture shows: from when to when."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.lab.why import why_coordinator
from coreto.texts import N_, _

BEFORE, AFTER = 0.02, 0.05
"""Seconds shown before the first and after the last event of a story, for what led to it and came of it."""
LAST_EVENTS = 60
"""Events shown where nothing else is said and there is no election: about two pages."""
AROUND = ("coordinator", "kill")


class Window(msgspec.Struct, frozen=True):
    """Unix seconds, both ends included, and why they were chosen, as a sentence."""

    since: float
    until: float
    words: str = ""
    last: int = 0
    """Of what lies between, only so many events at the end; 0 for all."""

    def holds(self, event: Event) -> bool:
        """Whether an event lies in it."""
        return self.since <= event.time <= self.until


class NothingToShowError(Exception):
    """There is no such story in the journal; the text is a sentence."""


def whole(events: Sequence[Event]) -> Window:
    """Return the window of everything."""
    times = [event.time for event in events]
    return Window(min(times, default=0.0), max(times, default=0.0))


def around(events: Sequence[Event], story: str) -> Window:
    """Return the window of the last election (`coordinator`) or of the last kill and what it led to (`kill`).

    Raise `NothingToShowError` when the journal tells of none.
    """
    return _around_coordinator(events) if story == "coordinator" else _around_kill(events)


def usual(events: Sequence[Event]) -> Window:
    """Return what is shown where nothing is said: the last election, else the last events."""
    try:
        return around(events, "coordinator")
    except NothingToShowError:
        return latest(events, LAST_EVENTS)


def latest(events: Sequence[Event], count: int) -> Window:
    """Return the window of the last events."""
    everything = whole(events)
    return Window(everything.since, everything.until, _("the last {count} events", count=count), last=count)


_NO_KILL = N_("The journal tells of nobody who was killed or crashed.")
_NO_ELECTION = N_("The journal tells of no election: nobody came to coordinate while it was written.")


def _around_coordinator(events: Sequence[Event]) -> Window:
    _sentence, chain = why_coordinator(events)
    if not chain:
        raise NothingToShowError(_(_NO_ELECTION))
    winner = max((event for event in chain if isinstance(event, ev.RoleChanged)), key=lambda event: event.epoch)
    words = _("the election of epoch {epoch}", epoch=winner.epoch)
    firsts = [event.time for event in chain if isinstance(event, ev.FirstAcknowledged)]
    times = [event.time for event in chain if not firsts or event.time <= firsts[0]]
    return Window(min(times) - BEFORE, max(times) + AFTER, words)


def _around_kill(events: Sequence[Event]) -> Window:
    kills = [event for event in events if _kills(event)]
    if not kills:
        raise NothingToShowError(_(_NO_KILL))
    kill = max(kills, key=lambda event: event.time)
    ends = [event.time for event in events if event.time >= kill.time and isinstance(event, ev.FirstAcknowledged)]
    name = kill.target if isinstance(kill, ev.FaultChanged) else getattr(kill, "name", "")
    until = min(ends, default=kill.time + KILL_SECONDS)
    return Window(kill.time - BEFORE, until + AFTER, _("the death of {name}", name=name))


KILL_SECONDS = 3.0
"""Shown after a kill that no election followed."""


def _kills(event: Event) -> bool:
    if isinstance(event, ev.RoleEnded):
        return event.reason == "crashed"
    return isinstance(event, ev.FaultChanged) and event.fault == "kill" and event.on
