"""The flags of every command, and which function runs it."""

from __future__ import annotations

import argparse
import os

from coreto import __version__
from coreto.texts import _

USAGE = 2
BASE_PORT_MIN = 1024
"""Ports below need an administrator."""
BASE_PORT_MAX = 65535 - 54
"""The servers listen above the base port: 45, and nine places."""
COUNT_MAX = 1000
JOBS_MAX = 64


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, on standard error, with status 2."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn, and exit does not return
        """Report a usage error."""
        self.exit(USAGE, _("{program}: {message}. See {program} --help.\n", program=self.prog, message=message))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed options, with the command's function as `run`; no command means `up`."""
    parser = _Parser(
        prog="coreto", description=_("A distributed chat that is also a laboratory of distributed systems.")
    )
    parser.add_argument("--version", action="version", version=f"coreto {__version__}")
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"), parser_class=_Parser)
    _add_up(commands.add_parser("up", help=_("start a whole cluster and a prompt (what `coreto` alone does)")))
    _add_schema(commands.add_parser("schema", help=_("print the JSON Schema of every message")))
    _add_simulate(commands.add_parser("simulate", help=_("run the machines in a virtual network with faults")))
    names = set(commands.choices)
    first = next((word for word in arguments if not word.startswith("-")), None)
    standalone = {"--help", "-h", "--version"} & set(arguments[:1])
    if first not in names and not standalone:
        arguments = ["up", *arguments]
    return parser.parse_args(arguments)


def language_flag(arguments: list[str]) -> str | None:
    """Find --lang before anything is parsed, because the help is in that language too."""
    for place, word in enumerate(arguments):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


# Commands.


def _add_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--servers", type=_servers, default=3, metavar="N", help=_("how many servers (1 to 9)"))
    parser.add_argument("--bots", type=_natural, default=0, metavar="N", help=_("how many bots that talk"))
    parser.add_argument(
        "--transport", choices=("inproc", "tcp", "both"), default="both", help=_("how roles reach each other")
    )
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help=_("address to bind (loopback)"))
    parser.add_argument("--base-port", type=_base_port, default=5555, metavar="PORT", help=_("first port (5555)"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--data",
        metavar="FOLDER",
        default=os.environ.get("CORETO_DATA"),
        help=_("where the cluster keeps everything"),
    )
    where.add_argument("--ephemeral", action="store_true", help=_("forget everything at the end"))
    parser.add_argument("--no-repl", action="store_true", help=_("no prompt: run until told to stop"))
    parser.add_argument("--ready-json", action="store_true", help=_("print one JSON line when the cluster is ready"))
    parser.add_argument("--script", metavar="FILE", help=_("read prompt commands from a file"))
    parser.add_argument("--lang", choices=("pt", "en"), help=_("language of what people read"))
    parser.set_defaults(run=_run_up)


def _run_up(options: argparse.Namespace) -> int:
    from coreto.cli.up import run_up

    return run_up(options)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_run_schema)


def _run_schema(options: argparse.Namespace) -> int:
    import json

    from coreto.wire.schema import schema

    print(json.dumps(schema(), indent=2, sort_keys=True))
    return 0


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=_range, default=(0, 99), metavar="A-B", help=_("which seeds (0-99)"))
    parser.add_argument("--servers", type=_servers, default=3, metavar="N", help=_("how many servers (1 to 9)"))
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help=_("how many processes"))
    parser.add_argument("--check-determinism", action="store_true", help=_("run each seed twice and compare"))
    parser.add_argument("--lang", choices=("pt", "en"), help=_("language of what people read"))
    parser.set_defaults(run=_run_simulate)


def _run_simulate(options: argparse.Namespace) -> int:
    from coreto.simulator.campaign import run_campaign

    first, last = options.seeds
    return run_campaign(first, last, options.servers, options.jobs, determinism=options.check_determinism)


# Types of arguments.


def _number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(_("'{text}' is no number from {low} to {high}", text=text, low=low, high=high))
    return int(text)


def _servers(text: str) -> int:
    return _number(text, 1, 9)


def _natural(text: str) -> int:
    return _number(text, 0, COUNT_MAX)


def _positive(text: str) -> int:
    return _number(text, 1, JOBS_MAX)


def _base_port(text: str) -> int:
    return _number(text, BASE_PORT_MIN, BASE_PORT_MAX)


def _range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or (dash and int(last) < int(first)):
        raise argparse.ArgumentTypeError(_("'{text}' is no range such as 0-99", text=text))
    return int(first), int(last or first)
