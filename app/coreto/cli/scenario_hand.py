"""The hand that types the lines of a scenario, with the commands of the prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from coreto.client.chat import NetworkChat
from coreto.client.errors import ClientError, RefusedError
from coreto.launcher import requests as ask
from coreto.launcher.control_client import ControlClient
from coreto.prompt.errors import ChatError
from coreto.prompt.execute import execute
from coreto.prompt.parse import parse
from coreto.prompt.session import ChatSession
from coreto.texts import _

OUTSIDERS = frozenset({"clients"})
"""Ends of links that are no roles."""
ALLOWED = frozenset({"lab", "cluster"})
"""Groups of commands that a scenario may use: the others are for people who talk."""


class PromptHand:
    """Checks lines without a cluster, and types them in one."""

    def check(self, line: str, roles: Sequence[str]) -> str:
        """Return what is wrong with a line, nothing if it could be typed in a cluster that has these roles."""
        try:
            parsed = parse(line)
            if parsed.command.group not in ALLOWED:
                return _("A scenario cannot use /{name}: /help lab names what it can.", name=parsed.command.name)
            if parsed.command.group != "lab":
                return ""
            pretended = _Pretended()
            parsed.command.handler(_session(pretended), parsed.arguments)
        except (ChatError, ClientError) as error:
            return str(error)
        unknown = sorted(pretended.named - {*roles, *OUTSIDERS})
        if unknown:
            return _("There is no role {name}: this cluster has {names}.", name=unknown[0], names=", ".join(roles))
        return ""

    @contextmanager
    def open(self, control: ControlClient, info: Mapping[str, Any]) -> Iterator[Callable[[str], str]]:
        """Yield what types a line in a running cluster and returns the answer; it raises a `ClientError`."""
        chat = NetworkChat(broker=info["broker"], proxy=info["proxy"], reference=info["reference"])
        with closing(chat):
            session = ChatSession(chat)
            session.attach(control)
            yield lambda line: _typed(session, line)


class _Pretended(ControlClient):
    """A cluster that does nothing, and notes which roles were named."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.named: set[str] = set()

    def in_force(self) -> ask.FaultsInForce:
        """Nothing is broken."""
        return ask.FaultsInForce((), ())

    def ask(self, request: ask.Request) -> dict[str, Any]:
        """Note whom it is about."""
        if isinstance(request, ask.Inject):
            self.named |= {end for fault in request.faults for end in (fault.source, fault.target)}
        elif name := getattr(request, "name", ""):
            self.named.add(name)
        return {}


class _Nobody(NetworkChat):
    """A chat for handlers that need none."""

    def __init__(self) -> None:
        """Connect to nothing."""


def _session(control: ControlClient) -> ChatSession:
    session = ChatSession(_Nobody())
    session.control = control
    return session


def _typed(session: ChatSession, line: str) -> str:
    try:
        return str(execute(session, line))
    except ChatError as error:
        raise RefusedError(str(error)) from None
