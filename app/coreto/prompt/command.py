"""What a command is: everything that parsing, help, completion, the reference page and JSON need to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from coreto.prompt.results import Done, Result
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

Kind = Literal[
    "user", "channel", "place", "server", "role", "roles", "text", "number", "amount", "file", "command", "choice"
]
"""`place` is a channel, or a user with @ in front; `roles` are several roles and what stands between them;
`amount` is a time or a rate; `choice` is one of the argument's own words."""

Arguments = Mapping[str, str]
"""Values by the name of the argument, in canonical form; an optional one that was not given is missing."""

Handler = Callable[[ChatSession, Arguments], Result]

Group = Literal["chat", "cluster", "lab", "prompt"]

GROUPS: dict[Group, str] = {
    "chat": N_("chat"),
    "cluster": N_("cluster"),
    "lab": N_("breaking it"),
    "prompt": N_("this window"),
}
"""What /help puts together, in its order; the first group is explained line by line."""


class Argument(msgspec.Struct, frozen=True):
    """One argument; the last of a command may take the `rest` of the line, spaces included."""

    name: str
    kind: Kind
    label: str
    """The word that stands for it in help, as the id of a message."""
    optional: bool = False
    rest: bool = False
    choices: tuple[str, ...] = ()
    """The words a `choice` may be; the same in every language, as the names of commands are."""


class Command(msgspec.Struct, frozen=True):
    """One command; `help` is the id of a message, the example is the same in every language."""

    name: str
    help: str
    example: str
    handler: Handler
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    result: type[Result] | tuple[type[Result], ...] = Done
    """What the handler returns."""
    group: Group = "chat"
    elsewhere: tuple[str, ...] = ()
    """What other programs call it: not understood, but answered with the right name."""

    @property
    def usage(self) -> str:
        """How to type it: `/publish CHANNEL TEXT`."""
        return " ".join([f"/{self.name}", *map(_placeholder, self.arguments)])

    @property
    def brief(self) -> str:
        """The same in few columns: `…` stands for all that may be left out."""
        needed = [_placeholder(argument) for argument in self.arguments if not argument.optional]
        return " ".join([f"/{self.name}", *needed, *(["[…]"] if len(needed) < len(self.arguments) else [])])


def _placeholder(argument: Argument) -> str:
    label = "|".join(argument.choices) or _(argument.label)
    return f"[{label}]" if argument.optional else label
