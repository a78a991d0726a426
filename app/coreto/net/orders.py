"""What a role is ordered from outside while it runs, the same in a thread and in a process.

An order is one line of JSON: it goes to a thread through its control socket, and to a process
through its standard input.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from coreto.net.faults import LinkFault

Cut = Literal["before-persist", "after-persist", "mid-batch"]
"""Where a server dies: before its next write is stored; when it is stored and nothing has been said
of it; when the first message about it has been handed over for sending, and the others have not."""


class Order(msgspec.Struct, frozen=True, tag_field="order"):
    """The base of every order."""


class PutFaults(Order, frozen=True, tag="put_faults"):
    """These faults between roles are in force from now on, and no others."""

    faults: tuple[LinkFault, ...]


class DieAt(Order, frozen=True, tag="die_at"):
    """Die at the next write."""

    cut: Cut


class SlowDisk(Order, frozen=True, tag="slow_disk"):
    """Every write takes so much longer."""

    seconds: float


class FillDisk(Order, frozen=True, tag="fill_disk"):
    """The next write finds the disk full."""


class Skew(Order, frozen=True, tag="skew"):
    """The application clock jumps."""

    seconds: float


class Drift(Order, frozen=True, tag="drift"):
    """From now on the application clock gains `ppm` microseconds a second."""

    ppm: float


class Gone(Order, frozen=True, tag="gone"):
    """The role `name` of this process has ended; inside one process no connection breaks by itself."""

    name: str


class Back(Order, frozen=True, tag="back"):
    """The role `name` of this process lives again."""

    name: str


class Mark(Order, frozen=True, tag="mark"):
    """Say that every order up to here was followed."""

    number: int


AnyOrder = PutFaults | DieAt | SlowDisk | FillDisk | Skew | Drift | Gone | Back | Mark

_decoder: msgspec.json.Decoder[AnyOrder] = msgspec.json.Decoder(AnyOrder)


def write_order(order: Order) -> bytes:
    """Return the line of an order, without its end."""
    return msgspec.json.encode(order)


def read_order(line: bytes) -> AnyOrder | None:
    """Return the order in a line, None if it is none."""
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError:
        return None
