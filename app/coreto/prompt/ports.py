"""What the prompt asks of the cluster, as ports: `coreto.client` stands behind them, or a fake.

Requests come from one thread at a time, though not always from the same one: with a terminal they
run on a thread of their own, so that a slow answer never stops the typing. `received` may be
called meanwhile, from another thread, and never waits; so may `give_up`. `look` and `names` come
from one more thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from coreto.client.membership import Members
from coreto.client.survey import Look, Report


class Received(Protocol):
    """A message that arrived by subscription."""

    @property
    def topic(self) -> str:
        """The channel, or the receiver of a direct message."""

    @property
    def direct(self) -> bool:
        """Whether it went to one user."""

    @property
    def user(self) -> str:
        """Who wrote it."""

    @property
    def message(self) -> str:
        """The text."""

    @property
    def seq(self) -> int | None:
        """Its place in the topic; nothing when its publisher gave none."""

    @property
    def time(self) -> float:
        """When it was written, in Unix seconds."""

    @property
    def index(self) -> int:
        """Its place in the log of the servers, 0 when that is not known."""

    @property
    def clock(self) -> int:
        """Its Lamport value, 0 when that is not known."""

    @property
    def confirmed(self) -> bool:
        """Whether the servers are known to have stored it."""


class HistoryRow(Protocol):
    """A stored message."""

    @property
    def user(self) -> str:
        """Who wrote it."""

    @property
    def message(self) -> str:
        """The text."""

    @property
    def seq(self) -> int | None:
        """Its place in the topic; a conversation of two has none."""

    @property
    def time(self) -> float:
        """When it was stored, in Unix seconds."""

    @property
    def index(self) -> int:
        """Its place in the log of the servers."""

    @property
    def clock(self) -> int:
        """Its Lamport value."""


class Chat(Protocol):
    """The cluster as one person sees it; every request may raise a `ClientError`."""

    def login(self, user: str) -> Mapping[str, Any]:
        """Make a user known; again is no error."""

    def users(self) -> Sequence[str]:
        """Everybody who ever logged in."""

    def create_channel(self, channel: str) -> Mapping[str, Any]:
        """Create a channel."""

    def channels(self) -> Sequence[str]:
        """All channels."""

    def publish(self, user: str, channel: str, text: str) -> Mapping[str, Any]:
        """Publish in a channel; the answer has `seq`."""

    def message(self, src: str, dst: str, text: str) -> Mapping[str, Any]:
        """Send to one user; the answer has `seq`."""

    def history(
        self,
        *,
        channel: str = "",
        user: str = "",
        peer: str = "",
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[HistoryRow]:
        """Stored messages in order: the last ones, when neither `after` nor `before` is given."""

    def status(self) -> Mapping[str, Any]:
        """How a server is: `role`, `epoch`, `coordinator`, `server`, `commit`, `applied` and more."""

    def election(self) -> Mapping[str, Any]:
        """Who is `coordinator`."""

    def servers(self) -> Sequence[Mapping[str, Any]]:
        """Live servers: `name`, `rank`, `address`, `coordinator`."""

    def members(self) -> Members:
        """Who votes and who learns."""

    def promote(self, wanted: str) -> tuple[str, Members]:
        """Make the learner with this name or rank a voter; its name, and who votes then."""

    def remove(self, wanted: str) -> tuple[str, Members]:
        """Make the voter with this name or rank a learner; its name, and who votes then."""

    def survey(self) -> Sequence[Report]:
        """Every live server as it says it is."""

    def look(self) -> Look:
        """How the cluster is, in one glance."""

    def names(self) -> tuple[Sequence[str], Sequence[str]]:
        """All users, and all channels."""

    @property
    def lamport(self) -> int:
        """The Lamport clock of this person's connection."""

    def give_up(self) -> None:
        """End the request under way with a `GivenUpError`."""

    def stop_looking(self) -> None:
        """End a look under way, and every later one."""

    def clocks(self) -> Sequence[Mapping[str, Any]]:
        """The clock of every live server: `time`, `offset`, `drift`, `adjustment` and more, None if unknown."""

    def set_clock(self, wanted: str, moment: float) -> tuple[str, float]:
        """Set the clock of the server with this name or rank to Unix seconds; its name and what it then reads."""

    def subscribe(self, topic: str, *, direct: bool = False) -> None:
        """Receive what is published under exactly this topic: a channel, or with `direct` a user's own."""

    def unsubscribe(self, topic: str) -> None:
        """Receive it no longer."""

    def received(self) -> Sequence[Received]:
        """Take what has arrived since the last call."""

    def close(self) -> None:
        """Let go of sockets and threads."""
