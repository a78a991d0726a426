"""Commands that tell why: the journal of the cluster in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from coreto.journal.event import Event
from coreto.lab.why import why_coordinator, why_down, why_order
from coreto.lab.wording import say
from coreto.launcher.control_client import ControlClient
from coreto.prompt.command import Arguments
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.results import Column, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import _

TRACE_DEFAULT = 20
"""Events `/trace` shows by itself."""
TOPICS = "coordinator, down NAME, order N"


def why(session: ChatSession, arguments: Arguments) -> Result:
    """Tell why somebody coordinates, a role is down, or an entry stands where it does."""
    topic, _space, rest = arguments["topic"].partition(" ")
    control, rest = reach(session), rest.strip()
    if topic == "coordinator" and not rest:
        title, chain = why_coordinator(control.events())
        return _rows(title, ((event, say(event)) for event in chain))
    if topic == "down" and rest:
        return _why_down(control, rest)
    if topic == "order" and rest.isascii() and rest.isdigit() and int(rest):
        return _why_order(control, int(rest))
    raise UsageError(_("Ask one of: {topics}; for example /why coordinator.", topics=TOPICS))


def trace(session: ChatSession, arguments: Arguments) -> Result:
    """Tell what happened last, without messages unless they are asked for."""
    count = int(arguments.get("count", TRACE_DEFAULT))
    events = reach(session).events(count, traffic="what" in arguments)
    return _rows(_("The last {count} events:", count=len(events)), ((event, say(event)) for event in events))


def _why_down(control: ControlClient, name: str) -> Result:
    states = {role.name: role.state for role in control.in_force().roles}
    if name not in states:
        raise ChatError(_("There is no role {name}: this cluster has {names}.", name=name, names=", ".join(states)))
    title, chain = why_down(control.events(), name, states[name])
    return _rows(title, ((event, say(event)) for event in chain))


def _why_order(control: ControlClient, index: int) -> Result:
    title, steps = why_order(control.events(index=index), index)
    if not steps:
        hint = _(
            "Messages are recorded at the prompt of coreto up, or with --journal FILE, and the oldest are forgotten."
        )
        title = f"{title} {hint}"
    return _rows(title, steps)


def _rows(title: str, steps: Iterable[tuple[Event, str]]) -> Rows:
    columns = Column("when", _("when")), Column("lamport", _("Lamport")), Column("what", _("what happened"))
    return Rows(title, columns, tuple((_moment(event.time), event.clock or "", words) for event, words in steps))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S.%f")[:-3]


def reach(session: ChatSession) -> ControlClient:
    """Return how the cluster is asked for its journal; raise `ChatError` from where it cannot be."""
    if session.control is None:
        raise ChatError(
            _(
                "From here the journal is out of reach: this needs the prompt of the cluster itself, "
                "or coreto exec beside it."
            )
        )
    return session.control
