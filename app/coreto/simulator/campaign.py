"""Many seeds: run on some processes, kept small where one fails, and added up (`coreto simulate`)."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import msgspec

from coreto.simulator.run import Report, run
from coreto.simulator.shrink import shrink, write_failure

DIFFERENT = "two runs of this seed differ"

Task = tuple[int, int, bool]


class Campaign(msgspec.Struct, frozen=True):
    """Which seeds are run, and how."""

    first: int
    last: int
    servers: int
    jobs: int = 1
    """Processes."""
    determinism: bool = False
    """Whether each seed is run twice and both runs compared."""

    @property
    def size(self) -> int:
        """How many seeds there are."""
        return self.last - self.first + 1


class Summary(msgspec.Struct, frozen=True):
    """What runs come to together."""

    violations: int
    runs: int
    operations: int
    """Of clients."""
    fewest_operations: int
    """In one run."""
    answers: dict[str, int]
    """Code to count, the most common first."""
    faults: dict[str, int]
    """Kind to count, the most common first."""
    coordinators: int
    commits: int
    shown: int
    """Messages that subscribers were shown."""
    reads: int
    """Answered reads."""
    resent: int
    """Requests sent once more, by a client or by the broker."""
    virtual_seconds: float


def run_seeds(campaign: Campaign) -> Iterator[Report]:
    """Run every seed; with one process in order, else as they end."""
    tasks = [(seed, campaign.servers, campaign.determinism) for seed in range(campaign.first, campaign.last + 1)]
    if campaign.jobs == 1:
        yield from map(_one, tasks)
        return
    yield from _in_processes(tasks, campaign.jobs)


def _in_processes(tasks: Sequence[Task], jobs: int) -> Iterator[Report]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_leave_interrupts_to_the_parent) as pool:
        try:
            for ended in as_completed([pool.submit(_one, task) for task in tasks]):
                yield ended.result()
        except BaseException:
            # Whoever stops does not wait for the runs under way: nobody will read what comes of them. But the
            # thread of the pool is waited for: Python would wake it at its end, perhaps when it has just gone.
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal: the parent alone says what comes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def keep(report: Report, folder: Path) -> Path | None:
    """Make a failed run small and write the file that replays it; None where no file would.

    Raises `OSError` where it cannot be written.
    """
    return None if report.violation.startswith(DIFFERENT) else write_failure(shrink(report), folder)


def summarise(reports: Sequence[Report]) -> Summary:
    """Add reports up."""
    codes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for report in reports:
        codes.update(report.codes)
        faults.update(report.faults)
    return Summary(
        violations=sum(bool(report.violation) for report in reports),
        runs=len(reports),
        operations=sum(report.operations for report in reports),
        fewest_operations=min((report.operations for report in reports), default=0),
        answers=dict(codes.most_common()),
        faults=dict(faults.most_common()),
        coordinators=sum(report.coordinators for report in reports),
        commits=sum(report.commits for report in reports),
        shown=sum(report.shown for report in reports),
        reads=sum(report.reads for report in reports),
        resent=sum(report.resent for report in reports),
        virtual_seconds=sum(report.virtual for report in reports),
    )


def _one(task: Task) -> Report:
    seed, servers, determinism = task
    report = run(seed, servers)
    if determinism and msgspec.json.encode(run(seed, servers)) != msgspec.json.encode(report):
        report.violation = report.violation or DIFFERENT
    return report
