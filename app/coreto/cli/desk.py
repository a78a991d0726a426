"""What every action of `coreto admin` works with: the servers on the reference's list, and how to ask them.

The reference says who is there; everything else is asked of each server itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from coreto.cli.places import there
from coreto.client.direct import Answer, ask_direct
from coreto.client.errors import ClientError, RefusedError
from coreto.launcher import addresses as ports
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context
from coreto.texts import _
from coreto.wire.stamps import TimestampKind

REFERENCE = "reference"
"""What `show` calls the reference."""
AT_ONCE_MAX = 16
"""Servers asked at the same time."""


class Target(msgspec.Struct, frozen=True):
    """A server as the reference lists it."""

    name: str
    rank: int
    address: str
    coordinator: bool


class Told(msgspec.Struct, frozen=True):
    """What one server answered, or why there is no answer."""

    target: Target
    answer: Answer | None
    error: ClientError | None = None

    def get(self, key: str) -> Any:  # noqa: ANN401 -- whatever the answer holds
        """Return a value of the answer, None without one."""
        return None if self.answer is None else self.answer.data.get(key)


class Desk:
    """What every action needs: the context, the addresses, and how to print."""

    def __init__(self, context: Context, options: argparse.Namespace) -> None:
        self.context = context
        self.options = options
        self.reference = there(options, options.reference, ports.REFERENCE)
        self.proxy = there(options, options.proxy, ports.XSUB)
        self.key: ClusterKey | None = options.join
        self.as_json = bool(options.json)
        self._timestamp: TimestampKind = options.timestamp

    def listed(self) -> list[Target]:
        """Return the live servers in order of rank; raise a `ClientError`."""
        rows = self.ask_reference("list").data.get("list", [])
        targets = [_target(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return sorted(targets, key=lambda target: (target.rank, target.name))

    def find(self, wanted: str) -> Target:
        """Return the server with this name or rank; raise `RefusedError` when it is not on the list."""
        targets = self.listed()
        for target in targets:
            if wanted in (target.name, str(target.rank)):
                return target
        names = ", ".join(f"{target.name} ({target.rank})" for target in targets)
        raise RefusedError(
            _(
                "No live server is called {name} or has that rank: the reference lists {names}.",
                name=wanted,
                names=names or _("nobody"),
            ),
            "refused",
        )

    def chosen(self) -> list[Target]:
        """Return the one server of --server, else all on the list."""
        return [self.find(self.options.server)] if self.options.server else self.listed()

    def ask_reference(self, service: str) -> Answer:
        """Ask the reference; raise a `ClientError`."""
        return ask_direct(self.context, self.reference, service, timestamp=self._timestamp)

    def ask(self, target: Target, service: str, **data: Any) -> Answer:  # noqa: ANN401 -- the fields of any service
        """Ask one server at its own address; raise a `ClientError`."""
        return ask_direct(self.context, target.address, service, timestamp=self._timestamp, **data)

    def ask_each(self, targets: Sequence[Target], service: str) -> list[Told]:
        """Ask several at once; those that do not answer are told with the reason."""

        def ask_one(target: Target) -> Told:
            try:
                return Told(target, self.ask(target, service))
            except ClientError as error:
                return Told(target, None, error)

        with ThreadPoolExecutor(AT_ONCE_MAX, "coreto-admin") as pool:
            return list(pool.map(ask_one, targets))


def status_of(told: Sequence[Told]) -> int:
    """Return the exit status: that of the first server which did not answer."""
    return next((item.error.status for item in told if item.error is not None), 0)


def _target(row: dict[str, Any]) -> Target:
    rank = row.get("rank")
    address = row.get("address") or row.get("addr") or ""
    return Target(
        str(row.get("name", "")),
        rank if isinstance(rank, int) else 0,
        str(address),
        row.get("coordinator") is True,
    )
