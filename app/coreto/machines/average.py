"""The fault-tolerant average of clocks (Gusella & Zatti 1989, §3): of those that agree, however wrong the others are.

Theory of operation. The clocks that count are the largest group of which no two differ by more
than a tolerance. The paper takes the largest group; here it must also be a majority of the clocks
that were read, so that two camps of one size, or a few liars who agree, decide nothing. Clocks
that were synchronised before differ little; clocks that were set by hand differ by seconds. So a
narrow tolerance is tried first, under which a liar of a second is found out, and a wide one only
when no majority agrees under it.
"""

from __future__ import annotations

from collections.abc import Sequence

from coreto.machines.clock import STEP_FROM

AGREE_SYNCHRONISED = 2 * STEP_FROM
"""Seconds by which clocks that are being kept together differ at most."""
AGREE_BY_HAND = 60.0
"""Seconds by which clocks that people have set differ at most; one that is further off is wrong."""
TOLERANCES = (AGREE_SYNCHRONISED, AGREE_BY_HAND)


def fault_tolerant_average(offsets: Sequence[float]) -> tuple[float, frozenset[int]] | None:
    """Return the average offset (s) of the clocks that agree, and their places; None if no majority agrees."""
    for tolerance in TOLERANCES:
        group = largest_group(offsets, tolerance)
        if 2 * len(group) > len(offsets):
            return sum(offsets[place] for place in group) / len(group), frozenset(group)
    return None


def largest_group(offsets: Sequence[float], tolerance: float) -> list[int]:
    """Return the places of the most offsets within `tolerance` of each other; of two such groups the closer one."""
    order = sorted(range(len(offsets)), key=offsets.__getitem__)
    groups = [
        [place for place in order[first:] if offsets[place] - offsets[order[first]] <= tolerance]
        for first in range(len(order))
    ]
    return max(groups, key=lambda group: (len(group), offsets[group[0]] - offsets[group[-1]]), default=[])
