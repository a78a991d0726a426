"""Moments as people write them, and as they read them."""

from __future__ import annotations

import math
from datetime import date, datetime

from coreto.texts import _

TIME_MAX = 253402300799.0
"""The last second of the year 9999: later ones no calendar shows."""


class MomentError(ValueError):
    """A text is no moment; says what would be one."""


def read_moment(text: str) -> float:
    """Return Unix seconds, given as such, as ISO date and time, as HH:MM or HH:MM:SS of today, or as `now`."""
    value = datetime.now().timestamp() if text == "now" else _float(text)
    if value is None:
        value = _calendar(text)
    if value is None or not 0 <= value <= TIME_MAX:
        raise MomentError(
            _(
                "'{text}' is no time: write HH:MM:SS, a date and time such as 2025-03-01T12:00:00, "
                "seconds since 1970, or now",
                text=text,
            )
        )
    return value


def time_of_day(value: object) -> str:
    """Return date and time with milliseconds in the local zone; dashes for what no calendar knows."""
    try:
        return datetime.fromtimestamp(float(str(value))).isoformat(sep=" ", timespec="milliseconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return "-"


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _calendar(text: str) -> float | None:
    today = f"{date.today().isoformat()}T{text}"
    for written in (text, today):
        try:
            return datetime.fromisoformat(written).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
    return None
