"""Line mode: commands from a stream, results to another; what runs without a terminal, or with a plain one.

At a plain terminal (a screen reader, TERM=dumb) what arrives is written too while nobody types a
line, whole lines at a time; from a pipe it is written after each command.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from typing import Any, TextIO

from coreto.prompt.data import as_json, data_of, error_data, message_data
from coreto.prompt.errors import FAILURES
from coreto.prompt.execute import execute
from coreto.prompt.render import paint_burst, plain, render, render_error
from coreto.prompt.results import Leave, Result
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible

LIVE_SECONDS = 1.0
"""How often a plain terminal is written to: a screen reader reads what comes, so it should come in one piece."""
LOOK_EVERY = 3
"""Of these moments, how often the cluster is looked at."""
BURST_MESSAGES_MAX = 20
"""Messages written at once of those that arrived: a screen reader has read no more in a minute."""
SUBSTITUTES = {"✓": "+", "…": "...", "│": "|", "→": "->", "·": "-", "─": "-", "●": "o", "▶": ">", "◀": "<", "┄": ".",
               "┼": "+", "┃": "#", "╏": ":", "░": "%", "⋮": ":", "✗": "x", "▲": "^",
               **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True))}  # fmt: skip
"""For our own signs, where the encoding of a stream lacks them."""


class LineMode:
    """Executes one line after the other; `status` becomes that of the first command that failed."""

    def __init__(self, session: ChatSession, stdout: TextIO, stderr: TextIO, *, as_data: bool = False) -> None:
        self._session = session
        self._stdout = stdout
        self._stderr = stderr
        self._as_data = as_data
        self._writing = threading.Lock()
        self._over = threading.Event()
        self.status = 0

    def run(self, source: TextIO, *, live: bool = False) -> int:
        """Execute lines up to the end of the stream or /quit; blank ones and those with # are skipped.

        `live` says that a person types them.
        """
        if isinstance(source, io.TextIOWrapper):
            source.reconfigure(errors="surrogateescape")  # so that one bad byte refuses one line only
        listener = threading.Thread(target=self._listen, name="prompt-listen", daemon=True) if live else None
        if listener is not None:
            listener.start()
        try:
            for line in source:
                if line.strip() and not line.lstrip().startswith("#") and not self.execute(line):
                    break
            self._show_received()
        finally:
            self._over.set()
            if listener is not None:
                self._session.chat.stop_looking()
                listener.join()
        return self.status

    def execute(self, line: str) -> bool:
        """Execute one line and show what it brought and what arrived; say whether to go on."""
        going_on = True
        try:
            result = execute(self._session, line)
            self._show(result)
            going_on = not isinstance(result, Leave)
        except FAILURES as error:
            self._show_error(error)
            self.status = self.status or error.status
        self._session.progress = ""
        self._show_received()
        return going_on

    def _show(self, result: Result) -> None:
        lines = [as_json(data_of(result))] if self._as_data else render(result)
        with self._writing:
            write_lines(self._stdout, lines)

    def _show_error(self, error: Any) -> None:  # noqa: ANN401 -- one of FAILURES, which all have a status
        with self._writing:
            if self._as_data:
                write_lines(self._stdout, [as_json(error_data(error, error.status))])
            else:
                write_lines(self._stderr, render_error(error))

    def _show_received(self, most: int | None = None) -> None:
        with self._writing:
            messages = self._session.take_received()
            if self._as_data:
                write_lines(self._stdout, [as_json({"message": message_data(spoken)}) for spoken in messages])
            else:
                burst = paint_burst(messages, len(messages) if most is None else most, self._session.view)
                write_lines(self._stdout, plain(burst))

    def _listen(self) -> None:
        """Write what arrives, and what happens to the cluster, while a line is waited for."""
        moments = 0
        while not self._over.wait(LIVE_SECONDS):
            self._show_received(BURST_MESSAGES_MAX)
            if moments % LOOK_EVERY == 0:
                self._session.refresh()
            moments += 1
            with self._writing:
                write_lines(self._stderr, map(visible, self._session.notices.take_news()))


def write_lines(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines at once; what the encoding of the stream lacks is written as an escape."""
    shown = "".join(f"{line}\n" for line in lines)
    encoding = stream.encoding or "utf-8"
    try:
        shown.encode(encoding)
    except UnicodeEncodeError:
        for sign, substitute in SUBSTITUTES.items():
            shown = shown.replace(sign, substitute)
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(shown)
    stream.flush()
