"""`coreto selftest` as a person or a script runs it."""

import json

from tests.support.program import run

SECONDS = 90.0


def test_it_prints_each_step_and_the_verdict():
    finished = run("selftest", "--lang", "en", seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    *steps, verdict = finished.stdout.splitlines()
    assert len(steps) == 9
    assert all(line.startswith("ok ") for line in steps)
    assert "works on this machine" in verdict
    assert finished.stderr == ""


def test_it_speaks_portuguese():
    finished = run("selftest", "--lang", "pt", seconds=SECONDS)
    assert finished.returncode == 0
    assert finished.stdout.splitlines()[-1].endswith("funciona nesta máquina.")


def test_with_processes_and_as_data():
    finished = run("selftest", "--processes", "--json", seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    data = json.loads(finished.stdout)
    assert data["passed"] is True
    assert all(step["passed"] for step in data["steps"])
    assert data["steps"][-1]["step"] == "stop"
