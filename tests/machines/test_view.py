"""A view passes on every message once, in its shape, and only what its readers follow."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.journal.events import Announced
from coreto.machines import view as machine
from coreto.machines.effects import Report
from coreto.machines.view import Follow, Forward, View
from coreto.wire.publication import Publication, write_announcement, write_publication

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC).timestamp()
NOW = NOON + 3600
CHANNEL = Publication("geral", False, "ana", "oi", 1, 7, "7", NOON, 9)
DIRECT = Publication("bia", True, "ana", "oi, bia", 4, 18, "x:1", NOON, 10)


def reshaped(frames, shape="text", zone=UTC):
    """What a reader gets for these frames."""
    view = View(shape, zone)
    view.on_frames(frames, NOW)
    return forwarded(view)


def forwarded(view):
    return [effect.frames for effect in view.take() if isinstance(effect, Forward)]


def pass_through(view, *items):
    """What the readers of a view get for these publications."""
    for item in items:
        view.on_frames(write_publication(item), NOW)
    return forwarded(view)


# Shapes.


def test_a_text_holds_everything_in_one_frame():
    assert reshaped(write_publication(CHANNEL)) == [(b"geral ana: oi [12:00:00] (clock=9)",)]
    assert reshaped(write_publication(DIRECT)) == [(b"bia ana: oi, bia [12:00:00] (clock=10)",)]


def test_the_time_in_a_text_is_that_of_a_place():
    assert b"[09:00:00]" in reshaped(write_publication(CHANNEL), zone=timezone(timedelta(hours=-3)))[0][0]
    local = datetime.fromtimestamp(NOON).strftime("[%H:%M:%S]").encode()
    assert local in reshaped(write_publication(CHANNEL), zone=None)[0][0]


def test_json_is_flat_with_the_topic_before_it():
    (frames,) = reshaped(write_publication(CHANNEL), "json")
    assert frames[0] == b"geral"
    core = {"user": "ana", "channel": "geral", "message": "oi", "timestamp": NOON, "clock": 9}
    assert json.loads(frames[1]) == {"service": "publish", **core, "seq": 1, "index": 7, "id": "7"}


def test_json_of_a_direct_message_has_every_spelling():
    (frames,) = reshaped(write_publication(DIRECT), "json")
    fields = json.loads(frames[1])
    assert (frames[0], fields["service"], fields["src"], fields["from"]) == (b"bia", "message", "ana", "ana")
    assert (fields["dst"], fields["to"], fields["message"]) == ("bia", "bia", "oi, bia")


def test_an_announcement_is_text_or_json_on_the_topic_servers():
    frames = write_announcement("s3", 3, 7, 9, NOON)
    (text,), (two,) = reshaped(frames), reshaped(frames, "json")
    word, _, body = text[0].partition(b" ")
    assert (word, json.loads(body)) == (two[0], json.loads(two[1])) == (b"servers", msgpack.unpackb(frames[1]))


def test_an_announcement_that_was_heard_is_reported():
    view = View("text")
    view.on_frames(write_announcement("s3", 3, 7, 9, NOON), NOW)
    assert Report(Announced(role="view", name="s3", rank=3, epoch=7)) in view.take()


# Texts that try to be more than one.


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"])
@pytest.mark.parametrize("place", ["message", "user", "topic"])
def test_nothing_forges_a_second_line(newline, place):
    forged = f"oi{newline}geral bia: mentira"
    fields = {"message": "oi", "user": "ana", "topic": "geral", place: forged}
    item = msgspec.structs.replace(CHANNEL, **fields)
    (frames,) = reshaped(write_publication(item))
    (line,) = frames[0].decode().splitlines()
    assert "mentira" in line
    assert newline not in line


def test_what_is_not_a_newline_stays_as_written():
    text = "C:\\novo\tação 👩‍🚒 שלום"
    (frames,) = reshaped(write_publication(msgspec.structs.replace(CHANNEL, message=text)))
    assert frames[0].decode() == f"geral ana: {text} [12:00:00] (clock=9)"


@given(st.text())
def test_every_message_is_one_line(message):
    raw = msgpack.packb({"user": "ana", "message": message}, unicode_errors="surrogatepass")
    for frames in reshaped((b"geral", raw)):
        assert len(frames[0].decode().splitlines()) == 1


# Repetitions.


def test_a_repetition_is_dropped():
    second = msgspec.structs.replace(CHANNEL, seq=2, message="de novo")
    assert len(pass_through(View("text"), CHANNEL, second, CHANNEL, second)) == 2


def test_every_topic_counts_for_itself():
    other = msgspec.structs.replace(CHANNEL, topic="outro")
    assert len(pass_through(View("text"), CHANNEL, other, CHANNEL, other)) == 2


def test_a_forged_jump_hides_nothing():
    forged = msgspec.structs.replace(CHANNEL, seq=2**31, user="eva")
    later = [msgspec.structs.replace(CHANNEL, seq=seq) for seq in (2, 3)]
    assert len(pass_through(View("text"), CHANNEL, forged, *later)) == 4


def test_messages_without_seq_are_all_passed_on():
    unnumbered = msgspec.structs.replace(CHANNEL, seq=0)
    assert len(pass_through(View("text"), unnumbered, unnumbered)) == 2


def test_a_new_cluster_may_count_from_one_again():
    later = msgspec.structs.replace(CHANNEL, time=NOON + 60)
    assert len(pass_through(View("text"), CHANNEL, later, later)) == 2


def test_the_table_of_what_was_seen_is_bounded(monkeypatch):
    monkeypatch.setattr(machine, "REMEMBERED_MAX", 3)
    view = View("text")
    items = [msgspec.structs.replace(CHANNEL, seq=seq) for seq in range(1, 5)]
    assert len(pass_through(view, *items)) == 4
    assert len(pass_through(view, *items[1:])) == 0
    assert len(pass_through(view, items[0])) == 1, "the oldest was forgotten"


# What comes in.


@pytest.mark.parametrize("encoding", [msgpack.packb, lambda value: json.dumps(value).encode()])
@pytest.mark.parametrize(
    "fields",
    [
        {"user": "ana", "message": "oi", "timestamp": NOON, "clock": 9},
        {"data": {"user": "ana", "message": "oi", "timestamp": NOON * 1000, "clock": "9"}},
        {"src": "ana", "content": "oi", "timestamp": int(NOON * 1000), "clock": 9.0},
    ],
)
def test_foreign_publications_are_passed_on(encoding, fields):
    assert reshaped((b"geral", encoding(fields))) == [(b"geral ana: oi [12:00:00] (clock=9)",)]


@pytest.mark.parametrize("time", [None, 0, -1, float("nan"), float("inf"), 1e300, "12:30:59", True])
def test_a_timestamp_that_is_no_moment_becomes_that_of_the_view(time):
    raw = msgpack.packb({"user": "ana", "message": "oi", "timestamp": time, "clock": 9})
    assert reshaped((b"geral", raw)) == [(b"geral ana: oi [13:00:00] (clock=9)",)]


def test_a_timestamp_of_any_length_is_survived():
    raw = json.dumps({"user": "ana", "message": "oi", "timestamp": 10**400}).encode()
    assert reshaped((b"geral", raw)) == [(b"geral ana: oi [13:00:00] (clock=0)",)]


@pytest.mark.parametrize(
    "frames",
    [
        (),
        (b"",),
        (b"geral ana: oi",),
        (b"servers",),
        (b"servers", msgpack.packb({"service": "election"})),
        (b"geral", b""),
        (b"geral", b"\x01"),
        (b"geral", write_publication(CHANNEL)[1], b"more"),
        (b"x" * 10_000, write_publication(CHANNEL)[1]),
    ],
)
def test_what_is_neither_message_nor_announcement_is_dropped(frames):
    assert reshaped(frames) == []


@given(st.lists(st.binary(max_size=50), max_size=3), st.sampled_from(["text", "json"]))
def test_any_frames_are_survived(frames, shape):
    reshaped(frames, shape)


# Subscriptions.


@pytest.mark.parametrize(
    ("shape", "wanted", "followed"),
    [
        ("text", b"", b""),
        ("text", b"geral", b"geral"),
        ("text", b"geral ", b"geral"),
        ("text", b"geral ana: ", b"geral"),
        ("json", b"ana maria", b"ana maria"),
    ],
)
def test_what_a_reader_follows_is_followed_at_the_proxy(shape, wanted, followed):
    view = View(shape)
    view.on_subscription(b"\x01" + wanted)
    view.on_subscription(b"\x00" + wanted)
    assert view.take() == [Follow(followed, True), Follow(followed, False)]


@pytest.mark.parametrize("raw", [b"", b"\x02geral", b"geral"])
def test_what_is_no_subscription_is_ignored(raw):
    view = View("text")
    view.on_subscription(raw)
    assert view.take() == []
