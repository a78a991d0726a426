"""Messages between our servers: every kind comes back, anything else is none."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.envelope import write_request
from coreto.wire.log import BrokerKey, Config, Entry, Epoch, Noop, Position, Voter, make_batch
from coreto.wire.peer import (
    Ack,
    AnyPeerMessage,
    Append,
    Call,
    CallAnswer,
    ClockAdjust,
    ClockAsk,
    ClockTell,
    Entries,
    Fetch,
    Forward,
    HandoverAsk,
    HandoverNow,
    Hello,
    HelloAnswer,
    Join,
    JoinElsewhere,
    JoinRefused,
    Leave,
    MendAsk,
    MendGive,
    Mismatch,
    Prepare,
    Promise,
    Refuse,
    Result,
    read_peer,
    write_peer,
)

EPOCH = Epoch(7, "r-a")
AT = Position(EPOCH, 12)
BATCHES = (make_batch(13, EPOCH, [Entry(4, 1.5, Noop())], 99),)
CONFIG = Config((Voter("r-a", "a"),))
HEADER = {"cluster": "c", "sender": "r-a", "receiver": "r-b", "incarnation": 3, "clock": 8, "timestamp": 1.5}

EXAMPLES = [
    Hello(promised=EPOCH, last=12, nonce=4),
    HelloAnswer(life=4, known=False, promised=EPOCH, match=13),
    Join(name="s4", address="tcp://h:1"),
    Leave(),
    JoinElsewhere(replica="r-a", name="a", address="tcp://h:2"),
    JoinRefused(rule="name_taken"),
    MendAsk(after=4, upto=12),
    MendGive(batches=BATCHES, commit=12),
    Call(round=1, rank=2, counter_seen=3),
    CallAnswer(round=1, rank=2, eligible=True, live_coordinator=False, counter_seen=3),
    Prepare(epoch=EPOCH, commit=4, handover=True),
    Promise(epoch=EPOCH, last=AT, commit=4, config=CONFIG, config_index=9),
    Promise(epoch=EPOCH, last=AT, commit=4),
    Refuse(promised=EPOCH),
    HandoverAsk(epoch=EPOCH, last=AT),
    HandoverNow(epoch=EPOCH),
    Fetch(epoch=EPOCH, after=4, upto=12),
    Entries(epoch=EPOCH, prev=AT, batches=BATCHES),
    Append(epoch=EPOCH, prev=AT, batches=BATCHES, commit=4, published=3, nonce=6),
    Ack(epoch=EPOCH, match=12, nonce=6),
    Mismatch(epoch=EPOCH, hint=3, nonce=6),
    Forward(epoch=EPOCH, number=5, key=BrokerKey(1, 2, 3), raw=b"\x81\x00", left_ms=900, min_index=7),
    Forward(epoch=EPOCH, number=5, key=None, raw=b"", left_ms=0),
    Result(number=5, code="ok", index=13, body=b"\x80"),
    ClockAsk(epoch=EPOCH, round=2, attempt=1),
    ClockTell(epoch=EPOCH, round=2, attempt=1, time=1_700_000_000.25),
    ClockAdjust(epoch=EPOCH, round=2, seconds=-0.5, round_trip=0.004, error=0.003),
]


def test_every_kind_has_an_example():
    assert {type(message) for message in EXAMPLES} == set(get_args(AnyPeerMessage))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_with_its_header(message):
    stamped = msgspec.structs.replace(message, **HEADER)
    assert read_peer(write_peer(stamped)) == stamped


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_it_travels_in_the_course_envelope(message):
    envelope = msgspec.msgpack.decode(write_peer(message))
    assert envelope["service"] == envelope["data"]["type"]
    assert {"clock", "timestamp"} <= envelope["data"].keys()


@pytest.mark.parametrize("receiver", ["", "r-b"])
def test_it_says_whom_it_is_for_or_nobody_in_particular(receiver):
    data = msgspec.msgpack.decode(write_peer(Join(name="s4", address="", receiver=receiver)))["data"]
    assert data["receiver"] == receiver


def test_without_a_receiver_it_is_for_whoever_lives_there():
    envelope = msgspec.msgpack.decode(write_peer(msgspec.structs.replace(EXAMPLES[0], **HEADER)))
    del envelope["data"]["receiver"]
    message = read_peer(msgspec.msgpack.encode(envelope))
    assert message is not None
    assert message.receiver == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_none(raw):
    assert read_peer(raw) is None or isinstance(read_peer(raw), get_args(AnyPeerMessage))


@pytest.mark.parametrize("service", ["login", "election", "clock", "status"])
def test_a_course_request_is_no_peer_message(service):
    assert read_peer(write_request(service, {"user": "ana"}, 1, 0.0)) is None


def test_deep_nesting_is_none():
    assert read_peer(b"\x81\xa4data" + b"\x91" * 100_000) is None
