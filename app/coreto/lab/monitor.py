"""The monitor: invariants checked while a cluster runs, from the events of its journal.

It sees what roles report as it happens. Each rule that is broken is told once for each message that
breaks it, up to a limit: after the first, the rest is mostly its consequence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from coreto.journal.event import Event
from coreto.journal.events import Violated
from coreto.lab.monitor_rules import AcknowledgedRule, EpochRule, LamportRule, OffsetRule, OrderRule
from coreto.texts import N_, _

TOLD_MAX = 10
"""Violations of one rule that are told."""

SENTENCES = {
    "lamport": N_(
        "{who} received {kind} from {peer} (message {message}) with Lamport value {first}, and its own clock "
        "then read {second}: it must be at least as great."
    ),
    "epoch": N_("{who} and {peer} were both established as coordinator of epoch {first} ({message})."),
    "acknowledged": N_(
        "{who} acknowledged entry {first} (message {message}), and {peer} coordinates with a log in which "
        "its own first entry is {second}: the acknowledged write is lost."
    ),
    "order": N_("{who} and {peer} applied different things at entry {first} ({kind}, {message})."),
    "offset": N_(
        "The clock of {who} is {first} s away from that of {peer} after a round ({message}); it should be within "
        "{second} s."
    ),
}


class Rule(Protocol):
    """One invariant."""

    def check(self, event: Event) -> Iterator[Violated]:
        """Take note of an event, and yield what it breaks."""


class Monitor:
    """Give it every event; `alarm` is called for each violation, in the thread that brought it."""

    def __init__(self, alarm: Callable[[Violated], None]) -> None:
        self._alarm = alarm
        self._lock = threading.Lock()
        self._rules: tuple[Rule, ...] = (LamportRule(), EpochRule(), AcknowledgedRule(), OrderRule(), OffsetRule())
        self._told: dict[str, int] = {}

    def record(self, event: Event) -> None:
        """Judge one event; may be called from any thread."""
        with self._lock:
            found = [violation for rule in self._rules for violation in rule.check(event)]
            news = [violation for violation in found if self._is_news(violation.rule)]
        for violation in news:
            self._alarm(msgspec.structs.replace(violation, lane="monitor", time=event.time))

    def _is_news(self, rule: str) -> bool:
        self._told[rule] = self._told.get(rule, 0) + 1
        return self._told[rule] <= TOLD_MAX


def tell(event: Violated) -> str:
    """Say which rule was broken, by whom, and with which message."""
    who, peer, kind = (*event.names, "", "", "")[:3]
    first, second = (*(f"{value:.6g}" for value in event.values), "", "")[:2]
    return _(SENTENCES[event.rule], who=who, peer=peer, kind=kind, first=first, second=second, message=event.message)
