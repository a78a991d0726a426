"""Who tells the tour: paragraphs with time to read them, and what is seen, line by line."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable, Iterable

WORDS_PER_SECOND = 3.2
"""A calm reader, who also looks at what is shown."""
LINE_SECONDS = 0.35
"""For each line of what is shown."""
COLUMNS = 78
INDENT = "    "
HANGING = INDENT + 11 * " "
"""Where a line that is shown goes on: behind its milliseconds."""


class Narrator:
    """Tells; with `fast` nobody reads, and nothing is waited for."""

    def __init__(self, write: Callable[[str], None], *, fast: bool) -> None:
        self._write = write
        self._fast = fast
        self._pause = threading.Event()

    def chapter(self, number: int, count: int, title: str) -> None:
        """Begin a chapter."""
        self._write("")
        self._write(f"[{number}/{count}] {title}")
        self._write("")

    def say(self, paragraph: str) -> None:
        """Tell a paragraph, and wait as long as it takes to read."""
        for line in textwrap.wrap(paragraph, COLUMNS):
            self._write(line)
        self._wait(len(paragraph.split()) / WORDS_PER_SECOND)

    def show(self, lines: Iterable[str]) -> None:
        """Show what was seen."""
        for line in lines:
            for part in textwrap.wrap(
                line, COLUMNS, initial_indent=INDENT, subsequent_indent=HANGING, break_long_words=False
            ):
                self._write(part)
            self._wait(LINE_SECONDS)

    def _wait(self, seconds: float) -> None:
        if not self._fast:
            self._pause.wait(seconds)
