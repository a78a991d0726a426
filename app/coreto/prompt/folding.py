"""Lines fitted to a terminal, word by word.

A terminal that breaks a long line by itself begins the rest in the first column, where a message
could look like another one. Here the rest always begins with a sign that no message can forge.
"""

from __future__ import annotations

from collections.abc import Iterator

from coreto.prompt.visible import width

Fragment = tuple[str, str]
"""Style and text."""
Line = list[Fragment]

CONTINUATION = "  │ "
"""Stands before every further line of a message, so that no message can look like two."""
INDENT = "    "
"""Stands before every further line of a sentence of ours."""
COLUMNS_MIN = 20
"""Narrower terminals break lines as they like."""


def fold_line(line: Line, columns: int, sign: str = CONTINUATION) -> list[Line]:
    """Return one line as several of at most `columns`, the further ones behind a sign; 0 leaves it whole."""
    if columns < COLUMNS_MIN or sum(width(text) for _style, text in line) <= columns:
        return [line]
    lines: list[Line] = [[]]
    taken = 0
    for style, piece in _pieces(line, columns - width(sign)):
        if taken and taken + width(piece.rstrip()) > columns:
            lines.append([("note", sign)])
            taken = width(sign)
        lines[-1].append((style, piece))
        taken += width(piece)
    return lines


def _pieces(line: Line, most: int) -> Iterator[Fragment]:
    """Cut fragments behind each space, and words that are longer than a whole line."""
    for style, text in line:
        for word in _words(text):
            yield from ((style, part) for part in _cut(word, most))


def _words(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        space = text.find(" ", start)
        end = len(text) if space < 0 else space + 1
        yield text[start:end]
        start = end


def _cut(word: str, most: int) -> Iterator[str]:
    part, taken = "", 0
    for character in word:
        wide = width(character)
        if part and taken + wide > most and wide:
            yield part
            part, taken = "", 0
        part += character
        taken += wide
    yield part
