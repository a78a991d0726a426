"""What `coreto simulate` says of runs that hold, and of runs that do not."""

import json

import pytest

from coreto.cli.parser import parse
from coreto.cli.simulate import run_simulate
from coreto.simulator.run import Report
from coreto.texts import activate
from tests.cli.test_counting import Terminal
from tests.support.program import run

SOUND = Report(
    0,
    3,
    operations=200,
    codes={"ok": 190, "cut": 10},
    faults={"crash": 2},
    commits=180,
    reads=150,
    resent=7,
    virtual=20.0,
)
BROKEN = Report(1, 3, violation="two logs differ at 3.1 s", operations=50, codes={"ok": 50}, virtual=5.0)


@pytest.fixture(autouse=True)
def plain(monkeypatch, tmp_path):
    """English, and a folder of its own to write in."""
    monkeypatch.delenv("CORETO_LANG", raising=False)
    monkeypatch.chdir(tmp_path)
    activate("en")


@pytest.fixture
def ran(monkeypatch):
    """Let runs have ended as told, and shrinking be done."""

    def ran(*reports):
        monkeypatch.setattr("coreto.cli.simulate.run_seeds", lambda campaign: iter(reports))
        monkeypatch.setattr("coreto.cli.simulate.keep", lambda report, folder: folder / f"{report.seed}.json")

    return ran


def simulate(*arguments):
    return run_simulate(parse(["simulate", *arguments]))


def test_as_data_there_is_a_line_for_each_violation_and_one_for_all(ran, capsys, tmp_path):
    ran(SOUND, BROKEN)
    assert simulate("--seeds", "0-1", "--json") == 1
    said = capsys.readouterr()
    violation, total = map(json.loads, said.out.splitlines())
    assert violation == {"seed": 1, "violation": BROKEN.violation, "replay": str(tmp_path / "1.json")}
    assert total.pop("seconds") >= 0
    assert total == {
        "seeds": [0, 1],
        "servers": 3,
        "violations": 1,
        "runs": 2,
        "operations": 250,
        "fewest_operations": 50,
        "answers": {"ok": 240, "cut": 10},
        "faults": {"crash": 2},
        "coordinators": 0,
        "commits": 180,
        "shown": 0,
        "reads": 150,
        "resent": 7,
        "virtual_seconds": 25.0,
    }
    assert said.err == ""


def test_for_a_person_there_are_sentences(ran, capsys, tmp_path):
    ran(SOUND, BROKEN)
    assert simulate("--seeds", "0-1") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "seeds 0 to 1, 3 servers",
        f"seed 1: {BROKEN.violation}",
        f"  made small: coreto simulate --replay {tmp_path / '1.json'}",
        "violations: 1",
    ]


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=" ".join)
def test_a_file_that_cannot_be_written_is_said_and_the_rest_goes_on(ran, capsys, monkeypatch, flags):
    def full(report, folder):
        raise OSError("disk full")

    ran(BROKEN, SOUND)
    monkeypatch.setattr("coreto.cli.simulate.keep", full)
    assert simulate("--seeds", "0-1", *flags) == 1
    said = capsys.readouterr()
    assert "seed 1 cannot be written: disk full" in said.err
    assert '"replay": null' in said.out if flags else "violations: 1" in said.out


def test_a_terminal_shows_how_far_it_is_and_is_clean_in_the_end(ran, monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    ran(SOUND, BROKEN)
    simulate("--seeds", "0-1")
    written = terminal.getvalue()
    assert "0 of 2 seeds, 0 failed" in written
    assert "making seed 1 small" in written
    assert written.endswith(" \r")


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_file_that_is_none_is_an_error_as_data_too(tmp_path, content):
    file = tmp_path / "file.json"
    if content is not None:
        file.write_text(content, "utf-8")
    finished = run("simulate", "--replay", file, "--json")
    assert (finished.returncode, finished.stderr) == (2, "")
    error = json.loads(finished.stdout)
    assert str(file) in error["error"]
    assert error["status"] == 2
