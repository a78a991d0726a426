"""Quantities as people write them."""

import pytest

from coreto.lab.quantities import (
    QuantityError,
    read_delay,
    read_duration,
    read_jump,
    read_ppm,
    read_share,
    write_duration,
    write_share,
)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("200ms±50", (0.2, 0.05)),
        ("200ms+-50ms", (0.2, 0.05)),
        ("1.5s±100ms", (1.5, 0.1)),
        ("2", (2.0, 0.0)),
        ("0ms", (0.0, 0.0)),
        ("250us", (0.00025, 0.0)),
        ("1min", (60.0, 0.0)),
    ],
)
def test_delays_are_read(text, delay):
    assert read_delay(text) == pytest.approx(delay)


@pytest.mark.parametrize("text", ["", "fast", "-1s", "61s", "1s±2min", "1s±", "1s±1±1", "1 s", "nan", "1e9s", "٣s"])
def test_what_is_no_delay_is_named(text):
    with pytest.raises(QuantityError, match=r"200ms"):
        read_delay(text)


def test_a_duration_has_no_use_for_a_spread():
    assert read_duration("50ms") == pytest.approx(0.05)


@pytest.mark.parametrize(("text", "seconds"), [("+5s", 5.0), ("-400ms", -0.4), ("+1h", 3600.0), ("7", 7.0)])
def test_jumps_are_read(text, seconds):
    assert read_jump(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5x", "+", "400d", "inf"])
def test_what_is_no_jump_is_named(text):
    with pytest.raises(QuantityError, match=r"\+5s"):
        read_jump(text)


@pytest.mark.parametrize(("text", "share"), [("30%", 0.3), ("0%", 0.0), ("100%", 1.0), ("12.5%", 0.125)])
def test_shares_are_read(text, share):
    assert read_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "30", "101%", "-1%", "x%"])
def test_what_is_no_share_is_named(text):
    with pytest.raises(QuantityError, match="30%"):
        read_share(text)


@pytest.mark.parametrize(("text", "ppm"), [("+300ppm", 300.0), ("-12.5ppm", -12.5), ("0", 0.0)])
def test_drifts_are_read(text, ppm):
    assert read_ppm(text) == pytest.approx(ppm)


@pytest.mark.parametrize("text", ["", "300%", "1000000ppm"])
def test_what_is_no_drift_is_named(text):
    with pytest.raises(QuantityError, match="300ppm"):
        read_ppm(text)


def test_quantities_are_written_in_a_unit_that_suits_them():
    assert [write_duration(s) for s in (0.2, 1.5, 60.0)] == ["200 ms", "1.5 s", "60 s"]
    assert write_share(0.125) == "12.5 %"
