"""`coreto tour` without anybody who reads."""

import json

import pytest

from coreto.lab.tour.narrator import Narrator
from tests.support.program import run

SECONDS = 180.0
CHAPTERS = 7


@pytest.mark.parametrize(
    ("language", "word"),
    [("pt", "Nada se perde"), pytest.param("en", "Nothing is lost", marks=pytest.mark.full)],
)
def test_the_tour_is_told_and_ends_with_a_verdict(language, word, tmp_path):
    finished = run("tour", "--fast", "--lang", language, "--out", tmp_path / "tour", seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    assert [line[:5] for line in finished.stdout.splitlines() if line.startswith("[")] == [
        f"[{number}/{CHAPTERS}]" for number in range(1, CHAPTERS + 1)
    ]
    assert word in finished.stdout
    assert "noop" in finished.stdout
    assert finished.stdout.splitlines()[-1].startswith("tour ")
    assert (tmp_path / "tour/journal.jsonl").stat().st_size > 0
    assert "noop" in (tmp_path / "tour/diagram.svg").read_text(encoding="utf-8")
    assert "Berkeley" in (tmp_path / "tour/plot.svg").read_text(encoding="utf-8")


@pytest.mark.full
def test_the_verdict_as_data(tmp_path):
    finished = run("tour", "--json", "--out", tmp_path, seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    data = json.loads(finished.stdout)
    assert data["verdict"] == "valid"
    assert {"stored", "happened", "clocks"} <= {row["rule"] for row in data["rules"]}


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    finished = run("tour", "--fast", "--out", tmp_path / "file", "--lang", "en")
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "--out" in finished.stderr


def test_a_narrator_takes_its_time_unless_nobody_reads(monkeypatch):
    waited: list[float] = []
    narrator = Narrator(lambda line: None, fast=False)
    monkeypatch.setattr(narrator._pause, "wait", waited.append)
    narrator.say("one two three four")
    narrator.show(["a line"])
    assert [seconds > 0 for seconds in waited] == [True, True]
    Narrator(lambda line: None, fast=True).say("many words " * 1000)
