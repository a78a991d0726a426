"""The quick reader agrees with the tolerant one wherever it answers, and leaves it everything odd."""

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coreto.wire.codec import decode, encode
from coreto.wire.envelope import read, read_tolerantly
from coreto.wire.typed import read_typed

GOOD = {"user": "ana", "channel": "geral", "message": "oi", "timestamp": 1.5, "clock": 7}
KEYS = [*GOOD, "src", "dst", "id", "level", "min_index", "username", "name", "content", "lamport_clock"]

anything = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=5)
)
usual = st.sampled_from(
    [*GOOD.values(), "ana", "session", "linear", 0, 2**53, 2**31, 1e12, 1.0, "x" * 33, "servers", ""]
)
values = usual | anything | st.lists(anything, max_size=2) | st.dictionaries(st.text(max_size=3), anything, max_size=2)
data = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, values)).map(lambda odd: {**GOOD, **odd})


def packed(value):
    return msgpack.packb(value, unicode_errors="surrogatepass")


def told(incoming):
    """Everything a machine looks at."""
    refusal = incoming.refusal and (incoming.refusal.rule, incoming.refusal.fields)
    rest = incoming.shape, incoming.service, incoming.request, incoming.clock, incoming.id
    return (*rest, incoming.level, incoming.min_index, refusal)


@given(st.sampled_from(["publish", "message", "login", "history", None]), data, st.booleans())
@example("publish", GOOD, False)
@example("publish", {**GOOD, "timestamp": 1_700_000_000}, False)
@example("message", {**GOOD, "src": "ana", "dst": "bia"}, True)
def test_both_readers_agree(service, body, wide):
    raw = packed({"service": service, "data": body})
    assert told(read(raw, wide=wide)) == told(read_tolerantly(raw, wide=wide))


@given(st.binary(max_size=200))
def test_both_readers_agree_about_noise(raw):
    assert told(read(raw)) == told(read_tolerantly(raw))


def test_what_is_written_properly_takes_the_quick_way():
    found = read_typed(packed({"service": "publish", "data": {**GOOD, "id": "a", "level": "linear", "min_index": 9}}))
    assert found is not None
    assert (found.id, found.level, found.min_index, found.clock) == ("a", "linear", 9, 7)
    assert read_typed(packed({"service": "message", "data": {**GOOD, "src": "ana", "dst": "bia"}})) is not None


@pytest.mark.parametrize(
    "odd",
    [{"clock": "7"}, {"clock": True}, {"timestamp": "12:00:00"}, {"user": None}, {"channel": b"x"}, {"message": ""}],
    ids=str,
)
def test_what_is_odd_is_left_to_the_tolerant_reader(odd):
    assert read_typed(packed({"service": "publish", "data": {**GOOD, **odd}})) is None


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(), st.lists))
def test_values_are_written_in_the_same_bytes_as_ever(value):
    assert encode({"a": value}, "msgpack") == msgpack.packb({"a": value}, unicode_errors="replace")


def test_a_lone_surrogate_is_written_as_a_question_mark():
    assert decode(encode({"a": "x\udc80"}, "msgpack"))[0] == {"a": "x?"}
