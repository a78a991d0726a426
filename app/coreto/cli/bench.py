"""`coreto bench`: measure a cluster; the progress on standard error, the figures on standard output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from coreto.cli.console import obeys_escapes
from coreto.cli.places import there
from coreto.cli.printing import fail, show_error
from coreto.cli.statuses import DONE, FAILED, USAGE
from coreto.client.errors import ClientError
from coreto.lab.bench.course import OWN_ONLY, Course, Figure, case_name, measure
from coreto.lab.bench.machine import about_machine
from coreto.lab.bench.own import Target, Wanted
from coreto.lab.bench.publishing import Job, run_job
from coreto.lab.bench.report import as_csv, as_json, as_svg
from coreto.launcher import addresses as ports
from coreto.launcher.base import StartError
from coreto.net.reach import LOOPBACK
from coreto.prompt.lines import write_lines
from coreto.prompt.render import render
from coreto.prompt.results import Column, Rows
from coreto.prompt.visible import visible
from coreto.texts import _, choose_language

BAR_CHARACTERS = 24


def run_bench(options: argparse.Namespace) -> int:
    """Measure, print the figures, and return 0, or 1 when one of them is void."""
    problem = _problem(options)
    if problem:
        return fail(problem, USAGE, as_json=options.json)
    progress = _Progress()
    try:
        figures = measure(_course(options), progress.told)
        if options.svg:
            Path(options.svg).write_text(as_svg(figures), "utf-8")
    except ClientError as error:
        return show_error(error, error.status, as_json=options.json)
    except (StartError, OSError) as error:
        return show_error(error, FAILED, as_json=options.json)
    finally:
        progress.end()
    write_lines(sys.stdout, _shown(figures, options))
    return FAILED if any(figure.void for figure in figures) else DONE


def run_load(options: argparse.Namespace) -> int:
    """Run one load in this process and print what it saw."""
    try:
        job = msgspec.json.decode(options.job or "", type=Job)
    except msgspec.DecodeError as error:
        return fail(_("A load is told what to do by `coreto bench` only: {error}.", error=error), USAGE)
    try:
        sample = run_job(job)
    except ClientError as error:
        return fail(str(error), error.status)
    write_lines(sys.stdout, [msgspec.json.encode(sample).decode()])
    return DONE


class _Progress:
    """A bar on a terminal, a line for each tenth elsewhere."""

    def __init__(self) -> None:
        self._on_terminal = obeys_escapes(sys.stderr)
        self._tenth = 0

    def told(self, done: int, total: int, following: str) -> None:
        """Hear how many runs of how many are done."""
        if self._on_terminal:
            filled = BAR_CHARACTERS * done // total
            bar = "#" * filled + "." * (BAR_CHARACTERS - filled)
            sys.stderr.write(f"\r\x1b[K[{bar}] {done}/{total} {visible(following)}")
            sys.stderr.flush()
        elif done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            write_lines(sys.stderr, [f"{done}/{total}"])

    def end(self) -> None:
        """Leave the line to others."""
        if self._on_terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _problem(options: argparse.Namespace) -> str:
    """Return why these flags make no sense together, nothing if they do."""
    if (options.host or options.broker) and options.work in OWN_ONLY:
        return _(
            "{work} hurts or counts processes: it measures a cluster of its own, without --host.", work=options.work
        )
    if options.data and not Path(options.data).is_dir():
        return _("There is no folder {folder}: make it first, or leave out --data.", folder=options.data)
    return ""


def _course(options: argparse.Namespace) -> Course:
    folder = Path(options.data) if options.data else None
    return Course(
        work=options.work,
        wanted=Wanted(options.servers, options.processes, folder),
        clients=options.clients,
        window=options.window,
        size=options.size,
        subscribers=options.subscribers,
        messages=options.messages,
        runs=options.runs,
        seconds=options.seconds,
        warmup=options.warmup,
        running=_running(options),
        language=choose_language(options.lang or os.environ.get("CORETO_LANG"), os.environ),
    )


def _running(options: argparse.Namespace) -> Target | None:
    if not (options.host or options.broker):
        return None
    options.host = options.host or LOOPBACK
    broker, proxy = there(options, options.broker, ports.BROKER), there(options, options.proxy_sub, ports.XPUB)
    return Target(broker, proxy, Path(options.data or "."))


def _shown(figures: Sequence[Figure], options: argparse.Namespace) -> list[str]:
    if options.json:
        return [as_json(figures)]
    if options.csv:
        return as_csv(figures).splitlines()
    about = about_machine()
    where = _("{cores} cores, {system}, Python {python}, SQLite {sqlite}, ZeroMQ {zeromq}", **about)
    void = [
        _("void: {case}: {reason}", case=case_name(figure.case), reason=figure.void)
        for figure in figures
        if figure.void
    ]
    return [*render(_table(figures)), visible(where), *map(visible, void)]


def _table(figures: Sequence[Figure]) -> Rows:
    """Return the medians as a table; a void figure shows no number."""
    names = list(dict.fromkeys(name for figure in figures for name in figure.medians))
    first = next(iter(names), "")
    heads = [*figures[0].case, *names, f"{first} min", f"{first} max", "sync_ms", "load", "steal"]
    rows = tuple(_row(figure, names, first) for figure in figures)
    title = _(
        "Medians of {runs} runs; rates are per second, latencies p50 to max in milliseconds.", runs=_runs(figures)
    )
    return Rows(title, tuple(Column(head, head) for head in heads), rows)


def _runs(figures: Sequence[Figure]) -> int:
    return len(figures[0].runs)


def _row(figure: Figure, names: Sequence[str], first: str) -> tuple[object, ...]:
    machine = [run.machine for run in figure.runs]
    sync = max(state.sync_ms for state in machine)
    loads = [state.load for state in machine if state.load is not None]
    steals = [state.steal for state in machine if state.steal is not None]
    around = (f"{sync:.2f}", f"{max(loads):.1f}" if loads else "", f"{max(steals):.1%}" if steals else "")
    if figure.void:
        return (*figure.case.values(), *["-"] * (len(names) + 2), *around)
    spread = [values[first] for values in figure.good if first in values]
    told = [*(figure.medians.get(name) for name in names), min(spread, default=None), max(spread, default=None)]
    return (*figure.case.values(), *map(_number, told), *around)


def _number(value: float | None) -> str:
    """Return a number with three digits that say something."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
