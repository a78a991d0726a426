"""Commands about the cluster behind the chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coreto.prompt.results import Column, Done, Fact, Facts, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

NOTICES = 20
"""Notices shown by /log without a number: about a screen."""

STATUS_LABELS = {
    "server": N_("answered by"),
    "role": N_("role"),
    "coordinator": N_("coordinator"),
    "announced": N_("announced"),
    "conflict": N_("conflict"),
    "epoch": N_("epoch"),
    "commit": N_("stored by a majority up to"),
    "applied": N_("applied up to"),
    "voters": N_("voters"),
    "learners": N_("learners"),
    "lag": N_("lag"),
    "uptime": N_("running for (s)"),
    "time": N_("clock (s since 1970)"),
    "clock_offset": N_("clock ahead of the others (s)"),
    "clock_drift": N_("clock drift (ppm)"),
    "clock_round_trip": N_("clock round trip (s)"),
    "clock_error": N_("clock error bound (s)"),
    "clock_adjustment": N_("last clock adjustment (s)"),
    "clock_how": N_("clock corrected by"),
    "clock_age": N_("clocks compared (s ago)"),
    "lamport": N_("Lamport clock"),
}
"""Words for what a status tells, in the order they are shown; anything else follows under its key."""


def servers(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List the live servers as the reference sees them."""
    listed = session.chat.servers()
    columns = (
        Column("name", _("name")),
        Column("rank", _("rank")),
        Column("address", _("address")),
        Column("coordinator", _("coordinator")),
    )
    rows = tuple(tuple(server.get(column.key) for column in columns) for server in listed)
    return Rows(_("Live servers: {count}", count=len(rows)), columns, rows)


def status(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Show how the server that answers is."""
    told = session.chat.status()
    session.heard(told.get("coordinator"), told.get("epoch"))
    keys = [key for key in STATUS_LABELS if key in told]
    others = [key for key in told if key not in STATUS_LABELS]
    return Facts(_("Status"), status_facts({key: told[key] for key in (*keys, *others)}))


def status_facts(told: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return what a server tells as named values, without what it cannot know: only a coordinator feeds learners."""
    unknown = () if told.get("role") == "coordinator" else ("learners",)
    return tuple(Fact(key, _label(key), value) for key, value in told.items() if key not in unknown)


def _label(key: str) -> str:
    """A key of others is no message of ours, and may look like anything."""
    return _(STATUS_LABELS[key]) if key in STATUS_LABELS else key


def election(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Say who coordinates."""
    coordinator = session.chat.election().get("coordinator")
    session.heard(coordinator)
    if not coordinator:
        return Done(_("The servers have no coordinator at the moment."))
    return Done(_("The coordinator is {coordinator}.", coordinator=coordinator))


def log(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """List what happened to the cluster while this prompt looked on, oldest first."""
    notices = session.notices.latest(int(arguments.get("count", NOTICES)))
    if not notices:
        return Done(_("Nothing has happened to the cluster since this prompt opened."))
    columns = Column("time", _("time"), moment=True), Column("text", _("what happened"))
    rows = tuple((notice.time, notice.text) for notice in notices)
    return Rows(_("What happened to the cluster: {count}", count=len(rows)), columns, rows)
