"""Which events of a window a diagram shows, and what it leaves out: a journal has more than a page holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.journal import events as ev
from coreto.journal.entries import requests_answered, story_of
from coreto.journal.event import Event
from coreto.journal.traffic import Applied, Message, Sent, Traffic
from coreto.lab.picture.history import History, make_history, subset
from coreto.lab.picture.kinds import DECISION, SORTS, counted, heartbeats, sort_of
from coreto.lab.picture.window import Window, usual

EVENTS_MAX = 100
"""Events drawn unless somebody wants more: they fit on two pages."""


ENTRIES_MAX = 50
"""Entries of a channel whose messages are looked for."""


class Wish(msgspec.Struct, frozen=True):
    """What somebody wants to see; nothing said means: the last election, as much as fits."""

    window: Window | None = None
    lanes: tuple[str, ...] = ()
    """Only these lanes, and faults; empty for all."""
    kinds: tuple[str, ...] = ()
    """Only messages of these kinds or sorts; empty for all but heartbeats. Decisions are always shown."""
    entry: int = 0
    """Only messages that tell of this entry of the log; 0 for all."""
    channel: str = ""
    """Only messages that tell of entries of this channel, or to this user; empty for all."""
    most: int = EVENTS_MAX


class Chosen(msgspec.Struct, frozen=True):
    """What is drawn, the events before it that say how things stood, and what was left out by kind."""

    history: History
    earlier: tuple[Event, ...]
    left_out: dict[str, int]
    window: Window


def choose(events: Sequence[Event], wish: Wish) -> Chosen:
    """Return what a diagram of these events shows."""
    window = wish.window or usual(events)
    history = make_history(events)
    inside = [place for place, event in enumerate(history.events) if window.holds(event)]
    picked = _Picking(history, wish, inside).picked(window.last)
    shown = set(picked)
    left = [history.events[place] for place in inside if place not in shown]
    earlier = [event for event in events if event.time < window.since]
    if window.last and picked:
        earlier = [event for event in events if event.time < history.events[picked[0]].time]
    return Chosen(subset(history, picked), tuple(earlier), counted(left), window)


class _Picking:
    """The choice for one diagram."""

    def __init__(self, history: History, wish: Wish, inside: Sequence[int]) -> None:
        self._history = history
        self._wish = wish
        self._inside = inside
        self._quiet = heartbeats(history.events)
        self._arrivals = history.arrivals()
        self._story = self._story_ids()

    def picked(self, last: int) -> list[int]:
        """Return the places of what is shown, in order; both ends of an arrow, or none."""
        wanted = [place for place in self._inside if self._wanted(place)]
        if last:
            return self._with_arrivals(wanted[-last:])
        shown: list[int] = []
        for sort in ("story", DECISION, *SORTS):
            more = [place for place in wanted if self._sort(place) == sort]
            room = self._wish.most - len(shown)
            if len(more) > room:
                # A part of a sort would look like all of it; but something must be shown.
                shown += more if sort in ("story", DECISION) else [] if shown else more[:room]
                break
            shown += more
        return self._with_arrivals(shown)

    def _with_arrivals(self, places: Iterable[int]) -> list[int]:
        both = set(places)
        for place in list(both):
            both.update(arrival for arrival in self._arrivals.get(place, ()) if self._allowed(arrival))
        return sorted(both)

    def _sort(self, place: int) -> str:
        event = self._history.events[place]
        return "story" if _name(event) in self._story else sort_of(event)

    def _wanted(self, place: int) -> bool:
        event = self._history.events[place]
        if not self._allowed(place):
            return False
        if not isinstance(event, Message):
            return self._is_wanted_decision(event)
        if self._is_about_entries:
            return _name(event) in self._story
        if self._wish.kinds:
            return event.kind in self._wish.kinds or self._sort_name(place) in self._wish.kinds
        return place not in self._quiet

    def _is_wanted_decision(self, event: Event) -> bool:
        if isinstance(event, Traffic):
            return _name(event) in self._story or bool({"applied", "log"} & set(self._wish.kinds))
        if sort_of(event) == DECISION or not self._wish.kinds:
            return not (self._is_about_entries and sort_of(event) != DECISION)
        return sort_of(event) in self._wish.kinds

    def _sort_name(self, place: int) -> str:
        return "heartbeats" if place in self._quiet else sort_of(self._history.events[place])

    def _allowed(self, place: int) -> bool:
        """Whether its lane, and for a message both lanes, may be shown."""
        lanes, event = self._wish.lanes, self._history.events[place]
        if not lanes or event.role == "cluster":
            return True
        other = event.peer if isinstance(event, Message) and event.kind != "announcement" else event.lane
        return event.lane in lanes and other in lanes

    @property
    def _is_about_entries(self) -> bool:
        return bool(self._wish.entry or self._wish.channel)

    def _entries(self, events: Iterable[Event]) -> set[int]:
        """Return the entries of the log that it is about."""
        if self._wish.entry:
            return {self._wish.entry}
        return _published(events, self._wish.channel) if self._wish.channel else _telling(events)

    def _story_ids(self) -> set[str]:
        """Return the names of messages and events that tell of the entries the story is about."""
        events = [self._history.events[place] for place in self._inside]
        everything = self._history.events if self._wish.entry else events
        told = self._entries(events)
        story = [event for index in told for event in story_of(everything, index) if isinstance(event, Traffic)]
        winners = set() if self._is_about_entries else _winners(events)
        told_of = [event for event in events if winners and isinstance(event, Message) and _elects(event, winners)]
        numbers = {number for event in story if isinstance(event, Message) for number in _answered(event, told)}
        return {_name(event) for event in [*story, *told_of, *_around_broker(everything, numbers)]} - {""}


def _answered(event: Message, told: Iterable[int]) -> list[str]:
    return [number for index in told for number in requests_answered(event, index)] if event.kind == "answers" else []


def _around_broker(events: Iterable[Event], numbers: set[str]) -> list[Event]:
    """Return what makes a first new acknowledgement visible.

    That is the work the broker gave out with these requests, and after each `first_acknowledged` the
    next answers, and the next replies of the broker to clients.
    """
    found: list[Event] = []
    due: list[str] = []
    for event in events:
        if isinstance(event, Sent) and event.kind == "work" and numbers & {item.who for item in event.items}:
            numbers = numbers - {item.who for item in event.items}
            found.append(event)
        elif isinstance(event, ev.FirstAcknowledged):
            due = ["answers", "replies"]
        elif isinstance(event, Sent) and due and event.kind == due[0]:
            due = due[1:]
            found.append(event)
    return found


def _name(event: Event) -> str:
    return (event.message if isinstance(event, Message) else "") or event.id


VOTING = frozenset({"prepare", "promise", "refuse", "announcement", "handover_ask", "handover_now"})


def _winners(events: Iterable[Event]) -> set[str]:
    return {event.name for event in events if isinstance(event, ev.RoleChanged) and event.state == "candidate"}


def _elects(event: Message, winners: set[str]) -> bool:
    """Whether a message is one that made somebody coordinator: the pre-vote of who ran, the vote, the announcement."""
    if event.kind in ("call", "call_answer"):
        asker = event.lane if (event.kind == "call") == isinstance(event, Sent) else event.peer
        return asker in winners
    return event.kind in VOTING


def _published(events: Iterable[Event], topic: str) -> set[int]:
    """Return the last entries that were published to a channel or written to a user."""
    found = {
        event.first + offset
        for event in events
        if isinstance(event, Applied)
        for offset, entry in enumerate(event.entries)
        if entry.topic == topic
    }
    return set(sorted(found)[-ENTRIES_MAX:])


def _telling(events: Iterable[Event]) -> set[int]:
    """Return the entries that matter in a story: the noop of each epoch, and its first acknowledged write."""
    indices = set()
    for event in events:
        match event:
            case ev.RoleChanged(state="establishing", index=index) | ev.FirstAcknowledged(index=index):
                indices.add(index)
            case _:
                pass
    return indices
