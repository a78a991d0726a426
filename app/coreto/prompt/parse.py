"""A line becomes a command with its arguments, or an error that teaches the right one."""

from __future__ import annotations

import re

import msgspec

from coreto.prompt.command import Argument, Command
from coreto.prompt.errors import ChatError, UsageError, refused
from coreto.prompt.near import nearest
from coreto.prompt.table import BY_ELSEWHERE, BY_NAME, PLAIN_TEXT
from coreto.texts import _
from coreto.wire.limits import HISTORY_ROWS_MAX
from coreto.wire.names import clean_channel, clean_name, clean_text, printable
from coreto.wire.refusal import RefusalError

_WORD = re.compile(r'(@?)"([^"]*)"(?=\s|$)|(\S+)')
"""A word, or a name with spaces in double quotes; @ may stand before the quotes."""


class Parsed(msgspec.Struct, frozen=True):
    """A command and what it was given."""

    command: Command
    arguments: dict[str, str]


def parse(line: str) -> Parsed:
    """Read a line; the spaces around it do not count."""
    line = line.strip()
    if not line.startswith("/"):
        return Parsed(PLAIN_TEXT, {"text": _cleaned(PLAIN_TEXT.arguments[0], line)})
    if line.startswith("//"):
        return Parsed(PLAIN_TEXT, {"text": _cleaned(PLAIN_TEXT.arguments[0], line[1:])})
    name, _space, rest = _split(line[1:])
    command = BY_NAME.get(name.lower())
    if command is None:
        raise _unknown(printable(name))
    return Parsed(command, _arguments(command, rest))


def _split(line: str) -> tuple[str, str, str]:
    """Split off the first word; any white space ends it, a newline too."""
    found = re.search(r"\s+", line)
    return (line, "", "") if found is None else (line[: found.start()], found.group(), line[found.end() :])


def _arguments(command: Command, rest: str) -> dict[str, str]:
    arguments = {}
    for argument in command.arguments:
        if argument.rest:
            value, rest = rest, ""
        else:
            value, rest = _word(rest)
        if value:
            arguments[argument.name] = _cleaned(argument, value)
        elif not argument.optional:
            raise UsageError(_("Something is missing. Type it like this: {usage}", usage=command.usage))
    if rest:
        raise UsageError(
            _(
                'That is too much. Type it like this: {usage} (a name with spaces goes in "double quotes").',
                usage=command.usage,
            )
        )
    return arguments


def _word(rest: str) -> tuple[str, str]:
    """Return the first word without its quotes, and what follows."""
    found = _WORD.match(rest)
    if found is None:
        return "", rest
    at, quoted, bare = found.groups()
    return bare or at + quoted, rest[found.end() :].lstrip()


def _cleaned(argument: Argument, value: str) -> str:
    """Return the value in the canonical form the servers use; topics are compared exactly."""
    try:
        match argument.kind:
            case "text":
                return clean_text(value)
            case "user" | "server":
                return clean_name(value)
            case "channel":
                return clean_channel(value)
            case "place":
                return f"@{clean_name(value[1:])}" if value.startswith("@") else clean_channel(value)
            case "number":
                return _number(value)
            case "choice":
                return _choice(argument, value)
            case _:
                return value
    except RefusalError as refusal:
        raise refused(refusal) from None


def _number(value: str) -> str:
    if not value.isdecimal() or not value.isascii() or not 1 <= int(value[:9]) <= HISTORY_ROWS_MAX:
        raise UsageError(_("'{value}' is no number from 1 to {limit}.", value=value, limit=HISTORY_ROWS_MAX))
    return value


def _choice(argument: Argument, value: str) -> str:
    if value.lower() in argument.choices:
        return value.lower()
    raise UsageError(
        _("'{value}' is none of these: {choices}.", value=printable(value), choices=", ".join(argument.choices))
    )


def _unknown(name: str) -> ChatError:
    """Return what teaches the right command: by what other programs call it, or by how it is spelt."""
    meant = BY_ELSEWHERE.get(name.lower())
    near = BY_NAME.get(nearest(name, BY_NAME)) if meant is None else None
    if meant is not None:
        return UsageError(_("There is no command /{name} here: it is called {usage}.", name=name, usage=meant.usage))
    if near is not None:
        return UsageError(
            _(
                "There is no command /{name}. Did you mean /{near}? It goes like this: {example}",
                name=name,
                near=near.name,
                example=near.example,
            )
        )
    return UsageError(
        _(
            "There is no command /{name}: type /help for the list, or // to send a text that begins with a slash.",
            name=name,
        )
    )
