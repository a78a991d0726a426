"""`coreto selftest`: does the program work on this machine? A verdict, and what it rests on."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

import msgspec

from coreto import __version__
from coreto.cli.printing import say
from coreto.cli.statuses import DONE, FAILED
from coreto.lab.selftest import Request, run_selftest
from coreto.lab.steps import Course, Outcome
from coreto.prompt.lines import write_lines
from coreto.prompt.visible import visible
from coreto.texts import _, choose_language


def run(options: argparse.Namespace) -> int:
    """Run the self-test and print each step and the verdict; return 0, or 1 when a step failed."""
    language = choose_language(options.lang, os.environ)
    told = _hear_nothing if options.json else _print_outcome
    course = run_selftest(Request(options.processes, language, say), _load_prompt, told)
    write_lines(sys.stdout, [json.dumps(_as_data(course), ensure_ascii=False) if options.json else _verdict(course)])
    if course.stuck:
        # What is stuck would also keep the process from ending.
        os._exit(FAILED)
    return DONE if course.passed else FAILED


def _load_prompt() -> str:
    """Load what is loaded only when somebody sits at a terminal."""
    import coreto.prompt.terminal

    assert coreto.prompt.terminal
    return _("The prompt can be loaded.")


def _print_outcome(outcome: Outcome) -> None:
    mark = "ok  " if outcome.passed else "FAIL"
    line = f"{mark} {outcome.step:<8} {outcome.seconds:6.2f} s  {outcome.detail}"
    write_lines(sys.stdout, [visible(line)])


def _hear_nothing(outcome: Outcome) -> None:
    """With --json everything is printed at once, in the end."""


def _verdict(course: Course) -> str:
    failed = ", ".join(outcome.step for outcome in course.outcomes if not outcome.passed)
    if not failed:
        return _("Coreto {version} works on this machine.", version=__version__)
    return _("Coreto {version} does not work on this machine: {steps} failed.", version=__version__, steps=failed)


def _as_data(course: Course) -> dict[str, Any]:
    steps = [msgspec.to_builtins(outcome) for outcome in course.outcomes]
    return {"passed": course.passed, "version": __version__, "steps": steps}
