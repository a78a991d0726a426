"""What was done to roles on purpose, as events of the journal: each fault when it begins, and when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from coreto.journal.events import FaultChanged
from coreto.launcher import requests as ask
from coreto.net.faults import LinkFault

ROLE = "cluster"


def harm_of(request: ask.Request) -> Iterator[FaultChanged]:
    """Yield what a request does to one role, nothing for a request about links or none that harms."""
    match request:
        case ask.Kill(name, cut):
            yield FaultChanged(role=ROLE, fault="kill", target=name, kind=cut or "")
        case ask.Restart(name, blank_disk):
            yield FaultChanged(role=ROLE, fault="restart", target=name, kind="blank_disk" if blank_disk else "")
        case ask.Pause(name) | ask.Resume(name):
            yield FaultChanged(role=ROLE, fault="pause", target=name, on=isinstance(request, ask.Pause))
        case ask.SlowDisk(name, seconds):
            yield FaultChanged(role=ROLE, fault="slow_disk", target=name, on=bool(seconds), amount=seconds)
        case ask.FillDisk(name):
            yield FaultChanged(role=ROLE, fault="fill_disk", target=name)
        case ask.Skew(name, seconds):
            yield FaultChanged(role=ROLE, fault="skew", target=name, amount=seconds)
        case ask.Drift(name, ppm):
            yield FaultChanged(role=ROLE, fault="drift", target=name, on=bool(ppm), amount=ppm)


def links_of(before: Collection[LinkFault], after: Collection[LinkFault]) -> Iterator[FaultChanged]:
    """Yield which faults between roles ended and which began."""
    places = {fault.place for fault in after}
    for fault in before:
        if fault.place not in places:
            yield _link_event(fault, on=False)
    for fault in after:
        if fault not in before:
            yield _link_event(fault, on=True)


def _link_event(fault: LinkFault, *, on: bool) -> FaultChanged:
    amount = fault.seconds if fault.effect == "delay" else fault.share
    return FaultChanged(
        role=ROLE, fault=fault.effect, source=fault.source, target=fault.target, on=on, amount=amount,
        spread=fault.spread, kind=fault.kind,
    )  # fmt: skip
