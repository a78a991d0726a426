"""How far something is, on a line of the terminal that is written over again and again."""

from __future__ import annotations

import time
from typing import TextIO

from coreto.prompt.visible import visible, width

REPAINT_SECONDS = 0.1
"""A person reads no faster, and a slow terminal should not be what is waited for."""


class CountingLine:
    """Where a terminal is: the sentence shown last; anywhere else nothing at all."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._painted = float("-inf")
        self._columns = 0
        """How much of the line is to be wiped."""

    def show(self, sentence: str, *, at_once: bool = False) -> None:
        """Show `sentence` instead of the one before, unless that was shown just now and this need not be `at_once`."""
        now = time.monotonic()
        if not self._is_terminal or (now - self._painted < REPAINT_SECONDS and not at_once):
            return
        self._painted = now
        self.clear()
        shown = visible(sentence)
        self._columns = width(shown)
        self._write(shown)

    def clear(self) -> None:
        """Wipe the line, so that something else can be written there."""
        if self._columns:
            # Blanks, because a dumb terminal knows no sequence that erases.
            self._write("\r" + " " * self._columns + "\r")
            self._columns = 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
