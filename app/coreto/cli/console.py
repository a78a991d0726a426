"""Consoles: one that opened for this program alone would vanish (Windows), and not every one obeys escapes."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

from coreto.prompt import DUMB_TERMINALS
from coreto.prompt.lines import write_lines
from coreto.texts import _

PROCESSES_MAX = 16
"""Room for process numbers; more of them than two are not ours anyway."""
STANDARD_OUTPUT, STANDARD_ERROR = -11, -12
"""What Windows calls the streams of a console."""
OBEYS_ESCAPES = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING: off in an old console window until a program asks for it."""


def obeys_escapes(stream: TextIO) -> bool:
    """Whether a stream is a terminal that obeys escape sequences; a console of Windows is told to first."""
    if not stream.isatty() or os.environ.get("TERM", "").lower() in DUMB_TERMINALS:
        return False
    return sys.platform != "win32" or _told_to_obey(STANDARD_ERROR if stream is sys.stderr else STANDARD_OUTPUT)


def _told_to_obey(number: int) -> bool:
    """Switch escape sequences on in a console of Windows; say whether it has them."""
    import ctypes

    windows: Any = ctypes
    kernel = windows.windll.kernel32
    kernel.GetStdHandle.restype = windows.c_void_p
    handle = windows.c_void_p(kernel.GetStdHandle(number))
    mode = windows.c_ulong()
    if not kernel.GetConsoleMode(handle, windows.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(handle, mode.value | OBEYS_ESCAPES))


def wait_when_alone() -> None:
    """Wait for a key when nobody else uses the console, as after a double click; never elsewhere."""
    if sys.platform == "win32" and sys.stdin is not None and sys.stdin.isatty() and _is_alone():
        import msvcrt

        write_lines(sys.stderr, ["", _("Press any key to close this window.")])
        msvcrt.getwch()


def _is_alone() -> bool:
    """Whether the console belongs to this process, and perhaps the boot program of the one file."""
    import ctypes

    windows: Any = ctypes
    numbers = (windows.c_ulong * PROCESSES_MAX)()
    count = windows.windll.kernel32.GetConsoleProcessList(numbers, PROCESSES_MAX)
    return 0 < count <= PROCESSES_MAX and set(numbers[:count]) <= {os.getpid(), os.getppid()}
