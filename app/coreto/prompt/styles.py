"""What the fragments of a line look like in a terminal, and the colour of each name.

Only the sixteen colours that every terminal has, and that people choose to fit their background.
"""

from __future__ import annotations

import zlib

NICK_COLORS = (
    "ansigreen",
    "ansiblue",
    "ansimagenta",
    "ansicyan",
    "ansired",
    "ansiyellow",
    "ansibrightgreen",
    "ansibrightblue",
    "ansibrightmagenta",
    "ansibrightcyan",
)

STYLES = {
    "title": "bold",
    "note": "ansibrightblack",
    "time": "ansibrightblack",
    "place": "ansicyan",
    "stored": "ansigreen bold",
    "warning": "ansiyellow bold",
    "personal": "ansimagenta bold",
    "mention": "bold",
    "marker": "ansired",
    "error": "ansired",
    "typed": "ansibrightblack",
    "status": "reverse",
    "status.trouble": "reverse bold ansired",
    "question": "bold",
    **{f"nick{number}": f"{color} bold" for number, color in enumerate(NICK_COLORS)},
}


def nick_style(name: str) -> str:
    """Return the style of a name: the same in every session, on every machine."""
    return f"nick{zlib.crc32(name.encode('utf-8', 'surrogatepass')) % len(NICK_COLORS)}"
