"""The file of a script: commands, each followed by what it showed, so that a script is its own expected output.

    # A comment, kept as it stands.
    deliver s3 s1
    ----
    s1 gets prepare 1.s3 from s3

    repeat 3
      publish ana geral oi-%

A line `----` begins the output of the command before it; an empty line ends it. `repeat N` does the
indented lines behind it N times, `%` standing for the number of the turn. `quoted words` are one word.
"""

from __future__ import annotations

import shlex

import msgspec

SEPARATOR = "----"
INDENT = "  "
REPEAT_MAX = 1000
"""Turns of one `repeat`: more would be a test of patience."""


class ScriptError(Exception):
    """A script is written wrongly; the message says where and how."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line


class Command(msgspec.Struct):
    """One command: its words, where it stands, and what is repeated if it is `repeat`."""

    line: int
    text: str
    words: list[str]
    body: list[Command] = []


class Item(msgspec.Struct):
    """A comment or empty line (no command), or a command with all its lines."""

    lines: list[str]
    command: Command | None = None


def parse(text: str) -> list[Item]:
    """Return the items of a script without the output they showed; raise `ScriptError`."""
    items: list[Item] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.startswith("#"):
            items.append(Item([line.strip()]))
        elif line == SEPARATOR:
            if not items or items[-1].command is None:
                raise ScriptError(at, f"`{SEPARATOR}` stands behind a command, and there is none")
            at = _end_of_output(lines, at)
        else:
            _add(items, line.rstrip(), at)
    return items


def render(shown: list[tuple[Item, list[str]]]) -> str:
    """Return the text of a script from its items and what each of them showed."""
    lines: list[str] = []
    for place, (item, output) in enumerate(shown):
        lines.extend(item.lines)
        if output:
            following = shown[place + 1][0] if place + 1 < len(shown) else None
            lines.extend([SEPARATOR, *output])
            if following is not None and following.lines != [""]:
                lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _end_of_output(lines: list[str], at: int) -> int:
    """Return the place of the empty line behind the output, which stays: `render` writes none of its own there."""
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _add(items: list[Item], line: str, number: int) -> None:
    command = Command(number, line.strip(), _split(line, number), [])
    if not line.startswith(INDENT):
        items.append(Item([line], command))
        _check_repeat(command)
        return
    last = items[-1] if items else None
    if last is None or last.command is None or last.command.words[0] != "repeat":
        raise ScriptError(number, "only what `repeat` repeats is indented")
    last.lines.append(line)
    last.command.body.append(command)


def _split(line: str, number: int) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise ScriptError(number, str(error)) from None


def _check_repeat(command: Command) -> None:
    if command.words[0] != "repeat":
        return
    times = command.words[1] if len(command.words) == 2 else ""
    if not times.isdigit() or not 1 <= int(times) <= REPEAT_MAX:
        raise ScriptError(command.line, f"repeat NUMBER, from 1 to {REPEAT_MAX}")
