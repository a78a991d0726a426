"""The prompt in a terminal: messages arrive above the line, and nothing ever stops the typing.

Theory of operation. The event loop of prompt-toolkit owns the terminal and does nothing else. Commands
wait in a queue for one other thread, the only one that makes requests, so a slow answer delays
the next command and never a key. A third thread looks at the cluster now and then. What arrived is
painted ten times a second at most, in one piece: the line being typed is taken away, the piece is
written, the line is drawn again below it. The terminal stays in raw mode meanwhile, so that no key
is lost or echoed twice.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI, FormattedText, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.input import Input
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from coreto.client.errors import ClientError
from coreto.prompt.completion import is_offered
from coreto.prompt.errors import FAILURES
from coreto.prompt.execute import execute
from coreto.prompt.folding import Line
from coreto.prompt.keys import NameCompleter, key_bindings, typed_history
from coreto.prompt.printed import Printed
from coreto.prompt.render import paint, paint_burst, paint_error, paint_sentence, paint_spoken
from coreto.prompt.results import Leave, Result, Sent
from coreto.prompt.session import ChatSession
from coreto.prompt.status_line import status_line
from coreto.prompt.styles import STYLES
from coreto.prompt.tables import folded
from coreto.prompt.visible import visible
from coreto.texts import _

REPAINT_SECONDS = 0.1
"""Ten repaints a second are as live as the eye asks for."""

BURST_MESSAGES_MAX = 20
"""Messages shown of those that arrived between two repaints: two hundred a second cannot be read anyway,
and each of them costs time in which no key is echoed."""

ARRIVALS_MAX = 2_000
"""Messages looked at for one repaint, some milliseconds of work; of a greater flood the rest waits for the next."""

REFRESH_SECONDS = 2.0
"""How often the cluster is looked at."""

NAMES_EVERY = 15
"""Looks after which the names of users and channels are asked for again."""

WAITING_SECONDS = 0.5
"""A command that takes longer is said to be waiting."""


class TerminalPrompt:
    """Reads lines from a terminal and executes them until the person leaves."""

    def __init__(
        self,
        session: ChatSession,
        *,
        terminal_input: Input,
        terminal_output: Output,
        history_file: Path | None = None,
        no_color: bool = False,
    ) -> None:
        self._session = session
        self._input = terminal_input
        self._output = terminal_output
        self._history_file = history_file
        self._color_depth = ColorDepth.DEPTH_1_BIT if no_color else None
        self._style = Style.from_dict(STYLES)
        self._printed = Printed()
        self._leaving = False
        self._running_since: float | None = None
        """When the command under way began, in seconds of the event loop; None without one."""

    def run(self, first_lines: list[str], first_commands: list[str]) -> int:
        """Show some lines, execute some commands, then whatever is typed; return the exit status."""
        session = create_app_session(input=self._input, output=self._output)
        # Raw for the whole time: between two lines the terminal would else echo what is typed ahead.
        printed = self._printed
        with session, redirect_stdout(printed), redirect_stderr(printed), self._input.raw_mode():
            asyncio.run(self._live(first_lines, first_commands))
        sys.stderr.writelines(f"{line}\n" for line in printed.take())
        return 0

    async def _live(self, first_lines: list[str], first_commands: list[str]) -> None:
        self._commands: asyncio.Queue[str] = asyncio.Queue()
        self._prompt = self._make_prompt()
        for command in first_commands:
            self._commands.put_nowait(command)
        self._say("", *first_lines)
        with ThreadPoolExecutor(1, "prompt-requests") as self._requests, ThreadPoolExecutor(1, "prompt-look") as eye:
            async with asyncio.TaskGroup() as tasks:
                helpers = [self._execute_all(), self._paint_all(), self._look_around(eye)]
                running = [tasks.create_task(helper) for helper in helpers]
                await self._read_all()
                await self._commands.join()
                for helper in running:
                    helper.cancel()
            self._session.chat.stop_looking()
        self._paint()

    # Reading.

    async def _read_all(self) -> None:
        while not self._leaving:
            try:
                # A signal from outside is for the program around; Ctrl-C arrives as a key.
                line = await self._prompt.prompt_async(handle_sigint=False)
            except EOFError:
                return
            if line.strip():
                self._commands.put_nowait(line)

    def _clear_or_cancel(self) -> None:
        """Ctrl-C on an empty line: give up the command under way, and those that wait behind it."""
        if self._running_since is None:
            self._say("note", _("Ctrl-D or /quit leaves."))
            return
        forgotten = self._commands.qsize()
        for _number in range(forgotten):
            self._commands.get_nowait()
            self._commands.task_done()
        self._session.chat.give_up()
        if forgotten:
            self._say("warning", _("Commands that waited and were not done: {count}.", count=forgotten))

    # Executing.

    async def _execute_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            line = await self._commands.get()
            self._running_since = loop.time()
            try:
                self._echo(line)
                outcome = await loop.run_in_executor(self._requests, self._execute, line)
                self._show(line, outcome)
            finally:
                self._running_since = None
                self._session.progress = ""
                self._commands.task_done()

    def _execute(self, line: str) -> Result | Exception:
        try:
            return execute(self._session, line)
        except FAILURES as error:
            return error

    def _echo(self, line: str) -> None:
        """Keep a command in view; a message is shown when it is stored."""
        if line.startswith("/") and not line.startswith("//"):
            self._say("typed", f"{self._question()}{line}")

    def _show(self, line: str, outcome: Result | Exception) -> None:
        self._paint()  # what came before the answer stands before it
        if isinstance(outcome, Exception):
            if not line.startswith("/"):
                unknown = isinstance(outcome, ClientError) and outcome.code == "unknown"
                sentence = (
                    _("Perhaps sent, perhaps not: {text}", text=line) if unknown else _("Not sent: {text}", text=line)
                )
                self._say("error", sentence)
            self._write(paint_error(outcome, self._columns()))
            return
        self._write(self._painted(outcome))
        if isinstance(outcome, Leave):
            self._leaving = True
            if self._prompt.app.is_running:
                self._prompt.app.exit(exception=EOFError)

    def _painted(self, outcome: Result) -> list[Line]:
        view, place, columns = self._session.view, self._session.place, self._columns()
        if isinstance(outcome, Sent) and outcome.spoken.direct and not outcome.follows:
            return paint_spoken(outcome.spoken, view, place, columns)  # it does not come back to be shown
        return paint(outcome, view, place, columns)

    # What arrives.

    async def _paint_all(self) -> None:
        while True:
            await asyncio.sleep(REPAINT_SECONDS)
            self._paint()

    def _paint(self) -> None:
        session = self._session
        received = session.take_received(ARRIVALS_MAX)
        self._write(paint_burst(received, BURST_MESSAGES_MAX, session.view, session.place, self._columns()))
        self._say("warning", *session.notices.take_news())
        printed = [[*to_formatted_text(ANSI(line)), ("", "\n")] for line in self._printed.take()]
        self._write_fragments([part for parts in printed for part in parts])

    async def _look_around(self, eye: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        looks = 0
        while True:
            await loop.run_in_executor(eye, self._session.refresh)
            if looks % NAMES_EVERY == 0:
                await loop.run_in_executor(eye, self._session.refresh_names)
            looks += 1
            self._prompt.app.invalidate()
            await asyncio.sleep(REFRESH_SECONDS)

    # Painting.

    def _say(self, style: str, *sentences: str) -> None:
        """Write sentences above the line being typed."""
        columns = self._columns()
        self._write([line for sentence in sentences for line in paint_sentence(style, sentence, columns)])

    def _write(self, lines: Iterable[Line]) -> None:
        """Write lines above the line being typed."""
        fragments: StyleAndTextTuples = []
        for line in lines:
            fragments += [(f"class:{style}" if style else "", text) for style, text in line]
            fragments.append(("", "\n"))
        self._write_fragments(fragments)

    def _write_fragments(self, fragments: StyleAndTextTuples) -> None:
        if not fragments:
            return
        app = self._prompt.app
        if app.is_running:
            app.renderer.erase()
        print_formatted_text(self._output, FormattedText(fragments), self._style, color_depth=self._color_depth)
        self._output.flush()
        if app.is_running:
            app.renderer.request_absolute_cursor_position()
            app.invalidate()

    def _make_prompt(self) -> PromptSession[str]:
        session: PromptSession[str] = PromptSession(
            self._message,
            completer=NameCompleter(self._session),
            complete_while_typing=Condition(lambda: is_offered(session.default_buffer.document.text_before_cursor)),
            history=typed_history(self._history_file),
            key_bindings=key_bindings(self._clear_or_cancel),
            color_depth=self._color_depth,
            style=self._style,
            erase_when_done=True,
        )
        return session

    def _message(self) -> FormattedText:
        cluster = self._session.cluster
        style = "class:status.trouble" if cluster.trouble or cluster.cut_off else "class:status"
        columns = self._columns()
        text = status_line(self._session, columns - 1, waiting=self._waiting())
        bars = [f" {line}".ljust(columns) for line in folded(text, columns - 1)]
        return FormattedText([*((style, f"{bar}\n") for bar in bars), ("class:question", self._question())])

    def _question(self) -> str:
        return f"{visible(self._session.user)}> "

    def _columns(self) -> int:
        """Return the columns to write in: the last one stays free, for some terminals break behind it."""
        return self._output.get_size().columns - 1

    def _waiting(self) -> int:
        """Return how many commands wait for the servers, when they have for some time."""
        since = self._running_since
        if since is None or asyncio.get_running_loop().time() - since < WAITING_SECONDS:
            return 0
        return 1 + self._commands.qsize()
