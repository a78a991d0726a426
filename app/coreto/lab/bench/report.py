"""Figures for others: one JSON document, a row of CSV for each run, and a plot."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import msgspec

from coreto import __version__
from coreto.lab.bench.course import Figure, case_name, rows
from coreto.lab.bench.machine import about_machine
from coreto.lab.bench.svg import Bar, bars

FIRST = {"ready_s": "s", "gap_s": "s", "after_mib": "MiB", "rate": "1/s"}
"""The value that a plot shows: the first of these that a work has; and its unit."""


def as_json(figures: Sequence[Figure]) -> str:
    """Return everything there is, for a program."""
    told = [{**msgspec.to_builtins(figure), "medians": figure.medians, "void": figure.void} for figure in figures]
    return json.dumps({"version": __version__, "machine": about_machine(), "figures": told}, ensure_ascii=False)


def as_csv(figures: Sequence[Figure]) -> str:
    """Return a heading and a row for each run."""
    made = rows(figures)
    out = io.StringIO()
    names = dict.fromkeys(name for row in made for name in row)
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return out.getvalue()


def as_svg(figures: Sequence[Figure]) -> str:
    """Return a plot with a bar for each case; a figure that is void has none."""
    good = [figure for figure in figures if not figure.void]
    told = next((name for name in FIRST if any(name in figure.medians for figure in good)), "rate")
    drawn = []
    for figure in good:
        values = [run[told] for run in figure.good if told in run]
        if values:
            drawn.append(Bar(case_name(figure.case), figure.medians[told], min(values), max(values)))
    work = figures[0].work if figures else ""
    return bars(f"coreto bench {work}", f"{told} ({FIRST[told]})", drawn)
