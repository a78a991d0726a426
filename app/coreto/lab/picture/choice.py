"""Which events of a window a diagram shows, and what it leaves out: a journal has more than a page holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.journal.event import Event
from coreto.journal.events import Heard
from coreto.journal.traffic import Message, Traffic
from coreto.lab.picture.history import History, make_history, subset
from coreto.lab.picture.kinds import DECISION, SORTS, counted, heartbeats, sort_of
from coreto.lab.picture.stories import election_story, entries_story, name_of, published
from coreto.lab.picture.window import AFTER, BEFORE, NothingToShowError, Window, usual
from coreto.texts import N_, _

EVENTS_MAX = 100
"""Events drawn unless somebody wants more: they fit on two pages."""


SHOWN_MIN = 20
"""A picture with fewer events is filled up."""


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
    picking = _Picking(history, wish, window)
    picked = picking.picked(window.last)
    shown = set(picked)
    first = picked[0] if window.last and picked else 0
    left = [history.events[place] for place in picking.inside if place >= first and place not in shown]
    begun = history.events[picked[0]].time if picked else window.since
    earlier = [event for event in events if event.time < begun]
    return Chosen(subset(history, picked), tuple(earlier), counted(left), window)


class _Picking:
    """The choice for one diagram."""

    def __init__(self, history: History, wish: Wish, window: Window) -> None:
        self._history = history
        self._wish = wish
        self.inside = self._held(window)
        self._quiet = heartbeats(history.events)
        self._arrivals = history.arrivals()
        self._story = self._story_names()
        if self._is_about_entries:
            self.inside = self._held(self._around_story())

    def picked(self, last: int) -> list[int]:
        """Return the places of what is shown, in order; both ends of an arrow, or none."""
        wanted = [place for place in self.inside if self._wanted(place)]
        if last:
            return self._with_arrivals(wanted[-last:])
        shown: list[int] = []
        for sort in ("story", DECISION, *SORTS):
            more = [place for place in wanted if self._sort(place) == sort]
            room = self._wish.most - len(shown)
            if len(more) > room and sort not in ("story", DECISION):
                # A part of a sort would look like all of it; but something must be shown.
                shown += more[:room] if len(shown) < SHOWN_MIN else []
                break
            shown += more
        return self._with_arrivals(shown)

    def _held(self, window: Window) -> list[int]:
        return [place for place, event in enumerate(self._history.events) if window.holds(event)]

    def _around_story(self) -> Window:
        """Return from when to when the messages of the story were on their way."""
        events = [self._history.events[place] for place in self.inside]
        times = [event.time for event in events if name_of(event) in self._story]
        return Window(min(times, default=0.0) - BEFORE, max(times, default=0.0) + AFTER)

    def _with_arrivals(self, places: Iterable[int]) -> list[int]:
        both = set(places)
        for place in list(both):
            both.update(arrival for arrival in self._arrivals.get(place, ()) if self._allowed(arrival))
        return sorted(both)

    def _sort(self, place: int) -> str:
        event = self._history.events[place]
        return "story" if name_of(event) in self._story else sort_of(event)

    def _wanted(self, place: int) -> bool:
        event = self._history.events[place]
        if not self._allowed(place):
            return False
        if not isinstance(event, Message):
            return self._is_wanted_decision(event)
        if self._is_about_entries:
            return name_of(event) in self._story
        if self._wish.kinds:
            return event.kind in self._wish.kinds or self._sort_name(place) in self._wish.kinds
        return place not in self._quiet

    def _is_wanted_decision(self, event: Event) -> bool:
        if isinstance(event, Traffic):
            return name_of(event) in self._story or bool({"applied", "log"} & set(self._wish.kinds))
        if isinstance(event, Heard):
            return "clients" in self._wish.kinds
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
        return event.lane in lanes and bool(self._others(place) & set(lanes))

    def _others(self, place: int) -> set[str]:
        """Return the lanes at the other end; by name where the journal has one end only.

        A new replica is not yet called by the name of its lane.
        """
        event = self._history.events[place]
        if not isinstance(event, Message) or event.kind == "announcement":
            return {event.lane}
        ends = self._arrivals.get(place, [])
        if place in self._history.departure:
            ends = [self._history.departure[place]]
        return {self._history.events[end].lane for end in ends} or {event.peer}

    @property
    def _is_about_entries(self) -> bool:
        return bool(self._wish.entry or self._wish.channel)

    def _story_names(self) -> set[str]:
        events = [self._history.events[place] for place in self.inside]
        if not self._is_about_entries:
            return election_story(events)
        entries = {self._wish.entry} if self._wish.entry else published(events, self._wish.channel)
        story = entries_story(events, entries)
        if not story:
            raise NothingToShowError(_(_NO_ENTRY))
        return story


_NO_ENTRY = N_("The journal holds no message about this: was it written with --journal?")
