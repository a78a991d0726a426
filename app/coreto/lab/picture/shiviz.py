"""A journal for ShiViz (https://bestchai.bitbucket.io/shiviz): every event with its vector clock.

The first line of its format is the expression that parses the rest, the second one separates several
executions, and may be empty. A host's own component begins at 1 and grows by 1.
"""

from __future__ import annotations

import json

from coreto.lab.picture.history import History, vector_clocks
from coreto.lab.wording import say

EXPRESSION = r"(?<host>\S+) (?<clock>\{.*\}) (?<time>\S+) (?<lamport>\d+)\n(?<event>.*)"
"""In the notation of JavaScript, which ShiViz uses."""
SEVERAL_EXECUTIONS = ""


def write_shiviz(history: History) -> str:
    """Return the events as a log that ShiViz reads."""
    lines = [EXPRESSION, SEVERAL_EXECUTIONS]
    for event, clock in zip(history.events, vector_clocks(history), strict=True):
        vector = json.dumps({_host(lane): count for lane, count in sorted(clock.items())}, ensure_ascii=False)
        lines += [f"{_host(event.lane)} {vector} {event.time:.6f} {event.clock}", " ".join(say(event).split())]
    return "\n".join(lines) + "\n"


def _host(lane: str) -> str:
    """Return a name without spaces: they end it in the expression."""
    return "_".join(lane.split()) or "?"
