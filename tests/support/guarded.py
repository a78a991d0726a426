"""A context of a cluster with a key: whoever has not the key is not let in."""

from collections.abc import Iterator

import pytest

from coreto.net.security import ClusterKey, Gatekeeper, make_key
from coreto.net.sockets import Context

__all__ = ["guarded", "key"]


@pytest.fixture
def key() -> ClusterKey:
    """The key of a cluster."""
    return make_key()


@pytest.fixture
def guarded(context: Context, key: ClusterKey) -> Iterator[Context]:
    """A context whose gatekeeper lets in the key."""
    keeper = Gatekeeper(context, key)
    keeper.start()
    yield context
    keeper.stop()
