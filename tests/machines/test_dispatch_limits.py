"""The broker: its limits, and what clients have seen (replication.md §7 and §8)."""

import pytest

from coreto.machines.dispatch import (
    CLIENTS_MAX,
    READS_OPEN_MAX,
    SPREAD_MAX,
    WRITES_OPEN_MAX,
)
from coreto.machines.manners import BURST, PUSH_BACK
from coreto.machines.settings import Settings
from tests.machines.broker import READ, START, WRITE, Broker, client, opened_broker


@pytest.fixture
def broker():
    return opened_broker("a", "b", "c")


# Limits.


def test_open_writes_have_a_limit_on_each_side(broker):
    for _ in range(WRITES_OPEN_MAX):
        broker.request(WRITE)
    assert broker.told() == []
    broker.request(WRITE, "late")
    assert broker.told() == [("late", "overloaded")]
    broker.answer("a", 1, "ok", 9)
    broker.request(WRITE, "later")
    assert broker.told() == [("x", "ok")]


def test_open_reads_have_a_limit(broker):
    for _ in range(READS_OPEN_MAX):
        broker.machine.on_request(client(), READ, broker.now)
    broker.flush()
    broker.request(READ, "late")
    assert broker.told() == [("late", "overloaded")]


@pytest.mark.full
def test_the_spread_between_n_and_floor_has_a_limit(broker):
    """n - floor < 262,144: what the table of outcomes must hold."""
    broker.request(WRITE, "slow")
    for n in range(2, SPREAD_MAX + 1):
        broker.request(WRITE)
        broker.answer("a", n, "ok", 9)
    assert "overloaded" not in {code for _, code in broker.told()}
    broker.request(WRITE, "late")
    assert broker.told() == [("late", "overloaded")]
    broker.answer("a", 1, "ok", 9)
    broker.request(WRITE, "later")
    assert broker.told() == [("slow", "ok")]


@pytest.mark.parametrize("raw", [WRITE, READ])
def test_a_client_that_asks_too_often_is_overloaded_a_little_later_and_the_others_are_not(raw):
    broker = opened_broker("a", settings=Settings(client_rate=8.0))
    for _ in range(int(BURST) + 1):
        broker.request(raw, "flooding")
    broker.request(raw, "other")
    assert len(broker.work["a"]) == BURST + 1, "the last one of the flooding client went to no server"
    assert broker.told() == []
    broker.wait(PUSH_BACK + 0.1, "a")
    assert broker.told() == [("flooding", "overloaded")]


# What clients have seen.


def min_indexes(broker):
    work, broker.work = broker.work, {}
    return [item.min_index for items in work.values() for item in items]


def test_a_plain_client_reads_its_own_writes_from_any_server(broker):
    """§8, session."""
    broker.request(WRITE)
    broker.answer("a", 1, "ok", 41)
    min_indexes(broker)
    broker.request(READ)
    broker.request(READ, "other")
    assert min_indexes(broker) == [41, 0]


def test_what_a_client_has_seen_never_goes_back(broker):
    for number, index in ((-1, 41), (-2, 30)):
        broker.request(READ)
        broker.answer("a", number, "ok", index)
    min_indexes(broker)
    broker.request(READ)
    assert min_indexes(broker) == [41]


def test_a_server_that_has_applied_enough_is_preferred(broker):
    broker.request(WRITE)
    broker.answer("a", 1, "ok", 41)
    broker.copies()
    broker.ready("b", applied=50)
    for _ in range(3):
        broker.request(READ)
    assert {link for link, _ in broker.copies()} == {"b"}


def test_an_evicted_client_gets_the_highest_index_evicted(broker):
    for number in range(1, CLIENTS_MAX + 2):
        broker.machine.on_request(client(str(number)), READ, broker.now)
        broker.answer("a", -number, "ok", number)
    min_indexes(broker)
    broker.request(READ, "1")
    broker.request(READ, "2")
    assert sorted(min_indexes(broker)) == [1, 2]


def test_indexes_of_another_cluster_mean_nothing(broker):
    broker.request(WRITE)
    broker.answer("a", 1, "ok", 41)
    min_indexes(broker)
    broker.ready("d", leads=True, counter=9, cluster="c2")
    broker.request(READ)
    assert min_indexes(broker) == [0]


# Words of its own.


def test_what_is_no_request_at_all_is_refused_with_a_sentence(broker):
    broker.machine.refuse(client(), "parts_many", {"limit": 8}, broker.now)
    broker.flush()
    ((_, data),) = broker.replies
    assert (data["status"], data["code"]) == ("erro", "bad_request")
    assert "8" in data["description"] == data["message"]


def test_its_status_counts_what_is_open(broker):
    broker.request(WRITE)
    broker.request(READ)
    status = broker.machine.status(broker.now)
    assert (status["open_writes"], status["open_reads"], status["start"]) == (1, 1, START)
    assert status["servers"] == ["a", "b", "c"]


def test_an_idle_broker_has_nothing_to_wait_for():
    broker = Broker()
    assert broker.machine.deadline() == float("inf")
    broker.request(READ)
    assert broker.machine.deadline() < float("inf")
