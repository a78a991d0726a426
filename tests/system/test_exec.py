"""`coreto exec`, `watch` and `wait` against a cluster that runs, as a script uses them."""

import json

import pytest

from coreto.cli.parser import parse
from tests.support.program import Finished, run
from tests.support.waiting import wait_until

FOLDER = "data"


@pytest.fixture
def call(capsys):
    """Runs the command line in this process, which saves the start of an interpreter."""

    def call(*arguments):
        options = parse([str(argument) for argument in arguments])
        status = options.run(options)
        printed = capsys.readouterr()
        return Finished(arguments, status, printed.out, printed.err)

    return call


@pytest.fixture
def exec_(call, cluster):
    """Runs a prompt command in the cluster."""
    return lambda *arguments: call("exec", "--data", cluster.ready[FOLDER], *arguments)


def test_it_works_from_a_shell(cluster):
    finished = run("exec", "--lang", "en", "--data", cluster.ready[FOLDER], "election")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "The coordinator is s3.\n", "")
    finished = run("exec", "--lang", "pt", "--data", cluster.ready[FOLDER], "kill s9")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "Não há" in finished.stderr


def test_a_command_prints_its_result(exec_):
    for line in ("status", "/status"):
        finished = exec_(line)
        assert finished.returncode == 0
        assert "coordinator" in finished.stdout
        assert finished.stderr == ""


def test_data_is_printed_as_json(exec_):
    rows = json.loads(exec_("--json", "servers").stdout)["rows"]
    assert {row["name"] for row in rows} == {"s1", "s2", "s3"}
    assert json.loads(exec_("--json", "faults").stdout)["rows"] == []
    assert json.loads(exec_("--json", "status").stdout)["facts"]["coordinator"] == "s3"


def test_a_user_is_named_for_commands_that_need_one(exec_):
    finished = exec_("publish geral oi")
    assert finished.returncode == 1
    assert "--user NAME" in finished.stderr
    assert "/login" not in finished.stderr
    assert exec_("--user", "ana", "channel geral").returncode == 0
    assert exec_("--user", "ana", "publish geral dois  espaços").returncode == 0
    (message,) = json.loads(exec_("--json", "history geral").stdout)["messages"]
    assert (message["user"], message["message"]) == ("ana", "dois  espaços")


@pytest.mark.parametrize(
    ("line", "status", "word"),
    [
        ("dance", 2, "/dance"),
        ("kill", 2, "/kill ROLE"),
        ("kill s9", 1, "s1, s2, s3"),
        ("kill s1 --at noon", 2, "after-persist"),
        ("partition s1", 2, "s2,s3"),
        ("drop clients proxy 5%", 1, "clients"),
        ("drift broker 5", 1, "server"),
        ("history nowhere", 1, "nowhere"),
    ],
)
def test_the_exit_status_tells_what_happened(exec_, line, status, word):
    finished = exec_(line)
    assert (finished.returncode, finished.stdout) == (status, "")
    assert word in finished.stderr
    assert "Traceback" not in finished.stderr
    as_data = json.loads(exec_("--json", line).stdout)
    assert as_data["status"] == status
    assert word in as_data["error"]


def test_a_fault_is_in_force_until_it_is_healed(exec_):
    assert exec_("delay s1 s2 20ms±5").returncode == 0
    (row,) = json.loads(exec_("--json", "faults").stdout)["rows"]
    assert row == {"where": "s1 ↔ s2", "what": "every message takes 20 ms ± 5 ms longer"}
    assert exec_("heal").returncode == 0
    assert json.loads(exec_("--json", "faults").stdout)["rows"] == []


def test_where_no_cluster_runs_it_is_said(call, tmp_path):
    for arguments in (["exec", "status"], ["wait", "--timeout", "0.2"], ["watch", "--count", "1", "status"]):
        finished = call(*arguments, "--data", tmp_path)
        assert finished.returncode == 4
        assert str(tmp_path) in finished.stderr
        assert finished.stdout.count("\n") <= 1
    assert list(tmp_path.iterdir()) == []


def test_waiting_for_a_coordinator_names_it(call, cluster):
    finished = call("wait", "--coordinator", "--timeout", "10", "--data", cluster.ready[FOLDER])
    assert (finished.returncode, finished.stdout) == (0, "s3\n")
    finished = call("wait", "--coordinator", "--json", "--data", cluster.ready[FOLDER])
    assert json.loads(finished.stdout) == {"coordinator": "s3"}
    assert json.loads(call("wait", "--json", "--data", cluster.ready[FOLDER]).stdout)["ready"] is True


def test_waiting_for_a_coordinator_that_cannot_be_gives_up(call, cluster, exec_):
    assert exec_("partition s1 | s2 | s3").returncode == 0
    arguments = ["wait", "--coordinator", "--timeout", "0.5", "--data", cluster.ready[FOLDER]]
    wait_until(lambda: (finished := call(*arguments)).returncode == 5 and not finished.stdout, "nobody is established")
    assert exec_("heal").returncode == 0
    assert call("wait", "--coordinator", "--data", cluster.ready[FOLDER]).returncode == 0


def test_watching_looks_again_and_again(call, cluster):
    arguments = ["--count", "2", "--interval", "0.1", "--data", cluster.ready[FOLDER]]
    finished = call("watch", *arguments, "election")
    assert finished.returncode == 0
    assert finished.stdout.count("The coordinator is") == 2
    finished = call("watch", *arguments, "--json", "election")
    assert [json.loads(line).keys() for line in finished.stdout.splitlines()] == [{"done"}] * 2


def test_a_cluster_inside_one_process_cannot_be_reached_by_others(call, new_cluster, tmp_path):
    with new_cluster("--data", tmp_path / "inside", "--transport", "inproc") as inside:
        finished = call("exec", "--data", inside.ready[FOLDER], "status")
        assert finished.returncode == 1
        assert "inproc" in finished.stderr
