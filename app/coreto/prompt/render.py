"""Results become lines; whatever came from others is made harmless here.

A line is a row of fragments, each with the name of a style; without a terminal only their texts
are used. What a style looks like is said in one place, `styles`.
"""

from __future__ import annotations

from collections.abc import Iterable

from coreto.prompt.folding import CONTINUATION, INDENT, Line, fold_line
from coreto.prompt.results import Done, Drawing, Facts, Leave, Messages, Result, Rows, Sent, Spoken
from coreto.prompt.session import View
from coreto.prompt.styles import nick_style
from coreto.prompt.tables import clock_time, drawing_lines, fact_lines, table_lines
from coreto.prompt.visible import visible, visible_lines
from coreto.texts import _

STORED = "✓"
"""Before the person's own messages: a majority has stored it. Others' names and texts never stand there."""

EVERYTHING = View(all=True)


def plain(lines: Iterable[Line]) -> list[str]:
    """Return the texts of lines."""
    return ["".join(text for _style, text in line) for line in lines]


def render(result: Result, columns: int = 0) -> list[str]:
    """Return the lines that show a result without colours; `columns` as for `paint`."""
    return plain(paint(result, columns=columns))


def paint(result: Result, view: View = EVERYTHING, here: str = "", columns: int = 0) -> list[Line]:
    """Return the lines that show a result, fitted to `columns` unless that is 0.

    Messages are shown as `view` says; `here` is the place that need not be named.
    """
    match result:
        case Done():
            return _block("", result.text, columns)
        case Sent():
            return [] if result.follows else _block("", result.text, columns)
        case Rows():
            lines = [("", line) for line in table_lines(result, columns)]
            footer = _block("note", result.footer, columns) if result.footer else []
            return [*_block("title", result.title, columns), *([line] for line in lines), *footer]
        case Facts():
            lines = [("", line) for line in fact_lines(result, columns)]
            return [*_block("title", result.title, columns), *([line] for line in lines)]
        case Drawing():
            lines = [("", line) for line in drawing_lines(result, columns)]
            below = [part for line in result.footer for part in _block("note", line, columns)]
            return [*_block("title", result.title, columns), *([line] for line in lines), *below]
        case Messages():
            shown = [line for spoken in result.messages for line in paint_spoken(spoken, view, here, columns)]
            return [*_block("title", result.title, columns), *shown]
        case Leave():
            return []


def render_spoken(spoken: Spoken) -> list[str]:
    """Return the lines that show a message without colours."""
    return plain(paint_spoken(spoken))


def paint_spoken(spoken: Spoken, view: View = EVERYTHING, here: str = "", columns: int = 0) -> list[Line]:
    """Return the lines that show a message."""
    first, *others = visible_lines(spoken.message)
    style = "mention" if spoken.mention else ""
    head: Line = [*_stamps(spoken, view), *_marks(spoken), *_speaker(spoken, here), (style, first)]
    unread: list[Line] = [[("marker", _("──── not read yet ────"))]] if spoken.new else []
    lines = [head, *([("note", CONTINUATION), (style, line)] for line in others)]
    return [*unread, *(part for line in lines for part in fold_line(line, columns))]


def paint_burst(
    messages: list[Spoken], most: int, view: View = EVERYTHING, here: str = "", columns: int = 0
) -> list[Line]:
    """Return the lines of what arrived at once; of a flood, the last `most`, and how many more there were.

    What is for the person (their own, direct, with their name) is always among them, up to `most`.
    """
    hidden = len(messages) - most
    if hidden <= 0:
        return [line for spoken in messages for line in paint_spoken(spoken, view, here, columns)]
    personal = [spoken for spoken in messages[:hidden] if spoken.own or spoken.direct or spoken.mention][-most:]
    more: Line = [("note", _("… {count} more", count=hidden - len(personal)))]
    shown = [*personal, *messages[hidden:]]
    return [more, *(line for spoken in shown for line in paint_spoken(spoken, view, here, columns))]


def paint_error(error: Exception, columns: int = 0) -> list[Line]:
    """Return the lines that show why a command failed."""
    return _block("error", str(error), columns)


def paint_sentence(style: str, sentence: str, columns: int = 0) -> list[Line]:
    """Return the lines that show any sentence."""
    return _block(style, sentence, columns)


def render_error(error: Exception, columns: int = 0) -> list[str]:
    """Return the same without colours."""
    return plain(paint_error(error, columns))


def _stamps(spoken: Spoken, view: View) -> Line:
    stamps = [clock_time(spoken.time)] if view.time else []
    if view.lamport:
        stamps.append(f"({spoken.clock or '-'})")
    return [("time", f"{' '.join(stamps)} ")] if stamps else []


def _marks(spoken: Spoken) -> Line:
    marks = [
        ("stored", STORED if spoken.own else ""),
        ("warning", "" if spoken.confirmed else _("[not confirmed]")),
        ("personal", _("[direct]") if spoken.direct else ""),
        ("personal", _("[for you]") if spoken.mention else ""),
    ]
    return [(style, f"{mark} ") for style, mark in marks if mark]


def _speaker(spoken: Spoken, here: str) -> Line:
    who = visible(spoken.user)
    if spoken.direct:
        return [(nick_style(spoken.user), who), ("note", f" → {visible(spoken.place)} ")]
    place = "" if spoken.place == here else f"{visible(spoken.place)} "
    return [("place", place), ("note", "<"), (nick_style(spoken.user), who), ("note", "> ")]


def _block(style: str, sentence: str, columns: int) -> list[Line]:
    first, *others = visible_lines(sentence)
    lines: list[Line] = [[(style, first)], *([("note", CONTINUATION), (style, line)] for line in others)]
    return [part for line in lines for part in fold_line(line, columns, INDENT)]
