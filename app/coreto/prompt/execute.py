"""A line is executed: parsed, handed to its command, and refused in a way that teaches."""

from __future__ import annotations

from coreto.client.errors import RefusedError
from coreto.prompt.errors import ChatError
from coreto.prompt.near import nearest
from coreto.prompt.parse import parse
from coreto.prompt.results import Result
from coreto.prompt.session import ChatSession
from coreto.prompt.table import BY_NAME
from coreto.texts import _


def execute(session: ChatSession, line: str) -> Result:
    """Return what the line brings; raise one of `FAILURES`."""
    parsed = parse(line)
    try:
        return parsed.command.handler(session, parsed.arguments)
    except ChatError as error:
        if not parsed.command.name and (meant := _meant(line)):
            raise ChatError(f"{error} {meant}") from None
        raise
    except RefusedError as error:
        raise _with_hint(error, session, parsed.arguments) from None


def _meant(line: str) -> str:
    """A newcomer forgets the slash: `join geral` could not be sent as text, and was meant as a command."""
    if line.split(maxsplit=1)[0].lower() not in BY_NAME:
        return ""
    return _("Commands begin with a slash: did you mean /{line}?", line=line.strip())


def _with_hint(error: RefusedError, session: ChatSession, arguments: dict[str, str]) -> RefusedError:
    known = session.known
    match error.rule:
        case "channel_unknown":
            typed, names = arguments.get("channel") or arguments.get("place", ""), known.channels
        case "user_unknown":
            typed, names = arguments.get("user") or arguments.get("place", "").removeprefix("@"), known.users
        case _:
            return error
    near = nearest(typed, names)
    if not near:
        return error
    return RefusedError(_("{error} Did you mean {near}?", error=error, near=near), error.code, error.rule)
