"""What a scenario says, as values; `shape` holds a file against these."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from coreto.lab.picture.choice import EVENTS_MAX
from coreto.lab.picture.window import AFTER, BEFORE

FORMAT = 1
"""The version of the file format that this program reads."""
SERVERS_MAX = 9
WRITERS_MAX = LISTENERS_MAX = READERS_MAX = 8
"""More would only wait for each other on two cores."""
RATE_MAX = 200.0
"""Messages a second of one writer: what is judged is what happens to each of them, not how many there are."""
STEPS_MAX = 50
DEADLINE = 30.0
"""Seconds that a step waits at most, unless it says otherwise: some elections on a busy machine."""
DEADLINE_MAX = 300.0
DRAWN_MAX = 1000
"""Events of a diagram: a longer one nobody reads."""

Verdict = Literal["valid", "invalid", "unknown"]


class Text(msgspec.Struct, frozen=True):
    """A text in both languages."""

    pt: str
    en: str

    def said(self, language: str) -> str:
        """Return it in one language."""
        return " ".join((self.pt if language == "pt" else self.en).split())


class Texts(msgspec.Struct, frozen=True):
    """A list of texts in both languages."""

    pt: tuple[str, ...]
    en: tuple[str, ...]

    def said(self, language: str) -> tuple[str, ...]:
        """Return them in one language."""
        return self.pt if language == "pt" else self.en


class ClusterPart(msgspec.Struct, frozen=True):
    """The cluster; `settings` are fields of `coreto.machines.settings.Settings`."""

    servers: int = 3
    processes: bool = False
    settings: dict[str, Any] = {}


class Workload(msgspec.Struct, frozen=True):
    """Who writes, reads and listens meanwhile, until every step is done."""

    channels: tuple[str, ...] = ("praca",)
    listened: tuple[str, ...] = ()
    """Channels that listeners follow; all of them when it is left out."""
    writers: int = 2
    rate: float = 20.0
    """Messages a second of each writer, at most."""
    readers: int = 1
    listeners: int = 1
    late: int = 0
    """Listeners that come after the last step."""


class Step(msgspec.Struct, frozen=True):
    """One step: wait for everything that it names, then do its lines."""

    seconds: float = 0.0
    acknowledged: int = 0
    """Messages acknowledged since the step before."""
    event: dict[str, Any] = {}
    """An event of the journal since the lines of the step before."""
    coordinator: bool = False
    """Whether a majority has to follow one coordinator."""
    settled: bool = False
    """Whether every server that runs has to hold everything acknowledged."""
    do: tuple[str, ...] = ()
    """Prompt commands."""
    deadline: float = DEADLINE


class Expect(msgspec.Struct, frozen=True, rename={"broken": "break"}):
    """What must come of it."""

    verdict: Verdict = "valid"
    hold: tuple[str, ...] = ()
    """Rules that must hold besides those that always must."""
    broken: tuple[str, ...] = ()
    """Rules that must be seen broken: what one might believe, and is not so."""
    happen: tuple[dict[str, Any], ...] = ()
    never: tuple[dict[str, Any], ...] = ()
    clocks_within: float = 0.0
    """Seconds by which the clocks of the servers may differ in the end; 0 when that is not asked."""


class PicturePart(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """What is drawn of a run: a diagram, or plots; nothing said means: the last election, as a diagram."""

    plots: tuple[str, ...] = ()
    """Plots from the begin to the end of the window, instead of a diagram."""
    around: str = ""
    """The last election or the last kill, instead of `begin` and `end`."""
    begin: dict[str, Any] = {}
    """The event with which it begins: the first that fits."""
    end: dict[str, Any] = {}
    """The event with which it ends: the first that fits from the begin on."""
    before: float = BEFORE
    """Seconds shown before the begin …"""
    after: float = AFTER
    """… and after the end."""
    lanes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Messages of these kinds or sorts only."""
    channel: str = ""
    """Only messages that tell of this channel."""
    most: int = EVENTS_MAX


class Scenario(msgspec.Struct, frozen=True):
    """A whole scenario."""

    scenario: int
    title: Text
    explanation: Text
    watch: Texts
    questions: Texts
    cluster: ClusterPart = ClusterPart()
    workload: Workload = Workload()
    steps: tuple[Step, ...] = ()
    expect: Expect = Expect()
    picture: PicturePart = PicturePart()

    @property
    def servers(self) -> tuple[str, ...]:
        """The names of its servers."""
        return tuple(f"s{number}" for number in range(1, self.cluster.servers + 1))
