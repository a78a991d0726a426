"""What commands return. Texts are in the language of the person, but not yet harmless: see `render`."""

from __future__ import annotations

import msgspec


class Done(msgspec.Struct, frozen=True):
    """It was done, in a sentence."""

    text: str


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its key, the same in every language, and its heading."""

    key: str
    label: str


class Rows(msgspec.Struct, frozen=True):
    """A table."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]


class Fact(msgspec.Struct, frozen=True):
    """A value with its key, the same in every language, and its name."""

    key: str
    label: str
    value: object


class Facts(msgspec.Struct, frozen=True):
    """Named values of one thing."""

    title: str
    facts: tuple[Fact, ...]


class Spoken(msgspec.Struct, frozen=True):
    """A message: `place` is the channel, or the receiver of a direct message."""

    place: str
    user: str
    message: str
    time: float
    direct: bool = False
    confirmed: bool = True


class Messages(msgspec.Struct, frozen=True):
    """Messages in order."""

    title: str
    messages: tuple[Spoken, ...]


class Leave(msgspec.Struct, frozen=True):
    """The person wants to go."""


Result = Done | Rows | Facts | Messages | Leave
