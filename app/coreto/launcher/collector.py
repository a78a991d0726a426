"""Python's cycle collector, settled for a process that serves."""

from __future__ import annotations

import gc

THRESHOLDS = 50_000, 50, 100
"""New containers before the young are looked at, and how many such looks before the older: a loaded
server has tens of thousands of them alive at any moment, and makes no cycles on its hot path."""


def settle_collector() -> None:
    """Collect seldom from now on, and never look again at what was made until now; call it once all is started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
