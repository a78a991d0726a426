"""A minute of kills and stops under load, judged from outside."""

import time

import pytest

from tests.faults.soak import soak, told

pytestmark = pytest.mark.long

SECONDS = 60.0
SERVERS = 5


@pytest.mark.timeout(400)
def test_nothing_acknowledged_is_lost_doubled_or_reordered_by_kills_and_stops(record_property):
    summary, folder = soak(SECONDS, int(time.time()), SERVERS)
    for line in told(summary):
        record_property("soak", line)
    assert not summary["violations"], f"the evidence is in {folder}"
    assert summary["kills"]["coordinator"] > 0
    assert summary["acknowledged"] > 0
