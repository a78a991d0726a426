"""Giving the coordinatorship to a higher rank that came back (replication.md §6.5).

Theory of operation. A returning server of higher rank first follows. Once its log has kept up with
the coordinator for `stable` seconds it asks. The coordinator agrees if the asker is a voter, close
behind, and the coordinator's own tenure is not too young. It then takes no new commands, waits
until the asker's disk holds its whole log, and says "now": the asker starts an ordinary candidacy,
which voters answer although their coordinator lives. Nothing here is needed for safety: if the
asker dies in between, the coordinator goes on after `yield_time`.

Whoever loses the coordinatorship soon after gaining it must show a stable log for twice as long
the next time, so that a server that comes and goes causes no storm of elections (H4). The same
holds for an asker to whom the coordinator made way in vain: it may reach the coordinator and yet
no majority. What is required next time is kept on disk, or a server that crashes would forget it.
"""

from __future__ import annotations

from coreto.machines.settings import Settings

LAG_MAX = 64
"""Entries an asker may be behind when the coordinator agrees: a few batches, sent in no time."""
ASK_AGAIN = 1.0
"""Seconds between requests of an asker."""
LOST_SOON = 60.0
"""Seconds: a coordinatorship lost within this time counts as flapping …"""
STABLE_MAX = 300.0
"""… and doubles the time a log must be stable, up to this."""


class Asker:
    """The side of the returning server."""

    def __init__(self, settings: Settings, stable: float) -> None:
        """`stable`: seconds its log must have kept up, as an earlier life left them; 0 for the usual."""
        self._settings = settings
        self.stable = max(stable, settings.stable)
        """Seconds its log must keep up before it asks."""
        self._equal_since = float("inf")
        self._ask_at = 0.0
        self._established_at = float("-inf")

    def follow(self) -> None:
        """A coordinator was newly adopted: the log has to show itself stable from now."""
        self._equal_since = float("inf")

    def heard(self, now: float, *, equal: bool) -> None:
        """An APPEND was handled; `equal` tells whether our log holds all that is committed."""
        if not equal:
            self._equal_since = float("inf")
        elif self._equal_since == float("inf"):
            self._equal_since = now

    def wants(self, now: float) -> bool:
        """Whether to ask now; the caller knows that we rank higher than the coordinator."""
        if not self._settings.preempt or now < self._equal_since + self.stable or now < self._ask_at:
            return False
        self._ask_at = now + ASK_AGAIN
        return True

    def deadline(self) -> float:
        """Return when `wants` may become true."""
        return max(self._equal_since + self.stable, self._ask_at) if self._settings.preempt else float("inf")

    def established(self, now: float) -> None:
        """We coordinate; should it not last, more is required next time."""
        self._established_at = now
        self._require_more()

    def failed(self) -> None:
        """The coordinator made way for us, and we found no majority."""
        self._require_more()

    def lasts(self, now: float) -> bool:
        """Whether we have coordinated for so long that the usual is required again; true once."""
        if now < self._established_at + LOST_SOON or self.stable == self._settings.stable:
            return False
        self.stable = self._settings.stable
        return True

    def _require_more(self) -> None:
        self.stable = min(self.stable * 2, STABLE_MAX)


class Giver:
    """The side of the coordinator: at most one handover at a time."""

    def __init__(self, settings: Settings, since: float) -> None:
        self._settings = settings
        self._since = since
        self.asker = ""
        """Who is to take over; empty when no handover is under way."""
        self._told = False
        self._until = 0.0
        self._back_off: dict[str, float] = {}

    def consider(self, asker: str, behind: int, now: float) -> bool:
        """Agree to hand over, or not (H2); return whether we agreed now."""
        young = now < self._since + self._settings.min_tenure
        if self.asker or young or behind > LAG_MAX or now < self._back_off.get(asker, 0.0):
            return False
        self.asker = asker
        self._told = False
        self._until = now + self._settings.yield_time
        return True

    def is_due(self, match: int, last: int) -> bool:
        """Whether the asker's disk holds our whole log and it has not been told yet."""
        if not self.asker or self._told or match < last:
            return False
        self._told = True
        return True

    def tick(self, now: float) -> str:
        """Go on coordinating if nobody took over in time, and leave the asker alone for a while; return who it was."""
        if not self.asker or now < self._until:
            return ""
        asker, self.asker = self.asker, ""
        self._back_off[asker] = now + self._settings.stable
        return asker
