"""Flags of the commands about who votes and who learns."""

from __future__ import annotations

import argparse

from coreto.cli.flags_roles import Commands, add_host, add_language, add_peer_address
from coreto.texts import _


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    _add(commands.add_parser("members", help=_("print who votes and who learns")))
    promote = commands.add_parser("promote", help=_("turn a learner into a voter"))
    remove = commands.add_parser("remove", help=_("turn a voter into a learner"))
    for parser in (promote, remove):
        parser.add_argument("server", metavar="NAME", help=_("name or rank of the server"))
        _add(parser)


def _add(parser: argparse.ArgumentParser) -> None:
    add_host(parser)
    add_peer_address(parser, "--reference", _("address of the reference (port 5560)"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    add_language(parser)
    parser.set_defaults(run=_run_members)


def _run_members(options: argparse.Namespace) -> int:
    from coreto.cli.members import run_members

    return run_members(options)
