"""The prompt: where a person chats and looks at the cluster, in a terminal or line by line."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from coreto.client.errors import ClientError
from coreto.launcher.control_client import ControlClient
from coreto.prompt.hangup import outliving
from coreto.prompt.lines import LineMode, write_lines
from coreto.prompt.ports import Chat
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

__all__ = ["run_prompt"]

DUMB_TERMINALS = frozenset({"dumb", "unknown"})
"""What TERM says where a cursor cannot be moved."""


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
    is_plain: bool = False,
    as_data: bool = False,
    control: ControlClient | None = None,
) -> int:
    """Serve one person until they leave, close `chat`, and return the exit status.

    A script, or a stream that is no terminal, is read line by line; the welcome then goes to
    `stderr`, because `stdout` is for results. So is a terminal that can do no more, or should not
    (`is_plain`), and whoever wants JSON (`as_data`).
    """
    first_commands = [] if user is None else [f'/login "{user}"']
    person = script is None and stdin.isatty() and stdout.isatty()
    is_plain = is_plain or as_data or os.environ.get("TERM", "").lower() in DUMB_TERMINALS
    with closing(chat):
        # Line mode starts without the cost of prompt-toolkit.
        ends = _open_terminal(stdin, stdout) if person and not is_plain else None
        session = ChatSession(chat, interactive=ends is not None)
        if control is not None:
            with suppress(ClientError):  # a command that needs it will say so
                session.attach(control)
        if ends is not None:
            from coreto.prompt.terminal import TerminalPrompt

            prompt = TerminalPrompt(
                session,
                terminal_input=ends[0],
                terminal_output=ends[1],
                history_file=history_file,
                no_color=no_color,
            )
            return prompt.run(welcome, first_commands)
        write_lines(stderr, map(visible, welcome))
        lines = LineMode(session, stdout, stderr, as_data=as_data)
        for command in first_commands:
            lines.execute(command)
        return lines.run(stdin if script is None else script, live=person)


def _open_terminal(stdin: TextIO, stdout: TextIO) -> tuple[Input, Output] | None:
    """Return the two ends of a terminal; None for one that cannot be drawn on, such as no console of Windows."""
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.vt100 import Vt100_Output

    try:
        ends = create_input(stdin), create_output(outliving(stdout))
    except Exception:  # each system and kind of terminal has its own, and lines can be written to all of them
        return None
    if isinstance(ends[1], Vt100_Output):
        # A terminal that is asked where the cursor is answers later, when more was written already:
        # what is drawn by that scrolls the first lines away.
        ends[1].enable_cpr = False
    return ends
