"""Pictures from the events of a journal, as text: what commands, scenarios and tours call."""

from __future__ import annotations

from collections.abc import Sequence

from coreto.journal.event import Event
from coreto.lab.picture.choice import Wish, choose
from coreto.lab.picture.layout import lay_out
from coreto.lab.picture.model import Picture
from coreto.lab.picture.panels import PANELS_USUAL
from coreto.lab.picture.place import place
from coreto.lab.picture.plot import place_plot
from coreto.lab.picture.series import series_of
from coreto.lab.picture.sparks import COLUMNS_USUAL, write_sparks
from coreto.lab.picture.svg import write_svg
from coreto.lab.picture.text import write_text
from coreto.texts import _

EVERYTHING_USUAL = Wish()


def picture_of(events: Sequence[Event], wish: Wish = EVERYTHING_USUAL, title: str = "") -> Picture:
    """Return the space-time diagram of a journal before it is drawn."""
    return lay_out(choose(events, wish), title or _("What happened, message by message"))


def draw_svg(events: Sequence[Event], wish: Wish = EVERYTHING_USUAL, title: str = "") -> str:
    """Return a space-time diagram as an SVG document."""
    return write_svg(place(picture_of(events, wish, title)))


def draw_text(events: Sequence[Event], wish: Wish = EVERYTHING_USUAL, title: str = "") -> str:
    """Return a space-time diagram in letters, lines as long as they are."""
    picture = picture_of(events, wish, title)
    lines = [f"{line.lanes}  {line.words}".rstrip() for line in write_text(picture)]
    return "\n".join([picture.title, picture.subtitle, *lines, *picture.footer]) + "\n"


def plot_svg(events: Sequence[Event], only: Sequence[str] = PANELS_USUAL, title: str = "") -> str:
    """Return the plots of a journal as an SVG document; `only` names panels."""
    return write_svg(place_plot(series_of(events, only), title or _("What a journal says over time")))


def plot_text(events: Sequence[Event], only: Sequence[str] = PANELS_USUAL, columns: int = COLUMNS_USUAL) -> str:
    """Return the same as sparklines."""
    return "\n".join(write_sparks(series_of(events, only), columns)) + "\n"
