"""Clocks and timestamps as foreigners send them (protocol.md §4, 3 and 4)."""

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.stamps import as_clock, read_clock, timestamp_kind, write_timestamp

NOON = 1_700_000_000.25


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        (0, 0),
        (7, 7),
        (7.0, 7),
        ("7", 7),
        ("007", 7),
        (2**31, 2**31),
        (2**31 + 1, None),
        (2**63, None),
        (2**64 - 1, None),
        (10**400, None),
        (float(2**31), 2**31),
        (1e300, None),
        (-1, None),
        (-1.0, None),
        (7.5, None),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (True, None),
        (False, None),
        (None, None),
        ("", None),
        ("-1", None),
        ("7.0", None),
        (" 7", None),
        ("1e3", None),
        ("²", None),
        ("٧", None),
        ("9" * 12, None),
        ("0" * 5000, None),
        (b"7", None),
        ([7], None),
        ({"clock": 7}, None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_clock_makes_sense_or_is_absent(value, clock):
    assert as_clock(value) == clock


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary())
def test_anything_is_a_clock_in_range_or_absent(value):
    clock = as_clock(value)
    assert clock is None or (type(clock) is int and 0 <= clock <= 2**31)


@pytest.mark.parametrize(
    ("envelope", "data", "clock"),
    [
        ({}, {"clock": 3}, 3),
        ({"clock": 4}, {}, 4),
        ({"clock": 4}, {"clock": 3}, 3),
        ({"lamport_clock": 5}, {}, 5),
        ({}, {"lamport_clock": 5}, 5),
        ({"logical_clock": 6}, {}, 6),
        ({}, {"logical_clock": "6"}, 6),
        ({}, {}, None),
        ({"clock": 4}, {"clock": math.nan}, None),
    ],
)
def test_the_clock_is_found_where_foreigners_put_it(envelope, data, clock):
    assert read_clock(envelope, data) == clock


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "float"),
        (NOON, "float"),
        (1_700_000_000, "int"),
        (1_700_000_000_000, "int_ms"),
        (1_700_000_000_000.0, "float_ms"),
        ("12:30:59", "hms"),
        ("2026-01-31T12:30:59", "iso"),
        ("2026-01-31T12:30:59.123Z", "iso"),
        ("yesterday", "iso"),
        ("", "iso"),
        (True, "float"),
        (math.nan, "float"),
        (math.inf, "float_ms"),
        (10**400, "int_ms"),
        (-5, "int"),
        ([1], "float"),
        (b"12:30:59", "float"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_the_kind_of_a_timestamp_is_recognised(value, kind):
    assert timestamp_kind(value) == kind


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary())
def test_whatever_timestamp_came_ours_can_answer_in_its_kind(value):
    assert write_timestamp(NOON, timestamp_kind(value)) is not None


def test_numbers_keep_their_kind():
    assert write_timestamp(NOON, "float") == NOON
    assert write_timestamp(NOON, "int") == 1_700_000_000
    assert write_timestamp(NOON, "int_ms") == 1_700_000_000_250
    milliseconds = write_timestamp(NOON, "float_ms")
    assert milliseconds == 1_700_000_000_250.0
    assert isinstance(milliseconds, float)


def test_texts_are_in_the_local_zone():
    local = datetime.fromtimestamp(NOON).astimezone()
    assert write_timestamp(NOON, "hms") == local.strftime("%H:%M:%S")
    iso = write_timestamp(NOON, "iso")
    assert isinstance(iso, str)
    assert datetime.fromisoformat(iso) == local
