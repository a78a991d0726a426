"""Publications: two frames, topic and a map that flat and nested readers both understand (protocol.md §3)."""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.wire.codec import UndecodableError, decode, encode
from coreto.wire.stamps import as_clock

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


def write_publication(item: Publication) -> tuple[bytes, bytes]:
    """Return the two frames of a publication."""
    stamp = {"timestamp": item.time, "clock": item.clock}
    if item.direct:
        core: dict[str, Any] = {"src": item.user, "dst": item.topic, "message": item.message, **stamp}
        extra = {"service": "message", "user": item.user, "from": item.user, "to": item.topic}
    else:
        core = {"user": item.user, "channel": item.topic, "message": item.message, **stamp}
        extra = {"service": "publish"}
    ours = {"seq": item.seq, "index": item.index, "id": item.id}
    return item.topic.encode(), encode({**extra, **core, **ours, "data": core}, "msgpack")


def write_announcement(coordinator: str, rank: int, epoch: int, clock: int, time: float) -> tuple[bytes, bytes]:
    """Return the two frames that announce a coordinator on the topic `servers`."""
    core: dict[str, Any] = {"coordinator": coordinator, "rank": rank, "epoch": epoch}
    core |= {"timestamp": time, "clock": clock}
    return SERVERS_TOPIC.encode(), encode({"service": "election", **core, "data": core}, "msgpack")


def read_publication(topic: bytes, raw: bytes) -> Publication:
    """Return the message in two received frames; raise `UndecodableError` if there is none.

    A publication without a usable `seq` has `seq` 0: it is shown, as unconfirmed.
    """
    value, _ = decode(raw)
    if not isinstance(value, dict):
        raise UndecodableError("a publication is a map")
    nested = value.get("data")
    fields = {**(nested if isinstance(nested, dict) else {}), **value}
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
        place = row["seq"], row["index"], row["id"]
        return Publication(topic, direct, user, row["message"], *place, row["timestamp"], row["clock"])
    except (KeyError, TypeError) as error:
        raise UndecodableError(f"a message of a history lacks {error}") from None


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
