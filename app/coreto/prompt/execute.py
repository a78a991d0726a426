"""A line is executed: parsed, handed to its command, and refused in a way that teaches."""

from __future__ import annotations

from coreto.client.errors import RefusedError
from coreto.client.refusals import explained
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
        raise _explained(error, session, parsed.arguments) from None


def _meant(line: str) -> str:
    """A newcomer forgets the slash: `join geral` could not be sent as text, and was meant as a command."""
    if line.split(maxsplit=1)[0].lower() not in BY_NAME:
        return ""
    return _("Commands begin with a slash: did you mean /{line}?", line=line.strip())


def _explained(error: RefusedError, session: ChatSession, arguments: dict[str, str]) -> RefusedError:
    """Say a refusal in the language of the person, for servers speak their own, and what was probably meant."""
    place = arguments.get("channel") or arguments.get("place", "")
    typed = arguments.get("user") or place.removeprefix("@")
    name = session.user if error.rule == "sender_unknown" else typed
    ours = explained(error, name)
    known = {"channel_unknown": session.known.channels, "user_unknown": session.known.users}
    near = nearest(typed, known.get(error.rule, ()))
    if not near:
        return ours
    return RefusedError(_("{error} Did you mean {near}?", error=ours, near=near), error.code, error.rule)
