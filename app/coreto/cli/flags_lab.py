"""Flags of the commands that show what a cluster does: scenario, tour."""

from __future__ import annotations

import argparse

from coreto.cli.flags_roles import Commands, add_journal, add_language
from coreto.texts import LANGUAGES, _


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    help_text = _("play what a cluster goes through, and judge it from outside")
    _add_scenario(commands.add_parser("scenario", help=help_text))
    _add_tour(commands.add_parser("tour", help=_("show in two to three minutes what the program does")))


def _add_scenario(parser: argparse.ArgumentParser) -> None:
    _add_shared(parser, language=None, off=False)
    actions = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    listing = actions.add_parser("list", help=_("list the scenarios that come with the program"))
    running = actions.add_parser("run", help=_("run a scenario: status 0 valid, 1 invalid, 3 unknown"))
    running.add_argument("scenario", metavar="NAME|FILE", help=_("one of the list, or a file (docs/scenarios.md)"))
    running.add_argument("--processes", action="store_true", help=_("run each role as a process of its own"))
    add_journal(running)
    running.add_argument("--svg", metavar="FILE", help=_("write the picture that tells its story to this file"))
    checking = actions.add_parser("check", help=_("say what is wrong with the file of a scenario, line by line"))
    checking.add_argument("scenario", metavar="FILE", help=_("the file"))
    for action, run in ((listing, _run_list), (running, _run_run), (checking, _run_check)):
        # What is not given behind the action must not undo what was given before it.
        _add_shared(action, language=argparse.SUPPRESS, off=argparse.SUPPRESS)
        action.set_defaults(run=run)


def _add_shared(parser: argparse.ArgumentParser, *, language: str | None, off: bool | str) -> None:
    parser.add_argument("--json", action="store_true", default=off, help=_("print data as JSON"))
    parser.add_argument("--lang", choices=LANGUAGES, default=language, help=_("language of what people read"))


def _run_list(options: argparse.Namespace) -> int:
    from coreto.cli.scenario import run_list

    return run_list(options)


def _run_run(options: argparse.Namespace) -> int:
    from coreto.cli.scenario import run_run

    return run_run(options)


def _run_check(options: argparse.Namespace) -> int:
    from coreto.cli.scenario import run_check

    return run_check(options)


def _add_tour(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help=_("no pauses for reading"))
    parser.add_argument("--out", metavar="FOLDER", help=_("where the files go that it writes (coreto-tour)"))
    parser.add_argument("--json", action="store_true", help=_("print only the verdict, as JSON"))
    add_language(parser)
    parser.set_defaults(run=_run_tour)


def _run_tour(options: argparse.Namespace) -> int:
    from coreto.cli.tour import run_tour

    return run_tour(options)
