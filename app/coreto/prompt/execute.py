"""A line is executed: parsed, and handed to its command."""

from __future__ import annotations

from coreto.prompt.parse import parse
from coreto.prompt.results import Result
from coreto.prompt.session import ChatSession


def execute(session: ChatSession, line: str) -> Result:
    """Return what the line brings; raise one of `FAILURES`."""
    parsed = parse(line)
    return parsed.command.handler(session, parsed.arguments)
