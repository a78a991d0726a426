"""A server that is a process of its own finds the others again to mend its log, wherever all of them live by then."""

import re

import pytest

from tests.support.plain import PlainClient
from tests.support.roles import Village
from tests.support.waiting import wait_until

SECRET = "a message with a bit to flip"
PATIENCE = 60.0


def write_secret(village, context):
    with PlainClient(context, village.frontend, PATIENCE) as client:
        client.write("login", user="ana")
        client.write("channel", channel="geral")
        client.write("publish", user="ana", channel="geral", message=SECRET)


def damage(folder):
    path = folder / "server.db"
    raw = path.read_bytes()
    assert SECRET.encode() in raw
    path.write_bytes(raw.replace(SECRET.encode(), SECRET.upper().encode(), 1))


def texts(client):
    return [message["message"] for message in client.ask("history", channel="geral", level="local").get("messages", ())]


def address(role):
    return re.findall(r"tcp://127\.0\.0\.1:\d+", role.errors())[-1]


@pytest.mark.parametrize("moved", ["a", "abc"])
def test_a_damaged_row_is_mended_by_servers_that_live_elsewhere_now(tmp_path, context, moved):
    """Nobody was told an address: the set of genesis has none, and each start takes another port."""
    with Village(tmp_path) as village:
        wait_until(lambda: all("listens at" in village.roles[name].errors() for name in "abc"), "they listen", PATIENCE)
        write_secret(village, context)
        for name in moved:
            assert village.roles[name].end() == 0
        damage(tmp_path / "a")
        for name in moved:
            village.start_server(name, "--genesis", "3", "--lang", "en")
        wait_until(lambda: "The log of a is whole again." in village.roles["a"].errors(), "it is mended", PATIENCE)
        with PlainClient(context, address(village.roles["a"]), PATIENCE) as client:
            wait_until(lambda: texts(client) == [SECRET], "it has everything again", PATIENCE)
