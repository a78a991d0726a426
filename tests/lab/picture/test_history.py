"""One order that respects every lane and every arrow, whatever the clocks say; and vector clocks of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.journal.traffic import Received, Sent
from coreto.lab.picture.history import make_history, subset, vector_clocks
from tests.support.journals import journals, received, sent


def before(one, other):
    """Whether a vector clock is before another."""
    return one != other and all(count <= other.get(lane, 0) for lane, count in one.items())


@settings(deadline=None, max_examples=40)
@given(journals())
def test_lanes_keep_their_order_and_no_arrow_goes_backwards(events):
    history = make_history(events)
    for lane in {event.lane for event in events}:
        assert [event for event in history.events if event.lane == lane] == [e for e in events if e.lane == lane]
    for arrival, departure in history.departure.items():
        assert departure < arrival
        there, here = history.events[departure], history.events[arrival]
        assert isinstance(there, Sent)
        assert isinstance(here, Received)
        assert there.message == here.message


def test_an_arrival_that_a_clock_puts_before_its_departure_comes_after_it():
    early = received("s2", "s1", "append", "m", 1.0)
    late = sent("s1", "s2", "append", "m", 1.001)
    after = sent("s2", "s1", "ack", "n", 1.0005)
    history = make_history([early, after, late])
    assert history.events == (late, early, after)
    assert history.departure == {1: 0}


def test_of_a_name_that_is_used_again_the_newest_departure_counts():
    first, second = sent("s1", "s2", "rank", "m", 1.0), sent("s1", "s2", "rank", "m", 2.0)
    history = make_history(
        [first, received("s2", "s1", "rank", "m", 1.5), second, received("s2", "s1", "rank", "m", 2.5)]
    )
    assert history.departure == {1: 0, 3: 2}


@settings(deadline=None, max_examples=40)
@given(journals())
def test_vector_clocks_grow_by_one_on_their_lane_and_with_every_arrow(events):
    history = make_history(events)
    clocks = vector_clocks(history)
    counts: dict[str, int] = {}
    for event, clock in zip(history.events, clocks, strict=True):
        counts[event.lane] = counts.get(event.lane, 0) + 1
        assert clock[event.lane] == counts[event.lane]
    for arrival, departure in history.departure.items():
        assert before(clocks[departure], clocks[arrival])


@settings(deadline=None, max_examples=40)
@given(journals(), st.data())
def test_a_part_of_a_history_has_the_arrows_of_which_both_ends_are_in_it(events, data):
    history = make_history(events)
    places = sorted(data.draw(st.sets(st.integers(0, len(events) - 1))))
    part = subset(history, places)
    assert part.events == tuple(history.events[place] for place in places)
    whole = {(places[arrival], places[departure]) for arrival, departure in part.departure.items()}
    assert whole == {pair for pair in history.departure.items() if set(pair) <= set(places)}
