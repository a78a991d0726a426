"""The clusters that clients in other languages meet: the all-in-one, and nine processes of their own."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.support.cluster import Cluster, Server
from tests.support.roles import Village
from tests.support.waiting import wait_until

FORMED_SECONDS = 60.0


class Meeting(NamedTuple):
    """What a client is told of a cluster."""

    broker: str
    proxy: str
    servers: list[Server]


@pytest.fixture(scope="module", params=["all-in-one", "nine processes"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster | Meeting]:
    """A running cluster for the whole file."""
    folder = tmp_path_factory.mktemp("cluster")
    if request.param == "all-in-one":
        with Cluster(folder) as running:
            yield running
            assert running.end() == 0
        return
    with Village(folder) as village:
        wait_until(village.coordinator, "a coordinator", FORMED_SECONDS)
        servers = [Server(row["name"], row["rank"], row["address"]) for row in village.listed()]
        village.start("bot", "bot", "--broker", village.frontend, "--rate", "1")
        yield Meeting(village.frontend, village.xpub, servers)
