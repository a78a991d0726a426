"""Lamport's logical clock (Lamport 1978, "Time, Clocks, and the Ordering of Events")."""

from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.lamport import Lamport
from coreto.wire.limits import CLOCK_AHEAD_MAX, CLOCK_MAX

steps = st.lists(st.none() | st.integers(0, CLOCK_MAX), max_size=30)


def test_each_send_is_later_than_the_one_before():
    """Rule IR1: each process increments its clock between two successive events."""
    clock = Lamport()
    assert [clock.send(), clock.send(), clock.send()] == [1, 2, 3]


def test_what_is_sent_after_a_receipt_is_later_than_what_was_received():
    """Rule IR2: upon receiving, a process advances its clock to or beyond the stamp of the message."""
    clock = Lamport(3)
    clock.receive(10)
    assert clock.send() > 10


def test_receiving_alone_does_not_count():
    """The course counts sends: max(own, received), not plus one (protocol.md §5)."""
    clock = Lamport(3)
    clock.receive(10)
    assert clock.value == 10


def test_an_old_stamp_never_turns_the_clock_back():
    clock = Lamport(10)
    clock.receive(3)
    assert clock.value == 10


def test_the_clock_condition_holds_along_a_chain_of_messages():
    """§ "Logical Clocks": if a happened before b, then C(a) < C(b)."""
    one, two, three = Lamport(), Lamport(40), Lamport(7)
    first = one.send()
    two.receive(first)
    second = two.send()
    three.receive(second)
    assert first < second < three.send()


def test_an_absent_stamp_says_nothing():
    clock = Lamport(5)
    clock.receive(None)
    assert clock.value == 5


def test_a_stamp_is_believed_up_to_a_million_ahead_and_not_beyond():
    """protocol.md §4, 3: one absurd number would poison everybody, for ever."""
    clock = Lamport(5)
    clock.receive(5 + CLOCK_AHEAD_MAX)
    assert clock.value == 5 + CLOCK_AHEAD_MAX
    clock = Lamport(5)
    clock.receive(6 + CLOCK_AHEAD_MAX)
    assert clock.value == 5


def test_the_clock_stops_at_the_greatest_value_that_others_believe():
    clock = Lamport(CLOCK_MAX)
    assert clock.send() == CLOCK_MAX


@given(steps)
def test_the_clock_never_goes_back_whatever_arrives(values):
    clock = Lamport()
    for value in values:
        before = clock.value
        clock.receive(value)
        assert before <= clock.value <= CLOCK_MAX


@given(steps)
def test_receiving_twice_is_receiving_once(values):
    once, twice = Lamport(), Lamport()
    for value in values:
        once.receive(value)
        twice.receive(value)
        twice.receive(value)
    assert once.value == twice.value
