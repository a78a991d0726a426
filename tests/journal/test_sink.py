"""The ring that keeps the last events."""

from coreto.journal.events import BrokerOpened, Sent
from coreto.journal.sink import RING_EVENTS_MAX, RING_TRAFFIC_MAX, Ring, nowhere


def event(start):
    return BrokerOpened(role="broker", start=start, time=float(start))


def sent(number):
    return Sent(role="server", peer="s2", kind="append", time=float(number))


def test_events_are_kept_in_order_of_their_moments():
    ring = Ring()
    ring.record(event(1))
    ring.record(event(3))
    ring.record(sent(2))
    assert ring.events() == [event(1), sent(2), event(3)]


def test_a_full_ring_forgets_the_oldest():
    ring = Ring()
    for start in range(RING_EVENTS_MAX + 3):
        ring.record(event(start))
    kept = ring.events()
    assert len(kept) == RING_EVENTS_MAX
    assert (kept[0], kept[-1]) == (event(3), event(RING_EVENTS_MAX + 2))


def test_messages_do_not_push_decisions_out():
    ring = Ring()
    ring.record(event(1))
    for number in range(RING_TRAFFIC_MAX + 1):
        ring.record(sent(number))
    assert ring.decisions() == [event(1)]
    assert len(ring.events()) == RING_TRAFFIC_MAX + 1


def test_what_is_returned_is_a_copy():
    ring = Ring()
    ring.events().append(event(1))
    assert ring.events() == []


def test_nowhere_forgets():
    nowhere(event(1))
