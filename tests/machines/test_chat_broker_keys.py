"""At most once by the broker key (start, n, floor): replication.md §7, "At apply, in this order"."""

import pytest

from coreto.machines.chat import NO_TRACE, STARTS_MAX
from coreto.wire.log import BrokerKey
from tests.machines.applying import Log, outcome, told


@pytest.fixture
def log():
    made = Log()
    made.login("ana", key=BrokerKey(made.start, 1, 1))
    made.channel("geral", key=BrokerKey(made.start, 2, 1))
    return made


def key(log, n, floor=1):
    return BrokerKey(log.start, n, floor)


def test_a_second_copy_has_the_outcome_of_the_first_and_no_effect(log):
    """G2, and scenario S20: two log copies, one effect."""
    first = log.publish("oi", key=key(log, 3))
    second = log.publish("oi", key=key(log, 3))
    assert told(first) == ("ok", "", True)
    assert second == (first.outcome, False)
    assert list(log.rows("messages")) == [("geral", 1)]


def test_every_success_for_one_key_names_the_same_index(log):
    """I8."""
    first = outcome(log.publish("oi", key=key(log, 3)))
    log.skip(3)
    assert outcome(log.publish("oi", key=key(log, 3))).index == first.index


def test_a_copy_below_the_floor_leaves_no_trace(log):
    """Rule (1), and scenario S30: a copy that slept a million commands."""
    log.publish("newer", key=key(log, 9, floor=8))
    tables = {name: log.rows(name) for name in ("starts", "outcomes", "messages", "ids", "sessions")}
    assert log.publish("late", "some id", key=key(log, 7, floor=1)) == NO_TRACE
    assert {name: log.rows(name) for name in tables} == tables


def test_after_a_dropped_copy_the_retry_with_a_new_key_executes_once(log):
    """A dropped entry leaves no trace, so a retry (new n, same id) executes exactly once."""
    log.publish("newer", key=key(log, 9, floor=8))
    log.publish("late", "some id", key=key(log, 7))
    assert told(log.publish("late", "some id", key=key(log, 10, floor=8))) == ("ok", "", True)
    assert told(log.publish("late", "some id", key=key(log, 11, floor=8))) == ("ok", "", False)


def test_at_the_floor_a_copy_still_counts(log):
    log.publish("newer", key=key(log, 9, floor=8))
    assert told(log.publish("late", key=key(log, 8))) == ("ok", "", True)


def test_an_old_floor_in_a_late_copy_does_not_lower_the_floor(log):
    log.publish("newer", key=key(log, 9, floor=8))
    log.publish("at the floor", key=key(log, 8, floor=1))
    assert log.publish("late", key=key(log, 5, floor=1)) == NO_TRACE


def test_outcomes_below_the_floor_are_forgotten(log):
    log.publish("newer", key=key(log, 9, floor=2))
    assert list(log.rows("outcomes")) == [(log.start, 2), (log.start, 9)]


def test_a_key_of_an_unknown_start_has_no_effect(log):
    assert log.publish("oi", key=BrokerKey(99, 1, 1)) == NO_TRACE
    assert log.rows("messages") == {}


def test_keys_of_different_starts_do_not_meet(log):
    log.publish("oi", key=key(log, 3))
    other = log.open()
    assert told(log.publish("oi", key=BrokerKey(other, 3, 1))) == ("ok", "", True)


def test_the_broker_key_is_looked_at_before_the_client_key(log):
    """Rule (2) before rule (3): the same n is the same request, whatever its id says."""
    first = log.publish("oi", "one", key=key(log, 3))
    assert log.publish("other", "two", key=key(log, 3)) == (first.outcome, False)


def test_the_outcome_of_a_repeated_client_key_is_stored_under_the_new_broker_key(log):
    """Outcomes of 3 and 4 are stored under both keys."""
    first = outcome(log.publish("oi", "one", key=key(log, 3)))
    log.publish("oi", "one", key=key(log, 4))
    assert log.rows("outcomes")[(log.start, 4)] == first.row()


def test_a_refusal_is_an_outcome_too(log):
    first = log.channel("geral", key=key(log, 3))
    assert told(first) == ("refused", "channel_exists", True)
    assert log.channel("geral", key=key(log, 3)) == (first.outcome, False)


def test_of_too_many_starts_the_least_recently_used_goes_with_its_outcomes():
    log = Log()
    log.login(key=BrokerKey(log.start, 1, 1))
    second = log.open()
    log.login(key=BrokerKey(second, 1, 1))
    log.login(key=BrokerKey(log.start, 2, 1))
    for _ in range(STARTS_MAX - 1):
        log.open()
    starts = log.rows("starts")
    assert len(starts) == STARTS_MAX
    assert (log.start,) in starts
    assert (second,) not in starts
    assert all(start != second for start, _ in log.rows("outcomes"))
    assert log.login(key=BrokerKey(second, 2, 1)) == NO_TRACE
