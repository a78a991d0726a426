"""What a command is: everything that parsing, help and completion need to know about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from coreto.prompt.results import Result
from coreto.prompt.session import ChatSession
from coreto.texts import _

Kind = Literal["user", "channel", "place", "text", "number", "command", "role", "roles", "amount"]
"""`place` is a channel, or a user with @ in front; `roles` are several roles and what stands between them."""

Arguments = Mapping[str, str]
"""Values by the name of the argument, in canonical form; an optional one that was not given is missing."""

Handler = Callable[[ChatSession, Arguments], Result]


class Argument(msgspec.Struct, frozen=True):
    """One argument; the last of a command may take the `rest` of the line, spaces included."""

    name: str
    kind: Kind
    label: str
    """The word that stands for it in help, as the id of a message."""
    optional: bool = False
    rest: bool = False


class Command(msgspec.Struct, frozen=True):
    """One command; `help` is the id of a message, the example is the same in every language."""

    name: str
    help: str
    example: str
    handler: Handler
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """How to type it: `/publish CHANNEL TEXT`."""
        return " ".join([f"/{self.name}", *map(_placeholder, self.arguments)])


def _placeholder(argument: Argument) -> str:
    label = _(argument.label)
    return f"[{label}]" if argument.optional else label
