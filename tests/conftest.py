"""Fixtures of the tests that run the program."""

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
import zmq

from tests.support.cluster import RUNNING, Cluster
from tests.support.plain import Context, PlainClient
from tests.support.raw import RawClient
from tests.support.sockets import END_SECONDS, within
from tests.support.subscriber import Subscriber

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write what protocol scripts show now as what is expected of them."""
    parser.addoption("--regenerate", action="store_true", help="rewrite tests/simulator/scripts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest begin first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests recorded, whichever process they ran in."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the clusters said when a test fails."""
    report = yield
    if report.failed:
        for cluster in RUNNING:
            report.sections.append((f"stderr of the cluster at {cluster.base_port}", cluster.errors()))
    return report


@pytest.fixture(scope="session")
def context() -> Iterator[Context]:
    """One ZeroMQ context for all clients."""
    made: Context = zmq.Context()
    yield made
    within(END_SECONDS, lambda: made.destroy(linger=0), "the end of the context of all clients (a socket is left)")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running cluster for the whole file; it must also stop in good order."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
        assert running.end() == 0
    assert "Traceback" not in running.errors()


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters that are not started yet and ends what is left of them."""
    with ExitStack() as stack:

        def make(*arguments: str | Path, base_port: int = 0) -> Cluster:
            made = Cluster(tmp_path, *arguments, base_port=base_port)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def connect(context: Context) -> Iterator[Callable[[str], PlainClient]]:
    """Connects plain clients and closes them."""
    with ExitStack() as stack:
        yield lambda address: stack.enter_context(PlainClient(context, address))


@pytest.fixture
def client(cluster: Cluster, connect: Callable[[str], PlainClient]) -> PlainClient:
    """A plain client of the broker."""
    return connect(cluster.broker)


@pytest.fixture
def raw(cluster: Cluster, context: Context) -> Iterator[RawClient]:
    """A client of the broker that sends any frames."""
    with RawClient(context, cluster.broker) as made:
        yield made


@pytest.fixture
def subscribe(cluster: Cluster, context: Context, client: PlainClient) -> Iterator[Callable[..., Subscriber]]:
    """Makes subscribers to some topics that miss nothing from now on."""
    with ExitStack() as stack:

        def make(*topics: str) -> Subscriber:
            made = stack.enter_context(Subscriber(context, cluster.proxy, *topics))
            return made.tune_in(client)

        yield make


_numbers = itertools.count(1)


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """Makes names that no other test uses."""
    return lambda prefix: f"{prefix}-{next(_numbers)}"
