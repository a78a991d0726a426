"""Flags of the commands that talk: chat, bot, pub, sub."""

from __future__ import annotations

import argparse
from typing import get_args

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_host, add_language, add_peer_address
from coreto.texts import _
from coreto.wire.stamps import TimestampKind


def add_commands(commands: Commands) -> None:
    """Add the commands that talk."""
    _add_chat(commands.add_parser("chat", help=_("chat in a cluster that runs")))
    _add_bot(commands.add_parser("bot", help=_("let bots talk in a cluster that runs")))
    _add_pub(commands.add_parser("pub", help=_("publish one text on the proxy, past the servers")))
    _add_sub(commands.add_parser("sub", help=_("show what is published, until stopped")))


def add_plain(parser: argparse.ArgumentParser) -> None:
    """Add --plain."""
    parser.add_argument("--plain", action="store_true", help=_("line by line, without completion and colours"))


def add_json_lines(parser: argparse.ArgumentParser) -> None:
    """Add --json for a prompt."""
    parser.add_argument("--json", action="store_true", help=_("one JSON line for each result, message and error"))


def add_timestamp(parser: argparse.ArgumentParser, default: str = "float") -> None:
    """Add --timestamp."""
    help_text = _("how times are written, for a server that reads only one kind (float)")
    parser.add_argument("--timestamp", choices=get_args(TimestampKind), default=default, metavar="KIND", help=help_text)


def add_proxy_sub(parser: argparse.ArgumentParser) -> None:
    """Add the address of publications."""
    add_peer_address(parser, "--proxy-sub", _("address where publications come out (port 5558)"))


def _add_chat(parser: argparse.ArgumentParser) -> None:
    add_host(parser)
    _add_broker(parser)
    add_proxy_sub(parser)
    add_peer_address(parser, "--reference", _("address of the reference (port 5560)"))
    parser.add_argument("--user", type=kinds.name, metavar="NAME", help=_("log in as this user"))
    add_timestamp(parser)
    parser.add_argument("--script", metavar="FILE", help=_("read prompt commands from a file"))
    add_plain(parser)
    add_json_lines(parser)
    add_language(parser)
    parser.set_defaults(run=_run_chat)


def _run_chat(options: argparse.Namespace) -> int:
    from coreto.cli.talk import run_chat

    return run_chat(options)


def _add_bot(parser: argparse.ArgumentParser) -> None:
    add_host(parser)
    _add_broker(parser)
    parser.add_argument("--count", type=kinds.positive, default=1, metavar="N", help=_("how many bots (1)"))
    parser.add_argument("--rate", type=kinds.rate, default=1.0, metavar="R", help=_("messages a second of each (1.0)"))
    help_text = _("stop after so many messages of each")
    parser.add_argument("--messages", type=kinds.messages, metavar="N", help=help_text)
    add_timestamp(parser)
    add_language(parser)
    parser.set_defaults(run=_run_bot)


def _run_bot(options: argparse.Namespace) -> int:
    from coreto.cli.talk import run_bot

    return run_bot(options)


def _add_pub(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", type=kinds.topic, metavar="TOPIC", help=_("a channel, or a user"))
    parser.add_argument("text", type=kinds.message, metavar="TEXT", help=_("the text to publish"))
    add_host(parser)
    add_peer_address(parser, "--proxy", _("address where publications go in (port 5557)"))
    add_language(parser)
    parser.set_defaults(run=_run_pub)


def _run_pub(options: argparse.Namespace) -> int:
    from coreto.cli.pubsub import run_pub

    return run_pub(options)


def _add_sub(parser: argparse.ArgumentParser) -> None:
    help_text = _("channels, users, `servers` for announcements; an empty one for everything")
    parser.add_argument("topics", nargs="+", metavar="TOPIC", help=help_text)
    add_host(parser)
    add_proxy_sub(parser)
    parser.add_argument("--json", action="store_true", help=_("one JSON line for each publication"))
    add_language(parser)
    parser.set_defaults(run=_run_sub)


def _run_sub(options: argparse.Namespace) -> int:
    from coreto.cli.pubsub import run_sub

    return run_sub(options)


def _add_broker(parser: argparse.ArgumentParser) -> None:
    add_peer_address(parser, "--broker", _("address where the broker takes clients (port 5555)"))
