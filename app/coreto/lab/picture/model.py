"""A space-time diagram before it is drawn: lanes side by side, rows downwards, and nothing about points or letters.

A row is a moment: what stands in a lower row did not happen before what stands in a higher one, and
every arrow goes down, or across where the journal knows one end only.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Fate = Literal["arrived", "again", "lost", "unseen"]
"""It arrived; arrived once more (duplicated); no arrival is in the journal; its other end records nothing."""
Standing = Literal["candidate", "establishing", "coordinator"]


class Row(msgspec.Struct, frozen=True):
    """One row: when, in seconds since the first one, and whether some time passed before it."""

    time: float
    pause: float = 0.0
    """Seconds since the row before, where they are worth a break; else 0."""


class Dot(msgspec.Struct, frozen=True):
    """Something that happened to a lane."""

    lane: int
    row: int
    clock: int
    """Its Lamport value, 0 where that is not known."""
    sort: str
    label: tuple[str, ...]
    sentence: str


class Arrow(msgspec.Struct, frozen=True):
    """A message from a place (lane, row) to another."""

    source: tuple[int, int]
    target: tuple[int, int]
    label: str
    sort: str
    fate: Fate
    sentence: str


class Band(msgspec.Struct, frozen=True):
    """A fault from row to row, on one lane or (-1) on all of them."""

    lane: int
    first: int
    last: int
    kind: str
    sentence: str


class Reign(msgspec.Struct, frozen=True):
    """A lane that stands for coordinator, or is it, from row to row."""

    lane: int
    first: int
    last: int
    standing: Standing
    sentence: str


class Notice(msgspec.Struct, frozen=True):
    """What was done from outside, with a row of its own."""

    row: int
    words: str


class Picture(msgspec.Struct, frozen=True):
    """All of it."""

    title: str
    subtitle: str
    lanes: tuple[str, ...]
    rows: tuple[Row, ...]
    dots: tuple[Dot, ...]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]
    reigns: tuple[Reign, ...]
    notices: tuple[Notice, ...]
    footer: tuple[str, ...]
    """What was left out, in sentences."""
