"""Signals that ask a program to end, as an exception in its main thread."""

from __future__ import annotations

import signal
from types import FrameType


class StopRequested(BaseException):
    """Somebody asked this program to stop."""


def install() -> None:
    """From now on SIGINT and SIGTERM raise `StopRequested`, the first time; later ones change nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested
