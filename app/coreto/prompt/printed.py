"""What the rest of the program prints while a prompt has the terminal: whole lines, kept until the prompt paints them.

prompt-toolkit's own `patch_stdout` writes from a thread that does not know which application is on the screen,
so that its lines would land in the middle of the one being typed.
"""

from __future__ import annotations

import io
import threading
from collections import deque

KEPT_MAX = 1_000
"""Lines kept between two repaints; of a greater flood the oldest go."""


class Printed(io.TextIOBase):
    """Stands for standard output and standard error; may be written to from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._rest = ""
        self._lines: deque[str] = deque(maxlen=KEPT_MAX)

    def write(self, text: str) -> int:
        """Keep what was printed."""
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            self._lines.extend(lines)
        return len(text)

    def isatty(self) -> bool:
        """Return that it ends up on a terminal: what is printed may have colours."""
        return True

    def take(self) -> list[str]:
        """Return the whole lines printed since the last call."""
        with self._lock:
            lines = list(self._lines)
            self._lines.clear()
            return lines
