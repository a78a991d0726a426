"""The control endpoint: found through a file, answers to who has the token."""

import json
import stat
import sys

import msgpack
import pytest
import zmq

from coreto.launcher.control import ControlWorker
from coreto.launcher.control_client import find_running
from coreto.net.frames import DELIMITER
from coreto.net.sockets import connected_socket
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

ARRIVE_MS = 3000
INFO = {"ready": True, "broker": "tcp://127.0.0.1:5555"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "control.json"


@pytest.fixture
def control(context, launch, file):
    """A control endpoint that is announced."""
    worker = launch(ControlWorker(context, file, lambda request: INFO, lambda name: None))
    worker.announce()
    return worker


@pytest.fixture
def found(control, file):
    """What the file says."""
    return json.loads(file.read_text())


@pytest.fixture
def dealer(context, found):
    with connected_socket(context, zmq.DEALER, found["address"], patient=True) as made:
        yield made


def ask(dealer, request):
    dealer.send_multipart([DELIMITER, request])


def assert_only_answer(dealer, control, token):
    """The endpoint goes on, and answers nothing but a proper request."""
    ask(dealer, msgpack.packb({"token": token, "command": "info"}))
    wait_until(lambda: dealer.poll(10) or not control.is_alive(), "an answer, or the end")
    assert control.failure is None
    assert msgpack.unpackb(dealer.recv_multipart()[-1]) == INFO
    assert not dealer.poll(0)


def test_who_has_the_token_gets_the_info(control, file):
    assert find_running(file) == INFO


def test_the_endpoint_is_on_loopback(found):
    assert found["address"].startswith("tcp://127.0.0.1:")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_the_owner_may_read_the_file(control, file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_the_owner_may_read_a_file_that_was_there_before(control, file):
    file.chmod(0o644)
    control.announce()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


REFUSED = {
    "wrong token": msgpack.packb({"token": "0" * 32, "command": "info"}),
    "no token": msgpack.packb({"command": "info"}),
    "bytes": b"\xff\xfe",
    "no map": msgpack.packb(7),
    "numbers": msgpack.packb({"token": 7}),
    "not ASCII": msgpack.packb({"token": "é", "command": "info"}),
    "not UTF-8": b"\x81\xa5token\xa2\xff\xfe",
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED.keys())
def test_who_has_no_token_gets_no_answer(dealer, control, found, request_):
    ask(dealer, request_)
    assert_only_answer(dealer, control, found["token"])


def test_an_unknown_command_is_answered_as_an_error(dealer, found):
    ask(dealer, msgpack.packb({"token": found["token"], "command": "dance"}))
    assert dealer.poll(ARRIVE_MS)
    assert "error" in msgpack.unpackb(dealer.recv_multipart()[-1])


def test_each_life_has_another_token(control, found, context, launch, file):
    launch(ControlWorker(context, file, lambda request: INFO, lambda name: None)).announce()
    assert json.loads(file.read_text())["token"] != found["token"]


def test_the_file_is_gone_when_the_cluster_is(control, file):
    control.stop()
    assert control.join()
    assert not file.exists()
    assert find_running(file) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"address": "tcp://127.0.0.1:1"}'])
def test_a_file_that_makes_no_sense_leads_nowhere(file, text):
    file.write_text(text)
    assert find_running(file) is None


def test_a_file_left_by_a_crash_leads_nowhere(monkeypatch, file):
    monkeypatch.setattr("coreto.launcher.control_client.ANSWER_MS", 100)
    file.write_text(json.dumps({"address": free_address(), "token": "x"}))
    assert find_running(file) is None
