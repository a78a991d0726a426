"""Events of messages and of the log: one for each frame or turn, recorded only where somebody wants them all.

A frame that carries many requests is one event; `items` (and `entries`) hold what is in it, for
the reader to expand. What was sent and what was received of it have the same `message`: the two
ends of one arrow.
"""

from __future__ import annotations

import msgspec

from coreto.journal.event import Event


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One of the requests or answers that a frame carries."""

    who: str
    """The client's connection in hexadecimal, or the number the broker gave the request."""
    service: str = ""
    stamp: int = 0
    index: int = 0
    """The place in the log that an answer tells of."""


class Traffic(Event, frozen=True, kw_only=True):
    """The base of what happens with every message."""


class Message(Traffic, frozen=True, kw_only=True):
    """The base of both ends."""

    peer: str
    """The lane at the other end."""
    kind: str
    """The service: append, promise, work, announcement …"""
    message: str = ""
    """Pairs sent with received; empty where the other end records nothing."""
    stamp: int = 0
    """The Lamport value the message carries; 0 for a batch of several."""
    epoch: int = 0
    first: int = 0
    last: int = 0
    """The entries of the log that it carries, asks for, or tells of."""
    items: tuple[Item, ...] = ()
    count: int = 1
    """How many messages this event stands for."""


class Sent(Message, frozen=True, kw_only=True, tag="sent"):
    """A message left."""


class Received(Message, frozen=True, kw_only=True, tag="received"):
    """A message arrived; `clock` is that of the receiver after it took note of `stamp`."""

    ignored: bool = False
    """It was not for this life of the receiver."""


class AppliedEntry(msgspec.Struct, frozen=True, array_like=True):
    """One entry of the log, as a server applied it."""

    digest: int
    """The hash of the state after it: equal on all servers."""
    stamp: int
    """Its Lamport value."""
    kind: str
    """noop, config, or the kind of the command."""
    topic: str = ""
    """The channel it made or publishes to, or the user it is for."""


class Applied(Traffic, frozen=True, kw_only=True, tag="applied"):
    """A server applied the entries from `first` on."""

    name: str
    first: int
    entries: tuple[AppliedEntry, ...]
