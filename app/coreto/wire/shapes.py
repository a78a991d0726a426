"""Publications and announcements in the shapes that views write (protocol.md §3, "views").

A text reader takes a line for a message, so nothing a message holds may begin another line.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, tzinfo
from typing import Literal

from coreto.wire.codec import encode
from coreto.wire.publication import (
    SERVERS_TOPIC,
    Announcement,
    Publication,
    announcement_map,
    publication_maps,
)

ViewShape = Literal["text", "json"]
Frames = tuple[bytes, ...]

_ESCAPED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, line and paragraph separators; a tab among them begins no line."""


def shape_publication(item: Publication, shape: ViewShape, zone: tzinfo | None) -> Frames:
    """Return a message as the readers of a view get it; `zone` None is that of this machine."""
    if shape == "json":
        _, flat = publication_maps(item)
        return item.topic.encode(), encode(flat, "json")
    moment = datetime.fromtimestamp(item.time, zone)
    line = f"{item.topic} {item.user}: {item.message} [{moment:%H:%M:%S}] (clock={item.clock})"
    return (one_line(line).encode(),)


def shape_announcement(item: Announcement, shape: ViewShape) -> Frames:
    """Return an announcement as the readers of a view get it."""
    topic, body = SERVERS_TOPIC.encode(), encode(announcement_map(item), "json")
    return (topic, body) if shape == "json" else (topic + b" " + body,)


def one_line(text: str) -> str:
    r"""Return `text` with whatever could begin a new line as an escape such as `\n`."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character == "\t" or unicodedata.category(character) not in _ESCAPED:
        return character
    return character.encode("unicode_escape").decode("ascii")
