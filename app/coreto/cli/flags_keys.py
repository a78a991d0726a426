"""Flags of `coreto key`."""

from __future__ import annotations

import argparse

from coreto.cli.flags_roles import Commands, add_language
from coreto.texts import _


def add_commands(commands: Commands) -> None:
    """Add `key`."""
    parser = commands.add_parser("key", help=_("print the code with which servers on other machines take part"))
    parser.add_argument("--data", metavar="FOLDER", help=_("where the cluster keeps everything"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    add_language(parser)
    parser.set_defaults(run=_run_key)


def _run_key(options: argparse.Namespace) -> int:
    from coreto.cli.keys import run_key

    return run_key(options)
