"""The key of a cluster on the command line."""

import json
import stat

import pytest

from coreto.launcher.key_file import KEY_FILE
from coreto.net.security import make_key, read_code
from tests.support.program import run

ELSEWHERE = "10.11.12.13"
NOWHERE = "tcp://127.0.0.1:1"


def test_the_code_is_printed_the_same_each_time(tmp_path):
    first, second = (run("key", "--data", tmp_path / "new") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert read_code(first.stdout)
    assert json.loads(run("key", "--data", tmp_path / "new", "--json").stdout)["join"] == first.stdout.strip()


def test_a_file_that_others_can_read_is_refused(tmp_path):
    run("key", "--data", tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    finished = run("key", "--data", tmp_path)
    assert finished.returncode == 1
    assert "chmod 600" in finished.stderr
    assert finished.stdout == ""


@pytest.mark.parametrize("role", ["broker", "proxy"])
def test_a_role_that_other_machines_reach_needs_a_key(role):
    finished = run(role, "--listen", "0.0.0.0")
    assert finished.returncode == 1
    assert "--join" in finished.stderr


@pytest.mark.parametrize("command", [["broker"], ["proxy"], ["server", "--name", "a"], ["pub", "geral", "oi"]])
def test_a_wrong_code_is_a_sentence(command):
    finished = run(*command, "--join", "lab-01")
    assert finished.returncode == 2
    assert "coreto key" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_host_that_is_not_known_is_a_sentence(tmp_path):
    code = make_key().code
    finished = run("server", "--name", "a", "--host", "nowhere.invalid", "--join", code, "--data", tmp_path / "a")
    assert finished.returncode == 2
    assert "nowhere.invalid" in finished.stderr


def test_an_address_this_machine_has_not_is_a_sentence():
    finished = run("reference", "--listen", ELSEWHERE)
    assert finished.returncode == 1
    assert ELSEWHERE in finished.stderr
    assert "0.0.0.0" in finished.stderr


def test_a_server_keeps_the_key_it_joined_with(tmp_path):
    key = make_key()
    places = ["--reference", NOWHERE, "--broker", NOWHERE, "--proxy", NOWHERE, "--bind", "tcp://127.0.0.1:*"]
    finished = run("server", "--name", "a", *places, "--join", key.code, "--data", tmp_path)
    assert finished.returncode == 1, "nobody is there to join"
    kept = tmp_path / KEY_FILE
    assert read_code(kept.read_text()) == key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert key.code not in finished.stderr
