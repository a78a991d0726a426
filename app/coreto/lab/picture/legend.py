"""What the strokes of a diagram mean, below it; only those that are there."""

from __future__ import annotations

from collections.abc import Iterator

from coreto.lab.picture.kinds import SORTS
from coreto.lab.picture.letters import text_width
from coreto.lab.picture.model import Picture
from coreto.lab.picture.shapes import SMALL, Area, Line, Shape, Text
from coreto.texts import N_, _

SORT_WORDS = {
    "election": N_("election"),
    "members": N_("membership"),
    "log": N_("log"),
    "clients": N_("clients"),
    "clocks": N_("clocks"),
    "heartbeats": N_("heartbeats"),
}
STANDING_WORDS = {
    "candidate": ("election 4 candidate", N_("candidate")),
    "coordinator": ("reign 5", N_("coordinator")),
}
SAMPLE, SPACE = 22.0, 18.0
"""Length of a sample stroke, and the room between two explanations."""


def legend(picture: Picture, left: float, y: float) -> Iterator[Shape]:
    """Return the explanations in one line."""
    x = left
    for look, message in _entries(picture):
        words = _(message)
        if look.startswith("area "):
            yield Area((x, y - 8, x + SAMPLE, y + 1), look.removeprefix("area "))
        else:
            yield Line(((x, y - 3.5), (x + SAMPLE, y - 3.5)), look)
        yield Text(x + SAMPLE + 5, y, words, "ink", size=SMALL)
        x += SAMPLE + 5 + text_width(words, SMALL) + SPACE
    yield Text(x, y, _("numbers beside dots: Lamport values"), "faint", size=SMALL)


def _entries(picture: Picture) -> Iterator[tuple[str, str]]:
    sorts = {arrow.sort for arrow in picture.arrows}
    for sort in SORTS:
        if sort in sorts:
            width = "1.8" if sort == "election" else "1.3"
            dash = sort if sort not in ("election", "log") else ""
            yield f"{sort} {width} {dash}".strip(), SORT_WORDS[sort]
    if any(arrow.fate == "lost" for arrow in picture.arrows):
        yield "fault 1.3 lost", N_("no arrival recorded")
    standings = {"candidate" if reign.standing == "establishing" else reign.standing for reign in picture.reigns}
    for standing, (look, words) in STANDING_WORDS.items():
        if standing in standings:
            yield look, words
    if any(band.kind == "down" for band in picture.bands):
        yield "area faint 0.22", N_("down")
    if any(band.kind != "down" for band in picture.bands):
        yield "area fault 0.16", N_("fault")
