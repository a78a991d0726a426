"""A benchmark as a course of runs: every case again and again, in random order, each beside the machine's state."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from coreto.client.errors import ClientError, TimedOutError
from coreto.lab.bench.lives import measure_failover, measure_memory, measure_startup
from coreto.lab.bench.machine import MachineState, MachineWatch
from coreto.lab.bench.numbers import medians
from coreto.lab.bench.own import Target, Wanted, own_cluster
from coreto.lab.bench.publishing import Job, Sample
from coreto.launcher.child import program
from coreto.texts import _

Work = Literal["publish", "fanout", "history", "failover", "startup", "memory"]
WORKS: tuple[Work, ...] = get_args(Work)
OWN_ONLY: frozenset[Work] = frozenset({"failover", "startup", "memory"})
"""Works that start, measure or hurt processes, and hence need a cluster of our own."""
JOB_SECONDS = 600.0
"""Longest wait for one load beyond its own time: filling and checking a channel of a million messages."""

Case = dict[str, int]
"""What one case sets, by the fields of a `Job`."""


class Course(msgspec.Struct, frozen=True):
    """What to measure, and where."""

    work: Work
    wanted: Wanted
    clients: tuple[int, ...] = (1,)
    window: tuple[int, ...] = (1,)
    size: tuple[int, ...] = (100,)
    subscribers: tuple[int, ...] = (1,)
    messages: int = 0
    runs: int = 5
    seconds: float = 3.0
    warmup: float = 1.0
    running: Target | None = None
    """A cluster that runs already; None for one of our own."""
    language: str = "en"
    """Of what loads in other processes say."""


class Run(msgspec.Struct, frozen=True):
    """One run of one case."""

    values: dict[str, float]
    machine: MachineState
    void: str = ""


class Figure(msgspec.Struct, frozen=True):
    """One case: its runs, in the order in which they were made, and the medians of those that count."""

    work: str
    case: Case
    runs: tuple[Run, ...]

    @property
    def good(self) -> list[dict[str, float]]:
        """The values of the runs that count."""
        return [run.values for run in self.runs if not run.void]

    @property
    def medians(self) -> dict[str, float]:
        """The median of each value."""
        return medians(self.good)

    @property
    def void(self) -> str:
        """Why the figure may not be believed: one run that lost a message says more than nine that did not."""
        return next((run.void for run in self.runs if run.void), "")


def measure(course: Course, told: Callable[[int, int, str], None]) -> list[Figure]:
    """Run a course and return a figure of each case; `told` hears how many runs of how many are done, and what is next.

    Raises what keeps a cluster from being measured: `ClientError`, `StartError`.
    """
    cases = list(_cases(course))
    runs: dict[int, list[Run]] = {place: [] for place in range(len(cases))}
    order = [place for _run in range(course.runs) for place in random.sample(range(len(cases)), len(cases))]
    with _target(course) as target:
        for done, place in enumerate(order):
            told(done, len(order), case_name(cases[place]))
            runs[place].append(_run(course, cases[place], target))
    told(len(order), len(order), "")
    return [Figure(course.work, case, tuple(runs[place])) for place, case in enumerate(cases)]


def case_name(case: Case) -> str:
    """Return a case in a few words, such as `clients 8, window 64`."""
    return ", ".join(f"{name} {value}" for name, value in case.items())


def run_elsewhere(job: Job, language: str) -> Sample:
    """Run a load in a process of its own; raise a `ClientError` with what it said when it fails."""
    command = [*program(), "bench", "load", "--lang", language, "--job", json.dumps(msgspec.to_builtins(job))]
    limit = JOB_SECONDS + job.seconds + job.warmup
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise TimedOutError(_("A load did not end within {seconds} s.", seconds=int(limit))) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        error = ClientError(said or _("A load ended with status {status}.", status=done.returncode))
        error.status = done.returncode
        raise error
    return msgspec.json.decode(done.stdout, type=Sample)


def _cases(course: Course) -> Iterator[Case]:
    match course.work:
        case "publish":
            named = {"clients": course.clients, "window": course.window, "size": course.size}
        case "fanout":
            named = {"subscribers": course.subscribers, "window": course.window, "size": course.size}
        case "history":
            named = {"clients": course.clients, "messages": (course.messages,)}
        case "memory":
            named = {"servers": (course.wanted.servers,), "messages": (course.messages,)}
        case _:
            named = {"servers": (course.wanted.servers,)}
    for values in itertools.product(*named.values()):
        yield dict(zip(named, values, strict=True))


@contextlib.contextmanager
def _target(course: Course) -> Iterator[Target | None]:
    """The cluster of every run; None for a work that starts its own in each."""
    if course.running is not None:
        yield course.running
    elif course.work in ("startup", "memory"):
        yield None
    else:
        with own_cluster(course.wanted) as target:
            yield target


def _run(course: Course, case: Case, target: Target | None) -> Run:
    folder = target.folder if target is not None else course.wanted.folder or Path()
    watch = MachineWatch(folder)
    try:
        sample = _sample(course, case, target)
    except TimeoutError as error:
        sample = Sample({}, str(error))
    return Run(sample.values, watch.state(), sample.void)


def _sample(course: Course, case: Case, target: Target | None) -> Sample:
    match course.work:
        case "startup":
            return measure_startup(course.wanted)
        case "memory":
            return measure_memory(course.wanted, course.messages, lambda job: run_elsewhere(job, course.language))
    assert target is not None
    if course.work == "failover":
        return measure_failover(target)
    job = Job(course.work, target.broker, target.proxy, seconds=course.seconds, warmup=course.warmup)
    return run_elsewhere(msgspec.structs.replace(job, **case), course.language)


def rows(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Return a flat row for each run, as a spreadsheet takes it."""
    return [
        {"work": figure.work, **figure.case, "run": number, **run.values, **_flat(run.machine), "void": run.void}
        for figure in figures
        for number, run in enumerate(figure.runs, 1)
    ]


def _flat(state: MachineState) -> dict[str, object]:
    return msgspec.structs.asdict(state)
