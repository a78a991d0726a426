"""Scenarios as tests run them: built in ones, changed in one place, on real clusters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from coreto.cli.scenario_hand import PromptHand
from coreto.journal.sink import nowhere
from coreto.lab.scenarios.model import Scenario
from coreto.lab.scenarios.reading import parsed, read
from coreto.lab.scenarios.run import Request, run_scenario
from coreto.lab.scenarios.verdicts import Judged, Report

HAND = PromptHand()


def built_in(name: str, **workload: Any) -> Scenario:
    """A scenario that comes with the program, with another workload."""
    scenario = read(name, HAND)
    return msgspec.structs.replace(scenario, workload=msgspec.structs.replace(scenario.workload, **workload))


def text_of(name: str) -> str:
    """The file of a scenario that comes with the program."""
    folder = Path(__file__).parents[3] / "app/coreto/lab/scenarios/builtin"
    return (folder / f"{name}.toml").read_text("utf-8")


def altered(name: str, old: str, new: str) -> Scenario:
    """A scenario that comes with the program, with one thing in its file replaced."""
    text = text_of(name)
    assert text.count(old) == 1
    return parsed(text.replace(old, new), name, HAND)


def play(scenario: Scenario, tell: Callable[[str], None] = lambda line: None) -> Report:
    """Run a scenario."""
    return run_scenario(scenario, Request("test", "en", HAND, tell, nowhere))


def broken(report: Report) -> dict[str, Judged]:
    """The rules that were not as the scenario wants them."""
    return {row.rule: row for row in report.rules if not row.passed}
