"""A cluster of three that gets a fourth server: it learns, votes, and votes no more."""

import json

import pytest

from tests.support.program import run
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """A cluster that was born with three servers and runs with four, and how its commands are called."""
    from tests.support.cluster import Cluster

    folder = tmp_path_factory.mktemp("four")
    with Cluster(folder) as three:
        assert three.end() == 0
    with Cluster(folder, "--data", folder / "data", "--servers", "4") as running:
        yield running
        assert running.end() == 0
    assert "Traceback" not in running.errors()


@pytest.fixture
def call(four):
    """Runs one of the commands against the cluster, in English unless told otherwise."""
    return lambda command, *arguments: run(command, "--reference", four.reference, "--lang", "en", *arguments)


@pytest.fixture
def members(call):
    """Asks who votes and who learns."""

    def members():
        finished = call("members", "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return members


def test_a_learner_is_promoted_and_removed(call, members, four):
    wait_until(lambda: members()["learners"] == ["s4"], "the fourth server learns")
    assert members()["voters"] == ["s1", "s2", "s3"]
    rows = {row["name"]: row for row in members()["members"]}
    assert (rows["s4"]["part"], rows["s4"]["rank"]) == ("learner", 4)
    shown = call("members").stdout
    assert "voters 3, learners 1" in shown
    assert "learner" in shown.splitlines()[-1]

    wait_until(lambda: call("promote", "s4").returncode == 0, "it has caught up and is promoted")
    again = call("promote", "4")  # by rank, and once more: it stays one
    assert (again.returncode, again.stdout) == (0, "s4 is a voter. Voters: s1, s2, s3, s4.\n")
    assert members()["learners"] == []
    told = run("exec", "--lang", "en", "--data", four.ready["data"], "--json", "members")
    assert {row["name"] for row in json.loads(told.stdout)["rows"]} == {"s1", "s2", "s3", "s4"}

    wait_until(lambda: call("remove", "s4").returncode == 0, "the change before is over, and it is removed")
    removed = json.loads(call("remove", "s4", "--json").stdout)
    assert (removed["removed"], removed["voters"]) == ("s4", ["s1", "s2", "s3"])
    wait_until(lambda: members()["learners"] == ["s4"], "it goes on as a learner")


@pytest.mark.parametrize("command", ["promote", "remove"])
@pytest.mark.parametrize("name", ["s9", "77", "", "não é"])
def test_a_wrong_name_is_one_sentence(call, command, name):
    finished = call(command, name)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.count("\n") == 1
    assert "s1, s2, s3" in finished.stderr


def test_an_error_is_data_where_data_was_asked_for(call):
    finished = call("promote", "s9", "--json")
    assert (finished.returncode, finished.stderr) == (1, "")
    assert set(json.loads(finished.stdout)) == {"error", "status", "code"}


def test_from_the_prompt_it_is_the_same(four):
    commands = "/members\n/promote s9\n/remove s9\n"
    finished = run("chat", "--lang", "en", "--broker", four.broker, "--reference", four.reference, commands=commands)
    assert "voters 3" in finished.stdout
    assert finished.returncode == 1
    assert finished.stderr.count("No server of this cluster is called s9") == 2


def test_where_nobody_is_it_is_said():
    finished = run("members", "--reference", "tcp://127.0.0.1:9", "--lang", "en")
    assert finished.returncode == 4
    assert "127.0.0.1:9" in finished.stderr
