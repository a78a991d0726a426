"""What every driver shares: its arguments, a closed loop for asyncio clients, and the one line that it prints."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from coreto.lab.bench.load import text_of
from coreto.lab.bench.numbers import load_told

Send = Callable[[list[bytes]], Awaitable[None]]
"""Sends some messages and returns when the last of them is acknowledged."""


class Task(NamedTuple):
    """What to do: `address` is a port or several, with commas between them."""

    address: str
    clients: int
    window: int
    size: int
    seconds: float
    warmup: float


def task() -> Task:
    """Return what the command line says."""
    address, clients, window, size, seconds, warmup = sys.argv[1:]
    return Task(address, int(clients), int(window), int(size), float(seconds), float(warmup))


class Times:
    """When each message was acknowledged, and how long that took."""

    def __init__(self, work: Task) -> None:
        self.began = time.monotonic() + work.warmup
        self.ended = self.began + work.seconds
        self.moments: list[float] = []
        self.latencies: list[float] = []
        self._number = 0
        self._size = work.size

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be sent."""
        return time.monotonic() >= self.ended

    def text(self) -> bytes:
        """Return the next text."""
        self._number += 1
        return text_of(self._number, self._size).encode()

    def acknowledged(self, sent: float, count: int = 1) -> None:
        """Count messages that were sent at a monotonic moment."""
        now = time.monotonic()
        self.moments.extend([now] * count)
        self.latencies.extend([now - sent] * count)

    def tell(self, stored: int | None = None) -> None:
        """Print the figures; void when fewer messages are `stored` than were acknowledged."""
        values = load_told(self.moments, self.latencies, self.began, self.ended)
        lost = stored is not None and stored < len(self.moments)
        void = f"{stored} stored of {len(self.moments)} acknowledged" if lost else ""
        print(json.dumps({"values": values, "void": void}))


async def run_loops(times: Times, sends: list[Send], loops: int, at_once: int = 1) -> None:
    """Send with each of `sends` in so many loops, `at_once` messages each time, until the time is over."""

    async def loop(send: Send) -> None:
        while not times.is_over:
            texts = [times.text() for _ in range(at_once)]
            sent = time.monotonic()
            await send(texts)
            times.acknowledged(sent, at_once)

    await asyncio.gather(*(loop(send) for send in sends for _ in range(loops)))
