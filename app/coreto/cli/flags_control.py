"""Flags of the commands that speak to a cluster that runs on this machine: exec, watch, wait."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_language
from coreto.texts import _

WAIT_SECONDS = 30.0
"""How long `wait` waits unless told otherwise: some elections on a busy machine."""
WATCH_SECONDS = 2.0
"""How often `watch` looks unless told otherwise."""


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    _add_exec(commands.add_parser("exec", help=_("run one prompt command in the cluster that runs")))
    _add_watch(commands.add_parser("watch", help=_("run a prompt command again and again")))
    _add_wait(commands.add_parser("wait", help=_("wait until the cluster runs, or has a coordinator")))


def _add_exec(parser: argparse.ArgumentParser) -> None:
    _add_line(parser)
    _add_where(parser)
    parser.set_defaults(run=_run_exec)


def _run_exec(options: argparse.Namespace) -> int:
    from coreto.cli.control import run_exec

    return run_exec(options)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    _add_line(parser)
    help_text = _("how long from one look to the next (2 s)")
    parser.add_argument("--interval", type=kinds.seconds, default=WATCH_SECONDS, metavar="S", help=help_text)
    parser.add_argument("--count", type=kinds.positive, metavar="N", help=_("stop after so many looks"))
    _add_where(parser)
    parser.set_defaults(run=_run_watch)


def _run_watch(options: argparse.Namespace) -> int:
    from coreto.cli.control import run_watch

    return run_watch(options)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    help_text = _("wait until a majority of the servers follows one coordinator")
    parser.add_argument("--coordinator", action="store_true", help=help_text)
    help_text = _("give up after so many seconds (30)")
    parser.add_argument("--timeout", type=kinds.seconds, default=WAIT_SECONDS, metavar="S", help=help_text)
    _add_where(parser)
    parser.set_defaults(run=_run_wait)


def _run_wait(options: argparse.Namespace) -> int:
    from coreto.cli.control import run_wait

    return run_wait(options)


def _add_line(parser: argparse.ArgumentParser) -> None:
    help_text = _("a prompt command in quotes, with or without its slash: 'publish geral oi'")
    parser.add_argument("line", nargs="+", metavar="COMMAND", help=help_text)
    parser.add_argument("--user", type=kinds.name, metavar="NAME", help=_("log in as this user first"))


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="FOLDER", help=_("data folder of the cluster"))
    parser.add_argument("--json", action="store_true", help=_("print data as JSON"))
    add_language(parser)
