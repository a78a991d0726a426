"""What things look like: on a light and on a dark screen, and on paper, where dashes tell what colours do not."""

from __future__ import annotations

LIGHT = {
    "ground": "#ffffff",
    "ink": "#1b2430",
    "faint": "#6b7585",
    "lane": "#b9c1cc",
    "break": "#d5dae1",
    "election": "#b4430f",
    "log": "#0f6e84",
    "clients": "#6a4fa3",
    "clocks": "#2b7a46",
    "members": "#5f6b7a",
    "heartbeats": "#98a2b0",
    "fault": "#b3123a",
    "reign": "#1d4fa8",
    "curve0": "#1d4fa8",
    "curve1": "#b4430f",
    "curve2": "#2b7a46",
    "curve3": "#6a4fa3",
    "curve4": "#0f6e84",
    "curve5": "#8a6d00",
    "curve6": "#8d2f62",
    "curve7": "#4b5563",
    "curve8": "#7a4a1d",
}
DARK = {
    "ground": "#12161c",
    "ink": "#e7ebf0",
    "faint": "#98a3b3",
    "lane": "#4b5564",
    "break": "#2c343f",
    "election": "#ff9a5a",
    "log": "#56c5dd",
    "clients": "#b9a3f2",
    "clocks": "#6fd394",
    "members": "#a8b2c0",
    "heartbeats": "#6c7686",
    "fault": "#ff7591",
    "reign": "#7fb0ff",
    "curve0": "#7fb0ff",
    "curve1": "#ff9a5a",
    "curve2": "#6fd394",
    "curve3": "#b9a3f2",
    "curve4": "#56c5dd",
    "curve5": "#e3c450",
    "curve6": "#f08fc0",
    "curve7": "#c3cad4",
    "curve8": "#dca878",
}
"""Each colour against its ground has a contrast of at least 3 to 1 where it carries meaning."""
DASHES = {
    "clients": "6 3",
    "heartbeats": "1.5 3",
    "members": "3 2",
    "clocks": "9 2 2 2",
    "lost": "3 3",
    "candidate": "9 2.5",
}
FONT = "font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"
CURVES = 9
"""Curves that are told apart by colour: as many as a cluster may have servers."""


def style_sheet() -> str:
    """Return the style sheet of every picture; without one that knows schemes, the light one is used."""
    fixed = [f"text{{{FONT}}}", ".bold{font-weight:600}", "line,polyline{fill:none}"]
    fixed += [f".dash-{name}{{stroke-dasharray:{dashes}}}" for name, dashes in DASHES.items()]
    dark = "".join(_rules(DARK))
    return "\n".join(
        [*fixed, *_rules(LIGHT), f"@media screen and (prefers-color-scheme:dark){{{dark}}}"],
    )


def _rules(colours: dict[str, str]) -> list[str]:
    """Return for each colour what has it as a fill, as a stroke, and as a halo around letters."""
    rules = [f".f-{name}{{fill:{colour}}}.s-{name}{{stroke:{colour}}}" for name, colour in colours.items()]
    halo = f".halo{{stroke:{colours['ground']};stroke-width:3px;stroke-linejoin:round;paint-order:stroke}}"
    return [*rules, halo]
