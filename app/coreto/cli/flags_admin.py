"""Flags of `coreto admin` and its actions."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_language
from coreto.cli.flags_talk import add_timestamp
from coreto.texts import _


def add_commands(commands: Commands) -> None:
    """Add `admin`; what its actions share may stand before the action or behind it."""
    admin = commands.add_parser("admin", help=_("look at the servers and steer them"))
    _add_shared(admin, "127.0.0.1", absent=None, off=False)
    actions = admin.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    _add_action(actions, "list", _("the live servers, as the reference knows them"))
    show = _add_action(actions, "show", _("how one server is, or the reference"))
    show.add_argument("server", metavar="NAME", help=_("name or rank of a server, or `reference`"))
    _add_which(_add_action(actions, "poll-clock", _("read the clocks of one server or of all")))
    _add_which(_add_action(actions, "election", _("ask one server or all to hold an election")))
    _add_set_clock(_add_action(actions, "set-clock", _("set the clock of one server")))
    announce = _add_action(actions, "announce", _("announce a coordinator to whoever listens; it elects nobody"))
    announce.add_argument(
        "--coordinator", required=True, metavar="NAME", help=_("name or rank of the server to announce")
    )
    admin.set_defaults(run=_run_admin)


def _add_action(actions: Commands, name: str, help_text: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_text)
    # What is not given behind the action must not undo what was given before it.
    _add_shared(parser, argparse.SUPPRESS, absent=argparse.SUPPRESS, off=argparse.SUPPRESS)
    return parser


def _add_shared(parser: argparse.ArgumentParser, host: str, *, absent: str | None, off: bool | str) -> None:
    add = parser.add_argument
    help_text = _("where the other roles run, on their usual ports (127.0.0.1)")
    add("--host", type=kinds.host, default=host, metavar="HOST", help=help_text)
    base_port = 5555 if absent is None else absent
    add(
        "--base-port",
        type=kinds.base_port,
        default=base_port,
        metavar="PORT",
        help=_("first of the usual ports (5555)"),
    )
    help_text = _("address of the reference (port 5560)")
    add("--reference", type=kinds.address, default=absent, metavar="ADDRESS", help=help_text)
    help_text = _("address where publications go in (port 5557)")
    add("--proxy", type=kinds.address, default=absent, metavar="ADDRESS", help=help_text)
    help_text = _("code with the key of the cluster, as `coreto up --listen` or `coreto key` prints it")
    add("--join", type=kinds.join_code, default=absent, metavar="CODE", help=help_text)
    add_timestamp(parser, default="float" if absent is None else absent)
    add("--json", action="store_true", default=off, help=_("print JSON"))
    add_language(parser)


def _add_which(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--server", metavar="NAME", help=_("name or rank of one server"))
    which.add_argument("--all", action="store_true", help=_("every server on the list, which is the default"))


def _add_set_clock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", required=True, metavar="NAME", help=_("name or rank of the server"))
    help_text = _("HH:MM:SS, date and time, seconds since 1970, or now")
    parser.add_argument("--time", type=kinds.moment, required=True, metavar="TIME", help=help_text)


def _run_admin(options: argparse.Namespace) -> int:
    from coreto.cli.admin import run_admin

    return run_admin(options)
