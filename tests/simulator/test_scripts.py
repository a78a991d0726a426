"""Every script in scripts/ shows what it showed when it was written, and turns red without the rule it names.

`pytest tests/simulator/test_scripts.py --regenerate` writes what the scripts show now into them;
read the difference before you believe it.
"""

import re
from pathlib import Path

import pytest

from coreto.simulator.checkers import ViolationError
from coreto.simulator.script import run_script
from coreto.simulator.script_expect import ExpectationError
from tests.simulator.mutants import without
from tests.simulator.script_mutants import MUTANTS

FOLDER = Path(__file__).parent / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.txt"))
MUTATION = re.compile(r"^# mutation: (.+)$", re.MULTILINE)
"""The rule without which the script turns red …"""
VERDICT = re.compile(r"^# verdict: (.+)$", re.MULTILINE)
"""… and what is wrong then: an invariant of replication.md §13, or `expect`."""
ONLY_SCRIPTS_FIND = {
    "D1 for promises",
    "A2 fencing",
    "C1",
    "D2 by length",
    "compare by length only",
    "linear reads by ReadIndex",
    "no floor",
}
"""Rules whose absence chance shows too seldom: each must have its script."""

every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def head(pattern: re.Pattern[str], path: Path) -> str:
    found = pattern.search(path.read_text("utf-8"))
    assert found, f"{path.name} has no line `{pattern.pattern}`"
    return found[1]


@every_script
def test_a_script_shows_what_it_showed(path, request):
    text = path.read_text("utf-8")
    shown = run_script(text)
    if request.config.getoption("--regenerate"):
        path.write_text(shown, "utf-8")
    else:
        assert shown == text


@every_script
def test_a_script_turns_red_without_its_rule(path):
    with without(head(MUTATION, path)), pytest.raises((ViolationError, ExpectationError)) as caught:
        run_script(path.read_text("utf-8"))
    assert getattr(caught.value, "invariant", "expect") == head(VERDICT, path)


def test_rules_that_chance_does_not_test_have_a_script():
    assert {head(MUTATION, path) for path in SCRIPTS} <= MUTANTS.keys()
    assert {head(MUTATION, path) for path in SCRIPTS} >= ONLY_SCRIPTS_FIND
