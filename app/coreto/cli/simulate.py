"""`coreto simulate`: runs many seeds, says what they broke, and what they came to."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from coreto.cli.counting import CountingLine
from coreto.cli.printing import say
from coreto.cli.statuses import DONE, FAILED, USAGE
from coreto.prompt.data import as_json
from coreto.prompt.lines import write_lines
from coreto.simulator.campaign import Campaign, Summary, keep, run_seeds, summarise
from coreto.simulator.run import Report
from coreto.simulator.shrink import replay
from coreto.texts import _


def run_simulate(options: argparse.Namespace) -> int:
    """Run seeds, or the file of a failed one; return 0, 1 if an invariant was broken, 2 for a file that is none."""
    if options.replay is not None:
        return _replay(options.replay, as_data=options.json)
    first, last = options.seeds
    campaign = Campaign(first, last, options.servers, options.jobs, options.check_determinism)
    return _Telling(campaign, as_data=options.json).run()


def _replay(path: Path, *, as_data: bool) -> int:
    try:
        report = replay(path)
    except (OSError, msgspec.MsgspecError) as error:
        sentence = _("The file {path} tells of no failed seed ({error}).", path=path, error=error)
        if as_data:
            _print(as_json({"error": sentence, "status": USAGE}))
        else:
            say(sentence)
        return USAGE
    data = {"seed": report.seed, "servers": report.servers, "violation": report.violation}
    _print(as_json(data) if as_data else report.violation or _("no invariant was broken"))
    return FAILED if report.violation else DONE


class _Telling:
    """One campaign and what is said of it: data on standard output, how far it is on a terminal."""

    def __init__(self, campaign: Campaign, *, as_data: bool) -> None:
        self._campaign = campaign
        self._as_data = as_data
        self._counting = CountingLine(sys.stderr)
        self._reports: list[Report] = []
        self._violations = 0

    def run(self) -> int:
        """Run every seed and return the exit status."""
        campaign, started = self._campaign, time.monotonic()
        if not self._as_data:
            numbers = {"first": campaign.first, "last": campaign.last, "servers": campaign.servers}
            _print(_("seeds {first} to {last}, {servers} servers", **numbers))
        try:
            for report in self._counted():
                if report.violation:
                    self._violated(report)
        finally:
            self._counting.clear()
        self._summed(summarise(self._reports), time.monotonic() - started)
        return FAILED if self._violations else DONE

    def _counted(self) -> Iterator[Report]:
        self._count()
        for report in run_seeds(self._campaign):
            self._reports.append(report)
            self._count()
            yield report

    def _count(self) -> None:
        done, size = len(self._reports), self._campaign.size
        self._counting.show(_("{done} of {total} seeds, {count} failed", done=done, total=size, count=self._violations))

    def _violated(self, report: Report) -> None:
        self._violations += 1
        self._counting.clear()
        if not self._as_data:
            _print(_("seed {seed}: {violation}", seed=report.seed, violation=report.violation))
        self._counting.show(_("making seed {seed} small", seed=report.seed), at_once=True)
        path, problem = _kept(report)
        self._counting.clear()
        if problem:
            say(problem)
        if self._as_data:
            _print(as_json({"seed": report.seed, "violation": report.violation, "replay": path or None}))
        elif path:
            _print(_("  made small: coreto simulate --replay {path}", path=path))

    def _summed(self, summary: Summary, seconds: float) -> None:
        if not self._as_data:
            write_lines(sys.stdout, _lines(summary, seconds))
            return
        campaign = self._campaign
        head = {"seeds": [campaign.first, campaign.last], "servers": campaign.servers}
        _print(as_json({**head, **msgspec.to_builtins(summary), "seconds": round(seconds, 3)}))


def _kept(report: Report) -> tuple[str, str]:
    """Return the file that replays a failed run, and why there is none."""
    try:
        path = keep(report, Path.cwd())
    except OSError as error:
        return "", _("The file that replays seed {seed} cannot be written: {error}.", seed=report.seed, error=error)
    return str(path or ""), ""


def _lines(summary: Summary, seconds: float) -> list[str]:
    facts = {
        _("violations"): summary.violations,
        _("runs"): summary.runs,
        _("client operations"): summary.operations,
        _("fewest operations in a run"): summary.fewest_operations,
        _("answers"): _counts(summary.answers),
        _("faults"): _counts(summary.faults),
        _("coordinators"): summary.coordinators,
        _("commits"): summary.commits,
        _("reads answered"): summary.reads,
        _("requests sent again"): summary.resent,
        _("messages shown to subscribers"): summary.shown,
        _("virtual seconds"): f"{summary.virtual_seconds:.0f}",
        _("virtual/real"): f"{summary.virtual_seconds / max(seconds, 1e-9):.0f}",
    }
    return [f"{name}: {value}" for name, value in facts.items()]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _print(line: str) -> None:
    write_lines(sys.stdout, [line])
