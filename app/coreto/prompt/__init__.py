"""The prompt: where a person chats and looks at the cluster, in a terminal or line by line."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import TextIO

from coreto.client.errors import ClientError
from coreto.launcher.control_client import ControlClient
from coreto.prompt.lines import LineMode, write_lines
from coreto.prompt.ports import Chat
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible

__all__ = ["run_prompt"]


def run_prompt(
    chat: Chat,
    *,
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    user: str | None,
    script: TextIO | None = None,
    welcome: list[str],
    history_file: Path | None,
    no_color: bool,
    control: ControlClient | None = None,
) -> int:
    """Serve one person until they leave, close `chat`, and return the exit status.

    A script, or a stream that is no terminal, is read line by line; the welcome then goes to
    `stderr`, because `stdout` is for results.
    """
    first_commands = [] if user is None else [f'/login "{user}"']
    with closing(chat):
        session = ChatSession(chat)
        if control is not None:
            with suppress(ClientError):  # a command that needs it will say so
                session.attach(control)
        if script is None and stdin.isatty() and stdout.isatty():
            # Line mode starts without the cost of prompt-toolkit.
            from prompt_toolkit.input import create_input
            from prompt_toolkit.output import create_output

            from coreto.prompt.terminal import TerminalPrompt

            prompt = TerminalPrompt(
                session,
                terminal_input=create_input(stdin),
                terminal_output=create_output(stdout),
                history_file=history_file,
                no_color=no_color,
            )
            return prompt.run(welcome, first_commands)
        write_lines(stderr, map(visible, welcome))
        lines = LineMode(session, stdout, stderr)
        for command in first_commands:
            lines.execute(command)
        return lines.run(stdin if script is None else script)
