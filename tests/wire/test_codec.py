"""Bytes to values and back: whatever comes in, a value or `UndecodableError` (protocol.md §4, 1 and 2)."""

import json
import struct

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.codec import Encoding, UndecodableError, decode, encode
from coreto.wire.limits import JSON_DEPTH_MAX

texts = st.text(st.characters(codec="utf-8"))
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
maps = st.dictionaries(texts, values)


@given(maps)
def test_a_map_comes_back_from_msgpack(value):
    assert decode(encode(value, "msgpack")) == (value, "msgpack")


@given(maps)
def test_a_map_comes_back_from_json(value):
    assert decode(encode(value, "json")) == (value, "json")


@given(st.binary(max_size=200) | maps.map(msgpack.packb))
def test_any_bytes_are_a_value_or_undecodable(raw):
    try:
        _, encoding = decode(raw)
    except UndecodableError:
        return
    assert encoding in ("msgpack", "json")


@given(maps, st.data())
def test_a_cut_message_is_undecodable(value, data):
    raw = encode(value, "json")
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(UndecodableError):
        decode(raw[:cut])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc1",
        b"hello",
        b"{",
        b'{"a": ',
        b"\x81",
        b"\x81\xa1a\x01 and more",
        b"\xdf\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xffabc",
        b"\xc6\xff\xff\xff\xffabc",
        b"\x91" * 5000 + b"\x01",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\x81\x81\xa1a\x01\x01",
        b"\x81\x90\x01",
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_nonsense_is_undecodable(raw):
    with pytest.raises(UndecodableError):
        decode(raw)


def test_a_brace_tells_json_from_msgpack():
    assert decode(b'{"service": "users"}') == ({"service": "users"}, "json")
    assert decode(msgpack.packb({"service": "users"})) == ({"service": "users"}, "msgpack")


def test_json_that_does_not_begin_with_a_brace_is_read_too():
    assert decode(b' {"a": 1}') == ({"a": 1}, "json")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\x81\x01\x02", {1: 2}),
        (b"\x81\xc0\x02", {None: 2}),
        (b"\x81\xa1a\xc4\x01b", {"a": b"b"}),
        (b"\x81\xa1a\xa1\xff", {"a": "\udcff"}),
        (b"\x81\xa1a\xc0", {"a": None}),
    ],
)
def test_careless_msgpack_survives(raw, value):
    assert decode(raw)[0] == value


def test_ext_types_survive():
    value, _ = decode(b"\x81\xa1a" + msgpack.packb(msgpack.ExtType(5, b"x")))
    assert value == {"a": msgpack.ExtType(5, b"x")}


def test_a_timestamp_ext_out_of_range_is_no_exception_of_another_kind():
    raw = b"\x81\xa1a\xc7\x0c\xff" + struct.pack(">Iq", 4_000_000_000, 0)
    with pytest.raises(UndecodableError):
        decode(raw)


def test_nesting_of_json_has_a_limit_on_each_side():
    def nested(depth):
        return b'{"a":' * depth + b"1" + b"}" * depth

    decode(nested(JSON_DEPTH_MAX))
    with pytest.raises(UndecodableError):
        decode(nested(JSON_DEPTH_MAX + 1))


def test_many_brackets_that_do_not_nest_are_no_depth():
    value = {"a": [[0] for _ in range(JSON_DEPTH_MAX * 4)]}
    assert decode(encode(value, "json"))[0] == value


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_lone_surrogates_leave_as_question_marks(encoding: Encoding):
    assert decode(encode({"a": "x\udcffy"}, encoding))[0] == {"a": "x?y"}


def test_json_is_compact_and_keeps_letters():
    raw = encode({"nome": "João", "n": [1, 2]}, "json")
    assert raw == '{"nome":"João","n":[1,2]}'.encode()
    assert json.loads(raw) == {"nome": "João", "n": [1, 2]}
