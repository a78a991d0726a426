"""The services of the course protocol as typed requests, and the table that reads them tolerantly.

Each request is a frozen struct; `READERS` maps a service name to the function that builds the
struct from a loosely written `data` map, trying aliases when the proper key is absent
(protocol.md §2 and §4, 5). A rule that is broken is a `RefusalError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from coreto.wire.limits import HISTORY_ROWS_DEFAULT, HISTORY_ROWS_MAX, LIST_ROWS_MAX
from coreto.wire.names import clean_channel, clean_name, clean_text
from coreto.wire.refusal import RefusalError

Level = Literal["local", "session", "linear"]
Data = dict[Any, Any]


class Request(msgspec.Struct, frozen=True):
    """The base of every request of the course protocol."""


class Login(Request, frozen=True, tag="login"):
    """Store a user and the moment of the login."""

    user: str


class Users(Request, frozen=True, tag="users"):
    """List users in order of name, those behind `after`."""

    after: str = ""
    limit: int = LIST_ROWS_MAX


class CreateChannel(Request, frozen=True, tag="channel"):
    """Create a channel."""

    channel: str
    user: str = ""


class Channels(Request, frozen=True, tag="channels"):
    """List channels in order of name, those behind `after`."""

    after: str = ""
    limit: int = LIST_ROWS_MAX


class PublishText(Request, frozen=True, tag="publish"):
    """Publish a text in a channel."""

    user: str
    channel: str
    message: str


class DirectText(Request, frozen=True, tag="message"):
    """Send a text to one user."""

    src: str
    dst: str
    message: str


class History(Request, frozen=True, tag="history"):
    """Read stored messages of a channel, of a receiver, or of a conversation.

    `channel` alone and `user` alone page by `seq`; `user` with `peer` pages by log index.
    """

    channel: str = ""
    user: str = ""
    peer: str = ""
    after: int | None = None
    before: int | None = None
    limit: int = HISTORY_ROWS_DEFAULT


class Status(Request, frozen=True, tag="status"):
    """Ask a role how it is."""


class Clock(Request, frozen=True, tag="clock"):
    """Read the application clock, set it to `time` (Unix seconds), or shift it by `adjust` (s)."""

    time: float | None = None
    adjust: float | None = None


class Election(Request, frozen=True, tag="election"):
    """Ask the receiver to take part in an election, or inform it of a coordinator."""

    coordinator: str = ""


class RankRequest(Request, frozen=True, tag="rank"):
    """A server asks the reference for its rank; `replica` and the rest are ours."""

    user: str
    address: str = ""
    replica: str = ""
    rank: int = 0
    genesis: int = 0
    """How many servers the cluster is to be born with; 0 from one that belongs to a cluster."""


class ListServers(Request, frozen=True, tag="list"):
    """Ask the reference for the live servers."""


class Heartbeat(Request, frozen=True, tag="heartbeat"):
    """A server tells the reference that it lives, and ours whether it coordinates."""

    user: str
    address: str = ""
    coordinator: bool = False
    epoch: int = 0
    rank: int = 0


class Members(Request, frozen=True, tag="members"):
    """Ask a server who the voters and learners are, and of which cluster."""


class Promote(Request, frozen=True, tag="promote"):
    """Make a learner a voter."""

    server: str


class Remove(Request, frozen=True, tag="remove"):
    """Make a voter a voter no more."""

    server: str


WRITES = frozenset({"login", "channel", "publish", "message"})
"""Services that change the log; each of them gets a broker key."""


def _pick(data: Data, *keys: str) -> object:
    for key in keys:
        if data.get(key) is not None:
            return data[key]
    return None


def _string(data: Data, keys: tuple[str, ...]) -> str:
    value = _pick(data, *keys)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str):
        raise RefusalError("name_missing", key=keys[0])
    return value


def _name(data: Data, *keys: str) -> str:
    return clean_name(_string(data, keys))


def _channel(data: Data) -> str:
    return clean_channel(_string(data, ("channel", "name")))


def _text(data: Data) -> str:
    try:
        return clean_text(_string(data, ("message", "content", "text")))
    except RefusalError as refusal:
        if refusal.rule == "name_missing":
            raise RefusalError("text_missing") from None
        raise


def _optional(data: Data, *keys: str) -> str:
    return "" if _pick(data, *keys) in (None, "") else _name(data, *keys)


def _natural(data: Data, key: str, default: int | None) -> int | None:
    value = data.get(key)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise RefusalError("bad_number", key=key)
    return value


def _bounded(data: Data, key: str, default: int, most: int) -> int:
    return min(_natural(data, key, default) or default, most)


def _seconds(data: Data, key: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _SECONDS_MAX:
        raise RefusalError("bad_number", key=key)
    return float(value)


def _loose(data: Data, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) and len(value) <= _LOOSE_CHARACTERS else ""


def _loose_number(data: Data, key: str) -> int:
    value = data.get(key)
    return value if type(value) is int and 0 <= value < 2**32 else 0


_LOOSE_CHARACTERS = 256
_SECONDS_MAX = 253_402_300_799.0
"""The last second of the year 9999: no calendar shows a later time, and JSON knows integers of any length."""
_USER = ("user", "username", "src", "from")


def _creator(data: Data) -> str:
    """Return who creates a channel, empty when the request does not say it properly: nothing depends on it."""
    try:
        return _optional(data, "user", "username")
    except RefusalError:
        return ""


def _read_history(data: Data) -> History:
    channel = _channel(data) if _pick(data, "channel", "name") is not None else ""
    user = "" if channel else _optional(data, *_USER)
    if not channel and not user:
        raise RefusalError("history_which")
    return History(
        channel,
        user,
        "" if channel else _optional(data, "peer"),
        _natural(data, "after", None),
        _natural(data, "before", None),
        _bounded(data, "limit", HISTORY_ROWS_DEFAULT, HISTORY_ROWS_MAX),
    )


def _read_heartbeat(data: Data) -> Heartbeat:
    numbers = _loose_number(data, "epoch"), _loose_number(data, "rank")
    return Heartbeat(_name(data, *_USER), _loose(data, "address"), data.get("coordinator") is True, *numbers)


def _read_rank(data: Data) -> RankRequest:
    loose = _loose(data, "address"), _loose(data, "replica"), _loose_number(data, "rank")
    return RankRequest(_name(data, *_USER), *loose, _loose_number(data, "genesis"))


READERS: dict[str, Callable[[Data], Request]] = {
    "login": lambda data: Login(_name(data, *_USER)),
    "users": lambda data: Users(_optional(data, "after"), _bounded(data, "limit", LIST_ROWS_MAX, LIST_ROWS_MAX)),
    "channel": lambda data: CreateChannel(_channel(data), _creator(data)),
    "channels": lambda data: Channels(_optional(data, "after"), _bounded(data, "limit", LIST_ROWS_MAX, LIST_ROWS_MAX)),
    "publish": lambda data: PublishText(_name(data, *_USER), _channel(data), _text(data)),
    "message": lambda data: DirectText(
        _name(data, "src", "user", "username", "from"), _name(data, "dst", "to"), _text(data)
    ),
    "history": _read_history,
    "status": lambda _: Status(),
    "clock": lambda data: Clock(_seconds(data, "time"), _seconds(data, "adjust")),
    "election": lambda data: Election(_loose(data, "coordinator")),
    "members": lambda _: Members(),
    "promote": lambda data: Promote(_name(data, "name", "server")),
    "remove": lambda data: Remove(_name(data, "name", "server")),
    "rank": _read_rank,
    "list": lambda _: ListServers(),
    "heartbeat": _read_heartbeat,
}
"""How each service is read; the one place that knows which services exist."""
