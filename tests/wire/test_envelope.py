"""One raw frame in, a typed request or a refusal out; and answers in the shape of the request (protocol.md §2, §4)."""

import json

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.texts import SENTENCES
from coreto.wire.codec import Encoding, UndecodableError, encode
from coreto.wire.envelope import Incoming, Shape, read, read_reply, write, write_request
from coreto.wire.services import READERS, WRITES, Login, Request, Users

leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()
keys = st.sampled_from(["user", "channel", "message", "src", "dst", "limit", "after", "id", "level", "clock"]) | leaves
things = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(sorted(READERS)) | things,
        "data": st.dictionaries(keys, things, max_size=6) | things,
        "clock": things,
        "timestamp": things,
    },
)


def sound(incoming):
    """Whether it is a request or a refusal with a sentence, never both or neither."""
    if incoming.refusal is not None:
        return incoming.request is None and incoming.refusal.rule in SENTENCES
    return isinstance(incoming.request, Request)


@given(st.binary(max_size=300))
def test_any_bytes_become_a_request_or_a_refusal(raw):
    assert sound(read(raw))


@given(envelopes)
def test_any_envelope_becomes_a_request_or_a_refusal(envelope):
    assert sound(read(msgpack.packb(envelope, unicode_errors="surrogatepass")))


@given(st.sampled_from(["msgpack", "json"]), st.sampled_from(["float", "int", "int_ms", "float_ms", "iso", "hms"]))
def test_an_answer_reads_back_in_every_shape(encoding, kind):
    raw = write(Shape(encoding, kind), "users", {"users": ["ana", "João"]}, 7, 1_700_000_000.5)
    service, data = read_reply(raw)
    assert (service, data["users"], data["clock"]) == ("users", ["ana", "João"], 7)
    assert raw.startswith(b"{") is (encoding == "json")


def test_an_answer_repeats_clock_and_timestamp_on_top():
    envelope = msgpack.unpackb(write(Shape(), "login", {"status": "sucesso"}, 7, 1.5))
    assert (envelope["clock"], envelope["timestamp"]) == (7, 1.5)
    assert envelope["data"] == {"status": "sucesso", "timestamp": 1.5, "clock": 7}


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_the_shape_is_that_of_the_request(encoding: Encoding):
    raw = encode({"service": "login", "data": {"user": "ana", "timestamp": 1_700_000_000, "clock": 4}}, encoding)
    incoming = read(raw)
    assert (incoming.request, incoming.shape, incoming.clock) == (Login("ana"), Shape(encoding, "int"), 4)


def test_what_cannot_be_read_is_answered_in_the_encoding_it_seemed_to_have():
    assert read(b'{"service": ').shape.encoding == "json"
    assert read(b"\xc1").shape.encoding == "msgpack"
    assert {str(read(raw).refusal) for raw in (b"", b"\xc1", b"{", b"\x90", b"[]", b"\x01")} == {"not_readable"}


def test_our_own_requests_read_back():
    incoming = read(write_request("login", {"user": "ana", "id": "x:1", "min_index": 5, "level": "linear"}, 3, 1.5))
    assert incoming == Incoming(
        Shape(), "login", Login("ana"), clock=3, id="x:1", level="linear", min_index=5, refusal=None
    )


@pytest.mark.parametrize("key", ["service", "action", "type"])
def test_the_service_has_aliases(key):
    assert read(encode({key: "users", "data": {}}, "json")).request == Users()


def test_the_service_may_be_bin():
    assert read(msgpack.packb({"service": b"users", "data": {}})).request == Users()


@pytest.mark.parametrize(
    ("envelope", "rule", "service"),
    [
        ({}, "no_service", "error"),
        ({"service": 7}, "no_service", "error"),
        ({"service": None, "data": {}}, "no_service", "error"),
        ({"service": "dance", "data": {}}, "unknown_service", "dance"),
        ({"service": "", "data": {}}, "unknown_service", ""),
        ({"service": "login", "data": []}, "data_missing", "login"),
        ({"service": "login", "data": "ana"}, "data_missing", "login"),
        ({"service": "login", "data": {}}, "name_missing", "login"),
        ({"service": "login", "data": {"user": "ana", "level": "best"}}, "bad_level", "login"),
        ({"service": "login", "data": {"user": "ana", "level": 1}}, "bad_level", "login"),
        ({"service": "login", "data": {"user": "ana", "level": []}}, "bad_level", "login"),
        ({"service": "login", "data": {"user": "ana", "id": 7}}, "bad_id", "login"),
        ({"service": "login", "data": {"user": "ana", "id": "x" * 65}}, "bad_id", "login"),
        ({"service": "login", "data": {"user": "ana", "id": "a\nb"}}, "bad_id", "login"),
    ],
)
def test_each_broken_rule_is_named(envelope, rule, service):
    incoming = read(encode(envelope, "json"))
    assert incoming.refusal is not None
    assert (incoming.refusal.rule, incoming.service, incoming.request) == (rule, service, None)


def test_an_unknown_service_is_shown_without_harm():
    incoming = read(encode({"service": "a\x1b[31m" + "x" * 100, "data": {}}, "json"))
    assert incoming.refusal is not None
    assert str(incoming.refusal.fields["service"]).isprintable()
    assert len(str(incoming.refusal.fields["service"])) < 40


def test_fields_may_lie_beside_the_service_when_there_is_no_data():
    assert read(encode({"service": "login", "user": "ana"}, "json")).request == Login("ana")


@pytest.mark.parametrize(
    ("value", "index"), [(5, 5), (0, 0), (-1, 0), (2**53, 0), (1.5, 0), ("5", 0), (None, 0), ([], 0)]
)
def test_a_strange_min_index_counts_as_absent(value, index):
    assert read(encode({"service": "users", "data": {"min_index": value}}, "json")).min_index == index


def test_an_id_of_exactly_the_longest_length_is_taken():
    assert read(encode({"service": "login", "data": {"user": "ana", "id": "x" * 64}}, "json")).id == "x" * 64


def test_only_what_changes_the_log_is_a_write():
    assert {name for name in READERS if Incoming(Shape(), name).is_write} == WRITES
    assert {"login", "channel", "publish", "message"} == WRITES


def test_answers_hold_no_integer_that_makes_a_bigint():
    """protocol.md §3: no integer above 2^32 in what we emit by default."""
    data = json.loads(write(Shape("json"), "clock", {}, 2**31, 1_700_000_000.5))
    assert isinstance(data["timestamp"], float)
    assert data["clock"] < 2**32


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x90", b"7", b"{"])
def test_what_is_no_answer_is_undecodable(raw):
    with pytest.raises(UndecodableError):
        read_reply(raw)
