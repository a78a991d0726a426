"""Looking at the cluster: in one glance through the broker, or at every server at its own address.

A clock is read as Cristian (1989) does: what an answer shows is taken for read half a round trip ago,
so the offset is true within half of the round trip.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from coreto.client.client import Client
from coreto.client.direct import ask_direct
from coreto.client.errors import ClientError
from coreto.net.sockets import Context

AT_ONCE_MAX = 16
"""Servers asked at the same time."""
ASKED_MAX = 3
"""Servers asked for one that is in the majority: a minority cannot know how the others are."""


class Look(msgspec.Struct, frozen=True):
    """How the cluster is, as one server says it."""

    status: dict[str, Any]
    servers: list[dict[str, Any]] | None
    """The reference's list of live servers; None when the reference does not answer."""
    offset: float
    """Seconds that the server's clock is ahead of ours."""


class Report(msgspec.Struct, frozen=True):
    """How one server on the reference's list is, or why it did not say."""

    name: str
    rank: int
    status: dict[str, Any] = {}
    offset: float | None = None
    round_trip: float | None = None
    """Seconds from the question to the answer."""
    asked: float = 0.0
    """When it was asked, in monotonic seconds."""
    error: str = ""


def best_status(client: Client) -> tuple[dict[str, Any], float]:
    """Return a status and the offset of its clock; of several servers, one that has a majority behind it."""
    best: tuple[dict[str, Any], float] | None = None
    for _attempt in range(ASKED_MAX):
        asked = time.time()
        status = client.status()
        offset = _offset(status, asked, time.time())
        best = best or (status, offset)
        if status.get("quorum") is not False:
            return status, offset
    assert best is not None
    return best


def survey(context: Context, listed: list[dict[str, Any]]) -> list[Report]:
    """Ask each listed server at its own address, all at once."""
    with ThreadPoolExecutor(AT_ONCE_MAX, "coreto-survey") as pool:
        return list(pool.map(lambda row: _report(context, row), listed))


def _report(context: Context, row: dict[str, Any]) -> Report:
    rank = row.get("rank")
    name, rank = str(row.get("name", "")), rank if isinstance(rank, int) else 0
    asked = time.monotonic()
    try:
        answer = ask_direct(context, str(row.get("address") or row.get("addr") or ""), "status")
    except ClientError as error:
        return Report(name, rank, asked=asked, error=str(error))
    trip = answer.came - answer.asked
    came = time.time() - (time.monotonic() - answer.came)
    return Report(name, rank, answer.data, _offset(answer.data, came - trip, came), trip, answer.came)


def _offset(status: dict[str, Any], asked: float, came: float) -> float:
    shown = status.get("timestamp")
    if isinstance(shown, bool) or not isinstance(shown, int | float):
        return 0.0
    return float(shown) - (asked + came) / 2
