"""What came before what: the events of a journal in one order that respects every arrow.

Theory of operation. Between lanes only messages tell what came first (Lamport 1978): an event
comes after the one before it on its lane, and the arrival of a message after its departure. The
clocks of two processes may disagree by a little, so times alone can make an arrow run backwards.
The order here is a topological one that goes by time where nothing else decides.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from coreto.journal.event import Event
from coreto.journal.traffic import Received, Sent


class History(msgspec.Struct, frozen=True):
    """Events in order; places in it name them."""

    events: tuple[Event, ...]
    departure: dict[int, int]
    """Place of a `Received` → place of its `Sent`, where the journal has it."""

    def arrivals(self) -> dict[int, list[int]]:
        """Return place of a `Sent` → places of what was received of it; several for a publication or a duplicate."""
        found: dict[int, list[int]] = defaultdict(list)
        for received, sent in self.departure.items():
            found[sent].append(received)
        return {sent: sorted(received) for sent, received in found.items()}


def make_history(events: Sequence[Event]) -> History:
    """Return the events, which come lane by lane in order, in one order that respects every arrow."""
    departure = _pairs(events)
    order = _sorted(events, departure)
    place = {old: new for new, old in enumerate(order)}
    moved = {place[received]: place[sent] for received, sent in departure.items() if place[sent] < place[received]}
    return History(tuple(events[old] for old in order), moved)


def subset(history: History, places: Sequence[int]) -> History:
    """Return the history of some of its events only; arrows of which one end is missing are none."""
    place = {old: new for new, old in enumerate(places)}
    departure = {
        place[received]: place[sent]
        for received, sent in history.departure.items()
        if received in place and sent in place
    }
    return History(tuple(history.events[old] for old in places), departure)


def vector_clocks(history: History) -> list[dict[str, int]]:
    """Return the vector clock of every event: of each lane, how many of its events it may depend on (Mattern 1989).

    A lane's own component is 1 at its first event and grows by 1 with each.
    """
    now: dict[str, dict[str, int]] = {}
    clocks: list[dict[str, int]] = []
    for place, event in enumerate(history.events):
        clock = dict(now.get(event.lane, {}))
        if place in history.departure:
            for lane, count in clocks[history.departure[place]].items():
                clock[lane] = max(clock.get(lane, 0), count)
        clock[event.lane] = clock.get(event.lane, 0) + 1
        now[event.lane] = clock
        clocks.append(clock)
    return clocks


def _pairs(events: Sequence[Event]) -> dict[int, int]:
    """Return where each `Received` was sent; of several with one name, by the newest that is not later."""
    sent: dict[str, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        if isinstance(event, Sent) and event.message:
            sent[event.message].append(place)
    found = {}
    for place, event in enumerate(events):
        if isinstance(event, Received) and event.message in sent:
            candidates = sent[event.message]
            earlier = [candidate for candidate in candidates if events[candidate].time <= event.time]
            found[place] = (earlier or candidates)[-1 if earlier else 0]
    return found


def _sorted(events: Sequence[Event], departure: dict[int, int]) -> list[int]:
    before = _before(events, departure)
    after: dict[int, list[int]] = defaultdict(list)
    for place, causes in enumerate(before):
        for cause in causes:
            after[cause].append(place)
    missing = [len(causes) for causes in before]
    ready = [(event.time, place) for place, event in enumerate(events) if not missing[place]]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _time, place = heapq.heappop(ready)
        order.append(place)
        for following in after[place]:
            missing[following] -= 1
            if not missing[following]:
                heapq.heappush(ready, (events[following].time, following))
    if len(order) == len(events):
        return order
    # Two lives with the same message names: no order can respect them all, so time decides.
    return sorted(range(len(events)), key=lambda place: (events[place].time, place))


def _before(events: Sequence[Event], departure: dict[int, int]) -> list[list[int]]:
    last: dict[str, int] = {}
    before: list[list[int]] = []
    for place, event in enumerate(events):
        causes = [last[event.lane]] if event.lane in last else []
        if place in departure:
            causes.append(departure[place])
        before.append(causes)
        last[event.lane] = place
    return before
