"""The faults of one run, drawn from its seed: runs differ in kind, not only in luck (swarm testing).

Source: Groce et al., "Swarm Testing", ISSTA 2012: leaving some faults out of a run finds bugs that
runs with every fault at once hide.
"""

from __future__ import annotations

import random

import msgspec

from coreto.machines.settings import DEFAULTS, Settings

SMALL = msgspec.structs.replace(DEFAULTS, batch_bytes=400, window_batches=4, flush_effects=7)
"""Limits that a run of seconds reaches."""


class Profile(msgspec.Struct, frozen=True):
    """How bad the world is in one run; times in seconds, rates per second, the rest are chances."""

    delay_low: float
    delay_high: float
    loss: float
    duplication: float
    straggle: float
    """Chance that a message arrives up to two seconds late."""
    sync_low: float
    sync_high: float
    crash_rate: float
    crash_coordinator: float
    """Chance that a crash picks the coordinator."""
    down_high: float
    partition_rate: float
    one_way: float
    partition_high: float
    pause_rate: float
    disk_failure_rate: float
    broker_crash_rate: float
    reference_crash_rate: float
    churn_rate: float
    publication_loss: float
    hints: float
    """Chance that a broken link is noticed."""
    keep: float
    """Chance that a crash leaves some of what was not yet reported as synced on the disk."""
    settings: Settings = DEFAULTS
    """Limits of the machines: small ones in some runs, so that their far side is reached."""


def draw_profile(random: random.Random) -> Profile:
    """Draw a profile; about half of the kinds of fault are left out of each run."""

    def maybe(value: float) -> float:
        return value if random.random() < 0.6 else 0.0

    slow_disk = random.random() < 0.3
    return Profile(
        delay_low=0.0002,
        delay_high=random.choice([0.001, 0.01, 0.05]),
        loss=maybe(random.choice([0.001, 0.02, 0.1])),
        duplication=maybe(random.choice([0.01, 0.1])),
        straggle=maybe(random.choice([0.001, 0.02])),
        sync_low=0.0005,
        sync_high=0.3 if slow_disk else 0.01,
        crash_rate=maybe(random.choice([0.1, 0.4, 1.0])),
        crash_coordinator=random.choice([0.3, 0.8]),
        down_high=random.choice([0.5, 3.0]),
        partition_rate=maybe(random.choice([0.1, 0.4])),
        one_way=random.choice([0.0, 0.5]),
        partition_high=random.choice([1.0, 4.0]),
        pause_rate=maybe(random.choice([0.05, 0.2])),
        broker_crash_rate=maybe(random.choice([0.05, 0.2])),
        disk_failure_rate=maybe(random.choice([0.02, 0.1])),
        reference_crash_rate=maybe(random.choice([0.05, 0.2])),
        churn_rate=random.choice([0.0, 0.0, 0.1, 0.5]),
        publication_loss=maybe(random.choice([0.01, 0.3])),
        hints=random.choice([0.0, 0.8, 1.0]),
        keep=random.choice([0.0, 0.5]),
        settings=SMALL if random.random() < 0.3 else DEFAULTS,
    )
