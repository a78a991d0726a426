"""What commands return. Texts are in the language of the person, but not yet harmless: see `render`."""

from __future__ import annotations

import msgspec

from coreto.lab.picture.text import TextLine


class Done(msgspec.Struct, frozen=True):
    """It was done, in a sentence."""

    text: str


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its key, the same in every language, and its heading."""

    key: str
    label: str
    moment: bool = False
    """Whether its values are Unix seconds, to be shown as time of day."""


class Rows(msgspec.Struct, frozen=True):
    """A table, and a line below it when there is something to add."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    footer: str = ""


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
    clock: int = 0
    """Lamport value, 0 when it is not known."""
    own: bool = False
    """Whether the person wrote it, here, and was told that a majority stored it."""
    mention: bool = False
    """Whether it names the person."""
    new: bool = False
    """Whether it is the first one the person has not read."""


class Drawing(msgspec.Struct, frozen=True):
    """A picture in letters: each line with what is to be said beside it, and sentences below."""

    title: str
    lines: tuple[TextLine, ...]
    footer: tuple[str, ...] = ()


class Messages(msgspec.Struct, frozen=True):
    """Messages in order."""

    title: str
    messages: tuple[Spoken, ...]


class Sent(msgspec.Struct, frozen=True):
    """A message of the person's own that a majority of the servers has stored."""

    text: str
    spoken: Spoken
    seq: int | None
    """Its number in its topic, as far as the server said."""
    follows: bool = False
    """Whether it comes back by subscription, in its place among those of others."""


class Leave(msgspec.Struct, frozen=True):
    """The person wants to go."""


Result = Done | Rows | Facts | Drawing | Messages | Sent | Leave
