"""Publications: two frames that flat and nested readers both understand (protocol.md §3)."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.codec import UndecodableError, encode
from coreto.wire.publication import (
    SERVERS_TOPIC,
    Publication,
    read_history_row,
    read_publication,
    write_announcement,
    write_publication,
)

CHANNEL = Publication("geral", False, "ana", "oi", 3, 17, "x:1", 1.5, 9)
DIRECT = Publication("bia", True, "ana", "oi", 4, 18, "18", 2.5, 10)

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=32)
natural = st.integers(0, 2**31)
publications = st.builds(
    Publication, names, st.booleans(), names, names, natural, natural, names, st.floats(0), natural
)


@given(publications)
def test_a_publication_comes_back(item):
    assert read_publication(*write_publication(item)) == item


def test_a_channel_message_has_the_flat_and_the_nested_shape():
    topic, raw = write_publication(CHANNEL)
    core = {"user": "ana", "channel": "geral", "message": "oi", "timestamp": 1.5, "clock": 9}
    assert topic == b"geral"
    assert msgpack.unpackb(raw) == {**core, "service": "publish", "seq": 3, "index": 17, "id": "x:1", "data": core}


def test_a_direct_message_has_every_spelling_of_sender_and_receiver():
    topic, raw = write_publication(DIRECT)
    core = {"src": "ana", "dst": "bia", "message": "oi", "timestamp": 2.5, "clock": 10}
    more = {"service": "message", "user": "ana", "from": "ana", "to": "bia", "seq": 4, "index": 18, "id": "18"}
    assert topic == b"bia"
    assert msgpack.unpackb(raw) == {**core, **more, "data": core}


def test_an_announcement_has_both_shapes():
    topic, raw = write_announcement("a", 3, 7, 9, 1.5)
    core = {"coordinator": "a", "rank": 3, "epoch": 7, "timestamp": 1.5, "clock": 9}
    assert topic == SERVERS_TOPIC.encode()
    assert msgpack.unpackb(raw) == {"service": "election", **core, "data": core}


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "ana", "message": "oi"},
        {"from": "ana", "message": "oi"},
        {"src": "ana", "content": "oi"},
        {"data": {"user": "ana", "message": "oi"}},
        {"user": "ana", "message": "oi", "seq": "never", "clock": float("nan"), "timestamp": "12:00:00"},
        {"user": "ana", "message": "oi", "data": "not a map"},
    ],
)
@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_foreign_publications_are_read_as_unconfirmed(fields, encoding):
    item = read_publication(b"geral", encode(fields, encoding))
    assert (item.user, item.message, item.seq, item.topic) == ("ana", "oi", 0, "geral")


@pytest.mark.parametrize(
    "raw", [b"", b"geral ana: oi", b"\x01", b"\x90", b"{}", encode({"user": 1, "message": "oi"}, "msgpack")]
)
def test_what_names_no_user_and_message_is_none(raw):
    with pytest.raises(UndecodableError):
        read_publication(b"geral", raw)


@given(st.binary(max_size=100), st.binary(max_size=200))
def test_any_frames_are_a_publication_or_undecodable(topic, raw):
    try:
        read_publication(topic, raw)
    except UndecodableError:
        return


def test_a_history_row_confirms_the_same_publication():
    row = {"seq": 3, "index": 17, "id": "x:1", "user": "ana", "message": "oi", "timestamp": 1.5, "clock": 9}
    assert read_history_row("geral", row, direct=False) == CHANNEL
    row = {"seq": 4, "index": 18, "id": "18", "src": "ana", "dst": "bia", "message": "oi", "timestamp": 2.5}
    assert read_history_row("bia", row | {"clock": 10}, direct=True) == DIRECT
    with pytest.raises(UndecodableError):
        read_history_row("bia", row, direct=True)
