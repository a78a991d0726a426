"""Clusters to break: each test runs on one of threads and on one of processes."""

from collections.abc import Iterator

import pytest

from tests.support.breaking import Broken, breaking

THREADS_SOON = pytest.mark.parametrize(
    "kind", ["threads", pytest.param("processes", marks=pytest.mark.full)], indirect=True
)
"""For what differs little between the two: processes take their time to start."""


@pytest.fixture(params=["threads", "processes"])
def kind(request: pytest.FixtureRequest) -> str:
    """What the roles are."""
    return str(request.param)


@pytest.fixture
def broken(kind: str) -> Iterator[Broken]:
    """A cluster that runs."""
    with breaking(kind) as made:
        yield made
