"""Servers that are not ours: read and set with the course's `clock`, and without a vote (protocol.md §2, §5)."""

import pytest

from coreto.journal.events import ClockRound
from coreto.machines.berkeley import FOREIGN_MAX
from coreto.machines.effects import Connect
from coreto.wire.services import Clock
from tests.machines.timekeeping import HOUR, Timekeeper

PLACE = "tcp://127.0.0.1:5999"
STRANGER = {"name": "node", "rank": 9, "address": PLACE, "coordinator": False}


def keeper_with(*rows, others=("b",)):
    """A coordinator that knows of these rows, in a round in which ours have answered."""
    keeper = Timekeeper(*others)
    keeper.tell(*((name, 0.0) for name in others))
    keeper.node.on_list(list(rows), keeper.time.now)
    keeper.next_round()
    keeper.tell(*((name, 0.0) for name in others))
    return keeper


def answer(keeper, question, **data):
    """The server that was asked this answers."""
    keeper.node.wake(keeper.time.now)
    keeper.node.berkeley.on_answer(question.number, data, keeper.time.now)
    keeper.end_turn()


@pytest.fixture
def keeper():
    return keeper_with(STRANGER)


@pytest.fixture
def question(keeper):
    """What the stranger was asked."""
    (found,) = keeper.foreign_asked()
    return found


def now_of(keeper):
    return keeper.node.clock.read(keeper.time.now)


def test_it_is_read_with_the_courses_clock(keeper, question):
    assert (question.address, question.request) == (PLACE, Clock())


def test_one_that_is_off_is_set_to_the_agreed_time_as_it_will_be_when_it_hears(keeper, question):
    keeper.time.now += 0.016
    answer(keeper, question, time=now_of(keeper) - 0.008 + 90.0, clock=4)
    (told,) = keeper.foreign_asked()
    assert told.request.time == pytest.approx(now_of(keeper) + 0.008, rel=0, abs=1e-5)
    row = keeper.report()["node"]
    assert row.offset == pytest.approx(90.0)
    assert row.adjustment == pytest.approx(-90.0)
    assert row.left_out == "foreign"


def test_one_that_is_right_within_the_error_is_left_as_it_is(keeper, question):
    keeper.time.now += 0.016
    answer(keeper, question, time=now_of(keeper) - 0.008 + 0.005)
    assert keeper.foreign_asked() == []
    assert keeper.report()["node"].adjustment is None


def test_milliseconds_are_understood(keeper, question):
    answer(keeper, question, time=now_of(keeper) * 1000 + 90_000)
    assert keeper.report()["node"].offset == pytest.approx(90.0)


@pytest.mark.parametrize("time", [None, "noon", True, float("nan"), float("inf"), -5, [1]])
def test_an_answer_without_a_time_is_left_out(keeper, question, time):
    answer(keeper, question, time=time, clock="x")
    assert keeper.left_out() == {"node": "no_time"}
    assert keeper.foreign_asked() == []


def test_one_that_does_not_answer_is_not_waited_for_long(keeper, question):
    keeper.turn(keeper.settings.sync_deadline)
    assert keeper.left_out() == {"node": "no_answer"}
    answer(keeper, question, time=5.0)
    assert len(keeper.told(ClockRound)) == 2


def test_it_does_not_count_for_the_average():
    """Anybody can put names on the list: three strangers an hour ahead move nobody."""
    rows = [{**STRANGER, "name": f"x{n}", "address": f"tcp://127.0.0.1:{n}"} for n in (1, 2, 3)]
    keeper = keeper_with(*rows)
    for question in keeper.foreign_asked():
        answer(keeper, question, time=now_of(keeper) + HOUR)
    assert keeper.adjusted()["b"] == 0.0
    assert keeper.offset() == 0.0


def test_when_ours_do_not_agree_nobody_is_set():
    keeper = Timekeeper("b")
    keeper.node.on_list([STRANGER], keeper.time.now)
    keeper.tell(("b", 0.0))
    keeper.next_round()
    (question,) = keeper.foreign_asked()
    keeper.tell(("b", HOUR))
    answer(keeper, question, time=now_of(keeper) + 90.0)
    assert keeper.told(ClockRound)[-1].agreed is False
    assert keeper.foreign_asked() == []


@pytest.mark.parametrize(
    "row",
    [
        "nonsense",
        {"name": "b", "address": PLACE},
        {"name": "a", "address": PLACE},
        {"name": "node"},
        {"name": "node", "address": ""},
        {"name": "node", "address": "inproc://peer/a"},
        {"name": 5, "address": PLACE},
        {"name": "node", "address": 5},
    ],
)
def test_ours_and_those_who_cannot_be_reached_are_no_strangers(row):
    keeper = keeper_with(row)
    assert keeper.foreign_asked() == []


def test_a_long_list_costs_little():
    rows = [{**STRANGER, "name": f"x{n}", "address": f"tcp://127.0.0.1:{n}"} for n in range(1, 1000)]
    assert len(keeper_with(*rows).foreign_asked()) == FOREIGN_MAX


def test_one_that_leaves_the_list_is_asked_no_more():
    keeper = keeper_with(STRANGER)
    keeper.foreign_asked()
    keeper.turn(keeper.settings.sync_deadline)
    keeper.node.on_list([], keeper.time.now)
    keeper.next_round()
    assert keeper.foreign_asked() == []


def test_peers_that_are_known_beforehand_are_not_moved_by_the_list():
    keeper = keeper_with({"name": "b", "address": "tcp://127.0.0.1:9"})
    assert "tcp://127.0.0.1:9" not in {effect.address for effect in keeper.others if isinstance(effect, Connect)}
