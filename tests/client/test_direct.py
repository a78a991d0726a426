"""Asking one role at its own address, in the kind of timestamp that it reads."""

from typing import get_args

import pytest

from coreto.client.chat import ask_reference
from coreto.client.direct import ask_direct
from coreto.wire.stamps import TimestampKind, timestamp_kind
from tests.support.foreign import ForeignReference
from tests.support.sockets import free_address


@pytest.fixture
def reference():
    """A foreign reference and its address."""
    address = free_address()
    with ForeignReference(address) as made:
        yield made, address


@pytest.mark.parametrize("kind", get_args(TimestampKind))
def test_the_time_is_written_in_the_kind_asked_for(context, reference, kind):
    known, address = reference
    assert ask_direct(context, address, "rank", timestamp=kind, user="s9").data["rank"] == 1
    assert ask_reference(context, address, "list", kind)["list"] == [{"name": "s9", "rank": 1}]
    assert [timestamp_kind(request["data"]["timestamp"]) for request in known.asked] == [kind, kind]


def test_it_is_float_seconds_unless_asked_otherwise(context, reference):
    known, address = reference
    ask_direct(context, address, "list")
    ask_reference(context, address, "list")
    assert [type(request["data"]["timestamp"]) for request in known.asked] == [float, float]
