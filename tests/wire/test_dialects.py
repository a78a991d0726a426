"""Every dialect of the protocol is read for what it means, and answered as it was written."""

import math
from datetime import datetime

import pytest

from coreto.wire.codec import decode
from coreto.wire.envelope import read, write
from coreto.wire.stamps import write_timestamp
from tests.support.dialects import ALIASES, DIALECTS, SECONDS

NOW = SECONDS + 0.25
WRITTEN = {
    "float": NOW,
    "int": SECONDS,
    "int_ms": SECONDS * 1000 + 250,
    "float_ms": SECONDS * 1000 + 250.0,
    "hms": datetime.fromtimestamp(NOW).strftime("%H:%M:%S"),
    "iso": datetime.fromtimestamp(NOW).astimezone().isoformat(timespec="milliseconds"),
}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@every_dialect
def test_it_is_accepted_for_what_it_means(dialect):
    incoming = read(dialect.raw)
    assert incoming.refusal is None
    assert incoming.request == dialect.request
    assert incoming.clock == dialect.clock


@every_dialect
def test_it_is_answered_as_it_was_written(dialect):
    incoming = read(dialect.raw)
    envelope, encoding = decode(write(incoming.shape, incoming.service, {"users": ["ana"]}, 8, NOW))
    assert encoding == dialect.encoding
    wanted = WRITTEN[dialect.timestamp]
    stamps = [envelope["timestamp"], envelope["data"]["timestamp"]]
    assert stamps == [wanted, wanted]
    assert {type(stamp) for stamp in stamps} == {type(wanted)}
    assert (envelope["clock"], envelope["data"]["clock"]) == (8, 8)


@pytest.mark.parametrize("kind", ["iso", "hms"])
@pytest.mark.parametrize("seconds", [1e12, 1e300, -1e12])
def test_a_clock_that_shows_no_date_is_told_in_seconds(kind, seconds):
    assert write_timestamp(seconds, kind) == seconds


def test_the_table_has_every_alias():
    keys = {key for _, fields, _ in ALIASES for key in fields}
    assert keys >= {"user", "username", "src", "from", "dst", "to", "message", "content", "text", "channel", "name"}


def test_no_answer_repeats_a_senseless_number():
    for dialect in DIALECTS:
        incoming = read(dialect.raw)
        assert incoming.clock is None or math.isfinite(incoming.clock)
