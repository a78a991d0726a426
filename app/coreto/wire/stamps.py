"""Lamport values and timestamps as foreigners send them (protocol.md §4, 3 and 4).

A clock that makes no sense counts as absent: one NaN poisons a naive `max`, and one 2^63 poisons
everybody for ever, because the log keeps it. A timestamp is never a reason to refuse; it only
tells in which kind the reply should carry ours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from coreto.wire.limits import CLOCK_MAX

TimestampKind = Literal["float", "int", "int_ms", "float_ms", "iso", "hms"]

_CLOCK_KEYS = ("clock", "lamport_clock", "logical_clock")
_DIGITS_MAX = 12
_MILLISECONDS_FROM = 1e11
"""Seconds reach this number in the year 5138, so a greater value is milliseconds."""


def read_clock(envelope: dict[Any, Any], data: dict[Any, Any]) -> int | None:
    """Return the Lamport value of a request, or None when it is absent or makes no sense."""
    if "clock" in data:
        return as_clock(data["clock"])
    for source in (envelope, data):
        for key in _CLOCK_KEYS:
            if key in source:
                return as_clock(source[key])
    return None


def as_clock(value: object) -> int | None:
    """Return `value` as a Lamport value: an int, an integral float or a numeric string in range."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) <= _DIGITS_MAX and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    if isinstance(value, int) and 0 <= value <= CLOCK_MAX:
        return value
    return None


def as_seconds(value: object) -> float | None:
    """Return a timestamp as Unix seconds, or None when it is no moment: texts say too little about their zone."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value <= _MILLISECONDS_FROM * 1000:
        return None
    return float(value) if value <= _MILLISECONDS_FROM else value / 1000


def timestamp_kind(value: object) -> TimestampKind:
    """Return the kind of timestamp a request came with; float seconds when there is none."""
    if isinstance(value, str):
        return "hms" if len(value) == len("HH:MM:SS") and value[2:3] == ":" else "iso"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "float"
    if isinstance(value, int):
        return "int_ms" if value > _MILLISECONDS_FROM else "int"
    return "float_ms" if value > _MILLISECONDS_FROM else "float"


def write_timestamp(seconds: float, kind: TimestampKind) -> float | int | str:
    """Return `seconds` since the Unix epoch in the kind the reader uses; local zone for texts."""
    if kind == "float":
        return seconds
    if kind == "int":
        return int(seconds)
    if kind == "int_ms":
        return int(seconds * 1000)
    if kind == "float_ms":
        return float(int(seconds * 1000))
    try:
        moment = datetime.fromtimestamp(seconds).astimezone()
    except (ValueError, OverflowError, OSError):  # somebody set a clock to a moment that no calendar has
        return seconds
    return moment.strftime("%H:%M:%S") if kind == "hms" else moment.isoformat(timespec="milliseconds")
