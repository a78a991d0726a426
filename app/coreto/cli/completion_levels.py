"""What may follow where on the command line, read once from its parser, for shells that complete it.

A path is the words of commands so far: "", "up", "admin", "admin show".
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import msgspec

FOLDER_FLAGS = frozenset({"--data"})
FILE_FLAGS = frozenset({"--script", "--journal"})


class Flag(msgspec.Struct, frozen=True):
    """A flag, and what may follow it: one of `words`, a file, a folder, anything, or (`takes` is False) nothing."""

    name: str
    help: str
    takes: bool
    words: tuple[str, ...] = ()
    files: str = ""
    """`file`, `folder` or nothing."""


class Level(msgspec.Struct, frozen=True):
    """What may follow the words of `path`."""

    path: str
    commands: tuple[tuple[str, str], ...]
    """Further commands with their help."""
    words: tuple[str, ...]
    """Values of its first argument, when only certain ones are right."""
    flags: tuple[Flag, ...]


def levels(parser: argparse.ArgumentParser, path: str = "") -> Iterator[Level]:
    """Return what may follow in a parser and in those below it."""
    below: dict[str, argparse.ArgumentParser] = {}
    helps: dict[str, str] = {}
    words: tuple[str, ...] = ()
    flags: list[Flag] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below = dict(action.choices)
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
        elif action.option_strings and action.help != argparse.SUPPRESS:
            flags.append(_flag(action))
        elif action.choices is not None:
            words = tuple(map(str, action.choices))
    yield Level(path, tuple((name, helps.get(name, "")) for name in below), words, tuple(flags))
    for name, sub in below.items():
        yield from levels(sub, f"{path} {name}".strip())


def _flag(action: argparse.Action) -> Flag:
    name = action.option_strings[-1]
    files = "folder" if name in FOLDER_FLAGS else "file" if name in FILE_FLAGS else ""
    words = tuple(map(str, action.choices or ()))
    return Flag(name, action.help or "", action.nargs != 0, words, files)
