"""Looking at the cluster: in one glance through the broker, or at every server at its own address."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from coreto.client.client import Client
from coreto.client.direct import Answer
from coreto.client.listed import Listed, Told, ask_each
from coreto.net.sockets import Context

SHOWN = "timestamp"
"""What every answer shows of the clock of whoever gave it."""
ASKED_MAX = 3
"""Servers asked for one that is in the majority: a minority cannot know how the others are."""


class Look(msgspec.Struct, frozen=True):
    """How the cluster is, as one server says it."""

    status: dict[str, Any]
    servers: list[dict[str, Any]] | None
    """The reference's list of live servers; None when the reference does not answer."""
    offset: float | None
    """Seconds that the server's clock is ahead of ours; None when its answer shows no time."""
    hearing: dict[str, bool] = {}
    """Whether each voter coordinates or hears the coordinator, as far as they said so at their own addresses."""


class Report(msgspec.Struct, frozen=True):
    """How one server on the reference's list is, or why it did not say."""

    name: str
    rank: int
    status: dict[str, Any] = {}
    offset: float | None = None
    round_trip: float | None = None
    """Seconds from the question to the answer."""
    answered: float = 0.0
    """When it answered, in monotonic seconds."""
    error: str = ""


def best_status(client: Client) -> Answer:
    """Return a status; of several servers, that of one that has a majority behind it."""
    best: Answer | None = None
    for _attempt in range(ASKED_MAX):
        asked = time.monotonic()
        answer = Answer(client.status(), asked, time.monotonic())
        best = best or answer
        if answer.data.get("quorum") is not False:
            return answer
    assert best is not None
    return best


def survey(context: Context, servers: Sequence[Listed]) -> list[Report]:
    """Ask each listed server at its own address, all at once."""
    return [_report(told) for told in ask_each(context, servers, "status")]


def _report(told: Told) -> Report:
    name, rank, answer = told.server.name, told.server.rank, told.answer
    if answer is None:
        return Report(name, rank, error=str(told.error))
    return Report(name, rank, answer.data, answer.ahead(SHOWN), answer.round_trip, answer.came)
