"""The life of a thread: ready, told, stopped, failed."""

import queue
import threading
from typing import Any

import pytest
import zmq

from coreto.net.sockets import AddressError, bound_socket, connected_socket, send
from coreto.net.worker import Worker
from tests.support.sockets import role_threads, within
from tests.support.waiting import wait_until

SECONDS = 5.0


class Recorder(Worker):
    """Says what happens to it."""

    def __init__(self, context, address="inproc://recorder"):
        super().__init__("recorder", context)
        self.address = address
        self.happened: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def open(self):
        self.listen(bound_socket(self._context, zmq.PULL, [self.address], "--bind"))
        self.happened.put(("open", threading.current_thread().name))

    def turn(self, ready, now):
        for socket in ready:
            self.happened.put(("turn", socket.recv()))

    def told(self, message):
        self.happened.put(("told", message))
        if message == b"fail":
            raise RuntimeError("as told")

    def close(self):
        self.happened.put(("close", threading.current_thread().name))

    def next(self):
        return self.happened.get(timeout=SECONDS)


@pytest.fixture
def recorder(context, launch):
    """A worker that runs."""
    started = launch(Recorder(context))
    assert started.next() == ("open", "coreto-recorder")
    return started


def can_bind(context, address):
    try:
        bound_socket(context, zmq.PULL, [address], "--bind").close()
    except AddressError:
        return False
    return True


def test_it_is_ready_when_start_returns(recorder):
    assert recorder.is_alive()
    assert recorder.failure is None


def test_it_has_a_turn_when_something_arrives(context, recorder):
    with connected_socket(context, zmq.PUSH, recorder.address) as push:
        send(push, (b"work",))
        assert recorder.next() == ("turn", b"work")


def test_it_hears_what_it_is_told_in_order(recorder):
    for number in range(100):
        recorder.tell(b"%d" % number)
    assert [recorder.next() for _ in range(100)] == [("told", b"%d" % number) for number in range(100)]


def test_several_threads_may_tell_it_something(recorder):
    tellers = [threading.Thread(target=lambda: [recorder.tell(b"x") for _ in range(50)]) for _ in range(4)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(SECONDS)
    assert [recorder.next() for _ in range(200)] == [("told", b"x")] * 200


def test_it_stops_when_told_and_closes_in_its_own_thread(recorder):
    recorder.stop()
    assert recorder.join()
    assert not recorder.is_alive()
    assert recorder.next() == ("close", "coreto-recorder")
    assert recorder.failure is None


def test_stopping_again_and_telling_after_the_end_do_nothing(recorder):
    recorder.stop()
    recorder.stop()
    assert recorder.join()
    within(SECONDS, lambda: recorder.tell(b"too late"), "telling a thread that has ended")
    recorder.stop()
    assert recorder.join()


def test_telling_before_the_start_does_nothing(context):
    worker = Recorder(context)
    worker.tell(b"too early")
    worker.stop()
    assert worker.join()


def test_what_goes_wrong_at_the_start_is_raised_there(context, recorder):
    second = Recorder(context, recorder.address)
    with pytest.raises(AddressError):
        within(SECONDS, second.start, "a start that fails")
    assert not second.is_alive()
    assert second.next()[0] == "close"


@pytest.mark.parametrize("message", [b"fail", b"stop"])
def test_the_end_is_reported_as_the_last_act_of_the_thread(context, launch, message):
    ended: queue.SimpleQueue[tuple[str, str, str]] = queue.SimpleQueue()
    worker = Recorder(context)
    worker.on_end = lambda who: ended.put((who.name, threading.current_thread().name, repr(who.failure)))
    launch(worker)
    worker.tell(message)
    failure = "RuntimeError('as told')" if message == b"fail" else "None"
    assert ended.get(timeout=SECONDS) == ("recorder", "coreto-recorder", failure)
    assert worker.join()


def test_a_failed_thread_gives_back_its_sockets(context, recorder):
    recorder.tell(b"fail")
    wait_until(lambda: not recorder.is_alive(), "the thread has ended")
    assert recorder.join()
    assert str(recorder.failure) == "as told"
    wait_until(lambda: can_bind(context, recorder.address), "the address is free")


def test_it_looks_again_at_its_deadline(context, launch):
    class Ticking(Recorder):
        def deadline(self, now):
            return now + 0.01

        def turn(self, ready, now):
            self.happened.put(("tick", now))

    worker = launch(Ticking(context))
    assert worker.next()[0] == "open"
    moments = [worker.next()[1] for _ in range(5)]
    assert moments == sorted(moments)


def test_it_stops_although_it_never_rests(context, launch):
    class Restless(Recorder):
        def deadline(self, now):
            return now

        def turn(self, ready, now):
            pass

    worker = launch(Restless(context))
    worker.stop()
    assert worker.join()


def test_ten_starts_and_stops_leave_no_thread(context):
    before = role_threads()
    for number in range(10):
        worker = Recorder(context, f"inproc://recorder-{number}")
        worker.start()
        worker.stop()
        assert worker.join()
    assert role_threads() == before


def test_it_stops_although_it_was_told_before_it_ran(monkeypatch, context):
    monkeypatch.setattr("coreto.net.worker.STOP_SECONDS", 0.5)
    gate = threading.Event()

    class Late(Recorder):
        def _run(self):
            gate.wait(SECONDS)
            super()._run()

    worker = Late(context)
    worker.begin()
    worker.stop()
    gate.set()
    stopped = worker.join()
    worker.stop()
    assert worker.join()
    assert stopped


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_goes_wrong_at_the_end_is_reported_too(context, launch):
    class Clumsy(Recorder):
        def close(self):
            raise RuntimeError("dropped it")

    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    worker = Clumsy(context)
    worker.on_end = lambda who: ended.put(repr(who.failure))
    launch(worker).stop()
    assert worker.join()
    assert ended.get(timeout=0.1) == "RuntimeError('dropped it')"


def test_a_thread_that_was_stopped_before_it_ran_touches_nothing(context):
    """A signal may end the starter in the middle of starting a thread, and the context after it."""
    worker = Worker("late", context)
    worker.stop()
    worker.begin()
    assert worker.join()
    assert worker.failure is None
