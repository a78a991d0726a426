"""A plain REQ client whose request is held by a server that is stopped and then killed."""

import contextlib
import os
import signal
import time

import msgpack
import pytest
import zmq

from tests.support.foreign import Tap
from tests.support.roles import Village
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

FOLLOWER_SECONDS = 3.0
COORDINATOR_SECONDS = 5.0
ATTEMPTS = 5


class TappedVillage(Village):
    """Each server reaches the broker over a wire of its own that can be looked at."""

    def __init__(self, folder):
        super().__init__(folder)
        self.views = {}
        self.taps = {name: Tap(self.backend) for name in self.servers}
        # A server that starts again would take its usual port, which another run on this machine may have.
        self.binds = {name: free_address() for name in self.servers}

    def start_server(self, name, *arguments):
        """Start a server that reaches the broker through its tap."""
        places = ["--broker", self.taps[name].address, "--bind", self.binds[name]]
        return super().start_server(name, *places, *arguments)

    def __exit__(self, *error):
        super().__exit__(*error)
        for tap in self.taps.values():
            tap.close()


@pytest.fixture(scope="module")
def tapped(tmp_path_factory):
    with TappedVillage(tmp_path_factory.mktemp("tapped")) as village:
        yield village


@pytest.fixture
def village(tapped, connect):
    """A cluster in good order, with a user and a channel."""
    for name in tapped.servers:
        if tapped.roles[name].process.poll() is not None:
            tapped.start_server(name).wait_said("listens at")
    wait_until(tapped.coordinator, "a coordinator, and everybody on the list", 30.0)
    client = connect(tapped.frontend)
    wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
    client.ask("channel", channel="geral")
    return tapped


class PlainRequester:
    """A REQ socket that waits for its answer for ever, as Node clients do."""

    def __init__(self, context, address):
        self.socket = context.socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.connect(address)

    def send(self, service, **data):
        stamped = {"timestamp": time.time(), "clock": 1, **data}
        self.socket.send(msgpack.packb({"service": service, "data": stamped}))

    def answer_within(self, seconds):
        assert self.socket.poll(seconds * 1000), f"no answer within {seconds} s"
        return msgpack.unpackb(self.socket.recv())


@pytest.fixture
def requesters(context, village):
    """Six plain clients that are connected."""
    made = [PlainRequester(context, village.frontend) for _ in range(6)]
    for one in made:
        one.send("channels")
        one.answer_within(10)
    yield made
    for one in made:
        one.socket.close()


def stop(process):
    """Stop a process and see that it has stopped."""
    process.send_signal(signal.SIGSTOP)
    _pid, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def readers(requesters):
    """Which servers answer when each client reads once; nobody while some answer is from before there was a channel."""
    for one in requesters:
        one.send("channels")
    answers = [one.answer_within(10)["data"] for one in requesters]
    caught_up = all("geral" in answer["channels"] for answer in answers)
    return {answer["server"] for answer in answers} if caught_up else set()


def seen_held(village, name, mark):
    """Wait until the stopped server has been handed the bytes of the request, which it cannot answer."""
    wait_until(lambda: village.taps[name].passed(mark.encode()), f"{name} holds the request", 2.0)
    assert village.roles[name].process.poll() is None


def stop_with_a_read(village, victim, requesters):
    """Stop a server that holds a read then, and return what tells which it holds.

    A broker that had time to miss its heartbeats hands it nothing: then it goes on, and is stopped again.
    """
    process = village.roles[victim].process
    for attempt in range(ATTEMPTS):
        wait_until(lambda: victim in readers(requesters), f"{victim} serves reads")
        stop(process)
        marks = [f"leitura-{attempt}-{number}" for number in range(len(requesters))]
        for mark, one in zip(marks, requesters, strict=True):
            one.send("users", mark=mark)

        def held(marks=marks):
            return [mark for mark in marks if village.taps[victim].passed(mark.encode())]

        with contextlib.suppress(AssertionError):
            wait_until(held, f"{victim} holds a read", 2.0)
            return held
        process.send_signal(signal.SIGCONT)
        for one in requesters:
            one.answer_within(10)
    raise AssertionError(f"{victim} held no read, {ATTEMPTS} times")


def test_a_write_held_by_the_coordinator_is_answered_in_time_and_done_once(village, requesters):
    victim = village.coordinator()
    process = village.roles[victim].process
    one = requesters[0]
    stop(process)
    one.send("publish", user="ana", channel="geral", message="mensagem-presa")
    seen_held(village, victim, "mensagem-presa")
    assert not one.socket.poll(0)
    process.kill()
    answer = one.answer_within(COORDINATOR_SECONDS)
    assert answer["service"] == "publish"
    assert answer["data"]["status"] == "OK", answer
    # A second answer to a REQ socket would be taken for the answer to its next request.
    one.send("history", channel="geral")
    page = one.answer_within(10)
    assert page["service"] == "history"
    found = [row for row in page["data"]["messages"] if row["message"] == "mensagem-presa"]
    assert [row["seq"] for row in found] == [answer["data"]["seq"]]
    assert not one.socket.poll(0)


def test_a_read_held_by_a_follower_is_answered_in_time(village, requesters):
    victim = next(name for name in village.servers if name != village.coordinator())
    process = village.roles[victim].process
    held = stop_with_a_read(village, victim, requesters)
    process.kill()
    until = time.monotonic() + FOLLOWER_SECONDS
    assert held()
    for one in requesters:
        answer = one.answer_within(max(0.0, until - time.monotonic()))
        assert answer["service"] == "users"
        assert "ana" in answer["data"]["users"], answer
    for one in requesters:
        one.send("channels")
        again = one.answer_within(10)
        assert again["service"] == "channels"
        assert "geral" in again["data"]["channels"], again
