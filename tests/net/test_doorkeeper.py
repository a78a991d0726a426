"""Who may not stay at an open port is shown out, and the others notice nothing."""

import socket
import threading

import pytest
import zmq

from coreto.machines.visitors import Visitors
from coreto.net.doorkeeper import Doorkeeper, is_watched, show_out, usual_visitors
from coreto.net.files import files_max
from coreto.net.sockets import bind, bound_socket, receive_all
from coreto.net.worker import Worker
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

MOST = 3
SECONDS = 10.0


class Echo(Worker):
    """Answers at a watched port."""

    def __init__(self, context, address):
        super().__init__("echo", context)
        self._address = address

    def open(self):
        self._router = self.listen(bound_socket(self._context, zmq.ROUTER, (), "--bind", from_clients=True))
        self.doorkeeper = Doorkeeper(self, self._context, self._router, Visitors(MOST, MOST))
        bind(self._router, self._address, "--bind")

    def turn(self, ready, now):
        self.doorkeeper.look()
        for frames in receive_all(self._router, 10):
            self._router.send_multipart(frames)

    def close(self):
        self.doorkeeper.close()


@pytest.fixture
def address():
    return free_address()


@pytest.fixture
def echo(context, launch, address):
    return launch(Echo(context, address))


@pytest.fixture
def come(echo, address):
    """Connects, and says nothing."""
    made = []

    def connect():
        host, port = address.removeprefix("tcp://").split(":")
        made.append(socket.create_connection((host, int(port)), SECONDS))
        return made[-1]

    yield connect
    for one in made:
        one.close()


def is_ended(connection):
    """Whether the other end closed it; what it was greeted with is read first."""
    try:
        while connection.recv(100):
            pass
    except ConnectionError:
        return True
    return True


def is_answered(client):
    client.send(b"hello")
    return bool(client.poll(100))


def test_one_too_many_is_shown_out_and_the_others_stay(come, echo):
    stay = [come() for _ in range(MOST)]
    wait_until(lambda: len(echo.doorkeeper.visitors) == MOST, "all are noted")
    assert is_ended(come())
    for one in stay:
        one.settimeout(0.1)
        with pytest.raises(TimeoutError):
            is_ended(one)


def test_when_somebody_goes_there_is_room(context, come, address):
    stay = [come() for _ in range(MOST)]
    assert is_ended(come())
    with context.socket(zmq.DEALER) as client:
        client.connect(address)
        stay.pop().close()
        wait_until(lambda: is_answered(client), "who waited at the door is served", SECONDS)


def test_who_does_not_greet_goes_after_a_while(come):
    assert is_ended(come()), "the handshake has a limit"


def test_a_number_that_is_no_connection_any_more_is_let_be(tmp_path):
    show_out(-1)
    with (tmp_path / "file").open("w") as file:
        show_out(file.fileno())
        file.write("still open")


def test_a_port_on_loopback_is_not_watched():
    assert not is_watched(["tcp://127.0.0.1:5555", "inproc://broker"])
    assert is_watched(["inproc://broker", "tcp://0.0.0.0:5555"])


def test_one_machine_cannot_have_every_connection():
    most = min(4000, files_max() // 8)
    visitors = usual_visitors()
    assert not all(visitors.come(number, "a") for number in range(most))
    assert visitors.come(most, "b")


def test_thousands_come_while_the_role_looks_away(context, address):
    """Were the queue of events bounded, the thread that carries for all sockets would stand still."""
    with bound_socket(context, zmq.ROUTER, (), "--bind") as router:
        worker = Worker("idle", context)
        keeper = Doorkeeper(worker, context, router)
        bind(router, address, "--bind")
        host, port = address.removeprefix("tcp://").split(":")
        done = threading.Event()
        for _ in range(2500):
            socket.create_connection((host, int(port)), SECONDS).close()
        with context.socket(zmq.ROUTER) as other, context.socket(zmq.DEALER) as client:
            client.connect(f"tcp://127.0.0.1:{other.bind_to_random_port('tcp://127.0.0.1')}")
            client.send(b"does anybody carry?")
            assert other.poll(SECONDS * 1000)
            done.set()
        keeper.close()
        for one in worker._sockets:
            one.close()
