"""What is left of a run for whoever wants to look at it again: pictures beside its journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coreto.journal.event import Event
from coreto.journal.file import read_journal
from coreto.lab.picture.choice import Wish
from coreto.lab.picture.draw import draw_svg, plot_svg
from coreto.lab.picture.window import NothingToShowError, Window, around, usual

JOURNAL = "journal.jsonl"
DIAGRAM, PLOT = "diagram.svg", "plot.svg"


def keepsakes(journal: Path) -> tuple[Path, ...]:
    """Draw a run whose journal is complete; return all its files, with the diagram of its last kill, else election."""
    _header, events = read_journal(journal)
    diagram, plot = journal.with_name(DIAGRAM), journal.with_name(PLOT)
    diagram.write_text(draw_svg(events, Wish(window=_window(events))), encoding="utf-8")
    plot.write_text(plot_svg(events), encoding="utf-8")
    return journal, diagram, plot


def _window(events: Sequence[Event]) -> Window:
    try:
        return around(events, "kill")
    except NothingToShowError:
        return usual(events)
