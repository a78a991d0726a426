"""Berkeley's rounds: when, whom, and what each is told (Gusella & Zatti 1989, Cristian 1989, protocol.md §5)."""

import math

import pytest

from coreto.journal.events import ClockCorrected, ClockRound
from coreto.machines.clock_round import ATTEMPTS_MAX, ROUND_TRIP_GOOD, ROUND_TRIP_MAX, TURN_ERROR
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import Epoch
from coreto.wire.peer import Append, ClockAdjust, ClockAsk, ClockTell
from tests.machines.timekeeping import HOUR, Timekeeper
from tests.support.machines import Server, epoch, from_peer, request


def asked(server):
    return [name for name, _ in server.said(ClockAsk)]


# What a reading is worth.


def test_the_reading_is_taken_to_be_half_a_round_trip_old():
    keeper = Timekeeper("b", "c")
    keeper.time.now += 0.016
    now = keeper.node.clock.read(keeper.time.now)
    told = ClockTell(epoch=keeper.epoch, round=1, attempt=1, time=now - 0.008)
    keeper.hear(*(from_peer(name, told) for name in "bc"))
    assert keeper.report()["b"].offset == pytest.approx(0.0, abs=1e-6)
    assert keeper.adjusted() == {"b": 0.0, "c": 0.0}


def test_the_error_bound_is_half_the_round_trip():
    keeper = Timekeeper("b", "c")
    keeper.time.now += 0.016
    keeper.tell(("b", 0.0), ("c", 0.0))
    row = keeper.report()["b"]
    assert row.round_trip == pytest.approx(0.016)
    assert row.error == pytest.approx(0.008 + TURN_ERROR)


def test_a_slow_answer_is_asked_for_again_and_the_fastest_counts():
    keeper = Timekeeper("b", "c")
    keeper.tell(("c", 0.0))
    keeper.time.now += 0.1
    keeper.tell(("b", 0.04))
    ((name, again),) = keeper.said(ClockAsk)
    assert (name, again.attempt) == ("b", 2)
    keeper.time.now += ROUND_TRIP_GOOD / 2
    keeper.tell(("b", -0.005), attempt=2)
    assert keeper.report()["b"].offset == pytest.approx(0.0, abs=1e-6)


def test_a_repeated_answer_is_not_taken_for_that_to_the_next_question():
    """It would look fast, and tell an old time."""
    keeper = Timekeeper("b", "c")
    keeper.tell(("c", 0.0))
    keeper.time.now += 0.1
    keeper.tell(("b", -0.05))
    keeper.time.now += 0.001
    keeper.tell(("b", -0.15), attempt=1)
    assert keeper.told(ClockRound) == []
    keeper.tell(("b", 0.0), attempt=2)
    assert keeper.report()["b"].offset == pytest.approx(0.0005, abs=1e-5)


def test_a_slower_second_answer_changes_nothing():
    keeper = Timekeeper("b")
    for attempt, seconds in ((1, 0.05), (2, 0.1), (3, 0.1)):
        keeper.time.now += seconds
        keeper.tell(("b", 0.2 * attempt), attempt=attempt)
    assert keeper.report()["b"].round_trip == pytest.approx(0.05)
    assert keeper.report()["b"].offset == pytest.approx(0.225)


def test_nobody_is_asked_without_end():
    keeper = Timekeeper("b", sync_deadline=10.0)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        keeper.time.now += 0.1
        keeper.tell(("b", 0.0), attempt=attempt)
    assert len(asked(keeper)) == ATTEMPTS_MAX - 1
    assert len(keeper.told(ClockRound)) == 1


def test_a_clock_that_can_only_be_read_slowly_is_left_out():
    keeper = Timekeeper("b", "c", sync_deadline=10.0)
    keeper.tell(("c", 0.02))
    for attempt in range(1, ATTEMPTS_MAX + 1):
        keeper.time.now += ROUND_TRIP_MAX + 0.01
        keeper.tell(("b", 0.0), attempt=attempt)
    assert keeper.left_out() == {"b": "round_trip"}
    assert keeper.adjusted() == {"c": -0.01}


# What is made of the readings.


def test_each_server_is_told_its_own_adjustment_and_the_coordinator_does_its_own():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", -4.0), ("c", 7.0))
    assert keeper.adjusted() == {"b": 5.0, "c": -6.0}
    assert keeper.offset() == 1.0
    assert keeper.left_out() == {}


def test_a_liar_is_left_out_named_and_put_right():
    keeper = Timekeeper("b", "c", "d", "e")
    keeper.tell(("b", 0.02), ("c", HOUR), ("d", -0.01), ("e", -0.01))
    assert keeper.left_out() == {"c": "disagrees"}
    assert keeper.adjusted() == {"b": -0.02, "c": -HOUR, "d": 0.01, "e": 0.01}
    assert keeper.offset() == 0.0


def test_a_coordinator_that_lies_is_put_right_too():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", -HOUR), ("c", -HOUR))
    assert keeper.left_out() == {"a": "disagrees"}
    assert keeper.adjusted() == {"b": 0.0, "c": 0.0}
    assert keeper.offset() == -HOUR
    (done,) = keeper.told(ClockCorrected)
    assert (done.name, done.how, round(done.seconds, 3)) == ("a", "step", -HOUR)


def test_without_a_majority_that_agrees_nothing_is_adjusted_and_that_is_said():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", HOUR), ("c", -HOUR))
    assert keeper.adjusted() == {}
    assert keeper.offset() == 0.0
    assert keeper.told(ClockRound)[-1].agreed is False
    assert keeper.left_out() == dict.fromkeys("abc", "disagrees")


def test_two_camps_of_one_size_decide_nothing():
    keeper = Timekeeper("b", "c", "d")
    keeper.tell(("b", 0.0), ("c", HOUR), ("d", HOUR))
    assert keeper.adjusted() == {}
    assert keeper.told(ClockRound)[-1].agreed is False


def test_two_servers_meet_in_the_middle():
    keeper = Timekeeper("b")
    keeper.tell(("b", 3.0))
    assert keeper.adjusted() == {"b": -1.5}
    assert keeper.offset() == 1.5


def test_a_server_alone_has_nobody_to_compare_with():
    server = Server("a", ("a",), rank=1)
    server.wait(12.0)
    assert asked(server) == []
    assert not [event for event in server.events if isinstance(event, ClockRound)]


def test_clocks_that_agree_are_not_moved():
    keeper = Timekeeper("b", "c")
    for _ in range(5):
        keeper.tell(("b", 0.0), ("c", 0.0))
        assert keeper.adjusted() == {"b": 0.0, "c": 0.0}
        keeper.next_round()
    assert keeper.told(ClockCorrected) == []
    assert keeper.offset() == 0.0


def test_a_correction_under_way_is_not_made_again():
    keeper = Timekeeper("b")
    keeper.tell(("b", 0.2))
    assert keeper.offset() == 0.1
    assert keeper.node.clock.read(keeper.time.now) < keeper.node.clock.aim(keeper.time.now)
    keeper.turn(0.5)
    keeper.next_round()
    keeper.tell(("b", 0.0))
    assert keeper.adjusted()["b"] == 0.0
    assert keeper.offset() == 0.1


# Who answers, and what.


def test_a_round_ends_without_those_who_do_not_answer():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", 0.5))
    assert keeper.told(ClockRound) == []
    keeper.turn(keeper.settings.sync_deadline)
    assert keeper.left_out() == {"c": "no_answer"}
    assert keeper.adjusted() == {"b": -0.25}


def test_a_round_in_which_nobody_answers_adjusts_nothing():
    keeper = Timekeeper("b", "c")
    keeper.turn(keeper.settings.sync_deadline)
    assert keeper.left_out() == {"b": "no_answer", "c": "no_answer"}
    assert (keeper.adjusted(), keeper.offset()) == ({}, 0.0)


def test_an_answer_counts_once():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", 3.0), ("b", 900.0), ("c", 0.0), ("c", 0.0), ("b", 3.0))
    assert keeper.adjusted() == {"b": -3.0, "c": 0.0}
    assert len(keeper.told(ClockRound)) == 1


def test_an_answer_of_an_earlier_round_is_ignored():
    keeper = Timekeeper("b", "c")
    keeper.turn(keeper.settings.sync_deadline)
    keeper.next_round()
    keeper.tell(("b", 50.0), ("c", 50.0), number=1)
    assert len(keeper.told(ClockRound)) == 1


def test_an_answer_for_another_epoch_is_ignored():
    keeper = Timekeeper("b", "c")
    old = ClockTell(epoch=Epoch(0, ""), round=1, attempt=1, time=5.0)
    keeper.hear(*(from_peer(name, old) for name in "bc"))
    assert keeper.told(ClockRound) == []


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_clock_that_tells_no_time_is_left_out(time):
    keeper = Timekeeper("b", "c")
    keeper.hear(from_peer("b", ClockTell(epoch=keeper.epoch, round=1, attempt=1, time=time)))
    keeper.tell(("c", 0.5))
    assert keeper.left_out() == {"b": "no_time"}
    assert keeper.adjusted() == {"c": -0.25}


# When.


def test_only_the_established_coordinator_holds_rounds():
    follower = Server("b", ("a", "b", "c"))
    follower.wait(12.0)
    assert asked(follower) == []


def test_an_established_coordinator_begins_at_once_and_asks_everybody():
    keeper = Timekeeper("b", "c")
    assert [(name, ask.epoch, ask.round) for name, ask in keeper.asked] == [
        ("b", keeper.epoch, 1),
        ("c", keeper.epoch, 1),
    ]


def test_without_requests_a_round_is_held_from_time_to_time():
    """So that two clocks that drift 300 ppm apart either way never part by much."""
    keeper = Timekeeper("b")
    keeper.tell(("b", 0.0))
    keeper.turn(DEFAULTS.sync_idle - 0.01)
    assert asked(keeper) == []
    assert keeper.node.deadline() <= keeper.time.now + 0.01
    keeper.turn(0.02)
    assert asked(keeper) == ["b"]
    assert 2 * 300e-6 * DEFAULTS.sync_idle < 0.020 / 2


def ask_often(keeper, count):
    for _ in range(count):
        keeper.ask(request("users"))


def test_ten_requests_make_a_round_but_not_more_than_one_a_second():
    keeper = Timekeeper("b")
    keeper.tell(("b", 0.0))
    keeper.turn(DEFAULTS.sync_pause + 0.01)
    ask_often(keeper, DEFAULTS.sync_every - 1)
    keeper.turn()
    assert asked(keeper) == []
    ask_often(keeper, 1)
    assert asked(keeper) == ["b"]
    keeper.tell(("b", 0.0), number=2)
    ask_often(keeper, 100)
    keeper.turn(DEFAULTS.sync_pause - 0.1)
    assert asked(keeper) == []
    keeper.turn(0.11)
    assert asked(keeper) == ["b"]


def test_a_coordinator_that_is_replaced_in_a_round_adjusts_nobody():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", 3.0))
    batch = Append(epoch=epoch(9, "c"), prev=keeper.node.log.last, batches=(), commit=0, published=0, nonce=1)
    keeper.hear(from_peer("c", batch))
    keeper.tell(("c", 3.0))
    keeper.turn(10.0)
    assert keeper.said(ClockAdjust) == []
    assert keeper.told(ClockRound) == []
    assert asked(keeper) == []


def test_the_status_tells_of_the_clock():
    keeper = Timekeeper("b")
    keeper.tell(("b", 3.0))
    status = keeper.ask(request("status"))
    assert status["clock_adjustment"] == pytest.approx(1.5)
    assert status["clock_offset"] == pytest.approx(-1.5)
    assert status["clock_how"] == "step"
    assert (status["clock_round_trip"], status["clock_error"], status["clock_drift"]) == (0.0, 0.0, None)
    assert status["lamport"] > 0
    assert status["time"] == pytest.approx(keeper.node.clock.read(keeper.time.now), rel=0, abs=1e-5)


def test_a_coordinator_whose_clock_is_set_between_two_answers_leads_nobody_astray():
    keeper = Timekeeper("b", "c")
    keeper.tell(("b", 0.0))
    keeper.node.clock.skew(-HOUR)
    keeper.tell(("c", HOUR))
    assert keeper.left_out() == {"a": "disagrees"}
    assert keeper.adjusted() == {"b": 0.0, "c": 0.0}
    assert keeper.offset() == 0.0
