"""Questions to servers that are not ours: an answer belongs to the question it was given to."""

import time

import pytest
import zmq

from coreto.net.worker import Worker
from coreto.roles.strangers import STRANGERS_MAX, Strangers
from tests.support.waiting import wait_until


@pytest.fixture
def worker(context):
    """Nobody's thread: the test turns for it."""
    made = Worker("strangers", context)
    yield made
    for socket in list(made._sockets):
        made.drop(socket)


@pytest.fixture
def strangers(worker, context):
    return Strangers(worker, context)


@pytest.fixture
def stub(context):
    """Takes questions and answers when told to."""
    with context.socket(zmq.ROUTER) as made:
        made.bind("tcp://127.0.0.1:*")
        yield made


def address(stub):
    return stub.get_string(zmq.LAST_ENDPOINT)


def question(stub):
    assert stub.poll(5000)
    return stub.recv_multipart()


def answers(strangers, worker, seconds=0.0):
    """What has arrived, or arrives within some seconds."""
    found: list[tuple[int, bytes]] = []
    deadline = time.monotonic() + seconds
    while not found:
        found = list(strangers.answers(worker._watch.wait(0.01)))
        if time.monotonic() >= deadline:
            break
    return found


def test_an_answer_comes_with_the_number_of_its_question(strangers, worker, stub):
    for number in (7, 8):
        strangers.ask(address(stub), number, b"what time is it")
        who, empty, body = question(stub)
        assert (empty, body) == (b"", b"what time is it")
        stub.send_multipart([who, b"", b"late"])
        assert answers(strangers, worker, 5.0) == [(number, b"late")]
    assert len(worker._sockets) == 1


def test_a_late_answer_is_not_taken_for_that_of_the_next_question(strangers, worker, stub):
    strangers.ask(address(stub), 1, b"first")
    first = question(stub)[0]
    strangers.ask(address(stub), 2, b"second")
    second = question(stub)[0]
    stub.send_multipart([first, b"", b"answer to the first"])
    stub.send_multipart([second, b"", b"answer to the second"])
    assert answers(strangers, worker, 5.0) == [(2, b"answer to the second")]


def test_a_second_answer_to_one_question_is_ignored(strangers, worker, stub):
    strangers.ask(address(stub), 1, b"first")
    who = question(stub)[0]
    stub.send_multipart([who, b"", b"one"])
    stub.send_multipart([who, b"", b"two"])
    assert answers(strangers, worker, 5.0) == [(1, b"one")]
    assert answers(strangers, worker) == []


@pytest.mark.parametrize("nonsense", ["", "tcp://", "tcp://nowhere", "tcp://256.0.0.1:x", "mars://1:2"])
def test_an_address_that_is_none_is_never_answered(strangers, worker, nonsense):
    strangers.ask(nonsense, 1, b"hello")
    assert answers(strangers, worker) == []


def test_connections_are_bounded(strangers, worker):
    for port in range(1, 2 * STRANGERS_MAX):
        strangers.ask(f"tcp://127.0.0.1:{port}", port, b"hello")
    assert len(worker._sockets) == STRANGERS_MAX
    wait_until(lambda: answers(strangers, worker) == [], "nobody is there")
