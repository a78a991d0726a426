"""The machine's state is told, and nothing is left behind."""

import os

from coreto.lab.bench import machine
from coreto.lab.bench.machine import MachineWatch, about_machine, resident_mib, sync_probe


def test_the_probe_times_a_sync_and_leaves_nothing(tmp_path):
    assert sync_probe(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


def test_steal_and_use_are_shares_of_the_time_between(tmp_path, monkeypatch):
    times = iter([[0, 0, 0, 0, 0, 0, 0, 0], [30, 0, 20, 40, 0, 0, 0, 10]])
    monkeypatch.setattr(machine, "_times", lambda: next(times))
    state = MachineWatch(tmp_path).state()
    assert (state.steal, state.busy) == (0.1, 0.5)
    assert state.sync_ms > 0


def test_a_system_that_tells_no_times_is_no_reason_to_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_STAT", tmp_path / "none")
    state = MachineWatch(tmp_path).state()
    assert (state.steal, state.busy) == (None, None)


def test_memory_is_that_of_the_process():
    mib = resident_mib(os.getpid())
    assert mib is None or mib > 1
    assert resident_mib(2**22 + 1) is None


def test_what_the_machine_is_has_its_versions():
    assert set(about_machine()) >= {"cores", "python", "sqlite", "zeromq", "system"}
