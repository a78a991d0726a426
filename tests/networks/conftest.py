"""A laboratory of hosts with a network of their own, where the kernel lets us make one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.networks.hosts import Hosts, NoNamespacesError
from tests.networks.lab import Lab

HOSTS = 4


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Four hosts on which nothing runs yet."""
    with ExitStack() as stack:
        try:
            made = stack.enter_context(Hosts(HOSTS))
        except NoNamespacesError as error:
            pytest.skip(f"this kernel makes no network namespaces for us: {error}")
        yield made


@pytest.fixture
def lab(hosts: Hosts, tmp_path: Path) -> Iterator[Lab]:
    """A cluster of three servers on four hosts."""
    with Lab(hosts, tmp_path) as made:
        yield made
