"""A terminal to look at: what the prompt writes, as it stands on a screen of so many columns and rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput
from prompt_toolkit.output.vt100 import Vt100_Output

from coreto.prompt.session import ChatSession
from coreto.prompt.terminal import TerminalPrompt

DEADLINE = 15
KEPT_ROWS = 5_000


class Screen:
    """The file that the output writes to, and the terminal behind it."""

    encoding = "utf-8"

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.size = Size(rows=rows, columns=columns)
        self.raw = ""
        """Everything that was written, in order."""
        self._screen = pyte.HistoryScreen(columns, rows, history=KEPT_ROWS, ratio=0.1)
        self._stream = pyte.Stream(self._screen)
        self._lock = threading.Lock()

    def output(self) -> Vt100_Output:
        """Return what a prompt writes to."""
        return Vt100_Output(self, lambda: self.size, term="xterm", enable_cpr=False)  # type: ignore[arg-type]  # as much of a file as it needs

    def write(self, data: str) -> None:
        """Take what was written."""
        with self._lock:
            self.raw += data
            self._stream.feed(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True

    def fileno(self) -> int:
        """It is no file of the system."""
        raise OSError

    def text(self) -> str:
        """Return all rows from the first, those that scrolled away too, without spaces at their ends."""
        with self._lock:
            columns = range(self._screen.columns)
            above = ["".join(row[place].data for place in columns) for row in self._screen.history.top]
            return "\n".join(row.rstrip() for row in [*above, *self._screen.display])

    def typed(self) -> str:
        """Return the row with the cursor: the line being typed."""
        with self._lock:
            return str(self._screen.display[self._screen.cursor.y]).rstrip()


class Person:
    """Types at a prompt of their own, and waits for what should come of it."""

    def __init__(
        self, keys: PipeInput, screen: Screen, session: ChatSession, *commands: str, **options: object
    ) -> None:
        self.screen = screen
        self.session = session
        self._keys = keys
        self._prompt = TerminalPrompt(session, terminal_input=keys, terminal_output=screen.output(), **options)  # type: ignore[arg-type]  # what a test gives
        self.status: int | None = None
        self.thread = threading.Thread(target=self._run, args=(list(commands),))
        self.thread.start()
        self.sees("Welcome!")

    def _run(self, commands: list[str]) -> None:
        self.status = self._prompt.run(["Welcome!"], commands)

    def types(self, keys: str) -> None:
        """Type."""
        self._keys.send_text(keys)

    def sees(self, text: str) -> None:
        """Wait until a text is on the screen, or was."""
        wait_for(lambda: text in self.screen.text(), self.screen)

    def has_typed(self, line: str) -> None:
        """Wait until the line being typed is this."""
        wait_for(lambda: self.screen.typed() == line, self.screen)

    def leaves(self) -> None:
        """Wait for the end."""
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()
        assert self.status == 0


def wait_for(condition: Callable[[], object], screen: Screen) -> None:
    """Return as soon as the condition holds; fail with what is on the screen."""
    pause = threading.Event()
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, screen.text()
        pause.wait(0.005)
