"""What every action of `coreto admin` works with: the servers on the reference's list, and how to ask them.

The reference says who is there; everything else is asked of each server itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from coreto.cli.places import there
from coreto.client.direct import Answer, ask_direct
from coreto.client.listed import Listed, Told, ask_each, ask_list, find
from coreto.launcher import addresses as ports
from coreto.net.sockets import Context
from coreto.wire.stamps import TimestampKind

REFERENCE = "reference"
"""What `show` calls the reference."""


class Desk:
    """What every action needs: the context, the addresses, and how to print."""

    def __init__(self, context: Context, options: argparse.Namespace) -> None:
        self.context = context
        self.options = options
        self.reference = there(options, options.reference, ports.REFERENCE)
        self.proxy = there(options, options.proxy, ports.XSUB)
        self.as_json = bool(options.json)
        self._timestamp: TimestampKind = options.timestamp

    def listed(self) -> list[Listed]:
        """Return the live servers in order of rank; raise a `ClientError`."""
        return ask_list(self.context, self.reference, self._timestamp)

    def find(self, wanted: str) -> Listed:
        """Return the server with this name or rank; raise `RefusedError` when it is not on the list."""
        return find(self.listed(), wanted)

    def chosen(self) -> list[Listed]:
        """Return the one server of --server, else all on the list."""
        return [self.find(self.options.server)] if self.options.server else self.listed()

    def ask_reference(self, service: str) -> Answer:
        """Ask the reference; raise a `ClientError`."""
        return ask_direct(self.context, self.reference, service, timestamp=self._timestamp)

    def ask(self, server: Listed, service: str, **data: Any) -> Answer:  # noqa: ANN401 -- the fields of any service
        """Ask one server at its own address; raise a `ClientError`."""
        return ask_direct(self.context, server.address, service, timestamp=self._timestamp, **data)

    def ask_each(self, servers: Sequence[Listed], service: str) -> list[Told]:
        """Ask several at once; those that do not answer are told with the reason."""
        return ask_each(self.context, servers, service, self._timestamp)


def status_of(told: Sequence[Told]) -> int:
    """Return the exit status: that of the first server which did not answer."""
    return next((item.error.status for item in told if item.error is not None), 0)
