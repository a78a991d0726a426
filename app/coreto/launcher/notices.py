"""What a person at the screen is told of an event without asking: what is wrong, and what comes of it."""

from __future__ import annotations

from coreto.journal.events import ClockRound, ClusterRefused, Event, LogDamaged, LogMended
from coreto.texts import _


def notice(event: Event) -> str:
    """Return a sentence for an event that somebody should know of, empty for any other."""
    match event:
        case LogDamaged(name=name, first=first, last=last):
            return _(
                "The log of {name} is damaged (entries {first} to {last}): it does not vote, "
                "and fetches them from the others.",
                name=name,
                first=first,
                last=last,
            )
        case LogMended(name=name):
            return _("The log of {name} is whole again.", name=name)
        case ClusterRefused(name=name, other=other):
            return _(
                "A server of another cluster ({other}) talked to {name} and was refused: "
                "look which reference and addresses it was started with.",
                name=name,
                other=other,
            )
        case ClockRound():
            return _liars(event)
        case _:
            return ""


def _liars(event: ClockRound) -> str:
    """Name the clocks that a majority disagrees with, as the round was going to put them right."""
    names = [row.name for row in event.clocks if row.left_out == "disagrees"]
    if not event.agreed or not names:
        return ""
    return _(
        "The clock of {names} disagrees with the majority: it counts for nothing, and is put right.",
        names=", ".join(names),
    )
