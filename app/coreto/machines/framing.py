"""Sharing frames: many small items travel together, but no frame outgrows what the other end accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

ITEMS_PER_FRAME = 256
"""Items that share one frame."""
BYTES_PER_FRAME = 1024 * 1024
"""A frame is closed when it holds this much: a quarter of what peers accept, so one more large item fits."""


def in_frames(items: Sequence[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield `items` in order, divided into parts that may each fill one frame; `size` is in bytes."""
    part: list[T] = []
    filled = 0
    for item in items:
        if part and (len(part) >= ITEMS_PER_FRAME or filled + size(item) > BYTES_PER_FRAME):
            yield part
            part, filled = [], 0
        part.append(item)
        filled += size(item)
    if part:
        yield part
