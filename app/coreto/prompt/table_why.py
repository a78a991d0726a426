"""The rows of the command table that tell why things are as they are."""

from __future__ import annotations

from coreto.prompt import handlers_why as handlers
from coreto.prompt.command import Argument, Command
from coreto.prompt.handlers_pictures import diagram as draw
from coreto.prompt.results import Done, Drawing, Rows
from coreto.texts import N_

MESSAGES = "messages"

WHY: tuple[Command, ...] = (
    Command(
        "why",
        N_("tell why somebody coordinates, is down, or comes first"),
        "/why coordinator",
        handlers.why,
        (Argument("topic", "text", N_("coordinator|down NAME|order N"), rest=True),),
        result=Rows,
        group="cluster",
    ),
    Command(
        "trace",
        N_("tell what happened last"),
        "/trace 20 messages",
        handlers.trace,
        (
            Argument("count", "number", N_("NUMBER"), optional=True),
            Argument("what", "choice", "", optional=True, choices=(MESSAGES,)),
        ),
        result=Rows,
        group="cluster",
    ),
    Command(
        "diagram",
        N_("draw the messages of an election, a kill, or the last ones"),
        "/diagram 20",
        draw,
        (
            Argument("what", "text", N_("coordinator|kill|NUMBER"), optional=True),
            Argument("file", "file", N_("FILE.svg"), optional=True),
        ),
        result=(Drawing, Done),
        group="cluster",
    ),
)
