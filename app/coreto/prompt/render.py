"""Results become lines of text; whatever came from others is made harmless here."""

from __future__ import annotations

from datetime import datetime

from coreto.prompt.results import Done, Facts, Leave, Messages, Result, Rows, Spoken
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible, visible_lines, width
from coreto.texts import _

CONTINUATION = "  │ "
"""Stands before every further line of a message, so that no message can look like two."""

GAP = "  "


def render(result: Result) -> list[str]:
    """Return the lines that show a result."""
    match result:
        case Done():
            return _block(result.text)
        case Rows():
            return [visible(result.title), *_table(result)]
        case Facts():
            return [visible(result.title), *_facts(result)]
        case Messages():
            return [
                visible(result.title),
                *(line for spoken in result.messages for line in render_spoken(spoken)),
            ]
        case Leave():
            return []


def render_spoken(spoken: Spoken) -> list[str]:
    """Return the lines that show a message."""
    who = visible(spoken.user)
    head = f"{who} → {visible(spoken.place)}" if spoken.direct else f"{visible(spoken.place)} <{who}>"
    marks = [clock_time(spoken.time), _("[direct]") if spoken.direct else "", head]
    if not spoken.confirmed:
        marks.insert(1, _("[not confirmed]"))
    first, *others = visible_lines(spoken.message)
    return [" ".join([*filter(None, marks), first]), *(CONTINUATION + line for line in others)]


def render_burst(messages: list[Spoken], most: int) -> list[str]:
    """Return the lines of what arrived at once; of a flood, the last `most` and how many more there were."""
    hidden = len(messages) - most
    more = [_("… {count} more", count=hidden)] if hidden > 0 else []
    return [*more, *(line for spoken in messages[-most:] for line in render_spoken(spoken))]


def render_error(error: Exception) -> list[str]:
    """Return the lines that show why a command failed."""
    return _block(str(error))


def status_line(session: ChatSession) -> str:
    """Return user · channel · coordinator · epoch, or what is wrong."""
    cluster = session.cluster
    parts = [session.user or _("not logged in"), session.channel or _("no channel")]
    if cluster.trouble:
        parts.append(cluster.trouble)
    elif cluster.coordinator:
        parts.append(_("coordinator {coordinator}", coordinator=cluster.coordinator))
    elif cluster.epoch is not None:
        parts.append(_("no coordinator"))
    if cluster.epoch is not None and not cluster.trouble:
        parts.append(_("epoch {epoch}", epoch=cluster.epoch))
    return visible(" · ".join(parts))


def clock_time(seconds: float) -> str:
    """Return the local time of day; what no calendar knows is shown as dashes."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


def _block(sentence: str) -> list[str]:
    first, *others = visible_lines(sentence)
    return [first, *(CONTINUATION + line for line in others)]


def _table(table: Rows) -> list[str]:
    heading = [visible(column.label) for column in table.columns]
    cells = [[_cell(value) for value in row] for row in table.rows]
    if not cells:
        return []
    widths = [max(width(row[place]) for row in [heading, *cells]) for place in range(len(heading))]
    shown = cells if len(heading) == 1 else [heading, *cells]
    return [_padded(row, widths) for row in shown]


def _facts(facts: Facts) -> list[str]:
    labels = [visible(fact.label) for fact in facts.facts]
    widest = max(map(width, labels), default=0)
    return [_padded([label, _cell(fact.value)], [widest, 0]) for label, fact in zip(labels, facts.facts, strict=True)]


def _padded(row: list[str], widths: list[int]) -> str:
    cells = (cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))
    return (GAP + GAP.join(cells)).rstrip()


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return _("yes") if value else _("no")
        case list() | tuple():
            return ", ".join(map(_cell, value))
        case dict():
            return ", ".join(f"{visible(str(key))}={_cell(item)}" for key, item in value.items())
        case _:
            return visible(str(value))
