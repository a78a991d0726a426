"""Our client's side of "at most once": request ids, repeated attempts, and what may be claimed at the end.

Theory of operation (replication.md §7, "The client key"). A write carries the id
`<22 random characters>:<n>`, n counting the writes of the session. The cluster keeps the outcomes
of the last 256 numbers of a session, so the client never runs further ahead of its oldest
unanswered write, and it sends n = 0 alone first: that opens the session in the log. Every attempt
of one request carries the same id. A sequence of attempts is a definite failure only if every
attempt was; if one of them is in doubt, the end is `unknown`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from coreto.machines.settings import Settings
from coreto.wire.envelope import is_failure
from coreto.wire.services import WRITES

WINDOW = 255
"""How far a session may be ahead of its lowest unanswered write: one less than the outcomes kept."""
RETRY_PAUSE = 0.2
"""Seconds before a refused attempt is repeated."""
WAITING_MAX = 4096
"""Requests that wait for the window; the caller is told to slow down beyond."""

_RETRIED = frozenset({"no_coordinator", "overloaded", "unknown"})


class Attempt(msgspec.Struct, frozen=True):
    """Send this request now; `token` comes back with its answer."""

    token: int
    service: str
    data: dict[str, Any]


class Ended(msgspec.Struct, frozen=True):
    """How a request ended: `ok`, a code of the protocol, or `silence` when nobody ever answered."""

    number: int
    code: str
    data: dict[str, Any]


class Call(msgspec.Struct):
    """A request under way."""

    number: int
    service: str
    data: dict[str, Any]
    deadline: float
    session: str = ""
    n: int = -1
    attempts: int = 0
    again_at: float = 0.0
    unanswered: bool = False
    """The attempt under way has no answer yet."""
    doubtful: bool = False
    """Some attempt may have been logged."""
    answer: dict[str, Any] = {}
    code: str = "silence"


class Session:
    """Sends requests until each has ended; `take` gives attempts, `ended` results."""

    def __init__(self, new_name: Callable[[], str], settings: Settings) -> None:
        self._new_name = new_name
        self._settings = settings
        self._name = new_name()
        self._next_n = 0
        self._opened = False
        self._calls: dict[int, Call] = {}
        self._waiting: deque[Call] = deque()
        self._count = 0
        self._attempts: list[Attempt] = []
        self._ended: list[Ended] = []

    def submit(self, service: str, data: dict[str, Any], now: float) -> int:
        """Start a request and return its number."""
        self._count += 1
        call = Call(self._count, service, data, now + self._settings.client_deadline)
        if service in WRITES and "id" not in data:
            assert len(self._waiting) < WAITING_MAX, "too many requests wait"
            self._waiting.append(call)
            self._send_waiting(now)
        else:
            self._calls[call.number] = call
            self._attempt(call, now)
        return call.number

    def on_answer(self, token: int, data: dict[str, Any], now: float) -> None:
        """Handle the answer to an attempt; one for a request that has ended is ignored."""
        call = self._calls.get(token)
        if call is None:
            return
        failed = is_failure(data)
        code = str(data.get("code", "refused")) if failed else "ok"
        if code == "expired_key" and call.session == self._name:
            self._begin_anew()
        if code == "unknown":
            call.doubtful = True
        call.answer, call.code, call.unanswered = data, code, False
        repeated = code in _RETRIED and not data.get("final")
        if repeated or (code == "no_quorum" and call.doubtful):
            call.again_at = now + RETRY_PAUSE
            return
        if call.n == 0 and call.session == self._name and code in ("ok", "refused") and "index" in data:
            self._opened = True
        self._end(call, code)
        self._send_waiting(now)

    def on_disconnected(self, now: float) -> None:
        """The link to the broker broke: repeat what is under way at once, with the same ids."""
        for call in self._calls.values():
            call.doubtful = True
            call.again_at = now

    def tick(self, now: float) -> None:
        """Repeat attempts that are due, end requests whose time is over."""
        for call in list(self._calls.values()):
            if now >= call.deadline:
                self._end(call, "unknown" if call.doubtful and call.code != "silence" else call.code)
            elif now >= call.again_at:
                call.doubtful = call.doubtful or call.unanswered
                self._attempt(call, now)
        while self._waiting and now >= self._waiting[0].deadline:
            self._end(self._waiting.popleft(), "silence")
        self._send_waiting(now)

    def deadline(self) -> float:
        """Return the moment at which `tick` has something to do."""
        moments = [min(call.deadline, call.again_at) for call in self._calls.values()]
        return min([*moments, *(call.deadline for call in self._waiting)], default=float("inf"))

    def take(self) -> list[Attempt]:
        """Return the attempts to send now."""
        attempts, self._attempts = self._attempts, []
        return attempts

    def ended(self) -> list[Ended]:
        """Return the requests that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _send_waiting(self, now: float) -> None:
        while self._waiting and self._may_send():
            call = self._waiting.popleft()
            call.session, call.n = self._name, self._next_n
            call.data = {**call.data, "id": f"{self._name}:{call.n}"}
            self._next_n += 1
            self._calls[call.number] = call
            self._attempt(call, now)

    def _may_send(self) -> bool:
        if not self._opened:
            return self._next_n == 0
        lowest = min((call.n for call in self._calls.values() if call.n >= 0), default=self._next_n)
        return self._next_n <= lowest + WINDOW

    def _attempt(self, call: Call, now: float) -> None:
        call.attempts += 1
        call.unanswered = True
        call.again_at = now + self._settings.client_attempt
        self._attempts.append(Attempt(call.number, call.service, call.data))

    def _end(self, call: Call, code: str) -> None:
        self._calls.pop(call.number, None)
        if call.n == 0 and call.session == self._name and not self._opened:
            self._begin_anew()
        self._ended.append(Ended(call.number, code, call.answer))

    def _begin_anew(self) -> None:
        """Open a new session, for requests that were never sent: the old one is closed or uncertain."""
        self._name = self._new_name()
        self._next_n = 0
        self._opened = False
