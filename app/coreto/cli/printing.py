"""What commands print: data on standard output, as text or as JSON; everything else on standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import TextIO

from coreto.cli.console import obeys_escapes
from coreto.cli.statuses import FAILED
from coreto.prompt.data import as_json as one_line
from coreto.prompt.data import error_data
from coreto.prompt.lines import write_lines
from coreto.prompt.render import render, render_error
from coreto.prompt.results import Result
from coreto.prompt.visible import visible

RED, PLAIN = "\x1b[31m", "\x1b[0m"


def say(sentence: str) -> None:
    """Write a sentence for a person to standard error."""
    write_lines(sys.stderr, [visible(sentence)])


def alarm(sentence: str) -> None:
    """Write a sentence about something that must not happen: in red where there are colours."""
    line = visible(sentence)
    coloured = "NO_COLOR" not in os.environ and obeys_escapes(sys.stderr)
    write_lines(sys.stderr, [f"{RED}{line}{PLAIN}" if coloured else line])


def fail(sentence: str, status: int = FAILED, *, as_json: bool = False) -> int:
    """Say why a command ends, as JSON where data was asked for as JSON; return its exit status."""
    if as_json:
        write_lines(sys.stdout, [one_line({"error": sentence, "status": status})])
    else:
        say(sentence)
    return status


def show(result: Result, data: Mapping[str, object], *, as_json: bool) -> None:
    """Print what a command found: the result for a person, or the data for a program."""
    lines = [one_line(dict(data))] if as_json else render(result, columns(sys.stdout))
    write_lines(sys.stdout, lines)


def columns(stream: TextIO) -> int:
    """Return the width of the terminal, 0 where there is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


def show_error(error: Exception, status: int, *, as_json: bool) -> int:
    """Print why a command failed, as JSON where data was asked for as JSON; return its exit status."""
    if as_json:
        write_lines(sys.stdout, [one_line(error_data(error, status))])
    else:
        write_lines(sys.stderr, render_error(error, columns(sys.stderr)))
    return status
