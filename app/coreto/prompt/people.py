"""Who was active lately. Nobody logs out of the cluster, so being there is having said something."""

from __future__ import annotations

import threading
import time

ACTIVE_SECONDS = 600.0
"""Who said something in the last ten minutes is taken to be there."""
KEPT_MAX = 1_000
"""People remembered; the ones silent for longest are forgotten."""


class People:
    """When each person was last heard of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}

    def spoke(self, user: str, when: float) -> None:
        """Note that somebody said something, in Unix seconds; a time to come, or none at all, is now."""
        now = time.time()
        when = when if 0 < when <= now else now
        with self._lock:
            when = max(when, self._heard.pop(user, 0.0))
            self._heard[user] = when
            if len(self._heard) > KEPT_MAX:
                del self._heard[min(self._heard, key=self._heard.__getitem__)]

    def active(self) -> list[tuple[str, float]]:
        """Return who was heard lately, with the seconds since then, the latest first."""
        now = time.time()
        with self._lock:
            silent = [(user, max(0.0, now - when)) for user, when in self._heard.items()]
        return sorted(((user, age) for user, age in silent if age <= ACTIVE_SECONDS), key=lambda item: item[1])
