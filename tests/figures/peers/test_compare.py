"""The page about others says what was measured, and what was not."""

import argparse

from coreto.lab.bench.course import Run
from coreto.lab.bench.machine import MachineState
from tests.figures.peers import compare
from tests.figures.peers.closed_loop import Task, Times
from tests.figures.peers.systems import System

OPTIONS = argparse.Namespace(repetitions=3, seconds=1.0, warmup=0.5, size=100)
STATE = MachineState(0.2, 1.0, 0.01, 0.9)


def system(name):
    return System(name, f"promised by {name}", lambda: "1.2.3", lambda folder: iter(()))


def runs(*rates, void=""):
    return [Run({"rate": rate, "p50": 1.0, "p99": 2.0}, STATE, void) for rate in rates]


def shown(monkeypatch, figures):
    monkeypatch.setattr(compare, "version", lambda name: "9")
    return compare.page([system("Coreto, processes"), system("etcd")], figures, OPTIONS)


def test_a_ratio_is_of_medians(monkeypatch):
    figures = {("Coreto, processes", "1 × 1"): runs(100, 300, 200), ("etcd", "1 × 1"): runs(50, 100, 400)}
    page = shown(monkeypatch, figures)
    assert "| etcd | 2.00 |  |  |  |  |" in page
    assert "promised by etcd" in page
    assert "scripts/bench-peers --repetitions 3" in page


def test_a_void_run_counts_nowhere_and_is_told(monkeypatch):
    figures = {
        ("Coreto, processes", "1 × 1"): [*runs(100), *runs(9000, void="7 stored of 8")],
        ("etcd", "1 × 1"): runs(100),
    }
    page = shown(monkeypatch, figures)
    assert "| etcd | 1.00 |" in page
    assert "7 stored of 8" in page


def test_a_driver_tells_when_messages_are_missing(capsys):
    times = Times(Task("0", 1, 1, 10, 1.0, 0.0))
    times.acknowledged(times.began, 3)
    times.tell(stored=2)
    assert "2 stored of 3 acknowledged" in capsys.readouterr().out
    assert times.text() != times.text()
