"""One direction between two roles, message by message."""

import pytest

from coreto.net.faults import FaultTable, LinkFault
from coreto.net.lanes import HELD_MAX, OVERTAKEN_SECONDS, Lane

NOW = 100.0


@pytest.fixture
def faults():
    return FaultTable()


@pytest.fixture
def lane(faults):
    return Lane(faults, "s1", "s2")


def put(lane, *texts, now=NOW):
    for text in texts:
        lane.put([text], now)


def due(lane, now):
    return [frames[0] for frames in lane.due(now)]


def test_without_faults_everything_comes_out_at_once(lane):
    assert lane.is_clear
    put(lane, b"1", b"2")
    assert due(lane, NOW) == [b"1", b"2"]
    assert lane.deadline() == float("inf")


def test_a_delayed_message_comes_out_when_it_is_due(lane, faults):
    faults.put((LinkFault("s1", "s2", "delay", seconds=0.2),))
    assert not lane.is_clear
    put(lane, b"1")
    assert due(lane, NOW + 0.1) == []
    assert lane.deadline() == pytest.approx(NOW + 0.2)
    assert due(lane, NOW + 0.2) == [b"1"]
    assert due(lane, NOW + 9.0) == []


def test_a_delay_that_varies_keeps_the_order(lane, faults):
    faults.put((LinkFault("s1", "s2", "delay", seconds=0.2, spread=0.2),))
    texts = [b"%d" % number for number in range(100)]
    put(lane, *texts)
    arrived = [text for step in range(50) for text in due(lane, NOW + step / 100)]
    assert arrived == texts


def test_a_message_behind_a_delayed_one_waits_for_it_when_the_fault_has_ended(lane, faults):
    faults.put((LinkFault("s1", "s2", "delay", seconds=0.2),))
    put(lane, b"1")
    faults.put(())
    assert not lane.is_clear
    put(lane, b"2", now=NOW + 0.1)
    assert due(lane, NOW + 0.1) == []
    assert due(lane, NOW + 0.2) == [b"1", b"2"]
    assert lane.is_clear


def test_messages_are_overtaken_by_the_one_behind_them(lane, faults):
    faults.put((LinkFault("s1", "s2", "reorder"),))
    put(lane, b"1", b"2", b"3", b"4")
    assert due(lane, NOW) == [b"2", b"1", b"4", b"3"]


def test_a_message_that_nothing_overtakes_comes_out_all_the_same(lane, faults):
    faults.put((LinkFault("s1", "s2", "reorder"),))
    put(lane, b"1")
    assert due(lane, NOW) == []
    assert lane.deadline() == pytest.approx(NOW + OVERTAKEN_SECONDS)
    assert due(lane, NOW + OVERTAKEN_SECONDS) == [b"1"]


def test_a_duplicate_comes_out_twice(lane, faults):
    faults.put((LinkFault("s1", "s2", "duplicate"),))
    put(lane, b"1", b"2")
    assert due(lane, NOW) == [b"1", b"1", b"2", b"2"]


def test_what_is_held_back_is_bounded(lane, faults):
    faults.put((LinkFault("s1", "s2", "delay", seconds=10.0),))
    put(lane, *[b"x"] * (HELD_MAX + 5))
    assert len(due(lane, NOW + 10.0)) == HELD_MAX


def test_the_kind_is_the_service_of_the_last_frame(lane, faults):
    from coreto.wire.peer import CallAnswer, Refuse, write_peer

    faults.put((LinkFault("s1", "s2", "drop", kind="refuse"),))
    kept = write_peer(CallAnswer(round=1, rank=1, eligible=True, live_coordinator=False, counter_seen=0))
    lost = write_peer(Refuse(promised=(1, "a")))  # type: ignore[arg-type]
    lane.put([b"route", kept], NOW)
    lane.put([b"route", lost], NOW)
    lane.put([b"route", b"\xff no message"], NOW)
    assert [frames[-1] for frames in lane.due(NOW)] == [kept, b"\xff no message"]
