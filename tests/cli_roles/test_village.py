"""Every role a process: chat, bots, publications and administration against them."""

import json
import re
import signal
import time
from datetime import datetime

import pytest
import zmq

from tests.support.program import run
from tests.support.roles import Role
from tests.support.waiting import wait_until

VIEW_MS = 200
"""How long to listen before it is said again: a subscription takes a moment to be in force."""


def data(finished):
    """What a command printed as JSON."""
    assert finished.returncode == 0, finished
    return json.loads(finished.stdout)


def commands(*lines):
    """Commands as a person pipes them in."""
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("name", ["reference", "broker", "proxy", "a", "view-text", "view-json"])
def test_a_role_says_where_it_listens_and_nothing_else(village, name):
    lines = village.roles[name].errors().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: ")
    assert "tcp://127.0.0.1:" in lines[0]
    assert village.roles[name].output() == ""


# Chat and bots.


def test_people_chat(village):
    said = village.chat(commands("/login ana", "/channel praça", "/publish praça oi"))
    assert said.returncode == 0, said.stderr
    read = village.chat(commands("/history praça", "/servers"), "--user", "bia")
    assert read.returncode == 0, read.stderr
    assert re.search(r"<ana> oi", read.stdout)
    assert all(re.search(rf"\b{name}\b", read.stdout) for name in village.servers)


def test_commands_come_from_a_script_as_well(village, tmp_path):
    script = tmp_path / "commands"
    script.write_text("/login carla\n/users\n", "utf-8")
    finished = village.chat("", "--script", str(script))
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"\bcarla\b", finished.stdout)


def test_bots_say_as_much_as_they_were_told(village):
    finished = run("bot", "--broker", village.frontend, "--count", "2", "--rate", "100", "--messages", "5")
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"\b10\b", finished.stderr)
    users = village.chat(commands("/users")).stdout
    assert re.search(r"\bbot1\b", users)
    assert re.search(r"\bbot2\b", users)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bot_without_end_stops_when_told(village, tmp_path, number):
    listener = Role(tmp_path, "sub", "sub", "geral", "--proxy-sub", village.xpub)
    bot = Role(tmp_path, "bot", "bot", "--broker", village.frontend, "--rate", "50")
    try:
        wait_until(lambda: "bot1" in listener.output(), "a message of this bot")
        assert bot.end(number) == 0
    finally:
        bot.close()
        listener.close()
    assert "Traceback" not in bot.errors()


# Publications.


def test_what_is_published_is_shown(village, tmp_path):
    village.chat(commands("/login ana", "/channel rua", "/channel rua-2"))
    listener = Role(tmp_path, "sub", "sub", "rua", "servers", "--proxy-sub", village.xpub)
    try:
        listener.wait_said("Listening")
        assert_heard(village, listener, "/publish rua pelo log", "<ana> pelo log")
        village.chat(commands("/login ana", "/publish rua-2 outro canal"))
        published = run("pub", "rua", "por fora", "--proxy", village.xsub)
        assert published.returncode == 0, published.stderr
        assert published.stdout == ""
        wait_until(lambda: "por fora" in listener.output(), "what was published past the servers")
        assert "[not confirmed]" in listener.output()
        village.admin("announce", "--coordinator", "1")
        wait_until(lambda: "servers: " in listener.output(), "the announcement")
        assert "outro canal" not in listener.output(), "a topic that only begins the same"
        assert listener.end(signal.SIGINT) == 130
    finally:
        listener.close()
    assert "Traceback" not in listener.errors()


def assert_heard(village, listener, command, words):
    """Give a command until what it publishes is heard: a subscription takes a moment to be in force."""

    def heard():
        village.chat(commands("/login ana", command))
        return words in listener.output()

    wait_until(heard, words)


def test_publications_are_shown_as_json(village, tmp_path):
    listener = Role(tmp_path, "sub", "sub", "", "--json", "--proxy-sub", village.xpub)
    try:
        listener.wait_said("Listening")

        def heard():
            run("pub", "rua", "oi", "--proxy", village.xsub)
            return published()

        def published():
            return [line for line in map(json.loads, listener.output().splitlines()) if line["topic"] == "rua"]

        wait_until(heard, "a publication")
        line = published()[0]
        assert line["body"]["message"] == "oi"
    finally:
        listener.close()


def test_readers_of_both_views_hear_what_is_said(village, context):
    village.chat(commands("/login ana", "/channel vista"))
    with context.socket(zmq.SUB) as lines, context.socket(zmq.SUB) as maps:
        for reader, shape in ((lines, "text"), (maps, "json")):
            reader.subscribe("vista")
            reader.connect(village.views[shape])

        def both_heard():
            said = village.chat(commands("/login ana", "/publish vista oi"))
            assert said.returncode == 0, said.stderr
            return lines.poll(VIEW_MS) and maps.poll(VIEW_MS)

        wait_until(both_heard, "a message in both views")
        (line,), (topic, body) = lines.recv_multipart(), maps.recv_multipart()
    assert re.fullmatch(rb"vista ana: oi \[\d\d:\d\d:\d\d\] \(clock=\d+\)", line), line
    assert (topic, json.loads(body)["message"]) == (b"vista", "oi")


# Administration.


def test_the_list_has_every_server_in_order_of_rank(village):
    servers = data(village.admin("list", "--json"))["servers"]
    assert [server["rank"] for server in servers] == [1, 2, 3]
    assert sorted(server["name"] for server in servers) == sorted(village.servers)
    text = village.admin("list").stdout
    assert all(server["address"] in text for server in servers)


def test_a_server_is_shown_by_name_and_by_rank(village):
    top = village.coordinator()
    by_name = data(village.admin("show", top, "--json"))
    assert by_name["role"] == "coordinator"
    assert data(village.admin("show", str(by_name["rank"]), "--json"))["name"] == top
    assert re.search(r"\bcoordinator\b", village.admin("show", top).stdout)


def test_the_reference_is_shown(village):
    shown = data(village.admin("show", "reference", "--json"))
    assert shown["role"] == "reference"
    assert sorted(shown["servers"]) == sorted(village.servers)


def test_a_clock_is_read_and_set(village):
    noon = "2020-01-01T12:00:00"
    first = data(village.admin("set-clock", "--server", "1", "--time", noon, "--json"))
    assert first["time"] == datetime.fromisoformat(noon).timestamp()
    back = data(village.admin("set-clock", "--server", "1", "--time", "now", "--json"))
    assert abs(back["time"] - time.time()) < 60
    one = data(village.admin("poll-clock", "--server", "1", "--json"))["clocks"]
    assert [(clock["rank"], clock["name"]) for clock in one] == [(1, first["name"])]
    assert abs(one[0]["offset"]) < 60


def test_a_clock_that_is_set_wrong_is_put_right_and_the_poll_shows_how(village):
    village.admin("set-clock", "--server", "2", "--time", "2020-01-01T12:00:00")

    def is_right():
        clocks = data(village.admin("poll-clock", "--json"))["clocks"]
        assert len(clocks) == 3
        return all(abs(clock["offset"]) < 60 and clock["error_bound"] is not None for clock in clocks)

    wait_until(is_right, "the coordinator has corrected it", 30.0)
    clocks = data(village.admin("poll-clock", "--json"))["clocks"]
    assert all(clock["lamport"] > 0 and clock["adjustment"] is not None for clock in clocks)


def test_an_election_on_a_healthy_cluster_changes_nothing(village):
    top = village.coordinator()
    held = data(village.admin("election", "--json"))
    assert [answer["answer"] for answer in held["answers"]] == ["OK"] * 3
    assert {answer["coordinator"] for answer in held["answers"]} == {top}
    assert held["changed"] is False
    assert held["coordinator"] == top
    assert "Nothing changed" in village.admin("election", "--all").stdout
    assert len(data(village.admin("election", "--server", top, "--json"))["answers"]) == 1


def test_an_announcement_says_what_it_cannot_do(village):
    top = village.coordinator()
    other = next(name for name in village.servers if name != top)
    announced = village.admin("announce", "--coordinator", other)
    assert announced.returncode == 0, announced.stderr
    assert "elects nobody" in announced.stdout
    assert data(village.admin("announce", "--coordinator", other, "--json"))["announced"] == other
    assert village.coordinator() == top


def test_flags_may_stand_before_the_action(village):
    finished = run("admin", "--json", "--reference", village.reference, "list")
    assert len(data(finished)["servers"]) == 3


def test_addresses_come_from_the_environment_too(village, monkeypatch):
    monkeypatch.setattr("tests.support.program.environment", lambda: with_variable(village))
    assert len(data(run("admin", "list", "--json"))["servers"]) == 3
    assert run("admin", "list", "--reference", "tcp://127.0.0.1:1", "--json").returncode == 4, "the flag wins"


def with_variable(village):
    """The environment with the address of the reference in it."""
    import os

    return {**os.environ, "CORETO_REFERENCE": village.reference, "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    "action",
    [
        ["show", "nobody"],
        ["set-clock", "--server", "9", "--time", "now"],
        ["announce", "--coordinator", "nobody"],
        ["election", "--server", "nobody"],
    ],
    ids=" ".join,
)
def test_a_server_that_is_not_there_is_a_sentence(village, action):
    finished = village.admin(*action)
    assert finished.returncode == 1
    assert action[-1] in finished.stderr or action[2] in finished.stderr
    assert "Traceback" not in finished.stderr
    told = village.admin(*action, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["status"] == 1


# Lives.


def test_a_server_that_was_killed_comes_back_into_its_cluster(village):
    victim = next(name for name in village.servers if name != village.coordinator())
    before = data(village.admin("show", victim, "--json"))
    village.roles[victim].close()
    village.start_server(victim)

    def is_back():
        finished = village.admin("show", victim, "--json")
        return finished.returncode == 0 and json.loads(finished.stdout)["coordinator"]

    wait_until(is_back, "the server is back")
    after = data(village.admin("show", victim, "--json"))
    assert (after["rank"], after["voters"]) == (before["rank"], before["voters"])
    wait_until(village.coordinator, "all of them on the list")


def test_two_programs_never_share_the_folder_of_a_server(village):
    name = village.servers[0]
    places = ["--reference", village.reference, "--broker", village.backend, "--proxy", village.xsub]
    second = run("server", "--name", name, *places, "--data", village.folder / name)
    assert second.returncode == 1
    assert "--data" in second.stderr


def test_the_folder_of_another_server_is_refused(village, tmp_path):
    name = village.servers[0]
    places = ["--reference", village.reference, "--broker", village.backend, "--proxy", village.xsub]
    village.roles[name].end()
    try:
        other = run("server", "--name", "other", *places, "--data", village.folder / name)
        assert other.returncode == 1
        assert f"--name {name}" in other.stderr
    finally:
        village.start_server(name)
        wait_until(village.coordinator, "all of them on the list")
