"""Many seeds: run them on some processes, say what happened, and fail when one of them did (`coreto simulate`)."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from coreto.simulator.run import Report, run
from coreto.texts import _

FAILED = 1
CHUNK = 4
"""Seeds a process takes at a time."""


def run_campaign(first: int, last: int, servers: int, jobs: int, *, determinism: bool) -> int:
    """Run every seed from `first` to `last`; return 0, or 1 if an invariant was broken."""
    print(_("seeds {first} to {last}, {servers} servers", first=first, last=last, servers=servers), flush=True)
    started = time.monotonic()
    tasks = [(seed, servers, determinism) for seed in range(first, last + 1)]
    reports: list[Report] = []
    for report in _reports(tasks, jobs):
        reports.append(report)
        if report.violation:
            print(_("seed {seed}: {violation}", seed=report.seed, violation=report.violation), flush=True)
    _summarise(reports, time.monotonic() - started)
    return FAILED if any(report.violation for report in reports) else 0


def _reports(tasks: list[tuple[int, int, bool]], jobs: int) -> Iterator[Report]:
    if jobs == 1:
        yield from map(_one, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(_one, tasks, CHUNK)


def _one(task: tuple[int, int, bool]) -> Report:
    seed, servers, determinism = task
    report = run(seed, servers)
    if determinism and msgspec.json.encode(run(seed, servers)) != msgspec.json.encode(report):
        report.violation = report.violation or "two runs of this seed differ"
    return report


def _summarise(reports: list[Report], seconds: float) -> None:
    def total(field: str) -> int:
        return sum(getattr(report, field) for report in reports)

    codes: Counter[str] = Counter()
    for report in reports:
        codes.update(report.codes)
    virtual = sum(report.virtual for report in reports)
    lines = {
        _("violations"): sum(bool(report.violation) for report in reports),
        _("runs"): len(reports),
        _("client operations"): total("operations"),
        _("fewest operations in a run"): min((report.operations for report in reports), default=0),
        _("answers"): ", ".join(f"{code} {count}" for code, count in codes.most_common()),
        _("crashes"): total("crashes"),
        _("partitions"): total("partitions"),
        _("pauses"): total("pauses"),
        _("broker crashes"): total("broker_crashes"),
        _("coordinators"): total("coordinators"),
        _("commits"): total("commits"),
        _("messages shown to subscribers"): total("shown"),
        _("virtual seconds"): f"{virtual:.0f}",
        _("virtual/real"): f"{virtual / max(seconds, 1e-9):.0f}",
    }
    for name, value in lines.items():
        print(f"{name}: {value}", file=sys.stdout)
