"""Announcements of coordinators are understood in every shape that servers write (protocol.md §3)."""

import json

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.publication import Announcement, read_announcement, write_announcement
from coreto.wire.shapes import shape_announcement

OURS = Announcement("s3", 3, 7, 1.7e9, 9)
FOREIGN = {"coordinator": "s3", "timestamp": 1.7e9, "clock": 9}


def pack(value):
    return msgpack.packb(value)


def text(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "frames",
    [
        write_announcement("s3", 3, 7, 9, 1.7e9),
        shape_announcement(OURS, "text"),
        shape_announcement(OURS, "json"),
    ],
)
def test_our_own_shapes_come_back(frames):
    assert read_announcement(frames) == OURS


@pytest.mark.parametrize(
    "fields",
    [
        {"service": "election", **FOREIGN},
        {"service": "election", "data": FOREIGN},
        FOREIGN,
        {"data": FOREIGN},
        {"data": {**FOREIGN, "clock": "9", "timestamp": 1.7e12}},
        {**FOREIGN, "rank": "first", "epoch": -1},
    ],
    ids=lambda fields: str(sorted(fields)),
)
@pytest.mark.parametrize("shape", ["msgpack", "json", "text", "text with more space"])
def test_foreign_shapes_are_read(fields, shape):
    frames = {
        "msgpack": (b"servers", pack(fields)),
        "json": (b"servers", text(fields)),
        "text": (b"servers " + text(fields),),
        "text with more space": (b"servers  " + text(fields) + b"\n",),
    }[shape]
    assert read_announcement(frames) == Announcement("s3", 0, 0, 1.7e9, 9)


def test_a_name_may_be_bytes():
    assert read_announcement((b"servers", pack({"coordinator": b"s3"}))) == Announcement("s3")


@pytest.mark.parametrize("clock", [float("nan"), -1, True, None, 2**63])
def test_a_senseless_clock_is_absent(clock):
    frames = (b"servers", pack({"coordinator": "s3", "clock": clock, "timestamp": clock}))
    assert read_announcement(frames) == Announcement("s3")


@pytest.mark.parametrize(
    "frames",
    [
        (),
        (b"servers",),
        (b"servers ",),
        (b"servers s3",),
        (b"serversX", pack(FOREIGN)),
        (b"geral", pack(FOREIGN)),
        (b"servers", pack(FOREIGN), b""),
        (b"servers", pack({"service": "publish", **FOREIGN})),
        (b"servers", pack({"service": "election"})),
        (b"servers", pack({**FOREIGN, "coordinator": ""})),
        (b"servers", pack({**FOREIGN, "coordinator": "a\nb"})),
        (b"servers", pack({**FOREIGN, "coordinator": 3})),
        (b"servers", pack(["s3"])),
        (b"servers", b"\xc1"),
    ],
)
def test_anything_else_is_none(frames):
    assert read_announcement(frames) is None


@given(st.lists(st.sampled_from([b"servers", b"servers {"]) | st.binary(max_size=60), max_size=3))
def test_any_frames_are_survived(frames):
    read_announcement(frames)
