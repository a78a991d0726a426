"""Many seeds: run them on some processes, say what happened, and fail when one of them did (`coreto simulate`)."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from coreto.simulator.run import Report, run
from coreto.simulator.shrink import replay, shrink, write_failure
from coreto.texts import _

FAILED, UNREADABLE = 1, 2
DIFFERENT = "two runs of this seed differ"
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
            _keep(report)
    _summarise(reports, time.monotonic() - started)
    return FAILED if any(report.violation for report in reports) else 0


def run_replay(path: Path) -> int:
    """Run what a file of a failed seed tells; return 0, or 1 if an invariant is broken (again)."""
    try:
        report = replay(path)
    except (OSError, msgspec.MsgspecError) as error:
        print(_("The file {path} tells of no failed seed ({error}).", path=path, error=error), file=sys.stderr)
        return UNREADABLE
    print(report.violation or _("no invariant was broken"))
    return FAILED if report.violation else 0


def _keep(report: Report) -> None:
    """Make a failed run small and write the file that replays it."""
    if not report.violation.startswith(DIFFERENT):
        path = write_failure(shrink(report), Path.cwd())
        print(_("  made small: coreto simulate --replay {path}", path=path), flush=True)


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
        report.violation = report.violation or DIFFERENT
    return report


def _summarise(reports: list[Report], seconds: float) -> None:
    def total(field: str) -> int:
        return sum(getattr(report, field) for report in reports)

    codes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for report in reports:
        codes.update(report.codes)
        faults.update(report.faults)
    virtual = sum(report.virtual for report in reports)
    lines = {
        _("violations"): sum(bool(report.violation) for report in reports),
        _("runs"): len(reports),
        _("client operations"): total("operations"),
        _("fewest operations in a run"): min((report.operations for report in reports), default=0),
        _("answers"): ", ".join(f"{code} {count}" for code, count in codes.most_common()),
        _("faults"): ", ".join(f"{kind} {count}" for kind, count in faults.most_common()),
        _("coordinators"): total("coordinators"),
        _("commits"): total("commits"),
        _("messages shown to subscribers"): total("shown"),
        _("virtual seconds"): f"{virtual:.0f}",
        _("virtual/real"): f"{virtual / max(seconds, 1e-9):.0f}",
    }
    for name, value in lines.items():
        print(f"{name}: {value}", file=sys.stdout)
