"""Which frames are the way back, and which one is the request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.wire.limits import FRAMES_PER_MESSAGE

ME = b"me"


@pytest.mark.parametrize(
    ("frames", "route", "body"),
    [
        ([ME, b"", b"body"], (ME, b""), b"body"),
        ([ME, b"body"], (ME,), b"body"),
        ([ME, b"token", b"", b"body"], (ME, b"token", b""), b"body"),
        ([ME, b"r1", b"r2", b"", b"body"], (ME, b"r1", b"r2", b""), b"body"),
        ([ME, b"r1", b"body"], (ME, b"r1"), b"body"),
        ([ME, b"", b""], (ME, b""), b""),
        ([ME, b""], (ME,), b""),
    ],
    ids=["REQ", "DEALER", "DEALER with token", "chain", "chain without delimiter", "empty body", "only empty"],
)
def test_a_request_is_told_from_its_way_back(frames, route, body):
    assert split(frames) == (route, body)


@pytest.mark.parametrize("count", range(3, FRAMES_PER_MESSAGE + 1))
def test_a_message_may_have_as_many_frames_as_the_limit(count):
    route = (ME, *[b"router"] * (count - 3), DELIMITER)
    assert split([*route, b"body"]) == (route, b"body")


@pytest.mark.parametrize(
    ("frames", "route"),
    [
        ([ME, b"", *[b"part"] * 9], (ME, b"")),
        ([ME, *[b"part"] * 9], (ME,)),
        ([ME, b"", *[b""] * 9], (ME, b"")),
    ],
    ids=["REQ", "DEALER", "nothing but delimiters"],
)
def test_too_many_frames_are_refused_with_the_shortest_way_back(frames, route):
    with pytest.raises(UnframedError) as caught:
        split(frames)
    assert (caught.value.rule, caught.value.route) == ("parts_many", route)


def test_parts_behind_the_request_are_refused():
    with pytest.raises(UnframedError) as caught:
        split([ME, b"", b"body", b"more"])
    assert (caught.value.rule, caught.value.route) == ("not_readable", (ME, b""))


@pytest.mark.parametrize("frames", [[], [ME]])
def test_a_message_without_a_body_is_refused(frames):
    with pytest.raises(UnframedError) as caught:
        split(frames)
    assert caught.value.route == tuple(frames)


@given(st.lists(st.sampled_from([b"", b"x", b"\x00"]) | st.binary(max_size=4), max_size=12))
def test_every_message_is_split_or_refused_and_can_be_answered(rest):
    frames = [ME, *rest]
    try:
        route, body = split(frames)
    except UnframedError as error:
        route, rule = error.route, error.rule
    else:
        rule = "none"
        assert [*route, body] == frames
    assert rule in ("none", "parts_many", "not_readable")
    assert route[0] == ME
    assert list(route) == frames[: len(route)]
