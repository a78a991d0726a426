"""The closed loop against an answerer whose every step the test decides."""

import threading

import msgpack
import pytest
import zmq

from coreto.lab.bench import load as load_module
from coreto.lab.bench.load import Load, publications, repeated, text_of


class Answerer:
    """A ROUTER that answers as told, and remembers how much was outstanding."""

    def __init__(self, context, answer):
        self._socket = context.socket(zmq.ROUTER)
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.address = f"tcp://127.0.0.1:{port}"
        self.outstanding = 0
        self.clients = set()
        self.texts = []
        self._answer = answer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        waiting = []
        while not self._over.is_set():
            # Everything that is there, until nothing more comes, so that whole windows are seen.
            while self._socket.poll(30):
                waiting.append(self._socket.recv_multipart())
            self.outstanding = max(self.outstanding, len(waiting))
            for client, token, _, body in waiting:
                self.clients.add(client)
                self.texts.append(msgpack.unpackb(body)["data"]["message"])
                data = self._answer(len(self.texts))
                if data is not None:
                    self._socket.send_multipart([client, token, b"", msgpack.packb({"data": data})])
            waiting.clear()


def good(number):
    return {"status": "OK", "id": f"m{number}", "index": number, "epoch": 1}


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def load_on(answerer, context, **settings):
    load = Load(context, answerer.address, publications("ana", "geral", 30), **settings)
    load.run()
    return load


def test_it_ends_when_so_many_were_answered_and_keeps_the_window(context):
    with Answerer(context, good) as answerer:
        load = load_on(answerer, context, clients=3, window=4, total=30)
    assert len(load.answered) == 30
    assert answerer.outstanding == 12, "three clients with a window of four"
    assert len(answerer.clients) == 3
    assert len(set(answerer.texts)) == 30, "each message is another one"
    assert (load.refused, load.lost, load.unasked) == ({}, 0, 0)


def test_what_is_refused_does_not_count_and_is_told(context):
    refuse = {"status": "erro", "code": "overloaded"}
    with Answerer(context, lambda number: refuse if number == 2 else good(number)) as answerer:
        load = load_on(answerer, context, window=2, total=5)
    assert load.refused == {"overloaded": 1}
    assert len(load.answered) == 5


def test_a_request_without_an_answer_is_told(context, monkeypatch):
    monkeypatch.setattr(load_module, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(load_module, "CLOSED_SECONDS", 0.5)
    with Answerer(context, lambda number: None if number == 1 else good(number)) as answerer:
        load = load_on(answerer, context, total=3)
    assert load.lost == 1


def test_a_request_is_what_the_course_asks_for():
    body = msgpack.unpackb(publications("ana", "praça", 12)(7))
    assert body["service"] == "publish"
    assert body["data"]["message"] == text_of(7, 12) == "xxxxxxxxxxx7"
    assert (body["data"]["user"], body["data"]["channel"]) == ("ana", "praça")
    assert msgpack.unpackb(repeated("history", channel="c", after=3)(1))["data"]["after"] == 3


@pytest.mark.parametrize("size", [8, 31, 32, 255, 256, 4096])
def test_texts_have_the_size_that_was_asked_for(size):
    assert len(msgpack.unpackb(publications("ana", "geral", size)(123))["data"]["message"]) == size
