"""Who votes and who learns, asked of the coordinator at its own address, and changed there (replication.md §9)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from coreto.client.direct import Answer, ask_direct
from coreto.client.errors import ProtocolError, RefusedError, TimedOutError, UnreachableError
from coreto.client.listed import Listed
from coreto.client.refusals import explained
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context
from coreto.texts import _
from coreto.wire.stamps import TimestampKind

LOOKS_MAX = 5
"""Looks at the list for a coordinator: it is some heartbeats late when another one was elected."""
LOOK_AGAIN_SECONDS = 0.5

Look = Callable[[], Sequence[Listed]]
"""Asks the reference who is there."""


class Members(msgspec.Struct, frozen=True):
    """Who belongs to a cluster, as its coordinator tells."""

    cluster: str
    coordinator: str
    voters: tuple[str, ...]
    learners: tuple[str, ...]
    listed: tuple[Listed, ...]
    """Who the reference hears, foreign servers among them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who belongs to it."""
        return tuple(dict.fromkeys((*self.voters, *self.learners)))


class Membership:
    """Asks and changes; every method raises a `ClientError`."""

    def __init__(
        self, context: Context, look: Look, timestamp: TimestampKind = "float", key: ClusterKey | None = None
    ) -> None:
        """`key`: that of the cluster, without which servers that other machines reach change no members."""
        self._context = context
        self._key = key
        self._look = look
        self._timestamp: TimestampKind = timestamp

    def members(self) -> Members:
        """Return who votes and who learns."""
        return self._ask("members")

    def promote(self, wanted: str) -> tuple[str, Members]:
        """Make a learner, given by name or rank, a voter; return its name, and who votes then. A voter stays one."""
        return self._change("promote", wanted)

    def remove(self, wanted: str) -> tuple[str, Members]:
        """Make a voter, given by name or rank, a learner; return its name, and who votes then. A learner stays one."""
        return self._change("remove", wanted)

    def _change(self, service: str, wanted: str) -> tuple[str, Members]:
        name = self._member(wanted)
        return name, self._ask(service, name=name)

    def _member(self, wanted: str) -> str:
        members = self.members()
        ranks = {str(server.rank): server.name for server in members.listed}
        for name in (wanted, ranks.get(wanted, "")):
            if name in members.names:
                return name
        names = ", ".join(members.names)
        raise RefusedError(
            _("No server of this cluster is called {name} or has that rank: it has {names}.", name=wanted, names=names),
            "refused",
        )

    def _ask(self, service: str, **data: str) -> Members:
        """Ask whoever coordinates; one that does not, or is gone, has done nothing, so that another may be asked."""
        silent: dict[str, UnreachableError] = {}
        listed: Sequence[Listed] = ()
        for attempt in range(LOOKS_MAX):
            if attempt:
                threading.Event().wait(LOOK_AGAIN_SECONDS)
            listed = self._look()
            for server in listed:
                if not server.coordinator:
                    continue
                try:
                    return _members(self._ask_one(server, service, data).data, listed)
                except UnreachableError as error:
                    silent[server.address] = error
                except RefusedError as error:
                    if error.rule != "not_coordinator":
                        raise explained(error, data.get("name", "")) from None
        code = self._why_nobody([server for server in listed if server.address not in silent])
        if silent and not code:
            raise next(iter(silent.values()))
        raise explained(RefusedError("", code or "no_coordinator"), "")

    def _why_nobody(self, servers: Sequence[Listed]) -> str:
        """Return the code a server gives for having no coordinator: it knows whether a majority is within its reach.

        Empty where none of these servers says why.
        """
        for server in servers:
            try:
                self._ask_one(server, "channels", {"level": "linear"})
            except RefusedError as error:
                return error.code
            except (UnreachableError, TimedOutError, ProtocolError):
                continue
        return ""

    def _ask_one(self, server: Listed, service: str, data: dict[str, str]) -> Answer:
        return ask_direct(self._context, server.address, service, timestamp=self._timestamp, key=self._key, **data)


def _members(data: dict[str, Any], listed: Sequence[Listed]) -> Members:
    return Members(
        str(data.get("cluster", "")),
        str(data.get("coordinator", "")),
        _names(data.get("voters")),
        _names(data.get("learners")),
        tuple(listed),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
