"""A thread stands still, goes on, dies, and sends late."""

import queue

import pytest
import zmq

from coreto.net.faults import LinkFault
from coreto.net.sockets import bound_socket, connected_socket, send
from coreto.net.worker import KilledError, Worker
from tests.support.waiting import wait_until

SECONDS = 5.0
QUIET_MS = 50
LATE_SECONDS = 0.05


class Echo(Worker):
    """Sends back what it receives, and remembers what it was told."""

    def __init__(self, context):
        super().__init__("echo", context)
        self.heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.held: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def open(self):
        socket = self.listen(bound_socket(self._context, zmq.PAIR, ["inproc://echo"], "--bind"))
        self.echo = self.link(socket, "asker")

    def turn(self, ready, now):
        for frames in self.echo.receive(10):
            self.echo.send(*frames)
            self.held.put(frames[0])

    def told(self, message):
        if message == b"late":
            self.faults.put((LinkFault("echo", "asker", "delay", seconds=LATE_SECONDS),))
        if message == b"healed":
            self.faults.put(())
        if message == b"rest":
            self.pause()
        self.heard.put(message)


@pytest.fixture
def echo(context, launch):
    return launch(Echo(context))


@pytest.fixture
def asker(context, echo):
    with connected_socket(context, zmq.PAIR, "inproc://echo") as made:
        yield made


def test_a_thread_that_stands_still_answers_when_it_goes_on(echo, asker):
    echo.tell(b"rest")
    assert echo.heard.get(timeout=SECONDS) == b"rest"
    echo.tell(b"meanwhile")
    send(asker, (b"x",))
    assert not asker.poll(QUIET_MS)
    assert echo.heard.empty()
    assert echo.is_alive()
    echo.resume()
    assert asker.poll(SECONDS * 1000)
    assert asker.recv() == b"x"
    assert echo.heard.get(timeout=SECONDS) == b"meanwhile"


def test_pausing_and_resuming_too_often_changes_nothing(echo, asker):
    for order in (echo.resume, echo.pause, echo.pause, echo.resume, echo.resume):
        order()
    send(asker, (b"x",))
    assert asker.poll(SECONDS * 1000)
    assert echo.heard.empty()


def test_a_thread_that_stands_still_stops_when_told_to(echo):
    echo.pause()
    echo.stop()
    assert echo.join()
    assert echo.failure is None


@pytest.mark.parametrize("paused", [False, True])
def test_a_killed_thread_ends_and_says_so(echo, paused):
    if paused:
        echo.pause()
    echo.kill()
    assert echo.join()
    assert isinstance(echo.failure, KilledError)


def test_what_is_held_back_leaves_though_nothing_else_happens(echo, asker):
    echo.tell(b"late")
    wait_until(lambda: not echo.heard.empty(), "the fault is in force")
    send(asker, (b"x",))
    assert asker.poll(SECONDS * 1000)
    assert asker.recv() == b"x"


def test_what_is_held_back_leaves_after_the_fault_is_healed(echo, asker):
    for order in (b"late", b"healed"):
        echo.tell(order)
        echo.heard.get(timeout=SECONDS)
        send(asker, (order,))
        if order == b"late":
            echo.held.get(timeout=SECONDS)
    heard = {asker.recv() for _ in range(2) if asker.poll(SECONDS * 1000)}
    assert heard == {b"late", b"healed"}
