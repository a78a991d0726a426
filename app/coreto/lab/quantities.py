"""Quantities as people write them: durations, shares and rates of a clock."""

from __future__ import annotations

import re

from coreto.texts import _

DELAY_MAX = 60.0
"""Seconds a message or a write may be held up: longer than any timer of the protocol."""
SKEW_MAX = 366 * 86400.0
"""Seconds a clock may jump: a year."""
PPM_MAX = 100_000.0
"""Microseconds a second a clock may gain: a tenth, far worse than any real one."""

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([+-]?\d+(?:\.\d+)?)(us|ms|s|min|h|d)?", re.ASCII)
_SPREAD = re.compile(r"±|\+-|\+/-")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%", re.ASCII)
_PPM = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:ppm)?", re.ASCII)


class QuantityError(ValueError):
    """What was written is no such quantity; the text is a sentence."""


def read_delay(text: str) -> tuple[float, float]:
    """Return the seconds of a delay such as `200ms±50`, and its spread: in the unit of the delay unless it has one."""
    main, *spread = _SPREAD.split(text)
    found = _DURATION.fullmatch(main)
    if found and len(spread) < 2:
        seconds = _seconds(main)
        wide = _seconds(spread[0], found[2]) if spread else 0.0
        if seconds is not None and wide is not None and 0 <= seconds <= DELAY_MAX and 0 <= wide <= DELAY_MAX:
            return seconds, wide
    raise QuantityError(_("'{text}' is no delay such as 200ms or 200ms±50, up to {limit} s.", text=text, limit=60))


def read_duration(text: str) -> float:
    """Return the seconds of a duration such as `50ms`."""
    return read_delay(text)[0]


def read_jump(text: str) -> float:
    """Return the seconds of a jump such as `+5s`, `-400ms` or `+1h`."""
    seconds = _seconds(text)
    if seconds is None or abs(seconds) > SKEW_MAX:
        raise QuantityError(_("'{text}' is no jump of a clock such as +5s, -400ms or +1h.", text=text))
    return seconds


def read_share(text: str) -> float:
    """Return the share, 0 to 1, of a percentage such as `30%`."""
    found = _PERCENT.fullmatch(text)
    if not found or float(found[1]) > 100:
        raise QuantityError(_("'{text}' is no share such as 30%.", text=text))
    return float(found[1]) / 100


def read_ppm(text: str) -> float:
    """Return the microseconds a second of a drift such as `+300ppm`."""
    found = _PPM.fullmatch(text)
    if not found or abs(float(found[1])) > PPM_MAX:
        raise QuantityError(_("'{text}' is no drift such as +300ppm.", text=text))
    return float(found[1])


def write_duration(seconds: float) -> str:
    """Return a duration in the unit that suits it: `200 ms`, `1.5 s`."""
    return f"{seconds * 1000:g} ms" if abs(seconds) < 1 else f"{seconds:g} s"


def write_shift(seconds: float) -> str:
    """Return how far a clock is off, or is moved, with its sign: `-1.5 ms`, `+3600 s`."""
    return f"{round(seconds * 1000, 1) + 0.0:+.1f} ms" if abs(seconds) < 1 else f"{round(seconds, 3):+.15g} s"


def write_share(share: float) -> str:
    """Return a share as a percentage."""
    return f"{share * 100:g} %"


def _seconds(text: str, unit: str | None = None) -> float | None:
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    return float(found[1]) * _UNITS[found[2] or unit or "s"]
