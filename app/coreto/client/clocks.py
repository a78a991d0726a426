"""Reading and setting the clocks of the servers on the reference's list, each at its own address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coreto.client.direct import ask_direct
from coreto.client.listed import Listed, Told, ask_each, find
from coreto.net.sockets import Context
from coreto.texts import _

TOLD = {
    "cluster_offset": "clock_offset",
    "drift": "clock_drift",
    "error_bound": "clock_error",
    "cluster_round_trip": "clock_round_trip",
    "adjustment": "clock_adjustment",
    "age": "clock_age",
    "lamport": "lamport",
}
"""What a row says of the last comparison by the coordinator, and under which key a server of ours tells it."""


def read_clocks(context: Context, servers: Sequence[Listed]) -> list[dict[str, Any]]:
    """Return a row for each listed server, all asked at once."""
    return [clock_row(told) for told in ask_each(context, servers, "clock")]


def set_clock(context: Context, servers: Sequence[Listed], wanted: str, moment: float) -> tuple[str, float]:
    """Set the clock of the server with this name or rank to Unix seconds; return its name and what it then reads."""
    server = find(servers, wanted)
    reads = ask_direct(context, server.address, "clock", time=moment).number("time")
    return server.name, moment if reads is None else reads


def clock_row(told: Told) -> dict[str, Any]:
    """Return what there is to know of one clock; what is not known is None. Seconds, and ppm for the drift."""
    row: dict[str, Any] = {"name": told.server.name, "rank": told.server.rank}
    row |= dict.fromkeys(("time", "offset", "round_trip", *TOLD))
    answer = told.answer
    if answer is None or answer.number("time") is None:
        return {**row, "error": str(told.error) if told.error else _("The answer holds no time.")}
    known = {key: answer.number(theirs) for key, theirs in TOLD.items()}
    shown = {"time": answer.number("time"), "offset": answer.ahead("time"), "round_trip": answer.round_trip}
    return {**row, **known, **shown, "error": None}
