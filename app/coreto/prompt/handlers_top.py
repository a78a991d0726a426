"""/top: every server beside the others, asked at its own address."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from coreto.client.survey import Report
from coreto.prompt.parts import ABSENT, PARTS
from coreto.prompt.results import Column, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

MEASURE_SECONDS = 1.0
"""Between the two looks that a rate is measured with."""

COLUMNS = {
    "name": N_("name"),
    "rank": N_("rank"),
    "part": N_("part"),
    "epoch": N_("epoch"),
    "last": N_("log"),
    "commit": N_("stored"),
    "lag": N_("behind"),
    "rate": N_("/s"),
    "offset_ms": N_("clock"),
    "lamport": N_("Lamport"),
    "error": N_("what is wrong"),
}
"""Keys and headings; a column in which nothing stands is left out."""


def top(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Show each server: part, log position, what it is behind, entries a second, clock."""
    before = session.chat.survey()
    session.progress = _("measuring for {seconds} s", seconds=MEASURE_SECONDS)
    threading.Event().wait(MEASURE_SECONDS)
    rows = server_rows(before, session.chat.survey())
    keys = [key for key in COLUMNS if key == "name" or any(row.get(key) not in (None, "") for row in rows)]
    columns = tuple(Column(key, _(COLUMNS[key])) for key in keys)
    title = _("Servers: {count} (behind and rate in entries of the log, clock in ms)", count=len(rows))
    return Rows(title, columns, tuple(tuple(_shown(key, row.get(key)) for key in keys) for row in rows))


def server_rows(before: Sequence[Report], now: Sequence[Report]) -> list[dict[str, object]]:
    """Return a row for each server that is listed, and for each voter that is not."""
    earlier = {report.name: report for report in before}
    newest = max((_number(report, "last") for report in now), default=0)
    parts = _parts(now)
    rows = [_row(report, earlier.get(report.name), newest, parts) for report in now]
    listed = {report.name for report in now}
    missing = [name for name in parts if name not in listed]
    rows += [{"name": name, "part": parts[name], "error": _(ABSENT)} for name in missing]
    return rows


def _parts(reports: Sequence[Report]) -> dict[str, str]:
    """Return who is a voter, as the newest epoch says, and who a learner: itself, or the coordinator, says so."""
    told = [report.status for report in reports if isinstance(report.status.get("voters"), list)]
    newest = max(told, key=lambda status: (int(status.get("epoch") or 0), int(status.get("commit") or 0)), default={})
    learning = [report.name for report in reports if report.status.get("role") == "learner"]
    fed = [name for status in told for name in status.get("learners") or ()]
    learners = {str(name): "learner" for name in (*learning, *fed)}
    return {**learners, **{str(name): "voter" for name in newest.get("voters", [])}}


def _row(report: Report, before: Report | None, newest: int, parts: Mapping[str, str]) -> dict[str, object]:
    row: dict[str, object] = {
        "name": report.name,
        "rank": report.rank,
        "part": _part(report, parts),
        "error": report.error,
    }
    if report.error or "last" not in report.status:
        return row
    return row | {
        "epoch": report.status.get("epoch"),
        "last": _number(report, "last"),
        "commit": _number(report, "commit"),
        "lag": newest - _number(report, "applied"),
        "rate": _rate(before, report),
        "offset_ms": None if report.offset is None else round(report.offset * 1000),
        "lamport": _number(report, "clock"),
    }


def _part(report: Report, parts: Mapping[str, str]) -> str | None:
    role = str(report.status.get("role"))
    return role if role in ("coordinator", "candidate") else parts.get(report.name, "foreign" if parts else None)


def _rate(before: Report | None, now: Report) -> int | None:
    if before is None or before.error or now.answered <= before.answered:
        return None
    return max(0, round((_number(now, "commit") - _number(before, "commit")) / (now.answered - before.answered)))


def _number(report: Report, key: str) -> int:
    value = report.status.get(key)
    return value if isinstance(value, int) else 0


def _shown(key: str, value: object) -> object:
    return _(PARTS[value]) if key == "part" and isinstance(value, str) else value
