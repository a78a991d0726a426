"""A pretended person: logs in, and publishes in channels at a steady rate."""

from __future__ import annotations

import random
import threading

from coreto.client.client import Client
from coreto.client.errors import ClientError

CHANNELS = ("geral", "redes", "lab")
"""Channels a bot creates and talks in."""
_HARMLESS = ("channel_exists", "")
"""Why a channel may be refused to a bot: a foreign server names no rule, and publishing shows whether it is there."""


class Bot:
    """Publishes `rate` messages a second until stopped, or until `messages` are sent."""

    def __init__(self, client: Client, name: str, rate: float, messages: int | None) -> None:
        self._client = client
        self.name = name
        self._pause = 1.0 / rate
        self._messages = messages
        self._stop = threading.Event()
        self._random = random.Random(name)
        self.sent = 0
        self.failed = 0

    def run(self) -> None:
        """Talk until told to stop; a refused message is counted and the next one tried."""
        self._enter()
        while not self._stop.is_set() and (self._messages is None or self.sent + self.failed < self._messages):
            channel = self._random.choice(CHANNELS)
            try:
                self._client.publish(self.name, channel, f"{self.name} {self.sent + 1}")
                self.sent += 1
            except ClientError:
                self.failed += 1
            self._stop.wait(self._pause)

    def stop(self) -> None:
        """End after the message under way; may be called from any thread."""
        self._stop.set()

    def _enter(self) -> None:
        self._client.login(self.name)
        for channel in CHANNELS:
            try:
                self._client.create_channel(channel)
            except ClientError as error:
                if error.code != "refused" or error.rule not in _HARMLESS:
                    raise
