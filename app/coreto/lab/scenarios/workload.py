"""Who writes and reads while a scenario runs: each a thread with a client of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from coreto.client.client import Client
from coreto.client.errors import ClientError, ProtocolError
from coreto.lab.scenarios.evidence import OK, Operation, Page
from coreto.machines.settings import Settings
from coreto.net.sockets import Context
from coreto.wire.codec import UndecodableError
from coreto.wire.publication import read_history_row

NAMES = ("ana", "bia", "caio", "duda", "enzo", "flor", "gil", "hugo")
"""Who writes; whoever reads has a number."""
OPERATIONS_MAX = 20_000
"""Messages of one writer: at the greatest rate, a minute and a half."""
PAGES_MAX = 2_000
READ_PAUSE = 0.1
"""Seconds between two looks of a reader."""
PAGE_ROWS = 50
AFTER_FAILURE = 0.2
"""Seconds a writer waits after a failure, so that a cluster that refuses is not asked in a loop."""


class _Person:
    """A thread that does something again and again until it is told to stop."""

    def __init__(self, name: str, context: Context, broker: str, settings: Settings) -> None:
        self.name = name
        self._client = Client(broker, context=context, settings=settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"coreto-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the end; what is under way after so many seconds is given up."""
        if self._thread.ident is None:
            return  # it never began
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._client.give_up(for_good=True)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._act()
        finally:
            self._client.close()

    def _act(self) -> None:
        raise NotImplementedError


class Writer(_Person):
    """Publishes in the channels in turn; every text is another one."""

    def __init__(
        self,
        name: str,
        context: Context,
        broker: str,
        settings: Settings,
        channels: tuple[str, ...],
        rate: float,
        acknowledged: Callable[[], None],
    ) -> None:
        """`acknowledged` is called after each message that was stored."""
        super().__init__(name, context, broker, settings)
        self._channels = channels
        self._pause = 1.0 / rate
        self._told = acknowledged
        self.operations: list[Operation] = []
        self.stored = 0
        """Messages that were acknowledged."""

    def _act(self) -> None:
        while not self._stop.is_set() and len(self.operations) < OPERATIONS_MAX:
            number = len(self.operations)
            operation = self._publish(self._channels[number % len(self._channels)], f"{self.name} {number + 1}")
            self.operations.append(operation)
            if operation.code == OK:
                self.stored += 1
                self._told()
            spent = operation.end - operation.start
            self._stop.wait(max(0.0, self._pause - spent) if operation.code == OK else AFTER_FAILURE)

    def _publish(self, channel: str, text: str) -> Operation:
        start = time.monotonic()
        told: dict[str, Any] = {}
        code = OK
        try:
            told = self._client.publish(self.name, channel, text)
        except ClientError as error:
            code = error.code or "unknown"
        known = {key: told[key] for key in ("seq", "index", "id") if key in told}
        return Operation(self.name, channel, text, start, time.monotonic(), code, **known)


class Reader(_Person):
    """Reads the channels in turn, page by page, and again the last page while there is nothing new."""

    def __init__(self, name: str, context: Context, broker: str, settings: Settings, channels: tuple[str, ...]) -> None:
        super().__init__(name, context, broker, settings)
        self._after = dict.fromkeys(channels, 0)
        self.pages: list[Page] = []

    def _act(self) -> None:
        while not self._stop.is_set() and len(self.pages) < PAGES_MAX:
            for channel in self._after:
                self._read(channel)
            self._stop.wait(READ_PAUSE)

    def _read(self, channel: str) -> None:
        after = self._after[channel]
        try:
            told = self._client.ask("history", channel=channel, after=after, limit=PAGE_ROWS)
            rows = tuple(read_history_row(channel, row, direct=False) for row in told["messages"])
        except (ClientError, UndecodableError, ProtocolError):
            return  # nothing was shown, so there is nothing to judge
        self.pages.append(Page(self.name, channel, after, int(told.get("index", 0)), rows))
        if len(rows) == PAGE_ROWS:
            self._after[channel] = rows[-1].seq


def enter(client: Client, names: tuple[str, ...], channels: tuple[str, ...]) -> None:
    """Log in whoever will write, and create the channels; raise a `ClientError`."""
    for name in names:
        client.login(name)
    for channel in channels:
        client.create_channel(channel)
