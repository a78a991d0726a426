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
from tests.simulator.test_mutants import FOUND_BY

FOLDER = Path(__file__).parent / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.txt"))
MUTATION = re.compile(r"^# mutation: (.+)$", re.MULTILINE)
"""The rule without which the script turns red …"""
VERDICT = re.compile(r"^# verdict: (.+)$", re.MULTILINE)
"""… and what is wrong then: an invariant of replication.md §13, or `expect`."""
SCENARIOS = range(1, 37)
"""Those of replication.md §14: S1 to S36."""
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


def test_every_scenario_has_a_script():
    assert {path.stem.partition("-")[0] for path in SCRIPTS} >= {f"S{number:02}" for number in SCENARIOS}


def test_every_rule_that_can_be_removed_is_missed_by_a_seed_or_a_script():
    assert MUTANTS.keys() == FOUND_BY.keys() | {head(MUTATION, path) for path in SCRIPTS}
