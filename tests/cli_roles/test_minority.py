"""Where no majority is left every command says so at once, in words, with status 1, and none hangs."""

import time

import pytest
import zmq

from tests.support.plain import PlainClient
from tests.support.program import run
from tests.support.roles import Village
from tests.support.waiting import wait_until

PATIENCE = 60.0
SENTENCES = {"en": "Too few servers can reach each other", "pt": "Há poucos servidores ao alcance uns dos outros"}


@pytest.fixture(scope="module")
def minority(tmp_path_factory):
    """One server of three is left, and knows it."""
    context = zmq.Context()
    with Village(tmp_path_factory.mktemp("minority")) as village:
        wait_until(lambda: all("listens at" in village.roles[name].errors() for name in "abc"), "they listen", PATIENCE)
        with PlainClient(context, village.frontend, PATIENCE) as client:
            client.write("login", user="ana")
            client.write("channel", channel="geral")
            for name in "bc":
                village.roles[name].close()
            wait_until(lambda: written(client).get("code") == "no_quorum", "it sees no majority", PATIENCE)
            yield village, client
    context.term()


def written(client):
    return client.ask("publish", user="ana", channel="geral", message="lost?")


def test_a_plain_client_has_its_refusal_at_once_and_nothing_was_stored(minority):
    _village, client = minority
    began = time.monotonic()
    answer = written(client)
    assert (answer["status"], answer["code"]) == ("erro", "no_quorum")
    assert answer["message"]
    assert time.monotonic() - began < PATIENCE
    assert not client.ask("history", channel="geral", level="local").get("messages")


@pytest.mark.parametrize("service", ["history", "channels"])
def test_a_linear_read_is_refused_and_an_old_one_may_be_shown(minority, service):
    _village, client = minority
    fields = {"channel": "geral"} if service == "history" else {}
    assert client.ask(service, level="linear", **fields)["code"] in ("no_quorum", "no_coordinator")
    assert "index" in client.ask(service, level="local", **fields), "answered from the log, wherever that ends"


@pytest.mark.parametrize("lang", SENTENCES)
@pytest.mark.parametrize("line", ["/login bia", "/channel praça"])
def test_chat_says_it_and_ends_with_status_1(minority, lang, line):
    village, _client = minority
    places = ["--broker", village.frontend, "--proxy-sub", village.xpub, "--reference", village.reference]
    finished = run("chat", *places, "--lang", lang, commands=f"{line}\n/quit\n", seconds=PATIENCE)
    assert SENTENCES[lang] in finished.stdout + finished.stderr
    assert (finished.returncode, "Traceback" in finished.stderr) == (1, False)


def test_a_bot_says_it_and_ends_with_status_1(minority):
    village, _client = minority
    finished = run("bot", "--broker", village.frontend, "--messages", "1", "--lang", "en", seconds=PATIENCE)
    assert SENTENCES["en"] in finished.stderr
    assert finished.returncode == 1


@pytest.mark.parametrize("change", ["promote", "remove"])
def test_members_are_not_changed(minority, change):
    village, _client = minority
    finished = run(change, "b", "--reference", village.reference, "--lang", "en", seconds=PATIENCE)
    assert finished.returncode == 1
    assert SENTENCES["en"] in finished.stderr
    assert "Traceback" not in finished.stderr


def test_one_that_is_started_again_alone_says_so_too(minority):
    """No majority ever knew its new life."""
    village, client = minority
    assert village.roles["a"].end() == 0
    village.start_server("a")
    wait_until(lambda: written(client).get("code") == "no_quorum", "it sees no majority", PATIENCE)
