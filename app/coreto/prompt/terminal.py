"""The prompt in a terminal: messages arrive above the line, and nothing ever stops the typing.

Theory of operation. The event loop of prompt-toolkit owns the terminal. Commands wait in a queue
for one other thread, the only one that asks the cluster anything, so a slow answer delays the
next command and never a key. That thread also looks at the cluster now and then while it is idle.
What arrived is painted by a third task, ten times a second at most, in one piece.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import print_formatted_text

from coreto.prompt.completion import suggest
from coreto.prompt.errors import FAILURES
from coreto.prompt.parse import parse
from coreto.prompt.render import render, render_burst, render_error, status_line
from coreto.prompt.results import Leave
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible

REPAINT_SECONDS = 0.1
"""Ten repaints a second are as live as the eye asks for."""

BURST_MESSAGES_MAX = 200
"""Messages shown of those that arrived between two repaints: more than any screen holds."""

REFRESH_SECONDS = 2.0
"""How often an idle prompt asks who coordinates."""


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
        self._leaving = False

    def run(self, first_lines: list[str], first_commands: list[str]) -> int:
        """Show some lines, execute some commands, then whatever is typed; return the exit status."""
        with create_app_session(input=self._input, output=self._output), patch_stdout(raw=False):
            asyncio.run(self._live(first_lines, first_commands))
        return 0

    async def _live(self, first_lines: list[str], first_commands: list[str]) -> None:
        self._commands: asyncio.Queue[str] = asyncio.Queue()
        self._prompt = self._make_prompt()
        for command in first_commands:
            self._commands.put_nowait(command)
        await self._show(map(visible, first_lines))
        with ThreadPoolExecutor(1, "prompt-requests") as self._requests:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._execute_all()), tasks.create_task(self._paint_all())]
                await self._read_all()
                await self._commands.join()
                for helper in helpers:
                    helper.cancel()
            await self._paint()

    async def _read_all(self) -> None:
        while not self._leaving:
            try:
                # A signal from outside is for the program around; Ctrl-C arrives as a key.
                line = await self._prompt.prompt_async(handle_sigint=False)
            except EOFError:
                return
            if line.strip():
                self._commands.put_nowait(line)

    async def _execute_all(self) -> None:
        loop = asyncio.get_running_loop()
        patience = REPAINT_SECONDS  # the first look comes as soon as there is nothing else to do
        while True:
            try:
                line = await asyncio.wait_for(self._commands.get(), patience)
            except TimeoutError:
                patience = REFRESH_SECONDS
                await loop.run_in_executor(self._requests, self._session.refresh)
                self._prompt.app.invalidate()
                continue
            try:
                lines = await loop.run_in_executor(self._requests, self._execute, line)
                await self._show(lines)
                self._leave_when_asked()
            finally:
                self._commands.task_done()

    def _execute(self, line: str) -> list[str]:
        try:
            parsed = parse(line)
            result = parsed.command.handler(self._session, parsed.arguments)
        except FAILURES as error:
            return render_error(error)
        self._leaving = self._leaving or isinstance(result, Leave)
        return render(result)

    def _leave_when_asked(self) -> None:
        if self._leaving and self._prompt.app.is_running:
            self._prompt.app.exit(exception=EOFError)

    async def _paint_all(self) -> None:
        while True:
            await asyncio.sleep(REPAINT_SECONDS)
            await self._paint()

    async def _paint(self) -> None:
        await self._show(render_burst(self._session.take_received(), BURST_MESSAGES_MAX))

    async def _show(self, lines: Iterable[str]) -> None:
        """Write lines above the line being typed."""
        block = "\n".join(lines)
        if block:
            await run_in_terminal(lambda: print_formatted_text(FormattedText([("", block)])))

    def _make_prompt(self) -> PromptSession[str]:
        return PromptSession(
            self._question,
            completer=_NameCompleter(self._session),
            bottom_toolbar=lambda: f" {status_line(self._session)}",
            history=_history(self._history_file),
            key_bindings=_key_bindings(),
            color_depth=self._color_depth,
        )

    def _question(self) -> str:
        return f"{visible(self._session.channel)}> "


class _NameCompleter(Completer):
    """Offers what `completion` suggests."""

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        for suggestion in suggest(document.text_before_cursor, self._session.known):
            yield Completion(suggestion.insert, -suggestion.replaces, display_meta=suggestion.note)


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # it holds private messages
    return FileHistory(path)


def _key_bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("c-c")
    def _clear(event: KeyPressEvent) -> None:
        event.current_buffer.reset()

    return bindings
