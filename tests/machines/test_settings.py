"""The times of the protocol fit each other (replication.md §6, §7, §16)."""

import pytest

from coreto.machines.settings import DEFAULTS, IN_FLIGHT_MAX, REQUESTS_HELD_MAX
from coreto.wire.limits import FRAME_BYTES_CLIENT, FRAME_BYTES_PEER


def test_a_living_coordinator_is_heard_many_times_before_it_is_suspected():
    assert DEFAULTS.heartbeat * 4 < DEFAULTS.suspect_min < DEFAULTS.suspect_low < DEFAULTS.suspect_high
    assert DEFAULTS.heartbeat * 4 < DEFAULTS.broker_silent


def test_a_deposed_coordinator_stops_before_or_as_others_call():
    """C3 and E1: check-quorum ends no later than the shortest patience of a follower."""
    assert DEFAULTS.quorum_timeout <= DEFAULTS.suspect_low


def test_a_plain_client_has_its_answer_before_a_c_client_gives_up():
    """protocol.md §6: C clients wait 5 s."""
    assert DEFAULTS.broker_budget < DEFAULTS.client_attempt <= 5.0
    assert DEFAULTS.hold_max + DEFAULTS.hold_reserve < DEFAULTS.broker_budget


def test_every_timed_copy_leaves_time_to_answer():
    for after in DEFAULTS.copy_after:
        assert DEFAULTS.broker_budget - after >= DEFAULTS.copy_left_min
    assert len(DEFAULTS.copy_after) + 1 <= DEFAULTS.copies_max


def test_what_is_in_flight_to_one_peer_fits_the_frames():
    assert DEFAULTS.batch_bytes * IN_FLIGHT_MAX < FRAME_BYTES_PEER
    assert DEFAULTS.batch_bytes + FRAME_BYTES_CLIENT < FRAME_BYTES_PEER


def test_limits_are_positive_and_the_value_is_frozen():
    assert REQUESTS_HELD_MAX > 0
    with pytest.raises(AttributeError):
        DEFAULTS.heartbeat = 5.0  # type: ignore[misc]
