"""A cluster for each file, a context of its own for each test."""

from collections.abc import Iterator

import pytest

from coreto.client.client import Client
from coreto.launcher.cluster import Cluster
from tests.support.running import plan, running
from tests.support.workers import context, launch

__all__ = ["context", "launch"]


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
