"""A view between a real proxy and real readers."""

import json
import time

import pytest
import zmq

from coreto.journal.events import Announced, Event
from coreto.net.sockets import AddressError
from coreto.roles.proxy import ProxyRole
from coreto.roles.view import ViewRole
from coreto.wire.publication import Publication, write_announcement, write_publication
from tests.support.sockets import free_address

MESSAGE = Publication("geral", False, "ana", "oi", 1, 7, "7", 1.7e9, 9)
XSUB, XPUB, VIEW = "inproc://xsub", "inproc://xpub", "inproc://view"
HEARD_MS = 50
TUNE_SECONDS = 30.0


@pytest.fixture
def publisher(context, launch):
    """A socket that publishes on a proxy."""
    launch(ProxyRole(context, [XSUB], [XPUB]))
    with context.socket(zmq.PUB) as socket:
        socket.connect(XSUB)
        yield socket


@pytest.fixture
def view(context, launch, publisher):
    """Starts a view of the proxy and returns what it reports."""

    def start(shape, *binds):
        events: list[Event] = []
        launch(ViewRole(context, shape, binds or [VIEW], XPUB, events.append))
        return events

    return start


@pytest.fixture
def reader(context):
    """Makes subscribers."""
    sockets = []

    def make(address, *topics):
        socket = context.socket(zmq.SUB)
        sockets.append(socket)
        for topic in topics:
            socket.subscribe(topic)
        socket.connect(address)
        return socket

    yield make
    for socket in sockets:
        socket.close()


def hear(publisher, reader, frames, mark=b""):
    """Publish until the reader hears it, known by its mark: a subscription takes a moment to reach the proxy."""
    deadline = time.monotonic() + TUNE_SECONDS
    while time.monotonic() < deadline:
        publisher.send_multipart(frames)
        while reader.poll(HEARD_MS):
            heard = reader.recv_multipart()
            if mark in heard[-1]:
                return heard
    raise AssertionError("nothing was heard")


def unnumbered(topic="geral", message="som"):
    return write_publication(Publication(topic, False, "ana", message, 0, 0, "", 1.7e9, 9))


def test_a_text_reader_hears_one_frame(publisher, view, reader):
    view("text")
    (line,) = hear(publisher, reader(VIEW, "geral"), unnumbered())
    assert line.startswith(b"geral ana: som [")
    assert line.endswith(b"] (clock=9)")


def test_a_json_reader_hears_a_topic_and_json(publisher, view, reader):
    view("json")
    topic, body = hear(publisher, reader(VIEW, "geral"), unnumbered())
    assert (topic, json.loads(body)["message"]) == (b"geral", "som")


def test_two_text_readers_of_one_topic_end_one_by_one(publisher, view, reader):
    view("text")
    first, second = reader(VIEW, "geral ana"), reader(VIEW, "geral ")
    for socket in (first, second):
        hear(publisher, socket, unnumbered())
    first.unsubscribe("geral ana")
    (line,) = hear(publisher, second, unnumbered(message="ainda"), b"ainda")
    assert line.startswith(b"geral ana: ainda")


def test_a_repetition_is_heard_once(publisher, view, reader):
    view("text")
    socket = reader(VIEW, "")
    hear(publisher, socket, unnumbered("sonda"))
    for frames in (*[write_publication(MESSAGE)] * 3, unnumbered("fim")):
        publisher.send_multipart(frames)
    lines = [b""]
    while not lines[-1].startswith(b"fim"):
        assert socket.poll(TUNE_SECONDS * 1000), lines
        lines.append(socket.recv())
    assert sum(line.startswith(b"geral ana: oi") for line in lines) == 1


def test_an_announcement_is_passed_on_and_reported(publisher, view, reader):
    events = view("text")
    (line,) = hear(publisher, reader(VIEW, "servers"), write_announcement("s3", 3, 7, 9, 1.7e9))
    assert json.loads(line.removeprefix(b"servers "))["data"]["coordinator"] == "s3"
    told = [(event.name, event.rank, event.epoch) for event in events if isinstance(event, Announced)]
    assert told == [("s3", 3, 7)]


def test_nothing_is_followed_that_nobody_reads(context, launch, reader):
    with context.socket(zmq.XPUB) as proxy:
        proxy.bind(XPUB)
        launch(ViewRole(context, "text", [VIEW], XPUB, lambda event: None))
        socket = reader(VIEW, "geral ana")
        assert proxy.poll(TUNE_SECONDS * 1000)
        assert proxy.recv() == b"\x01geral"
        socket.unsubscribe("geral ana")
        assert proxy.poll(TUNE_SECONDS * 1000)
        assert proxy.recv() == b"\x00geral"


def test_a_view_binds_more_than_one_address(publisher, view, reader):
    address = free_address()
    view("text", VIEW, address)
    for place in (VIEW, address):
        assert hear(publisher, reader(place, "geral"), unnumbered())


def test_an_address_in_use_is_refused_with_the_flag(context, launch):
    address = free_address()
    launch(ViewRole(context, "text", [address], XPUB, lambda event: None))
    second = ViewRole(context, "json", [address], XPUB, lambda event: None)
    with pytest.raises(AddressError, match="--bind"):
        second.start()
