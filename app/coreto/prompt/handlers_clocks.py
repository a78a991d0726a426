"""Commands about the clocks of the servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from coreto.journal.events import ClockRound
from coreto.journal.words import LEFT_OUT_REASONS
from coreto.lab.quantities import write_shift
from coreto.launcher.control_client import ControlClient
from coreto.prompt.errors import UsageError
from coreto.prompt.moments import MomentError, read_moment, time_of_day
from coreto.prompt.results import Column, Done, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

CLOCK_HEADINGS = {
    "name": N_("name"),
    "rank": N_("rank"),
    "time": N_("time"),
    "offset": N_("ahead of us"),
    "round_trip": N_("round trip"),
    "cluster_offset": N_("offset"),
    "drift": N_("drift"),
    "cluster_round_trip": N_("coordinator's round trip"),
    "error_bound": N_("error bound"),
    "adjustment": N_("last adjustment"),
    "age": N_("compared"),
    "lamport": N_("Lamport"),
    "error": N_("what is wrong"),
}
"""Words for the columns; a column in which nothing stands is left out."""

IN_PROMPT = (
    "name", "offset", "cluster_offset", "drift", "cluster_round_trip", "error_bound", "adjustment", "age", "lamport",
    "error",
)  # fmt: skip
"""Those for which a window has room; `coreto admin poll-clock` prints all."""


def _milliseconds(value: float) -> str:
    return f"{value * 1000:.1f} ms"


def _drift(value: float) -> str:
    return f"{round(value) + 0:+d} ppm"


def _ago(value: float) -> str:
    return _("{seconds} s ago", seconds=f"{value:.1f}")


CLOCK_FORMATS: Mapping[str, Callable[[Any], str]] = {
    "time": time_of_day,
    "offset": write_shift,
    "round_trip": _milliseconds,
    "cluster_offset": write_shift,
    "drift": _drift,
    "cluster_round_trip": _milliseconds,
    "error_bound": _milliseconds,
    "adjustment": write_shift,
    "age": _ago,
}


def clocks(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Show every clock: beside ours now, and as the coordinator found it in its last comparison."""
    footer = "" if session.control is None else _left_out(session.control)
    return msgspec.structs.replace(clock_table(session.chat.clocks(), IN_PROMPT), footer=footer)


def _left_out(control: ControlClient) -> str:
    """Return a sentence on whom the last comparison left out, and why; empty when it left out nobody."""
    last = next((event for event in reversed(control.events()) if isinstance(event, ClockRound)), None)
    rows = [row for row in last.clocks if row.left_out] if last is not None else []
    names = ", ".join(f"{row.name} ({_(LEFT_OUT_REASONS.get(row.left_out, row.left_out))})" for row in rows)
    return _("Left out in the last comparison: {names}.", names=names) if names else ""


def clock_table(rows: Sequence[Mapping[str, Any]], wanted: Iterable[str] = CLOCK_HEADINGS) -> Rows:
    """Return these clocks as a table."""
    keys = [key for key in wanted if any(row.get(key) is not None for row in rows)]
    columns = tuple(Column(key, _(CLOCK_HEADINGS[key])) for key in keys)
    cells = tuple(tuple(_cell(key, row.get(key)) for key in keys) for row in rows)
    title = _(
        "Clocks: how far each is ahead of this machine, and what the coordinator found when it last compared them"
    )
    return Rows(title, columns, cells)


def set_clock(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Set the application clock of one server."""
    try:
        moment = read_moment(arguments["time"])
    except MomentError as error:
        raise UsageError(f"{error}.") from None
    return clock_was_set(*session.chat.set_clock(arguments["server"], moment))


def clock_was_set(name: str, reads: float) -> Done:
    """Say that a clock was set, and what follows it."""
    sentence = _(
        "The clock of {name} now reads {time}. Only what it shows and stores follows it, no timer does; "
        "the coordinator corrects it when it next compares the clocks.",
        name=name,
        time=time_of_day(reads),
    )
    return Done(sentence)


def _cell(key: str, value: object) -> object:
    write = CLOCK_FORMATS.get(key)
    return value if value is None or write is None else write(value)
