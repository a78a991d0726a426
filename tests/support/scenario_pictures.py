"""Draws docs/guide/pictures, one for each scenario and language: `python -m tests.support.scenario_pictures [NAME…]`.

Each scenario is run once, and its picture table says what is drawn of the run; all of them without a name.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from coreto.cli.journals import journal_to
from coreto.cli.scenario_hand import PromptHand
from coreto.journal.event import Event
from coreto.journal.file import read_journal
from coreto.lab.scenarios.model import Scenario
from coreto.lab.scenarios.picture import draw
from coreto.lab.scenarios.reading import names, read
from coreto.lab.scenarios.run import Request, run_scenario
from coreto.lab.scenarios.verdicts import Report
from coreto.texts import activate
from tests.support.scenario_pages import FOLDER, WORDS

PICTURES = FOLDER / "pictures"
BYTES_MAX = 80_000
"""A page should open at once."""


def picture_path(name: str, language: str) -> Path:
    """Return where the picture of a scenario is."""
    return PICTURES / language / f"{name}.svg"


def make(name: str) -> None:
    """Run a scenario and draw its picture in both languages; raise `SystemExit` unless all is as it should be."""
    scenario = read(name, PromptHand())
    report, events = _run(name, scenario)
    if report.verdict != scenario.expect.verdict:
        raise SystemExit(f"{name}: {report.verdict}, and its picture would not tell its story; run it again")
    for language in WORDS:
        activate(language)
        try:
            document = draw(scenario.picture, events, report.names, scenario.title.said(language))
        finally:
            activate("en")
        if len(document.encode()) > BYTES_MAX:
            raise SystemExit(f"{name}: {len(document.encode())} bytes are too many; let it show less")
        path = picture_path(name, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document, "utf-8")


def _run(name: str, scenario: Scenario) -> tuple[Report, Sequence[Event]]:
    with tempfile.TemporaryDirectory(prefix="coreto-guide-") as folder:
        journal = Path(folder) / "journal.jsonl"
        with journal_to(str(journal), "scenario") as sink:
            report = run_scenario(scenario, Request(name, "en", PromptHand(), lambda _line: None, sink))
        return report, read_journal(journal)[1]


def main(wanted: Sequence[str]) -> None:
    """Make those that are wanted, and remove those of scenarios that are gone."""
    for path in PICTURES.glob("*/*.svg"):
        if path.stem not in names():
            path.unlink()
    for name in wanted or names():
        make(name)
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
