"""How wide a text is, without a font at hand: never less than what the usual sans-serif fonts make of it."""

from __future__ import annotations

import unicodedata

_NARROW, _SLIM, _WIDE = "ijl.,:;|!' '·", "frtI()[]-/", "mwMW@%→±"
"""Letters far from the middle, in a wide font (DejaVu Sans)."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in letters of a size."""
    return sum(map(_share, text)) * size * (1.1 if bold else 1.0)


def shortened(text: str, room: float, size: float) -> str:
    """Return a text that is no wider than `room`: its end gives way to an ellipsis."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _SLIM:
        return 0.43
    if character in _WIDE:
        return 0.99
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.74 if character.isupper() else 0.64
