"""Flags of the commands that work on the files of servers at rest."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_language
from coreto.texts import _


def add_commands(commands: Commands) -> None:
    """Add `backup`, `restore`, `reset` and `recover`."""
    backup = commands.add_parser("backup", help=_("copy the servers of a stopped cluster to a new folder"))
    backup.add_argument("target", metavar="TARGET", help=_("folder to make"))
    _add_shared(backup, "backup")
    restore = commands.add_parser("restore", help=_("make a new cluster from a backup"))
    restore.add_argument("source", metavar="SOURCE", help=_("folder that `coreto backup` made"))
    _add_new_cluster(restore)
    _add_shared(restore, "restore")
    reset = commands.add_parser("reset", help=_("wipe servers, or everything, of a stopped cluster"))
    reset.add_argument(
        "names", nargs="*", type=kinds.name, metavar="NAME", help=_("which servers, or `reference` (all of it)")
    )
    _add_yes(reset)
    _add_shared(reset, "reset")
    recover = commands.add_parser("recover", help=_("found a new cluster on what one server holds, without a majority"))
    _add_new_cluster(recover)
    help_text = _("the server to go on with (the one that knows most)")
    recover.add_argument("--from", dest="survivor", type=kinds.name, metavar="NAME", help=help_text)
    _add_yes(recover)
    _add_shared(recover, "recover")


def _add_shared(parser: argparse.ArgumentParser, command: str) -> None:
    help_text = _("the folder of the cluster, or of one server that runs on its own")
    parser.add_argument("--data", metavar="FOLDER", help=help_text)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    add_language(parser)
    parser.set_defaults(run=_run, data_command=command)


def _add_new_cluster(parser: argparse.ArgumentParser) -> None:
    help_text = _("say that you know: what comes of it is another cluster than the one the files are from")
    _add_word(parser, "--new-cluster", help_text)


def _add_yes(parser: argparse.ArgumentParser) -> None:
    _add_word(parser, "--yes", _("do not ask"))


def _add_word(parser: argparse.ArgumentParser, flag: str, help_text: str) -> None:
    """Add what must be said each time: unlike a `store_true`, it is no setting of the environment or a file."""
    parser.add_argument(flag, action="store_const", const=True, default=False, help=help_text)


def _run(options: argparse.Namespace) -> int:
    from coreto.cli.data import run_data

    return run_data(options)
