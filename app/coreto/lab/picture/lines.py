"""A part of a journal as a journal: what any reader of the format takes, with vector clocks added."""

from __future__ import annotations

import msgspec

from coreto.journal.file import Header
from coreto.lab.picture.history import History, vector_clocks


def write_lines(history: History, header: Header) -> str:
    """Return the events as JSON Lines, each with a further field `vector`, which readers of the format pass over."""
    lines = [msgspec.json.encode(header).decode()]
    for event, clock in zip(history.events, vector_clocks(history), strict=True):
        fields = msgspec.to_builtins(event) | {"vector": dict(sorted(clock.items()))}
        lines.append(msgspec.json.encode(fields).decode())
    return "\n".join(lines) + "\n"
