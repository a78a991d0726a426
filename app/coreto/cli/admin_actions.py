"""What `coreto admin` does, one function for each action; each prints and returns the exit status."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from coreto.cli.desk import REFERENCE, Desk, status_of
from coreto.cli.printing import show
from coreto.cli.statuses import FAILED
from coreto.client.clocks import clock_row
from coreto.client.direct import publish_direct
from coreto.client.listed import Listed, Told
from coreto.prompt.handlers_clocks import clock_table, clock_was_set
from coreto.prompt.handlers_cluster import status_facts
from coreto.prompt.results import Column, Done, Facts, Rows
from coreto.texts import N_, _
from coreto.wire.publication import write_announcement

SETTLE_SECONDS = 8.0
"""Longest wait for servers without a coordinator to agree on one: some rounds of an election."""
LOOK_AGAIN_SECONDS = 0.2

HEADINGS = {
    "name": N_("name"),
    "rank": N_("rank"),
    "address": N_("address"),
    "coordinator": N_("coordinator"),
    "answer": N_("answer"),
    "epoch": N_("epoch"),
    "error": N_("what is wrong"),
}
"""Words for the columns of every table here."""

Established = tuple[str, int]
"""Name of a coordinator, and its epoch."""


def list_servers(desk: Desk) -> int:
    """Print the live servers as the reference knows them."""
    keys = ("name", "rank", "address", "coordinator")
    rows = [{key: getattr(target, key) for key in keys} for target in desk.listed()]
    _table(desk, _("Live servers: {count}", count=len(rows)), "servers", rows)
    return 0


def show_one(desk: Desk) -> int:
    """Print how one server is, or the reference."""
    wanted = desk.options.server
    if wanted == REFERENCE:
        data = desk.ask_reference("status").data
        extra: dict[str, Any] = {"name": REFERENCE, "address": desk.reference}
    else:
        target = desk.find(wanted)
        data = desk.ask(target, "status").data
        extra = {"name": target.name, "rank": target.rank, "address": target.address}
    shown = {**extra, **{key: value for key, value in data.items() if key not in ("timestamp", "clock")}}
    show(Facts(_("Status of {name}", name=extra["name"]), status_facts(shown)), shown, as_json=desk.as_json)
    return 0


def poll_clock(desk: Desk) -> int:
    """Print the clock of each server beside ours, and what it tells of the last comparison."""
    told = desk.ask_each(desk.chosen(), "clock")
    rows = [clock_row(item) for item in told]
    show(clock_table(rows), {"clocks": rows}, as_json=desk.as_json)
    return status_of(told)


def hold_election(desk: Desk) -> int:
    """Ask for an election, print each server's answer, and say whether anything changed."""
    targets = desk.chosen()
    before = _established(desk.ask_each(targets, "status"))
    told = desk.ask_each(targets, "election")
    after = _settled(desk, targets)
    rows = [
        {
            "name": item.server.name,
            "rank": item.server.rank,
            "answer": item.get("election"),
            "coordinator": item.get("coordinator"),
            "epoch": item.get("epoch"),
            "error": str(item.error) if item.error else None,
        }
        for item in told
    ]
    verdict = _verdict(before, after)
    more = {"changed": before != after, "coordinator": after[0] if after else None, "verdict": verdict}
    _table(desk, _("Answers to the election"), "answers", rows, more=more)
    if not desk.as_json:
        show(Done(verdict), {}, as_json=False)
    return status_of(told) or (0 if after else FAILED)


def set_clock(desk: Desk) -> int:
    """Set the application clock of one server; its timers do not follow."""
    target = desk.find(desk.options.server)
    reads = desk.ask(target, "clock", time=desk.options.time).number("time")
    done = clock_was_set(target.name, desk.options.time if reads is None else reads)
    show(done, {"name": target.name, "rank": target.rank, "time": reads}, as_json=desk.as_json)
    return 0


def announce(desk: Desk) -> int:
    """Publish a coordinator's name on the topic `servers`, and say plainly what that does."""
    target = desk.find(desk.options.coordinator)
    frames = write_announcement(target.name, target.rank, 0, 1, time.time())
    heard = publish_direct(desk.context, desk.proxy, frames)
    note = _(
        "This elects nobody: our servers go on following the coordinator that a majority of them elected, and show "
        "{name} as announced only. Servers and clients of others that believe announcements will turn to {name}.",
        name=target.name,
    )
    done = _("Announced {name} as coordinator to whoever listens.", name=target.name)
    if not heard:
        done = _("Announced {name} as coordinator, but nobody listens at the moment.", name=target.name)
    data = {"announced": target.name, "rank": target.rank, "heard": heard, "note": note}
    show(Done(f"{done}\n{note}"), data, as_json=desk.as_json)
    return 0


# Elections.


def _established(told: Sequence[Told]) -> Established | None:
    """Return the coordinator that all who answer agree on, None when they do not."""
    answers = [item for item in told if item.answer is not None and item.get("epoch") is not None]
    views = {(str(item.get("coordinator") or ""), int(item.get("epoch"))) for item in answers}
    view = views.pop() if len(views) == 1 else None
    return view if view is not None and view[0] else None


def _settled(desk: Desk, targets: Sequence[Listed]) -> Established | None:
    """Wait until those who answer agree on a coordinator; None when they do not in time."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        view = _established(desk.ask_each(targets, "status"))
        if view is not None or time.monotonic() > deadline:
            return view
        threading.Event().wait(LOOK_AGAIN_SECONDS)


def _verdict(before: Established | None, after: Established | None) -> str:
    if after is None:
        return _("The servers do not agree on a coordinator: is a majority of them running?")
    name, epoch = after
    if before == after:
        return _("Nothing changed: {name} is still the coordinator, in epoch {epoch}.", name=name, epoch=epoch)
    if before is None:
        return _("{name} is the coordinator now, in epoch {epoch}; before, there was none.", name=name, epoch=epoch)
    return _(
        "{name} is the coordinator now, in epoch {epoch}; before, it was {old} in epoch {old_epoch}.",
        name=name,
        epoch=epoch,
        old=before[0],
        old_epoch=before[1],
    )


# Tables.


def _table(
    desk: Desk,
    title: str,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print rows as a table without its empty columns, or as JSON under `name`."""
    keys = [key for key in HEADINGS if any(row.get(key) is not None for row in rows)]
    columns = tuple(Column(key, _(HEADINGS[key])) for key in keys)
    cells = tuple(tuple(row.get(key) for key in keys) for row in rows)
    show(Rows(title, columns, cells), {name: list(rows), **(more or {})}, as_json=desk.as_json)
