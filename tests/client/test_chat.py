"""A person's whole connection, and a pretended person, in a real cluster."""

import threading

import pytest

from coreto.client.bot import CHANNELS, Bot
from coreto.client.chat import NetworkChat, ask_reference
from coreto.client.client import Client
from coreto.client.errors import UnreachableError
from coreto.client.inbox import Received
from tests.support.waiting import wait_until

SECONDS = 10.0
FAST = 1000.0


@pytest.fixture
def chat(house):
    made = NetworkChat(broker=house.broker, proxy=house.proxy, reference=house.reference, context=house.context)
    yield made
    made.close()


@pytest.fixture
def bot_client(house):
    with Client(house.broker, context=house.context) as made:
        yield made


def channel_of(chat, fresh):
    name = fresh("channel")
    chat.create_channel(name)
    return name


def tune_in(chat, user, channel):
    """Follow a channel, and return when a message of it was received."""
    chat.subscribe(channel)

    def is_heard():
        chat.publish(user, channel, "probe")
        return chat.received()

    wait_until(is_heard, "a message is received")


def test_servers_are_listed_with_their_ranks(chat):
    wait_until(lambda: any(row["coordinator"] for row in chat.servers()), "the reference knows the coordinator")
    assert [(row["name"], row["rank"]) for row in chat.servers()] == [("s1", 1), ("s2", 2), ("s3", 3)]


def test_what_is_published_is_received_in_order(chat, fresh):
    user, channel = fresh("ana"), channel_of(chat, fresh)
    chat.login(user)
    tune_in(chat, user, channel)
    last = [chat.publish(user, channel, f"text {n}") for n in range(50)][-1]
    got: list[Received] = []

    def have_all():
        got.extend(message for message in chat.received() if message.message != "probe")
        return got and got[-1].seq == last["seq"]

    wait_until(have_all, "the last message")
    assert [message.message for message in got] == [f"text {n}" for n in range(50)]
    assert all(message.confirmed for message in got)


def test_closing_twice_does_nothing(house):
    chat = NetworkChat(broker=house.broker, proxy=house.proxy, reference=house.reference, context=house.context)
    chat.users()
    chat.close()
    chat.close()


@pytest.mark.parametrize("house", ["both"], indirect=True)
def test_a_guest_brings_and_ends_its_own_context(house):
    info = house.info()
    guest = NetworkChat(broker=info["broker"], proxy=info["proxy"], reference=info["reference"])
    assert len(guest.servers()) == 3
    guest.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "coreto-inbox"]


def test_a_reference_that_is_not_there_is_unreachable(monkeypatch, context):
    monkeypatch.setattr("coreto.client.chat.REFERENCE_MS", 100)
    with pytest.raises(UnreachableError, match="--reference"):
        ask_reference(context, "inproc://nobody", "list")


def test_a_bot_sends_as_many_messages_as_it_was_told(bot_client, fresh):
    bot = Bot(bot_client, fresh("bot"), FAST, 12)
    bot.run()
    assert (bot.sent, bot.failed) == (12, 0)
    found = [item for channel in CHANNELS for item in bot_client.history(channel=channel, limit=500)]
    assert len([item for item in found if item.user == bot.name]) == 12


def test_a_bot_stops_when_told(bot_client, fresh):
    bot = Bot(bot_client, fresh("bot"), FAST, None)
    thread = threading.Thread(target=bot.run)
    thread.start()
    wait_until(lambda: bot.sent >= 3, "some messages are sent")
    bot.stop()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_a_slow_bot_stops_at_once(bot_client, fresh):
    bot = Bot(bot_client, fresh("bot"), 0.01, None)
    thread = threading.Thread(target=bot.run)
    thread.start()
    wait_until(lambda: bot.sent == 1, "one message is sent")
    bot.stop()
    thread.join(SECONDS)
    assert (thread.is_alive(), bot.sent) == (False, 1)
