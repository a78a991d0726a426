"""`coreto tour`: two to three minutes in which the program shows what it does, with a verdict in the end."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from coreto.cli.journals import header
from coreto.cli.printing import fail, say
from coreto.cli.scenario import STATUSES, report_data, report_lines
from coreto.cli.scenario_hand import PromptHand
from coreto.lab.tour.course import Request, give_tour
from coreto.lab.tour.narrator import Narrator
from coreto.prompt.lines import write_lines
from coreto.prompt.visible import visible
from coreto.texts import _, choose_language

FOLDER = "coreto-tour"


def run_tour(options: argparse.Namespace) -> int:
    """Give the tour and print the verdict; return 0 for valid, 1 for invalid, 3 for unknown."""
    folder = Path(options.out or FOLDER)
    narrator = Narrator(_silence if options.json else _write, fast=options.fast or options.json)
    language = choose_language(options.lang, os.environ)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        request = Request(language, PromptHand(), folder, header("tour"), say)
        report = give_tour(request, narrator)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or error
        return fail(
            _("The folder {folder} cannot be used ({reason}): choose another with --out.", folder=folder, reason=reason)
        )
    if options.json:
        write_lines(sys.stdout, [json.dumps(report_data(report), ensure_ascii=False)])
    else:
        write_lines(sys.stdout, ["", *map(visible, report_lines(report))])
    return STATUSES[report.verdict]


def _write(line: str) -> None:
    write_lines(sys.stdout, [visible(line)])


def _silence(line: str) -> None:
    """With --json only the verdict is printed."""
