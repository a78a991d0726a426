"""`coreto scenario` as a person or a script runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from coreto.cli.parser import parse
from coreto.lab.scenarios.reading import names
from coreto.lab.scenarios.stage import Stage
from coreto.launcher.base import StartError
from tests.support.program import run

SECONDS = 120.0
FINISHED = tuple[int, str, str]
BUILT_IN = Path(__file__).parents[2] / "app/coreto/lab/scenarios/builtin"


@pytest.fixture
def called(capsys) -> Callable[..., FINISHED]:
    """Runs the command in this process; returns its status and what it printed."""

    def call(*arguments: object) -> FINISHED:
        options = parse(["scenario", *map(str, arguments)])
        return int(options.run(options)), *capsys.readouterr()

    return call


@pytest.mark.parametrize(("language", "word"), [("en", "The first election"), ("pt", "A primeira eleição")])
def test_the_list_has_every_scenario_with_its_title(language, word, called):
    status, told, _ = called("list", "--lang", language)
    assert status == 0
    assert all(name in told for name in names())
    assert word in told


def test_the_list_as_data(called):
    assert [row["name"] for row in json.loads(called("list", "--json")[1])["rows"]] == names()


def test_a_run_tells_each_rule_and_the_verdict(tmp_path):
    journal = tmp_path / "run.jsonl"
    picture = tmp_path / "run.svg"
    files = ("--journal", journal, "--svg", picture)
    finished = run("scenario", "run", "first-election", "--lang", "en", *files, seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    *rules, figures, _times, verdict = finished.stdout.splitlines()
    assert all(line.startswith("ok ") for line in rules)
    assert "acknowledged" in figures
    assert verdict.startswith("first-election after")
    assert "valid" in verdict
    assert "bully" in finished.stderr
    assert json.loads(journal.read_text("utf-8").splitlines()[0])["command"] == "scenario"
    assert '"event":"heard"' in journal.read_text("utf-8")
    assert all(words in picture.read_text("utf-8") for words in ("The first election", ">announces itself<"))


def test_a_picture_that_cannot_be_written_is_said_before_anything_runs(tmp_path, called, monkeypatch):
    monkeypatch.setattr(Stage, "_start", lambda self: pytest.fail("it ran"))
    status, told, complaint = called("run", "first-election", "--svg", tmp_path / "none" / "x.svg")
    assert (status, told) == (1, "")
    assert len(complaint.splitlines()) == 1
    assert "--svg" in complaint


def test_picture_and_journal_are_two_files(tmp_path, called):
    both = tmp_path / "run.jsonl"
    both.write_text("old", "utf-8")
    status, _told, complaint = called("run", "first-election", "--journal", both, "--svg", tmp_path / "." / "run.jsonl")
    assert status == 1
    assert "--svg" in complaint
    assert both.read_text("utf-8") == "old"


def test_a_run_without_events_leaves_the_old_picture_as_it_is(tmp_path, called, monkeypatch):
    def fail(self):
        raise StartError("no room")

    monkeypatch.setattr(Stage, "_start", fail)
    picture = tmp_path / "x.svg"
    picture.write_text("old", "utf-8")
    assert called("run", "first-election", "--svg", picture)[0] == 3
    assert picture.read_text("utf-8") == "old"


@pytest.mark.full
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


def test_a_cluster_that_cannot_start_is_unknown(called, monkeypatch):
    def fail(self):
        raise StartError("no room")

    monkeypatch.setattr(Stage, "_start", fail)
    status, told, _ = called("run", "first-election")
    assert status == 3
    assert "no room" in told


def test_check_says_line_and_key(tmp_path, called):
    file = tmp_path / "mine.toml"
    good = (BUILT_IN / "first-election.toml").read_text("utf-8")
    file.write_text(good, "utf-8")
    assert called("check", file)[0] == 0
    file.write_text(good.replace("acknowledged = 30", "acknowledgde = 30"), "utf-8")
    status, told, _ = called("check", file)
    assert status == 1
    line = good.splitlines().index("acknowledged = 30") + 1
    assert told == f"{file}:{line}: steps[1].acknowledgde: this is not known here: did you mean acknowledged?\n"
    data = json.loads(called("check", file, "--json")[1])
    assert not data["correct"]
    assert data["problems"][0]["line"] == line


@pytest.mark.parametrize("wanted", ["first-electoin", "./nothing.toml"])
def test_what_is_no_scenario_is_a_usage_error(wanted, called):
    status, told, complaint = called("run", wanted)
    assert (status, told) == (2, "")
    assert len(complaint.splitlines()) == 1
    assert json.loads(called("run", wanted, "--json")[1])["status"] == 2
