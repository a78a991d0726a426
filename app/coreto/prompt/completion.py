"""What could come next in the line that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.prompt.command import GROUPS, Argument
from coreto.prompt.session import Known
from coreto.prompt.table import BY_NAME, COMMANDS
from coreto.prompt.visible import is_plain
from coreto.texts import _


class Suggestion(msgspec.Struct, frozen=True):
    """`insert` replaces the last `replaces` characters before the cursor; `note` explains it."""

    insert: str
    replaces: int
    note: str = ""


def is_offered(before_cursor: str) -> bool:
    """Whether suggestions are shown unasked: for commands, and for a name with @ in front."""
    return _is_command(before_cursor) or _word_at(before_cursor).startswith("@")


def suggest(before_cursor: str, known: Known, servers: Sequence[str] = ()) -> list[Suggestion]:
    """Return what fits the text before the cursor, the likeliest first."""
    if not _is_command(before_cursor):
        return _named(_word_at(before_cursor), known)
    words = before_cursor.split(" ")
    if len(words) == 1:
        return _commands(before_cursor)
    command = BY_NAME.get(words[0][1:].lower())
    if command is None or not command.arguments:
        return []
    place = len(words) - 2
    last = command.arguments[-1]
    if last.rest and place >= len(command.arguments) - 1:
        return _rest(last, words[-1], known, servers)
    if place >= len(command.arguments) or '"' in before_cursor:
        return []
    return _values(command.arguments[place], words[-1], known, servers)


def _is_command(before_cursor: str) -> bool:
    return before_cursor.startswith("/") and not before_cursor.startswith("//")


def _word_at(before_cursor: str) -> str:
    return before_cursor.rpartition(" ")[2]


def _commands(typed: str) -> list[Suggestion]:
    wanted = typed[1:].lower()
    return [
        Suggestion(f"/{command.name}", len(typed), _(command.help))
        for command in COMMANDS
        if command.name.startswith(wanted)
    ]


def _named(typed: str, known: Known) -> list[Suggestion]:
    """Somebody named in a text."""
    if not typed.startswith("@"):
        return []
    wanted = typed[1:].casefold()
    return [
        Suggestion(f"@{name}", len(typed))
        for name in known.users
        if name.casefold().startswith(wanted) and _can_be_typed(name)
    ]


def _rest(argument: Argument, typed: str, known: Known, servers: Sequence[str]) -> list[Suggestion]:
    """A text may name people; anything else may be a list with commas."""
    if argument.kind == "text":
        return _named(typed, known)
    return _values(argument, typed.rpartition(",")[2], known, servers)


def _values(argument: Argument, typed: str, known: Known, servers: Sequence[str]) -> list[Suggestion]:
    wanted = typed.casefold()
    return [
        Suggestion(_quoted(name), len(typed))
        for name in _names(argument, known, servers)
        if name.casefold().startswith(wanted) and _can_be_typed(name)
    ]


def _names(argument: Argument, known: Known, servers: Sequence[str]) -> Iterable[str]:
    places = dict.fromkeys([*known.joined, *known.channels])
    match argument.kind:
        case "user":
            return known.users
        case "channel":
            return [place for place in places if not place.startswith("@")]
        case "place":
            return dict.fromkeys([*places, *(f"@{user}" for user in known.users)])
        case "server":
            return servers
        case "role" | "roles":
            return known.roles
        case "choice":
            return argument.choices
        case "command":
            return [*(command.name for command in COMMANDS), *GROUPS]
        case _:
            return []


def _can_be_typed(name: str) -> bool:
    """Others choose names: one with hidden characters or quotes never gets into the line by itself."""
    return is_plain(name) and '"' not in name


def _quoted(name: str) -> str:
    if " " not in name:
        return name
    return f'@"{name[1:]}"' if name.startswith("@") else f'"{name}"'
