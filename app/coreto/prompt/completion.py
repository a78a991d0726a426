"""What could come next in the line that is being typed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coreto.prompt.command import Argument, Kind
from coreto.prompt.session import Known
from coreto.prompt.table import BY_NAME, COMMANDS
from coreto.prompt.visible import is_plain
from coreto.texts import _


class Suggestion(msgspec.Struct, frozen=True):
    """`insert` replaces the last `replaces` characters before the cursor; `note` explains it."""

    insert: str
    replaces: int
    note: str = ""


def suggest(before_cursor: str, known: Known) -> list[Suggestion]:
    """Return what fits the text before the cursor, the likeliest first."""
    if not before_cursor.startswith("/") or before_cursor.startswith("//"):
        return []
    words = before_cursor.split(" ")
    if len(words) == 1:
        return _commands(before_cursor)
    command = BY_NAME.get(words[0][1:])
    place = len(words) - 2
    if command is None or not command.arguments or '"' in before_cursor:
        return []
    if command.arguments[-1].kind == "roles":
        return _values(command.arguments[-1], words[-1].rpartition(",")[2], known)
    if place >= len(command.arguments):
        return []
    return _values(command.arguments[place], words[-1], known)


def _commands(typed: str) -> list[Suggestion]:
    wanted = typed[1:].lower()
    return [
        Suggestion(f"/{command.name}", len(typed), _(command.help))
        for command in COMMANDS
        if command.name.startswith(wanted)
    ]


def _values(argument: Argument, typed: str, known: Known) -> list[Suggestion]:
    wanted = typed.casefold()
    return [
        Suggestion(_quoted(name), len(typed))
        for name in _names(argument.kind, known)
        if name.casefold().startswith(wanted) and _can_be_typed(name)
    ]


def _names(kind: Kind, known: Known) -> Iterable[str]:
    channels = dict.fromkeys([*known.joined, *known.channels])
    match kind:
        case "user":
            return known.users
        case "channel":
            return channels
        case "place":
            return [*channels, *(f"@{user}" for user in known.users)]
        case "role" | "roles":
            return known.roles
        case "command":
            return [command.name for command in COMMANDS]
        case _:
            return []


def _can_be_typed(name: str) -> bool:
    """Others choose names: one with hidden characters or quotes never gets into the line by itself."""
    return is_plain(name) and '"' not in name


def _quoted(name: str) -> str:
    if " " not in name:
        return name
    return f'@"{name[1:]}"' if name.startswith("@") else f'"{name}"'
