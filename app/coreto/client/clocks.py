"""Reading and setting the clocks of the servers on the reference's list, each at its own address."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from coreto.client.direct import Answer, ask_direct
from coreto.client.errors import ClientError, RefusedError
from coreto.net.sockets import Context
from coreto.texts import _

AT_ONCE_MAX = 16
"""Servers asked at the same time."""

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


def read_clocks(context: Context, listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each listed server, all asked at once."""
    with ThreadPoolExecutor(AT_ONCE_MAX, "coreto-clocks") as pool:
        return list(pool.map(lambda row: _read_one(context, row), listed))


def set_clock(context: Context, listed: Sequence[dict[str, Any]], wanted: str, moment: float) -> tuple[str, float]:
    """Set the clock of the server with this name or rank to Unix seconds; return its name and what it then reads."""
    for row in listed:
        if wanted in (row.get("name"), str(row.get("rank"))):
            told = as_number(ask_direct(context, _address(row), "clock", time=moment).data.get("time"))
            return str(row.get("name")), moment if told is None else told
    names = ", ".join(f"{row.get('name')} ({row.get('rank')})" for row in listed)
    raise RefusedError(
        _(
            "No live server is called {name} or has that rank: the reference lists {names}.",
            name=wanted,
            names=names or _("nobody"),
        ),
        "refused",
    )


def clock_row(name: str, rank: int, answer: Answer | None, error: ClientError | None) -> dict[str, Any]:
    """Return what there is to know of one clock; what is not known is None. Seconds, and ppm for the drift."""
    row: dict[str, Any] = {"name": name, "rank": rank, "time": None, "offset": None, "round_trip": None}
    row |= dict.fromkeys(TOLD)
    shown = as_number(answer.data.get("time")) if answer is not None else None
    if answer is None or shown is None:
        return {**row, "error": str(error) if error else _("The answer holds no time.")}
    trip = answer.came - answer.asked
    # What it shows was read half a round trip ago, as far as anybody can tell (Cristian 1989).
    middle = time.time() - (time.monotonic() - answer.came) - trip / 2
    told = {key: as_number(answer.data.get(theirs)) for key, theirs in TOLD.items()}
    return {**row, **told, "time": shown, "offset": shown - middle, "round_trip": trip, "error": None}


def as_number(value: object) -> float | int | None:
    """Return a value of an answer if it is a number."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _read_one(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    rank = row.get("rank")
    name, number = str(row.get("name", "")), rank if isinstance(rank, int) else 0
    try:
        return clock_row(name, number, ask_direct(context, _address(row), "clock"), None)
    except ClientError as error:
        return clock_row(name, number, None, error)


def _address(row: dict[str, Any]) -> str:
    return str(row.get("address") or row.get("addr") or "")
