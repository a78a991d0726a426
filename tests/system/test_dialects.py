"""Every dialect at the door of a running cluster: accepted, and answered in its own way."""

import pytest

from coreto.wire.codec import decode
from coreto.wire.stamps import timestamp_kind
from tests.support.dialects import DIALECTS

DELIMITER = b""


@pytest.fixture(autouse=True)
def known(client):
    """Those the requests of the table name."""
    for user in ("ana", "bia"):
        client.write("login", user=user)
    client.ask("channel", channel="geral")


@pytest.mark.parametrize("frames", [(DELIMITER,), ()], ids=["with delimiter", "without delimiter"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_it_is_accepted_and_answered_in_its_own_way(raw, dialect, frames):
    answer = raw.exchange(*frames, dialect.raw)
    assert answer[:-1] == list(frames)
    envelope, encoding = decode(answer[-1])
    data = envelope["data"]
    assert encoding == dialect.encoding
    assert timestamp_kind(data["timestamp"]) == dialect.timestamp
    assert data.get("code") in (None, "refused"), "it was understood; that a channel exists may be refused"
    assert envelope["service"] != "error"


@pytest.mark.parametrize("dialect", DIALECTS[::20], ids=lambda dialect: dialect.name)
def test_a_chain_of_routers_is_answered_too(raw, dialect):
    answer = raw.exchange(b"router", b"client", DELIMITER, dialect.raw)
    assert answer[:-1] == [b"router", b"client", DELIMITER]
    assert decode(answer[-1])[1] == dialect.encoding
