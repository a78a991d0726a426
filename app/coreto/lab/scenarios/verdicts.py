"""What a judge finds: broken rules with the messages that show it, and a verdict over all."""

from __future__ import annotations

from typing import Literal

import msgspec

from coreto.lab.scenarios.model import Verdict


class Finding(msgspec.Struct, frozen=True):
    """One sign that a rule is broken."""

    message: str
    """The id of the message, or the name of the event or entry, that shows it."""
    what: str
    """A sentence."""


class Judged(msgspec.Struct, frozen=True):
    """One rule, and what was found against it."""

    rule: str
    wanted: Literal["hold", "break"]
    findings: tuple[Finding, ...]
    """The first of them."""
    count: int
    """How many there are."""

    @property
    def passed(self) -> bool:
        """Whether it held, or was seen broken, as the scenario wants it."""
        return bool(self.count) == (self.wanted == "break")


class Figures(msgspec.Struct, frozen=True):
    """What the run was like."""

    acknowledged: int = 0
    refused: int = 0
    in_doubt: int = 0
    """Messages whose writers were not told."""
    elections: int = 0
    """How often a coordinator was established while the run was on."""
    longest_silence: float = 0.0
    """Seconds between two acknowledgements, at the most."""
    stalled: float = 0.0
    """Seconds in which the machine stood still."""


class Report(msgspec.Struct, frozen=True):
    """What came of a run."""

    scenario: str
    verdict: Verdict
    expected: Verdict
    seconds: float
    rules: tuple[Judged, ...] = ()
    why_unknown: tuple[str, ...] = ()
    """Sentences; empty unless the verdict is unknown."""
    figures: Figures = Figures()
    names: dict[str, str] = {}
    """Whom the names in braces meant in the end."""
