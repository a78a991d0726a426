"""One codec for a family of tagged structs."""

import msgspec

from coreto.wire.tagged import TaggedCodec


class Knock(msgspec.Struct, tag="knock"):
    times: int


class Come(msgspec.Struct, tag="come"):
    pass


class Stranger(msgspec.Struct, tag="stranger"):
    pass


CODEC: TaggedCodec[Knock | Come] = TaggedCodec(Knock | Come)


def test_the_tag_inside_tells_the_kind():
    assert CODEC.read(CODEC.write(Knock(3))) == Knock(3)
    assert CODEC.read(CODEC.write(Come())) == Come()


def test_the_service_is_the_tag():
    assert msgspec.msgpack.decode(CODEC.write(Knock(3))) == {"service": "knock", "data": {"type": "knock", "times": 3}}


def test_a_kind_of_another_family_is_none():
    assert CODEC.read(CODEC.write(Stranger())) is None


def test_unknown_keys_are_ignored():
    raw = msgspec.msgpack.encode({"service": "knock", "new": 1, "data": {"type": "knock", "times": 3, "new": 1}})
    assert CODEC.read(raw) == Knock(3)


def test_a_value_of_the_wrong_type_is_none():
    raw = msgspec.msgpack.encode({"service": "knock", "data": {"type": "knock", "times": "3"}})
    assert CODEC.read(raw) is None
