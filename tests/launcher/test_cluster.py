"""A whole cluster in this process: start, supervise, stop."""

import re
import time

import pytest

from coreto.client.client import Client
from coreto.launcher.cluster import Cluster
from coreto.launcher.control_client import find_running
from coreto.net.sockets import AddressError
from coreto.roles.halting import HaltError
from coreto.roles.server import ServerRole
from tests.support.ports import accepts, free_base_port
from tests.support.running import held, plan, running
from tests.support.sockets import role_threads, within
from tests.support.waiting import wait_until

STOP_SECONDS = 5.0
ROUNDS = 20
ONE_TRY = 1.5
"""A first attempt that fails is repeated later than this."""


def asker(cluster):
    return Client(cluster.broker, context=cluster.context)


@pytest.mark.parametrize("transport", ["inproc", "tcp", "both"])
def test_the_first_login_succeeds_when_start_returns(transport):
    with running(plan(transport)) as cluster, asker(cluster) as client:
        started = time.monotonic()
        assert client.login("ana")["status"] == "sucesso"
        assert time.monotonic() - started < ONE_TRY


def test_it_says_how_it_is_reached(tmp_path):
    base = free_base_port()
    with running(plan("both", data=tmp_path / "data", base_port=base)) as cluster:
        info = cluster.info()
        assert info["ready"] is True
        assert info["broker"] == f"tcp://127.0.0.1:{base}"
        assert info["proxy"] == f"tcp://127.0.0.1:{base + 3}"
        assert info["reference"] == f"tcp://127.0.0.1:{base + 5}"
        assert [(row["name"], row["rank"]) for row in info["servers"]] == [("s1", 1), ("s2", 2), ("s3", 3)]
        assert [row["address"] for row in info["servers"]] == [f"tcp://127.0.0.1:{base + 45 + n}" for n in (1, 2, 3)]
        assert info["data"] == str(tmp_path / "data")
        assert find_running(cluster.folder.control) == info


def test_the_highest_rank_coordinates():
    with running(plan("inproc")) as cluster, asker(cluster) as client:
        assert client.election()["coordinator"] == "s3"


def test_inside_only_means_no_port_is_open():
    base = free_base_port()
    with running(plan("inproc", base_port=base)):
        assert not [offset for offset in range(55) if accepts(base + offset)]


def test_ports_are_closed_and_threads_are_gone_in_time():
    base = free_base_port()
    with running(plan("both", base_port=base)) as cluster:
        started = time.monotonic()
        cluster.stop()
        assert time.monotonic() - started < STOP_SECONDS
        assert role_threads() == set()
        assert not [offset for offset in range(55) if accepts(base + offset)]


def test_twenty_starts_and_stops_leave_nothing():
    counts = []
    for _ in range(ROUNDS):
        with running(plan("both", servers=3)):
            pass
        counts.append(held())
    assert role_threads() == set()
    assert counts[-1] == counts[1]


def test_what_was_told_is_there_after_a_restart(tmp_path):
    for expected in ([], ["ana"]):
        with running(plan("inproc", data=tmp_path / "data")) as cluster, asker(cluster) as client:
            assert client.users() == expected
            client.login("ana")


def test_a_cluster_that_forgets_leaves_no_folder():
    with running(plan("inproc")) as cluster:
        folder = cluster.folder.path
        assert folder.is_dir()
    assert not folder.exists()


def test_a_folder_with_three_servers_starts_three_and_says_so(tmp_path):
    with running(plan("inproc", data=tmp_path / "data")):
        pass
    said: list[str] = []
    with running(plan("inproc", data=tmp_path / "data", servers=1, say=said.append)) as cluster:
        assert len(cluster.info()["servers"]) == 3
    assert len(said) == 1
    assert "3" in said[0]


def test_a_folder_in_use_is_not_taken(tmp_path):
    with running(plan("inproc", data=tmp_path / "data")) as cluster:
        second = Cluster(plan("inproc", data=tmp_path / "data"))
        assert second.take_folder() is False
        within(STOP_SECONDS, second.stop, "the stop of what never started")
        assert find_running(cluster.folder.control) is not None


def test_a_busy_port_is_raised_and_everything_given_back():
    before = held()
    with running(plan("both")) as cluster:
        base = int(cluster.info()["broker"].rpartition(":")[2])
        second = Cluster(plan("both", base_port=base))
        assert second.take_folder()
        with pytest.raises(AddressError, match="in use") as caught:
            within(STOP_SECONDS, second.start, "a start that fails")
        (port,) = re.findall(r"127\.0\.0\.1:(\d+)", str(caught.value))
        assert 0 <= int(port) - base <= 45 + 3
        within(STOP_SECONDS, second.stop, "the stop of what did not start")
        assert not second.folder.path.exists()
    wait_until(lambda: held() == before, "nothing is left")


def break_once(monkeypatch, name, error):
    """Make the next turn of one server fail."""
    turn = ServerRole.turn
    waiting = [error]

    def broken(self, ready, now):
        if self.name == name and waiting:
            raise waiting.pop()
        turn(self, ready, now)

    monkeypatch.setattr(ServerRole, "turn", broken)


@pytest.mark.parametrize("name", ["s1", "s3"])
def test_a_server_that_crashes_is_started_again_and_said(monkeypatch, name):
    said: list[str] = []
    with running(plan("inproc", say=said.append)) as cluster, asker(cluster) as client:
        client.login("ana")
        break_once(monkeypatch, name, RuntimeError("oops"))
        wait_until(lambda: said, "the crash is said")
        client.login("bia")
        assert client.users() == ["ana", "bia"]
    assert len(said) == 1
    assert name in said[0]
    assert "again" in said[0]


def test_a_server_that_halts_stays_down_and_the_others_go_on(monkeypatch):
    said: list[str] = []
    with running(plan("inproc", say=said.append)) as cluster, asker(cluster) as client:
        break_once(monkeypatch, "s1", HaltError("invariant"))
        wait_until(lambda: said, "the halt is said")
        assert client.login("ana")["status"] == "sucesso"
        assert "coreto-s1" not in {thread.name for thread in role_threads()}
    assert len(said) == 1
    assert "stays down" in said[0]
    assert "invariant" in said[0]


def test_a_server_that_crashes_again_and_again_stays_down(monkeypatch):
    said: list[str] = []
    turn = ServerRole.turn

    def broken(self, ready, now):
        if self.name == "s1":
            raise RuntimeError("oops")
        turn(self, ready, now)

    with running(plan("inproc", say=said.append)):
        monkeypatch.setattr(ServerRole, "turn", broken)
        wait_until(lambda: said and "stays down" in said[-1], "it is given up")
        monkeypatch.undo()
    assert len(said) == 6
