"""The ring that keeps the last events."""

import itertools

from coreto.journal.events import BrokerOpened
from coreto.journal.sink import RING_EVENTS_MAX, Recorded, Ring, nowhere


def event(start):
    return BrokerOpened(role="broker", start=start)


def test_events_are_kept_in_order_with_their_moment():
    moments = itertools.count(100)
    ring = Ring(lambda: next(moments))
    ring.record(event(1))
    ring.record(event(2))
    assert ring.events() == [Recorded(100, event(1)), Recorded(101, event(2))]


def test_a_full_ring_forgets_the_oldest():
    ring = Ring(lambda: 0.0)
    for start in range(RING_EVENTS_MAX + 3):
        ring.record(event(start))
    kept = ring.events()
    assert len(kept) == RING_EVENTS_MAX
    assert kept[0].event == event(3)
    assert kept[-1].event == event(RING_EVENTS_MAX + 2)


def test_what_is_returned_is_a_copy():
    ring = Ring(lambda: 0.0)
    ring.events().append(Recorded(0.0, event(1)))
    assert ring.events() == []


def test_nowhere_forgets():
    nowhere(event(1))
