"""Line mode: commands from a stream, results to another; what runs without a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TextIO

from coreto.prompt.errors import FAILURES
from coreto.prompt.parse import parse
from coreto.prompt.render import render, render_error, render_spoken
from coreto.prompt.results import Leave
from coreto.prompt.session import ChatSession


class LineMode:
    """Executes one line after the other; `status` becomes that of the first command that failed."""

    def __init__(self, session: ChatSession, stdout: TextIO, stderr: TextIO) -> None:
        self._session = session
        self._stdout = stdout
        self._stderr = stderr
        self.status = 0

    def run(self, source: TextIO) -> int:
        """Execute lines up to the end of the stream or /quit; blank ones and those with # are skipped."""
        if isinstance(source, io.TextIOWrapper):
            source.reconfigure(errors="surrogateescape")  # so that one bad byte refuses one line only
        for line in source:
            if line.strip() and not line.lstrip().startswith("#") and not self.execute(line):
                break
        self._show_received()
        return self.status

    def execute(self, line: str) -> bool:
        """Execute one line and show what it brought and what arrived; say whether to go on."""
        going_on = True
        try:
            parsed = parse(line)
            result = parsed.command.handler(self._session, parsed.arguments)
            write_lines(self._stdout, render(result))
            going_on = not isinstance(result, Leave)
        except FAILURES as error:
            write_lines(self._stderr, render_error(error))
            self.status = self.status or error.status
        self._show_received()
        return going_on

    def _show_received(self) -> None:
        for spoken in self._session.take_received():
            write_lines(self._stdout, render_spoken(spoken))


def write_lines(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines at once; what the encoding of the stream lacks is written as an escape."""
    shown = "".join(f"{line}\n" for line in lines)
    encoding = stream.encoding or "utf-8"
    stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
