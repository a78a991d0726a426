"""`coreto scenario`: list what there is, run one and give a verdict, or say what is wrong with a file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from coreto.cli.journals import JournalPathError, journal_to
from coreto.cli.printing import fail, say, show
from coreto.cli.scenario_hand import PromptHand
from coreto.cli.scenario_picture import PicturePathError, picture_to
from coreto.cli.statuses import DONE, FAILED, UNKNOWN, USAGE
from coreto.journal.sink import Sink
from coreto.lab.scenarios.model import Scenario
from coreto.lab.scenarios.reading import ScenarioError, names, read
from coreto.lab.scenarios.rules import MEANINGS, NOWHERE
from coreto.lab.scenarios.run import Request, run_scenario
from coreto.lab.scenarios.verdicts import Finding, Judged, Report
from coreto.prompt.data import data_of
from coreto.prompt.lines import write_lines
from coreto.prompt.results import Column, Rows
from coreto.prompt.visible import visible
from coreto.texts import N_, _, choose_language

COLUMNS = 78
"""What explanations are wrapped at."""
STATUSES = {"valid": DONE, "invalid": FAILED, "unknown": UNKNOWN}
VERDICTS = {
    "valid": N_("valid: everything was as the scenario expects"),
    "invalid": N_("invalid"),
    "unknown": N_("unknown: it could not be judged"),
}


def run_list(options: argparse.Namespace) -> int:
    """Print the scenarios that come with the program."""
    language = choose_language(options.lang, os.environ)
    rows = tuple((name, read(name, PromptHand()).title.said(language)) for name in names())
    table = Rows(
        _("Scenarios: {count}", count=len(rows)), (Column("name", _("name")), Column("title", _("what happens"))), rows
    )
    show(table, data_of(table), as_json=options.json)
    return DONE


def run_check(options: argparse.Namespace) -> int:
    """Say what is wrong with a file; return 0, or 1 when something is."""
    problems = _problems(options.scenario)
    if options.json:
        told = [msgspec.to_builtins(problem) for problem in problems]
        _print_json({"file": options.scenario, "correct": not problems, "problems": told})
    else:
        lines = [problem.said(options.scenario) for problem in problems]
        correct = _("{file} is a scenario, and nothing is wrong with it.", file=options.scenario)
        write_lines(sys.stdout, [visible(line) for line in lines or [correct]])
    return FAILED if problems else DONE


def run_run(options: argparse.Namespace) -> int:
    """Run a scenario and print its verdict; return 0 for valid, 1 for invalid, 3 for unknown."""
    try:
        scenario = read(options.scenario, PromptHand())
    except ScenarioError as error:
        return _refuse(error, as_json=options.json)
    try:
        with picture_to(options.svg, options.journal) as picture, journal_to(picture.journal, "scenario") as sink:
            report = _run(scenario, options, sink)
            picture.wants(scenario, report, choose_language(options.lang, os.environ))
    except (JournalPathError, PicturePathError) as error:
        return fail(str(error))
    if options.json:
        _print_json(report_data(report))
    else:
        write_lines(sys.stdout, [visible(line) for line in report_lines(report)])
    return STATUSES[report.verdict]


def report_lines(report: Report) -> Iterator[str]:
    """Return what a person reads of a report: each rule, what breaks it, and the verdict."""
    for row in report.rules:
        yield from _rule_lines(row)
    yield from report.why_unknown
    figures = report.figures
    yield _(
        "{acknowledged} messages acknowledged, {refused} refused, {in_doubt} in doubt.",
        acknowledged=figures.acknowledged,
        refused=figures.refused,
        in_doubt=figures.in_doubt,
    )
    yield _(
        "Coordinators established: {elections}; longest silence between acknowledgements: {silence} s.",
        elections=figures.elections,
        silence=f"{figures.longest_silence:.2f}",
    )
    verdict = _(VERDICTS[report.verdict])
    if report.verdict == "invalid" and (finding := _first(report.rules)) is not None:
        verdict = f"{verdict}: {_sign(finding)}"
    yield _(
        "{scenario} after {seconds} s: {verdict}",
        scenario=report.scenario,
        seconds=f"{report.seconds:.1f}",
        verdict=verdict,
    )
    if report.verdict != report.expected:
        yield _("The scenario expects another verdict: {verdict}.", verdict=report.expected)


def report_data(report: Report) -> dict[str, Any]:
    """Return a report as data for programs."""
    rules = [{**msgspec.to_builtins(row), "passed": row.passed} for row in report.rules]
    return {**msgspec.to_builtins(report), "rules": rules}


def _run(scenario: Scenario, options: argparse.Namespace, sink: Sink) -> Report:
    language = choose_language(options.lang, os.environ)
    if options.processes:
        scenario = msgspec.structs.replace(scenario, cluster=msgspec.structs.replace(scenario.cluster, processes=True))
    tell: Callable[[str], None] = _tell_nobody if options.json else _tell
    if not options.json:
        explanation = textwrap.wrap(scenario.explanation.said(language), COLUMNS)
        write_lines(sys.stderr, [scenario.title.said(language), "", *explanation, ""])
    return run_scenario(scenario, Request(options.scenario, language, PromptHand(), tell, sink))


def _problems(file: str) -> list[Any]:
    try:
        read(file, PromptHand())
    except ScenarioError as error:
        return list(error.problems)
    return []


def _refuse(error: ScenarioError, *, as_json: bool) -> int:
    if as_json:
        _print_json({"error": str(error), "status": USAGE})
        return USAGE
    for line in str(error).splitlines():
        say(line)
    return USAGE


def _rule_lines(row: Judged) -> Iterator[str]:
    meaning = _(MEANINGS[row.rule])
    if row.wanted == "break" and row.count:
        yield _("ok   {rule:<10} not so, as expected: {meaning}", rule=row.rule, meaning=meaning)
    elif row.passed:
        yield f"ok   {row.rule:<10} {meaning}"
    elif row.wanted == "break":
        yield _(
            "FAIL {rule:<10} this should have been seen broken, and was not: {meaning}", rule=row.rule, meaning=meaning
        )
    else:
        yield f"FAIL {row.rule:<10} {meaning}"
    shown: Iterable[Finding] = row.findings[:1] if row.passed else row.findings
    for finding in shown:
        yield f"     {_sign(finding)}"
    if not row.passed and row.count > len(row.findings):
        yield _("     … and {count} more", count=row.count - len(row.findings))


def _sign(finding: Finding) -> str:
    return finding.what if finding.message == NOWHERE else f"{finding.message}: {finding.what}"


def _first(rules: Iterable[Judged]) -> Finding | None:
    return next((row.findings[0] for row in rules if not row.passed and row.findings), None)


def _print_json(data: dict[str, Any]) -> None:
    write_lines(sys.stdout, [json.dumps(data, ensure_ascii=False)])


def _tell(line: str) -> None:
    say(f"… {line}")


def _tell_nobody(line: str) -> None:
    """With --json everything is printed at once, in the end."""
