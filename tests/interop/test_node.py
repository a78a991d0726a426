"""Clients written for Node, with the libraries that students use there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "node"
SECONDS = 60
SKEW_MS = 5_000


def run_node(script, cluster):
    """Run a script against the cluster and return what it printed."""
    node = shutil.which("node")
    assert node, "node was not found: install Node.js 18 or newer, then run scripts/test"
    assert (SCRIPTS / "node_modules").is_dir(), "the libraries for Node are missing: run scripts/test"
    finished = subprocess.run(
        [node, SCRIPTS / script, cluster.broker, cluster.proxy],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    (line,) = finished.stdout.splitlines()
    return json.loads(line)


@pytest.fixture(scope="module")
def results(cluster):
    """What the well-behaved client saw."""
    return run_node("client.mjs", cluster)


@pytest.fixture(scope="module")
def careless(cluster):
    """What the careless client saw."""
    return run_node("careless.mjs", cluster)


def test_a_node_client_logs_in_and_is_listed(results):
    assert results["login"]["status"] == "sucesso"
    assert {"node-ana", "node-bia"} <= set(results["users"]["users"])


def test_a_node_client_creates_a_channel_once(results):
    assert results["channel"]["status"] == "sucesso"
    assert results["channelAgain"]["status"] == "erro"
    assert "node-geral" in results["channelAgain"]["description"]
    assert "node-geral" in results["channels"]["channels"]


def test_a_node_client_publishes_and_receives_it(results):
    assert (results["publish"]["status"], results["publish"]["message"]) == ("OK", "")
    body = results["heardInChannel"]["body"]
    core = {"user": "node-ana", "channel": "node-geral", "message": "olá"}
    assert body.items() >= {"service": "publish", "seq": results["publish"]["seq"], **core}.items()
    assert body["data"].items() >= core.items()


def test_a_node_client_sends_a_direct_message_and_receives_it(results):
    assert (results["message"]["status"], results["message"]["message"]) == ("OK", "")
    body = results["heardByUser"]["body"]
    core = {"src": "node-ana", "dst": "node-bia", "message": "oi, bia"}
    assert body.items() >= {"service": "message", "from": "node-ana", "to": "node-bia", **core}.items()
    assert body["data"].items() >= core.items()


def test_a_node_client_reads_histories(results):
    assert results["channelHistory"]["messages"][-1]["message"] == "olá"
    for answer in (results["userHistory"], results["conversation"]):
        assert [(m["src"], m["dst"], m["message"]) for m in answer["messages"]] == [("node-ana", "node-bia", "oi, bia")]


def test_a_node_client_gets_its_milliseconds_back(results, careless):
    published = results["heardInChannel"]["body"]["timestamp"]
    assert abs(results["publish"]["timestamp"] - published * 1000) < SKEW_MS
    assert abs(careless["floatMilliseconds"]["timestamp"] - published * 1000) < SECONDS * 1000


@pytest.mark.parametrize("habit", ["nanClock", "createTwice"])
def test_careless_writes_succeed(careless, habit):
    assert careless[habit]["status"] == "sucesso"


@pytest.mark.parametrize("habit", ["noTimestamp", "infiniteClock", "floatMilliseconds", "isoTimestamp"])
def test_careless_reads_succeed(careless, habit):
    assert "node-eva" in careless[habit]["users"]


def test_lists_may_be_asked_for_without_data(careless):
    assert isinstance(careless["noData"]["channels"], list)


@pytest.mark.parametrize("habit", ["nullUser", "undefinedUser", "createdTwice", "emptyMessage", "unknownService"])
def test_what_cannot_be_done_is_answered_with_a_sentence(careless, habit):
    answer = careless[habit]
    assert answer["status"] == "erro"
    assert answer["description"] == answer["message"] != ""


def test_no_answer_has_a_senseless_clock(careless):
    clocks = [answer["clock"] for name, answer in careless.items() if name != "heard"]
    assert clocks == sorted(set(clocks)), "each answer is later than the one before"
    assert clocks[-1] < 2**31


def test_a_subscriber_to_everything_hears_everything(careless):
    assert careless["heard"]["topic"] == "node-praça"
    assert re.fullmatch(r"ouve-se tudo", careless["heard"]["body"]["message"])
