"""The picture that tells the story of a scenario, from what happened in a run of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coreto.journal.event import Event
from coreto.lab.picture.choice import Wish
from coreto.lab.picture.draw import draw_svg, plot_svg
from coreto.lab.picture.window import NothingToShowError, Window, around, usual, whole
from coreto.lab.scenarios.hand import named
from coreto.lab.scenarios.model import PicturePart
from coreto.lab.scenarios.patterns import fits, said
from coreto.texts import _


def draw(part: PicturePart, events: Sequence[Event], names: Mapping[str, str], title: str) -> str:
    """Return the picture as an SVG document; `names` are those in braces of the run that the events are of.

    Raise `NothingToShowError` when what the picture begins or ends with did not happen.
    """
    window = _window(part, events, names)
    if part.plots:
        return plot_svg([event for event in events if window.holds(event)], part.plots, title)
    wish = Wish(
        window=window,
        lanes=tuple(named(lane, names) for lane in part.lanes),
        kinds=part.kinds,
        channel=part.channel,
        most=part.most,
    )
    return draw_svg(events, wish, title)


def _window(part: PicturePart, events: Sequence[Event], names: Mapping[str, str]) -> Window:
    if part.around:
        return around(events, part.around)
    everything = whole(events)
    if not (part.begin or part.end):
        return everything if part.plots or part.channel else usual(events)
    since, until = everything.since, everything.until
    if part.begin:
        since = _moment(part.begin, events, names, since)
    if part.end:
        until = _moment(part.end, events, names, since)
    return Window(since - part.before, until + part.after)


def _moment(pattern: Mapping[str, Any], events: Sequence[Event], names: Mapping[str, str], since: float) -> float:
    """Return when the first event from then on happened that a pattern fits."""
    wanted = named(dict(pattern), names)
    times = [event.time for event in events if event.time >= since and fits(wanted, event)]
    if not times:
        raise NothingToShowError(_("The picture needs an event that did not happen: {event}.", event=said(wanted)))
    return min(times)
