"""Signals that ask a program to end, as an exception in its main thread."""

from __future__ import annotations

import signal
import sys
from types import FrameType


class StopRequested(KeyboardInterrupt):
    """Somebody asked this program to stop.

    It is of the one kind that Python passes on wherever a signal may come: its compiler, which runs at each import of
    a program that is started for the first time, and its event loop drop others raised in them.
    """


def install() -> None:
    """From now on SIGINT, SIGTERM and a closed terminal raise `StopRequested`, the first time; later ones do nothing.

    A program that was started to outlive its terminal (nohup) goes on doing so.
    """
    for number in _stopping():
        signal.signal(number, _raise)


def _stopping() -> list[signal.Signals]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def _raise(_number: int, _frame: FrameType | None) -> None:
    for number in _stopping():
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested
