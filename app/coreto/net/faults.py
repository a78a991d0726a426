"""The table of faults between roles: it says for each whole message what becomes of it.

A fault names a way (from one role to another) and strikes every message on it, a share of them, or
those of one kind. The list of faults is a value that travels to roles in other processes; the
table only looks it up. It knows no socket and no clock, and draws from the chance it is given.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

import msgspec

Effect = Literal["cut", "drop", "duplicate", "delay", "reorder"]


class LinkFault(msgspec.Struct, frozen=True):
    """One fault on the way from `source` to `target`."""

    source: str
    target: str
    effect: Effect
    share: float = 1.0
    """Which part of the messages it strikes, 0 to 1."""
    seconds: float = 0.0
    """How much longer a delayed message takes."""
    spread: float = 0.0
    """By how many seconds at most a delay is shorter or longer."""
    kind: str = ""
    """The `service` of the messages it strikes; empty for all."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What only one fault can be in force for."""
        return self.source, self.target, self.effect, self.kind


class Fate(msgspec.Struct, frozen=True):
    """What becomes of one message: seconds of delay for each copy that arrives, none when it is lost."""

    delays: tuple[float, ...] = (0.0,)
    overtaken: bool = False
    """Whether it waits until the message behind it has gone first."""


PASSES = Fate()
LOST = Fate(())


class FaultTable:
    """The faults one role has to look up; empty until somebody puts some in force."""

    def __init__(self) -> None:
        self._by_way: dict[tuple[str, str], tuple[LinkFault, ...]] = {}
        self.was_used = False
        """Whether there ever was a fault: before the first, no lane holds anything."""

    def put(self, faults: tuple[LinkFault, ...]) -> None:
        """Put these faults in force, and no others."""
        by_way: dict[tuple[str, str], tuple[LinkFault, ...]] = {}
        for fault in faults:
            way = fault.source, fault.target
            by_way[way] = (*by_way.get(way, ()), fault)
        self._by_way = by_way
        self.was_used |= bool(faults)

    def strikes(self, source: str, target: str) -> bool:
        """Whether any fault lies on the way from `source` to `target`."""
        return (source, target) in self._by_way

    def decide(self, source: str, target: str, kind: Callable[[], str], chance: random.Random) -> Fate:
        """Return the fate of one message; `kind` is asked only when a fault strikes one kind of message."""
        fate = PASSES
        for fault in self._by_way.get((source, target), ()):
            if (fault.kind and fault.kind != kind()) or chance.random() >= fault.share:
                continue
            fate = _struck(fate, fault, chance)
        return fate


def _struck(fate: Fate, fault: LinkFault, chance: random.Random) -> Fate:
    if fault.effect in ("cut", "drop"):
        return LOST
    if fault.effect == "duplicate":
        return Fate(fate.delays * 2, fate.overtaken)
    if fault.effect == "reorder":
        return Fate(fate.delays, overtaken=True)
    longer = max(0.0, fault.seconds + chance.uniform(-fault.spread, fault.spread))
    return Fate(tuple(delay + longer for delay in fate.delays), fate.overtaken)
