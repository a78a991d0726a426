"""What the doctor finds, each with what to do."""

import json
import os
import socket
from pathlib import Path

import pytest

from coreto.cli import doctor_disk, doctor_machine, doctor_network
from coreto.cli.doctor import NAMES
from coreto.cli.findings import FAIL, OK, WARN
from tests.support.ports import free_base_port
from tests.support.program import run


def only(findings):
    """The one finding there is; it says what to do unless it is fine."""
    (finding,) = findings
    assert finding.check in NAMES
    assert bool(finding.advice) == (finding.level != OK)
    return finding


def test_a_machine_that_suits(tmp_path):
    done = run("doctor", "--data", tmp_path, "--base-port", str(free_base_port()), "--json")
    findings = json.loads(done.stdout)["findings"]
    assert (done.returncode, done.stderr) == (0, "")
    assert [item["check"] for item in findings] == [check for check in NAMES if check != "other"]
    assert all(set(item) == {"check", "level", "found", "advice"} for item in findings)
    assert list(tmp_path.iterdir()) == [], "nothing was left behind"


def test_a_busy_port_is_named_with_what_to_do(tmp_path):
    base = free_base_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 3))
        other.listen()
        done = run("doctor", "--data", tmp_path, "--base-port", str(base), "--lang", "en")
    assert done.returncode == 1
    assert f"In use by another program: {base + 3}." in done.stdout
    assert f"--base-port {base + 1000}" in done.stdout


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    assert only(doctor_disk.folder(tmp_path / "new" / "one")).level == OK
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert only(doctor_disk.folder(tmp_path)).level == FAIL


@pytest.mark.parametrize(("free", "level"), [(2**20, FAIL), (2**29, WARN), (2**31, OK)])
def test_room_on_the_disk(tmp_path, monkeypatch, free, level):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert only(doctor_disk.folder(tmp_path)).level == level


@pytest.mark.parametrize(("took", "level"), [(0.001, WARN), (1.0, OK), (80.0, WARN)])
def test_the_speed_of_a_sync(tmp_path, monkeypatch, took, level):
    monkeypatch.setattr(doctor_disk, "_sync_ms", lambda _: took)
    assert only(doctor_disk.sync(tmp_path)).level == level


def test_a_disk_that_fails(tmp_path, monkeypatch):
    def fail(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    assert only(doctor_disk.sync(tmp_path)).level == FAIL


def test_old_versions_and_clocks_never_set(monkeypatch):
    assert only(doctor_machine.versions()).level == OK
    monkeypatch.setattr(doctor_machine, "SQLITE_MIN", (99, 0))
    assert "SQLite 99.0" in only(doctor_machine.versions()).advice
    assert only(doctor_machine.clock()).level == OK
    monkeypatch.setattr(doctor_machine, "YEAR_MIN", 9999)
    assert only(doctor_machine.clock()).level == WARN


def test_an_output_without_letters(monkeypatch):
    class Latin:
        encoding = "latin-1"

    monkeypatch.setattr("sys.stdout", Latin())
    assert only(doctor_machine.terminal()).level == WARN


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_firewalls_of_other_systems(monkeypatch, system):
    monkeypatch.setattr("sys.platform", system)
    assert only(doctor_network.firewall(5555)).level == WARN


def test_a_firewall_that_is_on(monkeypatch, tmp_path):
    conf = tmp_path / "ufw.conf"
    conf.write_text("ENABLED=yes\n")
    monkeypatch.setattr(doctor_network, "UFW", conf)
    assert "ufw allow 5555:5609/tcp" in only(doctor_network.firewall(5555)).advice
    conf.write_text("ENABLED=no\n")
    monkeypatch.setattr(doctor_network, "FIREWALLD", tmp_path)
    assert "firewall-cmd" in only(doctor_network.firewall(5555)).advice
    monkeypatch.setattr(doctor_network, "FIREWALLD", Path("/nowhere/at/all"))
    assert only(doctor_network.firewall(5555)).level == OK


def test_loopback_and_another_machine(cluster):
    assert only(doctor_network.loopback()).level == OK
    assert only(doctor_network.other("127.0.0.1", cluster.base_port)).level == OK
    assert only(doctor_network.other("127.0.0.1", free_base_port())).level == FAIL


def test_the_ports_of_a_cluster_of_ours_are_no_fault(cluster):
    folder = Path(cluster.ready["data"])
    assert only(doctor_network.ports(cluster.base_port, folder)).level == OK
    assert only(doctor_network.ports(cluster.base_port, folder / "elsewhere")).level == FAIL
