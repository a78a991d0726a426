"""`coreto up --processes`: the same cluster as children, which live and die with their parent."""

import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.ports import accepts, free_base_port
from tests.support.program import run
from tests.support.waiting import wait_until

ROLES = ["reference", "proxy", "broker", "s1", "s2", "s3"]


def lives(pid):
    """Whether the process runs; one that has ended and is not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with Path(f"/proc/{pid}/stat").open(encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def alive(pids):
    """Those that run."""
    return [pid for pid in pids if is_running(pid)]


def is_running(pid):
    """Whether the process runs, asked while it may be going."""
    try:
        return lives(pid)
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def apart(new_cluster, tmp_path):
    """A cluster of processes that is ready."""
    cluster = new_cluster("--data", tmp_path / "data", "--processes")
    cluster.begin()
    cluster.wait_ready()
    return cluster


def test_it_is_used_like_the_cluster_in_one_process(apart, connect):
    assert set(ROLES) <= set(apart.ready["processes"])
    client = connect(apart.broker)
    client.write("login", user="ana")
    client.write("channel", channel="geral")
    assert client.write("publish", user="ana", channel="geral", message="oi")["seq"] == 1
    pids = apart.ready["processes"].values()
    assert len(alive(pids)) == len(pids)
    assert apart.end() == 0
    assert alive(pids) == []
    assert apart.errors() == ""


def test_the_same_data_serves_threads_and_processes(new_cluster, connect, tmp_path):
    for flags in (["--processes"], [], ["--processes"]):
        cluster = new_cluster("--data", tmp_path / "data", *flags)
        cluster.begin()
        cluster.wait_ready()
        client = connect(cluster.broker)
        client.write("login", user="-".join(["user", *flags]))
        assert "user---processes" in client.ask("users")["users"]
        assert cluster.end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_as_soon_as_a_port_is_bound_stops_it(new_cluster, tmp_path, number):
    cluster = new_cluster("--data", tmp_path / "data", "--processes")
    cluster.begin()
    wait_until(lambda: any(accepts(cluster.base_port + offset) for offset in (0, 3, 5)), "a bound port")
    assert cluster.end(number) == 0
    assert "Traceback" not in cluster.errors()
    ports = [cluster.base_port + offset for offset in (0, 2, 3, 5, 6, 46, 47, 48)]
    wait_until(lambda: not any(map(accepts, ports)), "every port is free")


def test_killing_the_parent_leaves_no_child(apart):
    pids = list(apart.ready["processes"].values())
    apart.kill()
    wait_until(lambda: not alive(pids), "the end of every child", 8.0)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """A cluster of processes that loses each of its children once, and stops in good order."""
    folder = tmp_path_factory.mktemp("lasting")
    with Cluster(folder, "--data", folder / "data", "--processes") as running:
        yield running
        assert running.end() == 0
    assert "Traceback" not in running.errors()


@pytest.mark.parametrize("role", ROLES)
def test_a_child_that_is_killed_is_started_again_and_that_is_said(lasting, connect, role):
    before, after = f"ana-{role}", f"bia-{role}"
    connect(lasting.broker).write("login", user=before)
    os.kill(lasting.ready["processes"][role], signal.SIGKILL)
    wait_until(lambda: re.search(rf"^{role} crashed \(SIGKILL\)", lasting.errors(), re.M), "that it crashed")

    again = connect(lasting.broker)
    wait_until(lambda: again.ask("login", user=after)["status"] == "sucesso", "logins again")
    assert {before, after} <= set(again.ask("users")["users"])


def test_a_child_that_somebody_else_tells_to_stop_is_started_again_and_that_is_said(apart, connect):
    """Nobody here asked for that signal, so it counts as a crash (design.md §5)."""
    before = apart.ready["processes"]["s2"]
    os.kill(before, signal.SIGTERM)
    wait_until(lambda: re.search(r"^s2 crashed .* started again", apart.errors(), re.M), "that it crashed")
    server = connect(next(server.address for server in apart.servers if server.name == "s2"))
    wait_until(lambda: server.ask("status").get("server") == "s2", "an answer of its next life")
    assert not is_running(before)
    assert apart.end() == 0
    assert "Traceback" not in apart.errors()


def test_a_port_in_use_names_the_flag_of_up(tmp_path):
    first = free_base_port()
    with socket.create_server(("127.0.0.1", first + 3)):
        finished = run("up", "--processes", "--no-repl", "--base-port", str(first), "--data", tmp_path / "data")
    assert finished.returncode == 1
    assert str(first + 3) in finished.stderr
    assert "--base-port" in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_the_prompt_works_as_with_threads(tmp_path):
    commands = "/login ana\n/channel geral\n/publish geral oi\n/history geral\n/servers\n"
    base = str(free_base_port())
    finished = run("up", "--processes", "--base-port", base, "--data", tmp_path / "data", commands=commands)
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"<ana> oi", finished.stdout)
    assert all(re.search(rf"\b{name}\b", finished.stdout) for name in ("s1", "s2", "s3"))


def test_a_child_that_cannot_begin_tells_its_parent_why(tmp_path):
    (tmp_path / "server.db").write_bytes(b"Dear diary, " * 999)
    finished = run("server", "--name", "a", "--steered", "--data", tmp_path, "--lang", "en")
    told = json.loads(finished.stdout)
    assert (told["event"], told["halted"], finished.returncode) == ("child_ended", True, 1)
    assert "server.db" in told["sentence"]
    assert finished.stderr == "", "the parent says it, once"
