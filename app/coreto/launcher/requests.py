"""What may be asked on the control endpoint of a running cluster, and what is answered about faults."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from coreto.net.faults import LinkFault
from coreto.net.orders import Cut


class Request(msgspec.Struct, frozen=True, tag_field="command"):
    """The base of every request."""


class Info(Request, frozen=True, tag="info"):
    """How is this cluster reached?"""


class InForce(Request, frozen=True, tag="in_force"):
    """Which roles are there, how is each, and which faults are in force?"""


class Kill(Request, frozen=True, tag="kill"):
    """End a role where it stands, or a server at its next write."""

    name: str
    cut: Cut | None = None


class Restart(Request, frozen=True, tag="restart"):
    """Start a role again; one that runs is stopped first. On a blank disk a server is a new replica."""

    name: str
    blank_disk: bool = False


class Pause(Request, frozen=True, tag="pause"):
    """Let a role stand still."""

    name: str


class Resume(Request, frozen=True, tag="resume"):
    """Let it go on."""

    name: str


class Inject(Request, frozen=True, tag="inject"):
    """Put faults between roles in force, each instead of one of its sort on the same way."""

    faults: tuple[LinkFault, ...]


class Heal(Request, frozen=True, tag="heal"):
    """End every fault between roles."""


class SlowDisk(Request, frozen=True, tag="slow_disk"):
    """Make every write of a server take so much longer; 0 ends it."""

    name: str
    seconds: float


class FillDisk(Request, frozen=True, tag="fill_disk"):
    """Let the next write of a server find its disk full."""

    name: str


class Skew(Request, frozen=True, tag="skew"):
    """Let the application clock of a server jump."""

    name: str
    seconds: float


class Drift(Request, frozen=True, tag="drift"):
    """Let the application clock of a server gain `ppm` microseconds a second; 0 ends it."""

    name: str
    ppm: float


class Events(Request, frozen=True, tag="events"):
    """What happened last? The newest events, oldest first."""

    count: int
    """How many at most; a cluster tells at most `EVENTS_TOLD_MAX`."""
    traffic: bool = False
    """With messages."""
    index: int = 0
    """Only what tells of this entry of the log; 0 for everything."""
    since: float = 0.0
    until: float = math.inf
    """Only what happened between these moments, in Unix seconds, both included."""


EVENTS_TOLD_MAX = 2_000
"""Events in one answer: less than a frame holds."""

AnyRequest = (
    Info | InForce | Events | Kill | Restart | Pause | Resume | Inject | Heal | SlowDisk | FillDisk | Skew | Drift
)

State = Literal["running", "paused", "killed", "down"]
"""`down` is a role that ended by itself and was not started again."""


class RoleState(msgspec.Struct, frozen=True):
    """How one role is, and what was done to it."""

    name: str
    state: State = "running"
    cut: Cut | None = None
    """Where it will be killed."""
    slow_disk: float = 0.0
    full_disk: bool = False
    skew: float = 0.0
    """Seconds by which its clock was made to jump in this life, all in all."""
    drift_ppm: float = 0.0


class FaultsInForce(msgspec.Struct, frozen=True):
    """Every role with its state, and the faults between them."""

    roles: tuple[RoleState, ...]
    links: tuple[LinkFault, ...]


REFUSALS = ("unknown_request", "role_unknown", "no_server", "not_running", "not_started", "no_link", "faults_many")
"""Why a request is refused, as codes; who asked puts them into words."""


class RefusalError(Exception):
    """A request is refused with one of `REFUSALS`, and what the sentence about it needs."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields
