"""The broker in front of foreign servers: plain REP servers that answer from their own state (replication.md §7).

Theory of operation. Nothing is known of these servers but that they answer what they are given.
Each request is sent once, to the next of them in turn; it is never sent again, because nobody there
would notice the repetition. A client still has exactly one answer: the server's, or when the budget
ends `unknown` if the request was sent, `no_coordinator` if there was nobody to send it to. Such an
answer says `final`: our own client must not repeat the request either.
"""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.machines.answers import error_data, reply_service
from coreto.machines.clock import ApplicationClock
from coreto.machines.deadlines import Deadlines
from coreto.machines.effects import Effect, ReplyTo, Route
from coreto.machines.lamport import Lamport
from coreto.machines.settings import Settings
from coreto.texts import Catalogue
from coreto.wire.envelope import Incoming, read, write

OPEN_MAX = 4096
"""Requests without an answer; more are `overloaded`."""


class SendForeign(Effect, frozen=True):
    """Give a request to the next foreign server; say `on_sent` if there was one."""

    number: int
    raw: bytes


class Waiting(msgspec.Struct):
    """A client's request until it is answered."""

    route: Route
    raw: bytes
    incoming: Incoming
    sent: bool = False


class ForeignDispatch:
    """The broker's table of requests to foreign servers."""

    def __init__(self, clock: ApplicationClock, settings: Settings, catalogue: Catalogue) -> None:
        self._clock = clock
        self._settings = settings
        self._catalogue = catalogue
        self._lamport = Lamport()
        self._waiting: dict[int, Waiting] = {}
        self._unsent: list[int] = []
        self._deadlines: Deadlines[int] = Deadlines()
        self._count = 0
        self._effects: list[Effect] = []

    def on_request(self, route: Route, raw: bytes, now: float) -> None:
        """Take on a client's request."""
        incoming = read(raw, wide=self._settings.wide)
        self._lamport.receive(incoming.clock)
        if len(self._waiting) >= OPEN_MAX:
            self._answer(route, incoming, "overloaded", now)
            return
        self._count += 1
        self._waiting[self._count] = Waiting(route, raw, incoming)
        self._unsent.append(self._count)
        self._deadlines.add(now + self._settings.broker_budget, self._count)

    def on_sent(self, number: int) -> None:
        """A foreign server was given this request."""
        self._waiting[number].sent = True

    def on_answer(self, number: int, *frames: bytes) -> None:
        """A foreign server answered, in one frame or more; an answer that comes too late finds nobody."""
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            self._effects.append(ReplyTo((*waiting.route, *frames[:-1]), frames[-1]))

    def refuse(self, route: Route, rule: str, fields: dict[str, object], now: float) -> None:
        """Answer something that is no request at all."""
        data = error_data("bad_request", rule, self._catalogue, **fields)
        self._reply(route, read(b"", wide=self._settings.wide), data, now)

    def tick(self, now: float) -> None:
        """Answer what has no time left, and try again what nobody took."""
        for number in self._deadlines.due(now):
            waiting = self._waiting.pop(number, None)
            if waiting is not None:
                self._answer(waiting.route, waiting.incoming, "unknown" if waiting.sent else "no_coordinator", now)
        self._unsent = [n for n in self._unsent if n in self._waiting and not self._waiting[n].sent]
        self._effects.extend(SendForeign(number, self._waiting[number].raw) for number in self._unsent)

    def deadline(self) -> float:
        """Return the moment at which `tick` has something to do."""
        return self._deadlines.next()

    def flush(self) -> list[Effect]:
        """Return what is to be done for the turn."""
        effects, self._effects = self._effects, []
        return effects

    def _answer(self, route: Route, incoming: Incoming, code: str, now: float) -> None:
        self._reply(route, incoming, {**error_data(code, code, self._catalogue), "final": True}, now)

    def _reply(self, route: Route, incoming: Incoming, data: dict[str, Any], now: float) -> None:
        stamps = self._lamport.send(), self._clock.read(now)
        self._effects.append(ReplyTo(route, write(incoming.shape, reply_service(incoming), data, *stamps)))
