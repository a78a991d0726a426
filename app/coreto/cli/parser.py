"""The command line as a whole: which commands there are, and which function runs each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from coreto import __version__
from coreto.cli import (
    flags_admin,
    flags_bench,
    flags_control,
    flags_data,
    flags_help,
    flags_keys,
    flags_lab,
    flags_members,
    flags_pictures,
    flags_roles,
    flags_talk,
    kinds,
)
from coreto.cli.argparse_words import speak
from coreto.cli.environment import apply_settings
from coreto.cli.statuses import USAGE
from coreto.cli.view import add_view
from coreto.texts import _


class _UsageError(Exception):
    """Wrong use, in the words of the parser that noticed it."""

    def __init__(self, program: str, problem: str) -> None:
        super().__init__(_("{program}: {message}. See {program} --help.", program=program, message=problem))


class _Parser(argparse.ArgumentParser):
    """Takes no abbreviations, which later flags would make ambiguous; raises what is wrong."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 -- argparse's own, whatever they are
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn, and raising is that
        """Report a usage error."""
        raise _UsageError(self.prog, message.rstrip("."))


def build() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the whole command line, and that of each command."""
    speak()
    parser = _Parser(
        prog="coreto", description=_("A distributed chat that is also a laboratory of distributed systems.")
    )
    parser.add_argument("--version", action="version", version=f"coreto {__version__}")
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"), parser_class=_Parser)
    _add_up(commands.add_parser("up", help=_("start a whole cluster and a prompt (what `coreto` alone does)")))
    flags_roles.add_commands(commands)
    add_view(commands.add_parser("view", help=_("show publications in another shape to simple readers")))
    flags_talk.add_commands(commands)
    flags_admin.add_commands(commands)
    flags_members.add_commands(commands)
    flags_data.add_commands(commands)
    flags_control.add_commands(commands)
    flags_keys.add_commands(commands)
    flags_bench.add_commands(commands)
    flags_pictures.add_commands(commands)
    flags_lab.add_commands(commands)
    _add_schema(commands.add_parser("schema", help=_("print the JSON Schema of every message")))
    _add_selftest(commands.add_parser("selftest", help=_("see whether the program works on this machine")))
    _add_simulate(commands.add_parser("simulate", help=_("run the machines in a virtual network with faults")))
    flags_help.add_commands(commands, parser)
    return parser, dict(commands.choices)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed options, with the command's function as `run`; no command means `up`."""
    parser, commands = build()
    first = next((word for word in arguments if not word.startswith("-")), None)
    standalone = {"--help", "-h", "--version"} & set(arguments[:1])
    if first not in commands and not standalone:
        first, arguments = "up", ["up", *arguments]
    try:
        if first in commands:
            apply_settings(commands[first], commands.values(), arguments, os.environ)
        return parser.parse_args(arguments)
    except _UsageError as error:
        command = commands.get(first or "")
        _report(error, as_json="--json" in arguments or (command is not None and command.get_default("json") is True))
        raise SystemExit(USAGE) from None


def language_flag(arguments: list[str]) -> str | None:
    """Find --lang before anything is parsed, because the help is in that language too."""
    for place, word in enumerate(arguments):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


def _report(error: _UsageError, *, as_json: bool) -> None:
    """Say in one sentence what is wrong; as data where data was asked for."""
    if as_json:
        print(json.dumps({"error": str(error), "status": USAGE}, ensure_ascii=False))
    else:
        print(error, file=sys.stderr)


# Commands that are neither a role nor talk to one.


def _add_up(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--servers", type=kinds.servers, default=3, metavar="N", help=_("how many servers (1 to 9)"))
    add("--bots", type=kinds.natural, default=0, metavar="N", help=_("how many bots that talk"))
    add("--transport", choices=("inproc", "tcp", "both"), default="both", help=_("how roles reach each other"))
    add("--processes", action="store_true", help=_("run each role as a process of its own"))
    add("--listen", type=kinds.interface, default="127.0.0.1", metavar="ADDRESS", help=_("address to bind (loopback)"))
    add("--base-port", type=kinds.base_port, default=5555, metavar="PORT", help=_("first port (5555)"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--data", metavar="FOLDER", help=_("where the cluster keeps everything"))
    where.add_argument("--ephemeral", action="store_true", help=_("forget everything at the end"))
    add("--json-view", action="store_true", help=_("publish everything as JSON too, one port above the text view"))
    flags_roles.add_wide(parser)
    flags_roles.add_client_rate(parser)
    add("--no-repl", action="store_true", help=_("no prompt: run until told to stop"))
    add("--ready-json", action="store_true", help=_("print one JSON line when the cluster is ready"))
    add("--script", metavar="FILE", help=_("read prompt commands from a file"))
    flags_talk.add_plain(parser)
    flags_talk.add_json_lines(parser)
    flags_roles.add_journal(parser)
    flags_roles.add_language(parser)
    parser.set_defaults(run=_run_up)


def _run_up(options: argparse.Namespace) -> int:
    from coreto.cli.up import run_up

    return run_up(options)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    flags_roles.add_language(parser)
    parser.set_defaults(run=_run_schema)


def _run_schema(options: argparse.Namespace) -> int:
    from coreto.wire.schema import schema

    print(json.dumps(schema(), indent=2, sort_keys=True))
    return 0


def _add_selftest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", action="store_true", help=_("run each role as a process of its own"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    flags_roles.add_language(parser)
    parser.set_defaults(run=_run_selftest)


def _run_selftest(options: argparse.Namespace) -> int:
    from coreto.cli.selftest import run

    return run(options)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--seeds", type=kinds.seeds, default=(0, 99), metavar="A-B", help=_("which seeds (0-99)"))
    add("--servers", type=kinds.servers, default=3, metavar="N", help=_("how many servers (1 to 9)"))
    add("--jobs", type=kinds.jobs, default=1, metavar="N", help=_("how many processes"))
    add("--check-determinism", action="store_true", help=_("run each seed twice and compare"))
    add("--replay", type=Path, metavar="FILE", help=_("run what the file of a failed seed tells, instead of seeds"))
    help_text = _("a JSON line for each seed that fails, and one for all of them at the end")
    add("--json", action="store_true", help=help_text)
    flags_roles.add_language(parser)
    parser.set_defaults(run=_run_simulate)


def _run_simulate(options: argparse.Namespace) -> int:
    from coreto.cli.simulate import run_simulate

    return run_simulate(options)
