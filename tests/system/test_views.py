"""Views of a running cluster, as simple readers see them."""

import json
import re
import signal
import subprocess
import time

import pytest
import zmq

from tests.support.program import COMMAND, environment
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

TEXT, JSON = 13, 14
"""Ports above the base port."""
HEARD_MS = 100
TUNE_SECONDS = 15.0
STOP_SECONDS = 8.0


class Reader:
    """A SUB socket that keeps what it hears."""

    def __init__(self, context, address, topic):
        self._socket = context.socket(zmq.SUB)
        self._socket.linger = 0
        self._socket.subscribe(topic)
        self._socket.connect(address)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self._socket.close()

    def take(self):
        """Take what has arrived and say whether there was anything."""
        count = len(self.heard)
        while self._socket.poll(HEARD_MS if len(self.heard) == count else 0):
            self.heard.append(self._socket.recv_multipart())
        return len(self.heard) > count

    def hear(self, say, wanted):
        """Say it until what is wanted is heard: a subscription takes a moment to take effect."""
        deadline = time.monotonic() + TUNE_SECONDS
        while time.monotonic() < deadline:
            say()
            if self.take():
                wait_until(lambda: self.take() or any(map(wanted, self.heard)), "the rest arrives")
                return next(filter(wanted, self.heard))
        raise AssertionError("nothing was heard")


@pytest.fixture
def speak(connect, fresh):
    """Makes somebody who speaks in a channel of their own."""

    def make(cluster):
        user, channel = fresh("ana"), fresh("praça")
        client = connect(cluster.broker)
        client.write("login", user=user)
        client.write("channel", channel=channel)
        return user, channel, lambda text: client.write("publish", user=user, channel=channel, message=text)

    return make


def port(cluster, place):
    return f"tcp://127.0.0.1:{cluster.base_port + place}"


def assert_text(context, address, speaking):
    """A reader of a text view hears one line for one message, whatever the message holds."""
    user, channel, say = speaking
    with Reader(context, address, channel) as reader:
        (raw,) = reader.hear(lambda: say(f"oi\n{channel} outra: mentira"), lambda frames: len(frames) == 1)
    line = raw.decode()
    escaped = re.escape(f"{channel} {user}: oi\\n{channel} outra: mentira")
    assert re.fullmatch(rf"{escaped} \[\d\d:\d\d:\d\d\] \(clock=\d+\)", line), line


def assert_json(context, address, speaking):
    """A reader of a JSON view hears a topic and one flat map."""
    user, channel, say = speaking
    with Reader(context, address, channel) as reader:
        topic, body = reader.hear(lambda: say("oi"), lambda frames: len(frames) == 2)
    fields = json.loads(body)
    assert (topic.decode(), fields["user"], fields["message"]) == (channel, user, "oi")
    assert "data" not in fields


def test_the_all_in_one_has_a_text_view(cluster, context, speak):
    assert_text(context, port(cluster, TEXT), speak(cluster))


@pytest.mark.parametrize("how", [(), ("--processes",)], ids=["threads", "processes"])
def test_the_json_view_is_there_on_request(new_cluster, tmp_path, context, speak, how):
    with new_cluster("--ephemeral", "--json-view", *how) as running:
        assert_json(context, port(running, JSON), speak(running))
        assert_text(context, port(running, TEXT), speak(running))
        assert running.end() == 0


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_view_of_its_own_follows_the_proxy_it_is_told(cluster, context, speak, shape):
    address = free_address()
    arguments = ["view", "--shape", shape, "--bind", address, "--proxy-sub", cluster.proxy]
    command = [*COMMAND, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8", env=environment()) as process:
        try:
            check = assert_text if shape == "text" else assert_json
            check(context, address, speak(cluster))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=STOP_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    assert address in errors
    assert "Traceback" not in errors


def test_a_text_view_hears_of_a_coordinator(new_cluster, context):
    with new_cluster("--ephemeral") as running, Reader(context, port(running, TEXT), "servers") as reader:
        publisher = context.socket(zmq.PUB)
        publisher.linger = 0
        publisher.connect(port(running, 2))
        foreign = [b"servers", json.dumps({"service": "election", "data": {"coordinator": "forasteiro"}}).encode()]
        (line,) = reader.hear(lambda: publisher.send_multipart(foreign), lambda frames: b"forasteiro" in frames[0])
        publisher.close()
    assert json.loads(line.removeprefix(b"servers "))["coordinator"] == "forasteiro"
