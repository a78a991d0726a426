"""The broker: who gets which request, and with which key (replication.md §7)."""

import pytest

from coreto.journal.events import BrokerOpened
from coreto.machines.dispatch import (
    OPEN_AGAIN,
)
from coreto.machines.framing import ITEMS_PER_FRAME
from coreto.wire.backend import AnswerItem, Answers, Opened
from coreto.wire.envelope import Shape, write
from coreto.wire.log import BrokerKey
from tests.machines.broker import READ, START, WRITE, Broker, client, opened_broker
from tests.support.machines import request


@pytest.fixture
def broker():
    return opened_broker("a", "b", "c")


# Addressed work.


def test_writes_go_to_the_server_that_claims_the_newest_epoch(broker):
    broker.ready("b", leads=True, counter=7)
    broker.request(WRITE)
    assert broker.copies() == [("b", 1)]


def test_an_old_claim_is_not_believed_against_a_newer_one(broker):
    broker.ready("c", leads=True, counter=7)
    broker.ready("a", leads=True, counter=1)
    broker.request(WRITE)
    assert broker.copies() == [("c", 1)]


def test_without_a_coordinator_a_write_goes_to_any_server(broker):
    broker.ready("a")
    broker.request(WRITE)
    assert len(broker.copies()) == 1


def test_reads_are_spread(broker):
    for _ in range(6):
        broker.request(READ)
    assert sorted({link for link, _ in broker.copies()}) == ["a", "b", "c"]


def test_a_restarted_broker_learns_from_one_heartbeat():
    broker = Broker()
    broker.request(READ)
    assert broker.copies() == []
    broker.ready("a", leads=True)
    assert broker.copies() == [("a", -1)]


def test_every_frame_has_a_number_of_its_own_and_names_the_life_it_is_for(broker):
    for _ in range(3):
        broker.request(READ)
    broker.ready("a", leads=True, incarnation=2)
    for _ in range(3):
        broker.request(READ)
    assert [frame.number for frame in broker.frames] == list(range(1, len(broker.frames) + 1))
    assert {frame.incarnation for frame in broker.frames[:3]} == {1}
    assert {frame.incarnation for frame in broker.frames[3:]} == {1, 2}


def test_requests_of_one_turn_share_frames(broker):
    for number in range(ITEMS_PER_FRAME + 1):
        broker.machine.on_request(client(str(number)), WRITE, broker.now)
    broker.flush()
    assert [len(frame.items) for frame in broker.frames] == [ITEMS_PER_FRAME, 1]


def test_a_request_travels_as_it_came(broker):
    raw = request("login", user="ana", extra=[1, 2])
    broker.request(raw)
    assert broker.work["a"][0].raw == raw


# The start.


def test_no_write_leaves_before_the_start_is_known():
    broker = Broker()
    broker.ready("a", leads=True)
    broker.request(WRITE)
    assert broker.copies() == []
    broker.opened()
    assert broker.copies() == [("a", 1)]
    assert [report.event for report in broker.reports] == [BrokerOpened(role="broker", start=START)]


def test_reads_need_no_start():
    broker = Broker()
    broker.ready("a", leads=True)
    broker.request(READ)
    assert broker.copies() == [("a", -1)]


def test_the_start_is_asked_for_again_when_nobody_answers():
    broker = Broker()
    broker.wait(OPEN_AGAIN * 3, "a")
    assert len(broker.opens) >= 3
    assert len({nonce for _, nonce in broker.opens}) == 1, "a slow answer to the first question counts"


def test_a_start_of_another_broker_is_not_taken():
    broker = Broker()
    broker.ready("a", leads=True)
    broker.machine.on_opened(Opened(nonce="other.1", start=9), broker.now)
    broker.request(WRITE)
    assert broker.copies() == []


def test_a_second_start_is_ignored(broker):
    broker.opened(99)
    broker.request(WRITE)
    assert broker.work["a"][0].key == BrokerKey(START, 1, 1)


def test_another_cluster_means_another_start(broker):
    broker.ready("d", leads=True, counter=9, cluster="c2")
    broker.request(WRITE)
    assert broker.copies() == []
    broker.opened(77)
    assert broker.work["d"][0].key == BrokerKey(77, 1, 1)


# Keys.


def test_n_counts_up_and_the_floor_is_the_lowest_unanswered(broker):
    for _ in range(3):
        broker.request(WRITE)
    broker.answer("a", 2, "ok", 9)
    broker.request(WRITE)
    broker.answer("a", 1, "ok", 9)
    broker.request(WRITE)
    keys = [item.key for item in broker.work["a"]]
    assert keys == [BrokerKey(START, n, floor) for n, floor in ((1, 1), (2, 1), (3, 1), (4, 1), (5, 3))]


def test_unknown_counts_as_an_answer_for_the_floor(broker):
    broker.request(WRITE)
    broker.wait(4.6, "a", "b", "c")
    broker.copies()
    broker.request(WRITE)
    assert broker.work["a"][0].key == BrokerKey(START, 2, 2)


def test_every_copy_of_a_write_has_its_n(broker):
    broker.request(WRITE)
    broker.answer("a", 1, "unknown")
    numbers = {item.key.n for items in broker.work.values() for item in items if item.key}
    assert numbers == {1}
    assert sum(map(len, broker.work.values())) == 2


def test_a_read_has_no_key(broker):
    broker.request(READ)
    assert [item.key for items in broker.work.values() for item in items] == [None]


def test_a_write_that_breaks_a_rule_gets_no_key(broker):
    """It is only to be answered, and in the words of a server."""
    broker.request(request("login", user=""))
    assert [item.key for items in broker.work.values() for item in items] == [None]


def test_answers_to_a_former_life_of_the_broker_are_not_taken(broker):
    """Its next life counts its requests anew, so they would answer somebody else."""
    broker.request(READ)
    body = write(Shape(), "users", {"users": []}, 1, 0.0)
    stale = Answers(broker="another life", items=(AnswerItem(-1, "ok", 9, body),))
    broker.machine.on_answers(b"a", stale, broker.now)
    broker.flush()
    assert broker.told() == []
    broker.answer("a", -1, "ok", 9)
    assert broker.told() == [("x", "ok")]
