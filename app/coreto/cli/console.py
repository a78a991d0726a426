"""A console window that opened for this program alone, and would vanish with what it says (Windows)."""

from __future__ import annotations

import os
import sys
from typing import Any

from coreto.prompt.lines import write_lines
from coreto.texts import _

PROCESSES_MAX = 16
"""Room for process numbers; more of them than two are not ours anyway."""


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
