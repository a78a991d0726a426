"""Fixtures for tests of what has threads and sockets: a context that must end, and workers that must stop."""

from collections.abc import Callable, Iterator

import pytest

from coreto.net.sockets import Context
from tests.support.sockets import AnyWorker, ending_context, stopping_workers

__all__ = ["context", "launch"]


@pytest.fixture
def context() -> Iterator[Context]:
    """A context of the program; what is left in it fails the test."""
    with ending_context() as made:
        yield made


@pytest.fixture
def launch(context: Context) -> Iterator[Callable[[AnyWorker], AnyWorker]]:
    """Starts workers and stops them."""
    with stopping_workers() as start:
        yield start
