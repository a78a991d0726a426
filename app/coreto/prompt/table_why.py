"""The part of the command table that tells why things are as they are."""

from __future__ import annotations

from coreto.prompt import handlers_why as handlers
from coreto.prompt.command import Argument, Command
from coreto.texts import N_

WHY_COMMANDS: tuple[Command, ...] = (
    Command(
        "why",
        N_("tell why somebody coordinates, is down, or comes first"),
        "/why coordinator",
        handlers.why,
        (Argument("topic", "text", N_("coordinator|down NAME|order N"), rest=True),),
    ),
    Command(
        "trace",
        N_("tell what happened last"),
        "/trace 20 --messages",
        handlers.trace,
        (Argument("options", "text", N_("[NUMBER] [--messages]"), optional=True, rest=True),),
    ),
)
