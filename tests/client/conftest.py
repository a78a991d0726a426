"""A cluster for each file, a context of its own for each test."""

from collections.abc import Callable, Iterator

import pytest

from coreto.client.client import Client
from coreto.launcher.cluster import Cluster
from coreto.net.sockets import Context
from tests.support.running import plan, running
from tests.support.sockets import AnyWorker, ending_context, stopping_workers


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


@pytest.fixture(scope="module", params=["inproc", "both"])
def house(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A running cluster."""
    with running(plan(request.param)) as cluster:
        yield cluster


@pytest.fixture
def person(house: Cluster) -> Iterator[Client]:
    """A client inside the process of the cluster."""
    with Client(house.broker, context=house.context) as made:
        yield made
