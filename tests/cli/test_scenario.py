"""`coreto scenario` as a person or a script runs it."""

import json
from pathlib import Path

import pytest

from coreto.cli import main
from coreto.lab.scenarios.reading import names
from coreto.lab.scenarios.stage import Stage
from coreto.launcher.base import StartError
from tests.support.program import run

SECONDS = 120.0
BUILT_IN = Path(__file__).parents[2] / "app/coreto/lab/scenarios/builtin"


@pytest.mark.parametrize(("language", "word"), [("en", "The first election"), ("pt", "A primeira eleição")])
def test_the_list_has_every_scenario_with_its_title(language, word):
    finished = run("scenario", "list", "--lang", language)
    assert finished.returncode == 0
    assert all(name in finished.stdout for name in names())
    assert word in finished.stdout


def test_the_list_as_data():
    finished = run("scenario", "list", "--json")
    assert [row["name"] for row in json.loads(finished.stdout)["rows"]] == names()


def test_a_run_tells_each_rule_and_the_verdict(tmp_path):
    journal = tmp_path / "run.jsonl"
    finished = run("scenario", "run", "first-election", "--lang", "en", "--journal", journal, seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    *rules, figures, verdict = finished.stdout.splitlines()
    assert all(line.startswith("ok ") for line in rules)
    assert "acknowledged" in figures
    assert verdict.startswith("first-election after")
    assert "valid" in verdict
    assert "bully" in finished.stderr
    assert json.loads(journal.read_text("utf-8").splitlines()[0])["command"] == "scenario"


def test_a_file_that_is_broken_on_purpose_is_invalid_and_names_what_failed(tmp_path):
    file = tmp_path / "mine.toml"
    good = (BUILT_IN / "first-election.toml").read_text("utf-8")
    file.write_text(good.replace('event = "announced"\nname = "{first}"', 'event = "halted"'), "utf-8")
    finished = run("scenario", "run", file, "--json", seconds=SECONDS)
    assert finished.returncode == 1
    data = json.loads(finished.stdout)
    assert (data["verdict"], data["expected"]) == ("invalid", "valid")
    [row] = [row for row in data["rules"] if not row["passed"]]
    assert row["rule"] == "happened"
    assert "halted" in row["findings"][0]["what"]


def test_a_cluster_that_cannot_start_is_unknown(monkeypatch):
    def fail(self):
        raise StartError("no room")

    monkeypatch.setattr(Stage, "_start", fail)
    assert main(["scenario", "run", "first-election"]) == 3


def test_check_says_line_and_key(tmp_path):
    file = tmp_path / "mine.toml"
    good = (BUILT_IN / "first-election.toml").read_text("utf-8")
    file.write_text(good, "utf-8")
    assert run("scenario", "check", file).returncode == 0
    file.write_text(good.replace("acknowledged = 30", "acknowledgde = 30"), "utf-8")
    finished = run("scenario", "check", file, "--lang", "en")
    assert finished.returncode == 1
    line = good.splitlines().index("acknowledged = 30") + 1
    assert (
        finished.stdout == f"{file}:{line}: steps[1].acknowledgde: this is not known here: did you mean acknowledged?\n"
    )
    data = json.loads(run("scenario", "check", file, "--json").stdout)
    assert not data["correct"]
    assert data["problems"][0]["line"] == line


@pytest.mark.parametrize("wanted", ["first-electoin", "./nothing.toml"])
def test_what_is_no_scenario_is_a_usage_error(wanted):
    finished = run("scenario", "run", wanted)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert json.loads(run("scenario", "run", wanted, "--json").stdout)["status"] == 2
