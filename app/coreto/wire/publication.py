"""Publications: two frames, topic and a map that flat and nested readers both understand (protocol.md §3).

Announcements of coordinators travel on a topic of their own; foreign servers write them in other
shapes too, and all of them are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from coreto.wire.codec import UndecodableError, decode, encode
from coreto.wire.names import clean_name
from coreto.wire.refusal import RefusalError
from coreto.wire.stamps import as_clock, as_seconds

SERVERS_TOPIC = "servers"
"""The topic of announcements of coordinators."""


class Publication(msgspec.Struct, frozen=True):
    """A message as published: `user` wrote it to `topic`, a channel or (`direct`) a user."""

    topic: str
    direct: bool
    user: str
    message: str
    seq: int
    index: int
    id: str
    time: float
    clock: int


class Announcement(msgspec.Struct, frozen=True):
    """A coordinator as announced; foreign servers know no epoch, and some no rank (0)."""

    coordinator: str
    rank: int = 0
    epoch: int = 0
    time: float = 0.0
    clock: int = 0


def write_publication(item: Publication) -> tuple[bytes, bytes]:
    """Return the two frames of a publication."""
    core, flat = publication_maps(item)
    return item.topic.encode(), encode({**flat, "data": core}, "msgpack")


def publication_maps(item: Publication) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a publication holds: as the course nests it, and flat with every spelling and our keys."""
    stamp = {"timestamp": item.time, "clock": item.clock}
    if item.direct:
        core: dict[str, Any] = {"src": item.user, "dst": item.topic, "message": item.message, **stamp}
        extra = {"service": "message", "user": item.user, "from": item.user, "to": item.topic}
    else:
        core = {"user": item.user, "channel": item.topic, "message": item.message, **stamp}
        extra = {"service": "publish"}
    return core, {**extra, **core, "seq": item.seq, "index": item.index, "id": item.id}


def write_announcement(coordinator: str, rank: int, epoch: int, clock: int, time: float) -> tuple[bytes, bytes]:
    """Return the two frames that announce a coordinator on the topic `servers`."""
    announced = announcement_map(Announcement(coordinator, rank, epoch, time, clock))
    return SERVERS_TOPIC.encode(), encode(announced, "msgpack")


def announcement_map(item: Announcement) -> dict[str, Any]:
    """Return an announcement as one map, flat and nested."""
    core: dict[str, Any] = {"coordinator": item.coordinator, "rank": item.rank, "epoch": item.epoch}
    core |= {"timestamp": item.time, "clock": item.clock}
    return {"service": "election", **core, "data": core}


def read_announcement(frames: Sequence[bytes]) -> Announcement | None:
    """Return the announcement in received frames, or None if they hold none.

    Two frames with a map, flat or nested, MessagePack or JSON; or one text frame `servers {json}`.
    """
    topic, raw = topic_and_body(frames)
    if topic != SERVERS_TOPIC.encode():
        return None
    try:
        fields = _merged(raw)
        if fields.get("service", "election") != "election":
            return None
        coordinator = _coordinator(fields)
    except (UndecodableError, RefusalError):
        return None
    return Announcement(
        coordinator,
        as_clock(fields.get("rank")) or 0,
        as_clock(fields.get("epoch")) or 0,
        as_seconds(fields.get("timestamp")) or 0.0,
        as_clock(fields.get("clock")) or 0,
    )


def read_publication(topic: bytes, raw: bytes) -> Publication:
    """Return the message in two received frames; raise `UndecodableError` if there is none.

    A publication without a usable `seq` has `seq` 0: it is shown, as unconfirmed.
    """
    fields = _merged(raw)
    user = fields.get("user") or fields.get("src") or fields.get("from")
    message = fields.get("message", fields.get("content"))
    if not isinstance(user, str) or not isinstance(message, str):
        raise UndecodableError("a publication names its user and its message")
    return Publication(
        topic.decode("utf-8", "replace"),
        fields.get("service") == "message" or "dst" in fields,
        user,
        message,
        as_clock(fields.get("seq")) or 0,
        as_clock(fields.get("index")) or 0,
        str(fields.get("id", "")),
        _seconds(fields.get("timestamp")),
        as_clock(fields.get("clock")) or 0,
    )


def read_history_row(topic: str, row: dict[str, Any], *, direct: bool) -> Publication:
    """Return a row of a `history` answer as the publication it confirms; raise `UndecodableError` if it is none."""
    try:
        user = row["src"] if direct else row["user"]
        fields = {"topic": topic, "direct": direct, "user": user, "message": row["message"]}
        fields |= {"seq": row["seq"], "index": row["index"], "id": row["id"]}
        return msgspec.convert({**fields, "time": row["timestamp"], "clock": row["clock"]}, Publication)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise UndecodableError(f"a message of a history is none: {error}") from None


def topic_and_body(frames: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the topic and what was published under it, from two frames or from one with a space between them."""
    if len(frames) == 1:
        topic, _, raw = frames[0].partition(b" ")
        return topic, raw
    return (frames[0], frames[1]) if len(frames) == 2 else (b"", b"")


def _merged(raw: bytes) -> dict[Any, Any]:
    """Return the map in `raw` with what is nested under `data` beside what stands on top."""
    value, _ = decode(raw)
    if not isinstance(value, dict):
        raise UndecodableError("a publication is a map")
    nested = value.get("data")
    return {**(nested if isinstance(nested, dict) else {}), **value}


def _coordinator(fields: dict[Any, Any]) -> str:
    name = fields.get("coordinator")
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    return clean_name(name if isinstance(name, str) else "")


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        return float(value)
    except OverflowError:  # JSON knows integers of any length
        return 0.0
