"""Wrong use of every command: one sentence that names the flag, and an exit status."""

import json
import socket

import pytest

from tests.support.program import run

NOBODY = "tcp://127.0.0.1:1"
"""A port that nobody listens on without being root."""

WRONG = [
    ["reference", "--bind", "5560"],
    ["reference", "--bind", "tcp://127.0.0.1:99999"],
    ["reference", "--listen", "tcp://0.0.0.0"],
    ["broker", "--frontend", "http://127.0.0.1:5555"],
    ["broker", "--backend", "tcp://127.0.0.1"],
    ["broker", "--advertise", "host:5555"],
    ["proxy", "--xsub", ""],
    ["proxy", "--xpub", "tcp://:5558"],
    ["server", "--genesis", "0", "--name", "a"],
    ["server", "--name", "servers"],
    ["server", "--name", "a", "--reference", "127.0.0.1:5560"],
    ["server", "--name", "a", "--broker", "tcp://127.0.0.1:*"],
    ["server", "--name", "a", "--proxy", "tcp://127.0.0.1:x"],
    ["server", "--name", "a", "--host", "10.0.0.1:5560"],
    ["server", "--name", "a", "--bind", "tcp://127.0.0.1:5601", "--listen", "0.0.0.0"],
    ["chat", "--user", "x" * 33],
    ["chat", "--broker", "localhost"],
    ["chat", "--proxy-sub", "ipc://x"],
    ["bot", "--rate", "0"],
    ["bot", "--rate", "nan"],
    ["bot", "--count", "-1"],
    ["bot", "--messages", "0"],
    ["pub", "geral", ""],
    ["pub", "servers", "oi"],
    ["pub", "geral"],
    ["sub"],
    ["admin"],
    ["admin", "dance"],
    ["admin", "show"],
    ["admin", "set-clock", "--server", "1"],
    ["admin", "set-clock", "--time", "now"],
    ["admin", "set-clock", "--server", "1", "--time", "teatime"],
    ["admin", "announce"],
    ["admin", "election", "--server", "1", "--all"],
    ["admin", "list", "--reference", "x"],
    ["up", "--processes", "--transport", "inproc", "--ephemeral"],
    ["up", "--listen", "tcp://0.0.0.0"],
    ["up", "--serv", "3"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_use_is_one_sentence(arguments):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("command", ["reference", "broker", "proxy", "server", "chat", "bot", "pub", "sub", "admin"])
def test_every_command_has_help_in_both_languages(command):
    english, portuguese = run(command, "--help", "--lang", "en"), run(command, "--lang=pt", "--help")
    assert (english.returncode, portuguese.returncode) == (0, 0)
    assert english.stdout != portuguese.stdout
    assert "--steered" not in english.stdout


def test_wrong_use_is_data_where_data_was_asked_for():
    finished = run("admin", "set-clock", "--json", "--server", "1", "--time", "teatime")
    assert finished.returncode == 2
    told = json.loads(finished.stdout)
    assert told["status"] == 2
    assert "--time" in told["error"]


@pytest.mark.parametrize(
    ("flag", "value", "wanted"),
    [
        ("--host", "10.11.12.13", "--join"),
        ("--broker", "tcp://10.11.12.13:5561", "--join"),
        ("--proxy", "tcp://10.11.12.13:5557", "--join"),
        ("--reference", "tcp://10.11.12.13:5560", "--listen"),
    ],
)
def test_a_server_that_could_not_take_part_or_be_reached_back_is_refused(tmp_path, flag, value, wanted):
    finished = run("server", "--name", "a", flag, value, "--data", tmp_path / "a")
    assert finished.returncode == 2
    assert wanted in finished.stderr
    assert not (tmp_path / "a").exists()


def test_a_blank_server_without_a_cluster_is_told_what_to_do(tmp_path):
    finished = run("server", "--name", "a", "--bind", "tcp://127.0.0.1:*", "--data", tmp_path / "a")
    assert finished.returncode == 1
    assert "--genesis" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        ("reference", "--bind"),
        ("broker", "--frontend"),
        ("broker", "--backend"),
        ("proxy", "--xsub"),
        ("proxy", "--xpub"),
    ],
)
def test_a_busy_port_names_the_port_and_the_flag(tmp_path, command, flag):
    other = {"--frontend": "--backend", "--backend": "--frontend", "--xsub": "--xpub", "--xpub": "--xsub"}.get(flag)
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as probe:
        port, free = taken.getsockname()[1], probe.getsockname()[1]
        probe.close()
        data = ["--data", tmp_path] if command == "reference" else []
        rest = [other, f"tcp://127.0.0.1:{free}"] if other else []
        finished = run(command, flag, f"tcp://127.0.0.1:{port}", *rest, *data)
    assert finished.returncode == 1
    assert str(port) in finished.stderr
    assert flag in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["admin", "list", "--reference", NOBODY],
        ["admin", "election", "--reference", NOBODY],
        ["pub", "geral", "oi", "--proxy", NOBODY],
        ["sub", "geral", "--proxy-sub", NOBODY],
        ["bot", "--broker", NOBODY, "--messages", "1"],
        ["chat", "--broker", NOBODY, "--proxy-sub", NOBODY, "--reference", NOBODY, "--user", "ana"],
    ],
    ids=" ".join,
)
def test_nobody_there_is_a_sentence_with_its_own_status(arguments):
    finished = run(*arguments)
    assert finished.returncode == 4
    assert NOBODY in finished.stderr
    assert "Traceback" not in finished.stderr


def test_errors_are_data_where_data_was_asked_for():
    finished = run("admin", "list", "--reference", NOBODY, "--json")
    assert finished.returncode == 4
    assert json.loads(finished.stdout)["status"] == 4


def test_each_bot_that_fails_is_a_line_of_data():
    finished = run("bot", "--broker", NOBODY, "--count", "2", "--messages", "1", "--json")
    assert (finished.returncode, finished.stderr) == (4, "")
    *errors, total = map(json.loads, finished.stdout.splitlines())
    assert {error["bot"]: error["status"] for error in errors} == {"bot1": 4, "bot2": 4}
    assert total == {"bots": 2, "sent": 0, "failed": 0}


def test_the_environment_is_checked_like_a_flag(monkeypatch):
    monkeypatch.setattr("tests.support.program.environment", lambda: {"CORETO_REFERENCE": "x", "LANG": "C.UTF-8"})
    finished = run("admin", "list")
    assert finished.returncode == 2
    assert "CORETO_REFERENCE" in finished.stderr


def test_a_script_that_cannot_be_read_is_a_sentence(tmp_path):
    finished = run("chat", "--script", tmp_path / "nowhere")
    assert finished.returncode == 1
    assert "nowhere" in finished.stderr
    assert "Traceback" not in finished.stderr
