"""Flags of the commands that help: doctor, completion."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_language
from coreto.texts import _

SHELLS = ("bash", "zsh", "fish", "powershell")


def add_commands(commands: Commands, whole: argparse.ArgumentParser) -> None:
    """Add the commands that help; `whole` is the parser of the whole command line, for shells to complete."""
    _add_doctor(commands.add_parser("doctor", help=_("look whether this machine suits, and say what to do")))
    completion = commands.add_parser("completion", help=_("print what makes a shell complete our commands"))
    _add_completion(completion)
    completion.set_defaults(whole_parser=whole)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", metavar="FOLDER", help=_("where the cluster keeps everything"))
    add("--base-port", type=kinds.base_port, default=5555, metavar="PORT", help=_("first port (5555)"))
    help_text = _("another machine with a cluster, to look at its ports and its clock")
    add("--host", type=kinds.host, metavar="HOST", help=help_text)
    add("--json", action="store_true", help=_("print JSON"))
    add_language(parser)
    parser.set_defaults(run=_run_doctor)


def _run_doctor(options: argparse.Namespace) -> int:
    from coreto.cli.doctor import run_doctor

    return run_doctor(options)


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help=_("which shell"))
    add_language(parser)
    parser.set_defaults(run=_run_completion)


def _run_completion(options: argparse.Namespace) -> int:
    from coreto.cli.completion import run_completion

    return run_completion(options)
