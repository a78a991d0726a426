"""Listening: the thread between a proxy and a broker that are moved by hand."""

import json

import msgpack
import pytest
import zmq

from coreto.client.inbox import InboxWorker
from coreto.net.sockets import bound_socket
from coreto.wire.publication import Publication, write_publication
from tests.support.waiting import wait_until

PROXY, BROKER = "inproc://xpub", "inproc://broker"
ARRIVE_MS = 3000


def item(seq, topic="geral", *, direct=False):
    return Publication(topic, direct, "bia", f"text {seq}", seq, seq + 100, f"id-{seq}", 1.5, 7)


def row(seq, *, direct=False):
    names = {"src": "bia", "dst": "ana"} if direct else {"user": "bia"}
    stamp = {"timestamp": 1.5, "clock": 7}
    return {"seq": seq, "index": seq + 100, "id": f"id-{seq}", "message": f"text {seq}", **names, **stamp}


class World:
    """A proxy, a broker, and the inbox between them."""

    def __init__(self, inbox, proxy, broker):
        self.inbox = inbox
        self.proxy = proxy
        self.broker = broker
        self.got = []

    def follow(self, topic, *, latest=0, direct=False):
        """Follow a topic whose latest message has this number."""
        self.inbox.follow(topic, direct=direct)
        assert self.proxy.poll(ARRIVE_MS)
        assert self.proxy.recv() == b"\x01" + topic.encode()
        asked = self.answer([row(latest, direct=direct)] if latest else [])
        assert asked["limit"] == 1

    def answer(self, rows, **data):
        """Answer the next question for history, and return what was asked."""
        assert self.broker.poll(ARRIVE_MS), "no question for history"
        *route, raw = self.broker.recv_multipart()
        self.broker.send_multipart([*route, msgpack.packb({"service": "history", "data": {"messages": rows, **data}})])
        asked = msgpack.unpackb(raw)
        assert asked["service"] == "history"
        return asked["data"]

    def publish(self, *items):
        for each in items:
            self.proxy.send_multipart(write_publication(each))

    def numbers(self, count):
        """Wait for so many messages and return the numbers of all that came."""

        def have():
            self.got += self.inbox.received()
            return len(self.got) >= count

        wait_until(have, f"{count} messages")
        return [(message.topic, message.seq) for message in self.got]


@pytest.fixture
def world(context, launch):
    with (
        bound_socket(context, zmq.XPUB, [PROXY], "--xpub") as proxy,
        bound_socket(context, zmq.ROUTER, [BROKER], "--frontend") as broker,
    ):
        yield World(launch(InboxWorker(context, PROXY, BROKER)), proxy, broker)


def geral(*numbers):
    return [("geral", number) for number in numbers]


def test_messages_are_received_whole_and_in_order(world):
    world.follow("geral")
    world.publish(item(1), item(2), item(3))
    assert world.numbers(3) == geral(1, 2, 3)
    first = world.got[0]
    assert (first.user, first.message, first.index, first.time, first.clock) == ("bia", "text 1", 101, 1.5, 7)
    assert first.confirmed
    assert not first.direct


def test_what_was_said_before_is_not_received(world):
    world.follow("geral", latest=5)
    world.publish(item(4), item(5), item(6))
    assert world.numbers(1) == geral(6)


def test_a_repeated_publication_is_received_once(world):
    world.follow("geral")
    world.publish(item(1), item(1), item(2), item(1), item(2), item(3))
    assert world.numbers(3) == geral(1, 2, 3)


def test_topics_with_the_same_beginning_are_ignored(world):
    world.follow("ana", direct=True)
    world.publish(item(1, "anabela", direct=True), item(1, "ana-2"), item(1, "ana", direct=True))
    assert world.numbers(1) == [("ana", 1)]
    assert world.got[0].direct


def test_a_hole_is_filled_from_history(world):
    world.follow("geral")
    world.publish(item(1), item(4))
    assert world.answer([row(2), row(3), row(4)])["after"] == 1
    assert world.numbers(4) == geral(1, 2, 3, 4)
    world.publish(item(5))
    assert world.numbers(5)[-1:] == geral(5)


def test_a_long_hole_is_filled_page_by_page(world):
    world.follow("geral")
    world.publish(item(6))
    assert world.answer([row(1), row(2)], more=True)["after"] == 0
    assert world.answer([row(3), row(4)], more=True)["after"] == 2
    assert world.answer([row(5), row(6)])["after"] == 4
    assert world.numbers(6) == geral(1, 2, 3, 4, 5, 6)


def test_holes_of_direct_messages_are_asked_for_by_receiver(world):
    world.follow("ana", direct=True)
    world.publish(item(2, "ana", direct=True))
    asked = world.answer([row(1, direct=True), row(2, direct=True)])
    assert (asked["user"], asked["after"]) == ("ana", 0)
    assert world.numbers(2) == [("ana", 1), ("ana", 2)]


def test_a_publication_without_number_is_received_as_unconfirmed(world):
    world.follow("geral")
    world.proxy.send_multipart([b"geral", msgpack.packb({"user": "x", "message": "believe me"})])
    world.numbers(1)
    assert not world.got[0].confirmed


def test_a_topic_that_was_left_is_heard_no_more(world):
    world.follow("geral")
    world.follow("redes")
    world.inbox.leave("geral")
    assert world.proxy.poll(ARRIVE_MS)
    assert world.proxy.recv() == b"\x00geral"
    world.publish(item(1), item(1, "redes"))
    assert world.numbers(1) == [("redes", 1)]


FORGED = {
    "bytes": b"\xff\xfe",
    "no map": msgpack.packb(7),
    "no user": msgpack.packb({"message": "x"}),
    "odd fields": msgpack.packb({"user": "x", "message": "y", "seq": -1, "timestamp": "noon", "clock": {}}),
    "text": b"bia: oi",
    "endless number": b'{"user": "x", "message": "y", "timestamp": ' + b"9" * 400 + b"}",
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED.keys())
def test_a_forged_publication_does_not_end_it(world, body):
    world.follow("geral")
    world.proxy.send_multipart([b"geral", body])
    world.publish(item(1))
    wait_until(lambda: not world.inbox.is_alive() or ("geral", 1) in world.numbers(0), "the message, or the end")
    assert world.inbox.failure is None


@pytest.mark.parametrize(
    "rows",
    [
        [7],
        [{"seq": 2}],
        7,
        [{**row(2), "seq": "2"}],
    ],
    ids=["no rows", "incomplete", "number", "text for a number"],
)
def test_an_odd_history_does_not_end_it(world, rows):
    world.follow("geral")
    world.publish(item(1), item(3))
    world.answer(rows)
    wait_until(lambda: not world.inbox.is_alive() or world.numbers(0) == geral(1), "the first, or the end")
    world.publish(item(2))
    wait_until(lambda: not world.inbox.is_alive() or world.numbers(0) == geral(1, 2, 3), "the rest, or the end")
    assert world.inbox.failure is None


def test_an_odd_latest_message_does_not_end_it(world):
    world.inbox.follow("geral", direct=False)
    world.answer([{**row(1), "seq": "1"}])
    world.publish(item(1))
    world.inbox.follow("redes", direct=False)
    wait_until(lambda: not world.inbox.is_alive() or world.broker.poll(10), "the next question, or the end")
    assert world.inbox.failure is None


@pytest.mark.parametrize("encode", [lambda body: json.dumps(body).encode(), msgpack.packb], ids=["JSON", "msgpack"])
def test_a_publication_in_one_frame_is_shown_too(world, encode):
    """As some foreign servers publish: the topic, a space, and the map."""
    world.follow("geral")
    world.proxy.send(b"geral " + encode({"user": "bia", "message": "oi", "timestamp": 1.5, "clock": 7}))
    assert world.numbers(1) == [("geral", 0)]
    assert (world.got[0].message, world.got[0].confirmed) == ("oi", False)
