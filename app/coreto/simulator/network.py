"""The virtual network: messages are late, lost, doubled, overtaken, and cut off in one or both directions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from coreto.simulator.profile import Profile
from coreto.simulator.world import World

STRAGGLE_MAX = 2.0
"""Seconds by which a straggler is late: longer than any election."""


class Network:
    """Carries messages between named places."""

    def __init__(self, world: World, profile: Profile) -> None:
        self._world = world
        self._profile = profile
        self._random = world.stream("network")
        self._cuts: set[tuple[str, str]] = set()
        self.calm = False
        """No more loss, doubling or lateness: the second phase of a run."""
        self.delivered = 0

    def cut(self, source: str, target: str) -> None:
        """Let nothing through from `source` to `target`."""
        self._cuts.add((source, target))

    def heal(self) -> None:
        """Undo every cut."""
        self._cuts.clear()

    def is_cut(self, source: str, target: str) -> bool:
        """Whether nothing goes through in this direction."""
        return (source, target) in self._cuts

    def send(self, source: str, target: str, deliver: Callable[[], None]) -> None:
        """Carry one message; what is cut when it leaves or when it arrives is lost."""
        if (source, target) in self._cuts or self._happens(self._profile.loss):
            return
        copies = 2 if self._happens(self._profile.duplication) else 1
        for _ in range(copies):
            self._world.after(self._delay(), partial(self._arrive, source, target, deliver))

    def send_surely(self, deliver: Callable[[], None]) -> None:
        """Carry a message over a connection that loses nothing while both ends live."""
        self._world.after(self._random.uniform(self._profile.delay_low, self._profile.delay_high), deliver)

    def _arrive(self, source: str, target: str, deliver: Callable[[], None]) -> None:
        if (source, target) not in self._cuts:
            self.delivered += 1
            deliver()

    def _delay(self) -> float:
        if self._happens(self._profile.straggle):
            return self._random.uniform(0, STRAGGLE_MAX)
        return self._random.uniform(self._profile.delay_low, self._profile.delay_high)

    def _happens(self, chance: float) -> bool:
        return not self.calm and chance > 0 and self._random.random() < chance
