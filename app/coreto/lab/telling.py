"""Faults in force in words: where, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from coreto.lab.quantities import write_duration, write_share, write_shift
from coreto.launcher.requests import FaultsInForce, RoleState
from coreto.net.faults import LinkFault
from coreto.net.orders import Cut
from coreto.texts import N_, _

CUTS: dict[Cut, str] = {
    "before-persist": N_("before its next write is stored"),
    "after-persist": N_("when its next write is stored, before anybody hears of it"),
    "mid-batch": N_("when its next write is stored and the first message about it is on its way"),
}
STATES = {
    "running": "",
    "paused": N_("stands still; /resume lets it go on"),
    "killed": N_("was killed; /restart starts it again"),
    "down": N_("ended by itself and stays down; /restart starts it again"),
}


def tell(faults: FaultsInForce) -> list[tuple[str, str]]:
    """Return (where, what is wrong there) for everything in force."""
    roles = [(role.name, words) for role in faults.roles for words in _role_words(role)]
    return [*roles, *_tell_links(faults.links)]


def _role_words(role: RoleState) -> Iterator[str]:
    if role.state != "running":
        yield _(STATES[role.state])
    if role.cut is not None:
        yield _("will be killed {when}", when=_(CUTS[role.cut]))
    if role.slow_disk:
        yield _("every write to its disk takes {time} longer", time=write_duration(role.slow_disk))
    if role.full_disk:
        yield _("its next write finds the disk full")
    if role.skew:
        yield _(
            "its clock was made to jump by {time}; the coordinator puts it right when it next compares the clocks",
            time=write_shift(role.skew),
        )
    if role.drift_ppm:
        yield _("its clock gains {drift} microseconds a second", drift=f"{role.drift_ppm:+g}")


def _tell_links(links: tuple[LinkFault, ...]) -> list[tuple[str, str]]:
    """Tell each fault once when it is the same in both directions."""
    told: list[tuple[str, str]] = []
    done: set[LinkFault] = set()
    for fault in links:
        back = msgspec.structs.replace(fault, source=fault.target, target=fault.source)
        if fault not in done:
            arrow = "↔" if back in links else "→"
            told.append((f"{fault.source} {arrow} {fault.target}", _link_words(fault)))
        done |= {fault, back}
    return told


def _link_words(fault: LinkFault) -> str:
    words = _effect_words(fault)
    return _("{words} (only {kind})", words=words, kind=fault.kind) if fault.kind else words


def _effect_words(fault: LinkFault) -> str:
    share = write_share(fault.share)
    match fault.effect:
        case "cut":
            return _("nothing gets through")
        case "drop":
            return _("{share} of the messages are lost", share=share)
        case "duplicate":
            return _("{share} of the messages arrive twice", share=share)
        case "reorder":
            return _("{share} of the messages are overtaken by the next one", share=share)
        case "delay":
            spread = f" ± {write_duration(fault.spread)}" if fault.spread else ""
            return _("every message takes {time} longer", time=write_duration(fault.seconds) + spread)
