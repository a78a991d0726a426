"""The obeying side of Berkeley: rounds, epochs, repetitions (replication.md §11)."""

import math

import pytest

from coreto.journal.events import ClockCorrected
from coreto.machines.clock_follower import DRIFT_SECONDS_MIN
from coreto.wire.log import POSITION_ZERO
from coreto.wire.peer import Append, ClockAdjust, ClockAsk, ClockTell
from tests.support.machines import Server, epoch, from_peer, request

NEW, OLD = epoch(5, "a"), epoch(4, "c")


@pytest.fixture
def server():
    """A follower of `a` in its epoch 5."""
    made = Server("b", ("a", "b", "c"))
    append = Append(epoch=NEW, prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    made.hear(from_peer("a", append))
    assert made.node.replica.epoch == NEW
    return made


def ask(server, number, at=NEW, attempt=1):
    """Ask and return the reading, if it told one."""
    server.hear(from_peer("a", ClockAsk(epoch=at, round=number, attempt=attempt)))
    told = server.said(ClockTell)
    return told[0][1] if told else None


def adjust(server, number, seconds, at=NEW):
    message = ClockAdjust(epoch=at, round=number, seconds=seconds, round_trip=0.004, error=0.003)
    server.hear(from_peer("a", message))


def clock(server):
    return server.node.clock.aim(server.time.now) - server.time.now - 1_700_000_000


def test_it_tells_what_its_clock_reads(server):
    told = ask(server, 1, attempt=2)
    assert (told.epoch, told.round, told.attempt) == (NEW, 1, 2)
    assert told.time == pytest.approx(server.node.clock.read(server.time.now), rel=0, abs=1e-5)


def test_it_counts_a_correction_under_way_as_done(server):
    ask(server, 1)
    adjust(server, 1, 0.1)
    assert ask(server, 2).time == pytest.approx(server.node.clock.read(server.time.now) + 0.1, rel=0, abs=1e-5)


@pytest.mark.parametrize(("seconds", "how"), [(-5.0, "step"), (0.05, "slew")])
def test_it_corrects_its_clock_and_says_so(server, seconds, how):
    ask(server, 1)
    adjust(server, 1, seconds)
    assert clock(server) == pytest.approx(seconds)
    (event,) = [event for event in server.events if isinstance(event, ClockCorrected)]
    assert (event.name, event.epoch, event.round, event.seconds, event.how) == ("b", 5, 1, seconds, how)


def test_an_adjustment_is_done_once(server):
    ask(server, 1)
    adjust(server, 1, 2.0)
    adjust(server, 1, 2.0)
    assert ask(server, 1) is None
    adjust(server, 1, 2.0)
    assert clock(server) == pytest.approx(2.0)


def test_an_adjustment_that_a_newer_reading_has_overtaken_is_not_done(server):
    """The newer reading did not have it, so the newer adjustment makes up for it."""
    ask(server, 1)
    ask(server, 2)
    adjust(server, 1, 2.0)
    adjust(server, 2, 3.0)
    assert clock(server) == pytest.approx(3.0)


def test_an_older_question_is_ignored(server):
    ask(server, 2)
    assert ask(server, 1) is None
    adjust(server, 2, 1.0)
    assert clock(server) == pytest.approx(1.0)


def test_a_question_asked_again_is_answered_again(server):
    ask(server, 1, attempt=1)
    assert ask(server, 1, attempt=2).attempt == 2


def test_a_lower_epoch_is_ignored(server):
    assert ask(server, 9, at=OLD) is None
    adjust(server, 9, 2.0, at=OLD)
    assert clock(server) == 0.0


def test_what_was_asked_in_a_lower_epoch_is_not_done_in_a_newer_one():
    server = Server("b", ("a", "b", "c"))
    ask(server, 1, at=OLD)
    append = Append(epoch=NEW, prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    server.hear(from_peer("a", append))
    adjust(server, 1, 2.0, at=OLD)
    assert clock(server) == 0.0


def test_a_newer_epoch_begins_with_its_own_first_round(server):
    ask(server, 7)
    adjust(server, 7, 1.0)
    later = epoch(6, "c")
    assert ask(server, 1, at=later).round == 1
    adjust(server, 1, 1.0, at=later)
    assert clock(server) == pytest.approx(2.0)


def test_an_adjustment_nobody_asked_about_is_ignored(server):
    adjust(server, 3, 2.0)
    assert clock(server) == 0.0


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
def test_an_adjustment_that_is_no_number_is_ignored(server, seconds):
    ask(server, 1)
    adjust(server, 1, seconds)
    assert clock(server) == 0.0


def test_its_status_has_no_offset_before_the_first_round(server):
    status = server.ask(request("status"))
    assert "clock_offset" not in status
    assert status["time"] > 0


def test_its_status_tells_how_it_was_measured_and_corrected(server):
    ask(server, 1)
    adjust(server, 1, 0.05)
    server.time.now += 2.0
    status = server.ask(request("status"))
    assert (status["clock_offset"], status["clock_adjustment"]) == (-0.05, 0.05)
    assert (status["clock_round_trip"], status["clock_error"], status["clock_how"]) == (0.004, 0.003, "slew")
    assert status["clock_age"] == pytest.approx(2.0)


def test_its_drift_is_measured_by_its_corrections(server):
    """A clock that has to be set back by 1.5 ms every 5 s runs 300 ppm fast."""
    for number in range(1, 9):
        server.time.now += 5.0
        ask(server, number)
        adjust(server, number, -0.0015)
    assert server.ask(request("status"))["clock_drift"] == pytest.approx(300.0)


def test_a_step_says_nothing_about_the_drift(server):
    for number, seconds in enumerate((0.0, -5.0, 0.0, 0.0), 1):
        server.time.now += DRIFT_SECONDS_MIN
        ask(server, number)
        adjust(server, number, seconds)
    assert server.ask(request("status"))["clock_drift"] == 0.0
