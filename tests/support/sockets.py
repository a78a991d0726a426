"""Contexts that must end in time, threads that must stop, and addresses nobody uses."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from coreto.net.sockets import Context, make_context
from coreto.net.worker import Worker
from tests.support.ports import free_port

END_SECONDS = 5.0

Anything = TypeVar("Anything")
AnyWorker = TypeVar("AnyWorker", bound=Worker)


def within(seconds: float, act: Callable[[], Anything], what: str) -> Anything:
    """Return what `act` returns; fail with `what` when it does not return in time, raise what it raises."""
    results: list[Anything] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name=f"within {what}", daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), f"{what}: not within {seconds} s"
    if errors:
        raise errors[0]
    return results[0]


@contextmanager
def ending_context() -> Iterator[Context]:
    """A context as the program makes it; a thread or a socket that is left in the end is a failure."""
    before = set(threading.enumerate())
    made = make_context()
    yield made
    left = role_threads() - before
    within(END_SECONDS, made.term, "the end of the context (a socket is left)")
    assert not left


@contextmanager
def stopping_workers() -> Iterator[Callable[[AnyWorker], AnyWorker]]:
    """Starts workers; each of them must stop when told to."""
    workers: list[Worker] = []

    def start(worker: AnyWorker) -> AnyWorker:
        workers.append(worker)
        worker.start()
        return worker

    yield start
    for worker in reversed(workers):
        worker.stop()
    assert [worker.name for worker in workers if not worker.join()] == []


def role_threads() -> set[threading.Thread]:
    """The threads of roles and clients that run now."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("coreto-")}


def free_address() -> str:
    """Return a TCP address on loopback that is free at this moment."""
    return f"tcp://127.0.0.1:{free_port()}"
