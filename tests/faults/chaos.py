"""Kills, stops and restarts at random: coordinators by preference, and seldom more than a minority at once."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from tests.faults.evidence import Span
from tests.faults.village import Village

TICK_SECONDS = 0.05
PACE_SECONDS = 0.9
"""Mean time between two faults."""
DOWN_SECONDS = (0.0, 1.5)
"""How long a killed process stays away."""
STOPPED_SECONDS = (0.1, 3.0)
LONG_STOP_SECONDS = (5.0, 12.0)
"""Now and then a server sleeps through several coordinators."""
LONG_STOP_SHARE = 0.1
BROKER_STOP_SECONDS = (0.05, 0.2)
"""No excuse for anybody: what is left of a plain client's five seconds when the broker's own 4.5 are over …"""
BROKER_STOP_PAUSE = 6.0
"""… and not again while a request of before may be open."""
BROKER_HELD_MAX = 0.4
"""A stop that this harness itself let last longer, on a busy machine, counts as a killed broker, and is told."""
MAJORITY_DOWN_SECONDS = (0.2, 2.0)
RESTART_SECONDS = 30.0


class Fault(NamedTuple):
    """One thing that was done to a process."""

    at: float
    what: str
    role: str
    coordinator: bool


class Chaos(threading.Thread):
    """Strikes until told to stop; `faults` is what it did, `outages` when the broker was killed."""

    def __init__(self, village: Village, seed: int) -> None:
        super().__init__(name="chaos", daemon=True)
        self.faults: list[Fault] = []
        self.outages: list[Span] = []
        self.held_too_long = 0
        """Stops of the broker that lasted longer than was meant."""
        self.problems: list[str] = []
        """Processes that ended although nobody killed them; nothing is done any more then."""
        self._village = village
        self._chance = random.Random(f"{seed}/chaos")
        self._over = threading.Event()
        self._killed: dict[str, float] = {}
        """When to start each killed role again."""
        self._stopped: dict[str, float] = {}
        """When to let each stopped role go on."""
        self._starting: set[str] = set()
        self._broker_gone = 0.0
        self._broker_stopped = float("-inf")
        self._strikes: dict[Callable[[], None], int] = {
            self._kill_coordinator: 30,
            self._kill_server: 22,
            self._stop_coordinator: 10,
            self._stop_server: 12,
            self._kill_broker: 6,
            self._kill_reference: 6,
            self._kill_proxy: 5,
            self._stop_side: 5,
            self._stop_broker: 2,
            self._kill_majority: 3,
        }

    def run(self) -> None:
        """Strike, and bring back."""
        next_strike = time.monotonic() + PACE_SECONDS
        while not self._over.wait(TICK_SECONDS) and not self.problems:
            now = time.monotonic()
            self._bring_back(now)
            self._look_around()
            if now >= next_strike:
                next_strike = now + self._chance.expovariate(1 / PACE_SECONDS)
                (strike,) = self._chance.choices(list(self._strikes), list(self._strikes.values()))
                strike()

    def finish(self) -> None:
        """Strike no more, and bring everything back."""
        self._over.set()
        self.join()
        deadline = time.monotonic() + RESTART_SECONDS
        while (self._killed or self._stopped or self._starting) and not self.problems:
            self._bring_back(float("inf"))
            self._look_around()
            if time.monotonic() > deadline:
                self.problems.append(f"not back after {RESTART_SECONDS} s: {self._starting}")
            time.sleep(TICK_SECONDS)

    def counts(self, what: str) -> Counter[str]:
        """Return how often each kind of role was killed or stopped; coordinators also count as servers."""
        found: Counter[str] = Counter()
        for fault in self.faults:
            if fault.what == what:
                found[_kind(fault.role)] += 1
                found["coordinator"] += fault.coordinator
        return found

    # Coming back.

    def _bring_back(self, now: float) -> None:
        for name in [name for name, due in self._stopped.items() if now >= due]:
            del self._stopped[name]
            self._village.send(name, signal.SIGCONT)
            if name == "broker" and time.monotonic() > self._broker_gone + BROKER_HELD_MAX:
                self.held_too_long += 1
                self._broker_is_back(name)
        for name in [name for name, due in self._killed.items() if now >= due]:
            del self._killed[name]
            self._village.start(name)
            self._starting.add(name)
        for name in [name for name in self._starting if self._village.listens(name)]:
            self._starting.discard(name)
            self._broker_is_back(name)

    def _broker_is_back(self, name: str) -> None:
        if name == "broker":
            self.outages.append(Span(self._broker_gone, time.monotonic()))

    def _look_around(self) -> None:
        self.problems += self._village.ended_alone(self._killed)

    # Faults.

    def _away(self) -> set[str]:
        return {*self._killed, *self._stopped, *self._starting}

    def _present(self, names: list[str]) -> list[str]:
        away = self._away()
        return [name for name in names if name not in away]

    def _servers(self) -> list[str]:
        """Return the servers that may be taken away without taking away the majority."""
        names = list(self._village.addresses)
        away = sum(name in self._away() for name in names)
        return self._present(names) if 2 * (away + 1) < len(names) else []

    def _kill(self, name: str, seconds: tuple[float, float] = DOWN_SECONDS, *, coordinator: bool = False) -> None:
        at = time.monotonic()
        self._village.kill(name)
        if name == "broker":
            self._broker_gone = at
        self._killed[name] = at + self._chance.uniform(*seconds)
        self.faults.append(Fault(at, "kill", name, coordinator))

    def _pause(self, name: str, seconds: tuple[float, float], *, coordinator: bool = False) -> None:
        at = time.monotonic()
        self._village.send(name, signal.SIGSTOP)
        if name == "broker":
            self._broker_gone = self._broker_stopped = at
        self._stopped[name] = at + self._chance.uniform(*seconds)
        self.faults.append(Fault(at, "stop", name, coordinator))

    def _kill_coordinator(self) -> None:
        name = self._village.coordinator()
        if name in self._servers():
            self._kill(name, coordinator=True)

    def _stop_coordinator(self) -> None:
        name = self._village.coordinator()
        if name in self._servers():
            self._pause(name, self._stop_seconds(), coordinator=True)

    def _kill_server(self) -> None:
        servers = self._servers()
        if servers:
            self._kill(self._chance.choice(servers))

    def _stop_server(self) -> None:
        servers = self._servers()
        if servers:
            self._pause(self._chance.choice(servers), self._stop_seconds())

    def _stop_seconds(self) -> tuple[float, float]:
        return LONG_STOP_SECONDS if self._chance.random() < LONG_STOP_SHARE else STOPPED_SECONDS

    def _kill_broker(self) -> None:
        for name in self._present(["broker"]):
            self._kill(name)

    def _kill_reference(self) -> None:
        for name in self._present(["reference"]):
            self._kill(name)

    def _kill_proxy(self) -> None:
        for name in self._present(["proxy"]):
            self._kill(name)

    def _stop_side(self) -> None:
        for name in self._present([self._chance.choice(("reference", "proxy"))]):
            self._pause(name, STOPPED_SECONDS)

    def _stop_broker(self) -> None:
        rested = time.monotonic() > self._broker_stopped + BROKER_STOP_PAUSE
        for name in self._present(["broker"]) if rested else ():
            self._pause(name, BROKER_STOP_SECONDS)

    def _kill_majority(self) -> None:
        present = self._present(list(self._village.addresses))
        count = len(self._village.addresses) // 2 + 1
        if len(present) >= count:
            for name in self._chance.sample(present, count):
                self._kill(name, MAJORITY_DOWN_SECONDS)
            self.faults.append(Fault(time.monotonic(), "majority", "", coordinator=False))


def _kind(role: str) -> str:
    return role if role in ("reference", "proxy", "broker") else "server"
