"""The quartz in each virtual machine: what its clock reads at first, and how fast it runs."""

from __future__ import annotations

from coreto.simulator.world import World

DRIFT_PPM_MAX = 300.0
"""A cheap quartz in a hot room is off by less."""
UNIX = 1_700_000_000.0
"""What a right clock reads at moment zero of the virtual world."""


def draw_drift(world: World, name: str) -> float:
    """Return the drift in ppm of the clock of this server, the same in all its lives."""
    return world.stream(f"drift {name}").uniform(-DRIFT_PPM_MAX, DRIFT_PPM_MAX)
