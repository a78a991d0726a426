"""The servers on the reference's list, and asking them.

The reference says who is there; everything else is asked of each server itself, at its own address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from coreto.client.direct import Answer, ask_direct
from coreto.client.errors import ClientError, RefusedError
from coreto.net.sockets import Context
from coreto.texts import _
from coreto.wire.stamps import TimestampKind

AT_ONCE_MAX = 16
"""Servers asked at the same time."""


class Listed(msgspec.Struct, frozen=True):
    """A server as the reference lists it."""

    name: str
    rank: int
    address: str
    coordinator: bool


class Told(msgspec.Struct, frozen=True):
    """What one server answered, or why there is no answer."""

    server: Listed
    answer: Answer | None
    error: ClientError | None = None

    def get(self, key: str) -> Any:  # noqa: ANN401 -- whatever the answer holds
        """Return a value of the answer, None without one."""
        return None if self.answer is None else self.answer.data.get(key)


def read_list(rows: object) -> list[Listed]:
    """Return what a reference, ours or not, lists, in order of rank."""
    servers = [_listed(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return sorted(servers, key=lambda server: (server.rank, server.name))


def ask_list(context: Context, reference: str, timestamp: TimestampKind = "float") -> list[Listed]:
    """Ask the reference at this address who is there; raise a `ClientError`."""
    return read_list(ask_direct(context, reference, "list", timestamp=timestamp).data.get("list"))


def find(servers: Iterable[Listed], wanted: str) -> Listed:
    """Return the server with this name or rank; raise `RefusedError` when it is not on the list."""
    known = list(servers)
    for server in known:
        if wanted in (server.name, str(server.rank)):
            return server
    names = ", ".join(f"{server.name} ({server.rank})" for server in known)
    raise RefusedError(
        _(
            "No live server is called {name} or has that rank: the reference lists {names}.",
            name=wanted,
            names=names or _("nobody"),
        ),
        "refused",
    )


def ask_each(
    context: Context, servers: Sequence[Listed], service: str, timestamp: TimestampKind = "float"
) -> list[Told]:
    """Ask several at once; those that do not answer are told with the reason."""

    def ask_one(server: Listed) -> Told:
        try:
            return Told(server, ask_direct(context, server.address, service, timestamp=timestamp))
        except ClientError as error:
            return Told(server, None, error)

    with ThreadPoolExecutor(AT_ONCE_MAX, "coreto-ask") as pool:
        return list(pool.map(ask_one, servers))


def _listed(row: dict[str, Any]) -> Listed:
    rank = row.get("rank")
    return Listed(
        str(row.get("name", "")),
        rank if isinstance(rank, int) else 0,
        str(row.get("address") or row.get("addr") or ""),
        row.get("coordinator") is True,
    )
