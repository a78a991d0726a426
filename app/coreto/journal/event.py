"""What every event has."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """Something that happened to a role. The recorder of the role puts on everything from `lane` to `id`."""

    role: str
    """Which kind of role: server, broker, reference, view, listener; cluster for what was done from outside."""
    clock: int = 0
    """Its Lamport clock at that moment."""
    lane: str = ""
    """Its name: s1, broker, reference."""
    time: float = 0.0
    """When, in Unix seconds of the machine it runs on; within one life of a role it never goes back."""
    app: float | None = None
    """What its application clock read, for a server; in Unix seconds."""
    id: str = ""
    """Names this event: lane, life and number."""
    cause: str = ""
    """The id of the event, or of the message, that led to it; empty for a timer, or when it is not known."""
