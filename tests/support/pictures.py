"""Draws docs/pictures/*.svg from the journals beside them: `python -m tests.support.pictures [--anew]`.

With `--anew` the journals are made first: real clusters are started, used and broken, and of each
journal that is kept which the pictures need.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from coreto.journal.event import Event
from coreto.journal.events import Applied
from coreto.journal.file import read_journal
from coreto.journal.traffic import Message, Traffic
from coreto.lab.picture.choice import Wish
from coreto.lab.picture.draw import draw_svg, plot_svg
from coreto.lab.picture.window import around, whole
from coreto.texts import activate
from tests.support.cluster import Cluster
from tests.support.program import COMMAND, environment

FOLDER = Path(__file__).parents[2] / "docs/pictures"
MARGIN = 0.06
"""Seconds kept around an election, for messages that were on their way."""
PLOTTED = ("requests", "replies")


class Drawn(NamedTuple):
    """One picture: its file, the journal it is made from, and how."""

    name: str
    journal: str
    draw: Callable[[Sequence[Event]], str]
    language: str = "en"


PICTURES = (
    Drawn("kill-3.svg", "kill-3.jsonl", draw_svg),
    Drawn("morte-3.svg", "kill-3.jsonl", draw_svg, "pt"),
    Drawn("kill-5.svg", "kill-5.jsonl", draw_svg),
    Drawn(
        "entry.svg", "kill-3.jsonl", lambda events: draw_svg(events, Wish(window=whole(events), entry=_first(events)))
    ),
    Drawn("plot-kill.svg", "plot-kill.jsonl", plot_svg),
    Drawn("plot-clocks.svg", "plot-clocks.jsonl", lambda events: plot_svg(events, ("clocks",))),
)


def picture(drawn: Drawn) -> str:
    """Return what the file of a picture should hold."""
    _header, events = read_journal(FOLDER / drawn.journal)
    activate(drawn.language)
    try:
        return drawn.draw(events)
    finally:
        activate("en")


def main() -> None:
    """Draw all of them."""
    if "--anew" in sys.argv[1:]:
        _make_journals()
    for drawn in PICTURES:
        (FOLDER / drawn.name).write_text(picture(drawn), "utf-8")
        print(drawn.name)


def _first(events: Sequence[Event]) -> int:
    """Return the first entry that a whole story is told of: applied last in the journal."""
    return max(event.first for event in events if isinstance(event, Applied))


# New journals.


class _Run:
    """A cluster that writes its journal, and two bots that talk in it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self._folder = folder

    def execute(self, command: str) -> dict[str, Any]:
        """Execute a command of the prompt."""
        done = _coreto("exec", "--data", str(self._folder), "--json", command)
        return dict(json.loads(done.stdout))

    def kill_coordinator(self) -> None:
        """Kill it, and wait for the next one."""
        rows = self.execute("servers")["rows"]
        self.execute("kill " + next(row["name"] for row in rows if row["coordinator"]))
        time.sleep(1.0)
        _coreto("wait", "--data", str(self._folder), "--coordinator", "--timeout", "30")


def _coreto(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True, env=environment())


@contextmanager
def _running(journal: Path, servers: int, rate: float) -> Iterator[_Run]:
    with tempfile.TemporaryDirectory(prefix="coreto-pictures-") as name:
        folder = Path(name) / "data"
        arguments = ("--servers", str(servers), "--data", folder, "--journal", journal)
        with Cluster(Path(name), *arguments) as cluster:
            command = [*COMMAND, "bot", "--broker", cluster.broker, "--count", "2", "--rate", str(rate)]
            bots = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment())
            try:
                time.sleep(2.0)
                yield _Run(cluster, folder)
                time.sleep(1.0)
            finally:
                bots.terminate()
                bots.wait()
            cluster.end()


def _make_journals() -> None:
    with tempfile.TemporaryDirectory(prefix="coreto-journals-") as name:
        full = Path(name) / "journal.jsonl"
        for servers in (3, 5):
            with _running(full, servers, 20.0) as run:
                run.kill_coordinator()
            _keep(full, FOLDER / f"kill-{servers}.jsonl", _near_election(full))
        with _running(full, 3, 15.0) as run:
            time.sleep(2.0)
            run.kill_coordinator()
            time.sleep(2.0)
            run.execute("restart s3")
            time.sleep(4.0)
        _keep(full, FOLDER / "plot-kill.jsonl", _plotted)
        with _running(full, 3, 1.0) as run:
            for fault in ("skew s1 +400ms", "drift s2 +2000ppm", "skew s3 -2s"):
                run.execute(fault)
                time.sleep(8.0)
        _keep(full, FOLDER / "plot-clocks.jsonl", lambda event: not isinstance(event, Traffic) or _is_clock(event))


def _near_election(journal: Path) -> Callable[[Event], bool]:
    _header, events = read_journal(journal)
    window = around(events, "coordinator")
    begin, end = window.since - MARGIN, window.until + MARGIN
    return lambda event: not isinstance(event, Traffic) or begin <= event.time <= end


def _plotted(event: Event) -> bool:
    if isinstance(event, Message):
        return event.kind in PLOTTED
    return True


def _is_clock(event: Event) -> bool:
    return isinstance(event, Message) and event.kind in ("clock_tell", "clock_adjust")


def _keep(full: Path, kept: Path, wanted: Callable[[Event], bool]) -> None:
    """Copy the header, and the lines of the events that are wanted."""
    _header, events = read_journal(full)
    lines = full.read_bytes().splitlines(keepends=True)
    kept.write_bytes(
        b"".join([lines[0], *(line for line, event in zip(lines[1:], events, strict=True) if wanted(event))])
    )


if __name__ == "__main__":
    main()
