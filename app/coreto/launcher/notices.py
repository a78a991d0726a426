"""What a person at the screen is told of an event without asking: what is wrong, and what comes of it."""

from __future__ import annotations

from coreto.journal.events import ClusterRefused, Event, LogDamaged, LogMended
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
        case _:
            return ""
