"""Messages between the broker and our servers: every kind comes back, anything else is none."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.backend import (
    PROBE,
    AnswerItem,
    Answers,
    AnyBackendMessage,
    Open,
    Opened,
    Ready,
    Work,
    WorkItem,
    read_backend,
    write_backend,
)
from coreto.wire.log import BrokerKey, Epoch

READY = Ready(
    name="a", replica="r-a", cluster="c", incarnation=2, role="coordinator", epoch=Epoch(3, "r-a"), commit=9, applied=8
)
EXAMPLES = [
    READY,
    Work(
        broker="br",
        number=1,
        incarnation=2,
        items=(WorkItem(1, BrokerKey(2, 1, 1), 4500, 0, b"raw"), WorkItem(-1, None, 100, 9, b"")),
        clock=4,
    ),
    Answers(broker="br", items=(AnswerItem(1, "ok", 9, b"body"),), clock=5, timestamp=1.5),
    Open(nonce="b.1"),
    Opened(nonce="b.1", start=2),
]


def test_every_kind_has_an_example():
    assert {type(message) for message in EXAMPLES} == set(get_args(AnyBackendMessage))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back(message):
    assert read_backend(write_backend(message)) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_none(raw):
    assert read_backend(raw) is None or isinstance(read_backend(raw), get_args(AnyBackendMessage))


def test_a_probe_is_one_byte_and_no_message():
    assert len(PROBE) == 1
    assert read_backend(PROBE) is None
