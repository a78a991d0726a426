"""Flags of the commands that run one role: each address has its own (design.md §9)."""

from __future__ import annotations

import argparse
from typing import Protocol

from coreto.cli import kinds
from coreto.texts import LANGUAGES, _

ROLES = frozenset({"up", "reference", "broker", "proxy", "view", "server", "chat", "bot"})
"""Commands that run until told to stop; being told is no failure of theirs."""


class Commands(Protocol):
    """Where commands are added: what argparse calls subparsers."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 -- argparse's name
        """Add one command and return its parser."""


def add_commands(commands: Commands) -> None:
    """Add the commands that run one role; `run` imports what it needs only when it is called."""
    _add_reference(commands.add_parser("reference", help=_("run the reference: ranks, list and heartbeats")))
    _add_broker(commands.add_parser("broker", help=_("run the broker: clients on one side, servers on the other")))
    _add_proxy(commands.add_parser("proxy", help=_("run the proxy: publications in, publications out")))
    _add_server(commands.add_parser("server", help=_("run one server")))


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add --lang."""
    parser.add_argument("--lang", choices=LANGUAGES, help=_("language of what people read"))


def add_host(parser: argparse.ArgumentParser) -> None:
    """Add --host, which points at all the usual ports of one machine."""
    help_text = _("where the other roles run, on their usual ports (127.0.0.1)")
    parser.add_argument("--host", type=kinds.host, default="127.0.0.1", metavar="HOST", help=help_text)
    add_base_port(parser)


def add_base_port(parser: argparse.ArgumentParser) -> None:
    """Add --base-port, from which the usual ports are counted."""
    help_text = _("first of the usual ports (5555)")
    parser.add_argument("--base-port", type=kinds.base_port, default=5555, metavar="PORT", help=help_text)


def add_join(parser: argparse.ArgumentParser) -> None:
    """Add --join."""
    help_text = _("code with the key of the cluster, as `coreto up --listen` or `coreto key` prints it")
    parser.add_argument("--join", type=kinds.join_code, metavar="CODE", help=help_text)


def _add_key(parser: argparse.ArgumentParser) -> None:
    """Add --join, and how a parent tells its children the same."""
    add_join(parser)
    parser.add_argument("--key-folder", help=argparse.SUPPRESS)


def add_peer_address(parser: argparse.ArgumentParser, flag: str, help_text: str) -> None:
    """Add a flag with the address of another role; without it --host decides."""
    parser.add_argument(flag, type=kinds.address, metavar="ADDRESS", help=help_text)


def _add_reference(parser: argparse.ArgumentParser) -> None:
    add_bind(parser, "--bind", _("where servers and administrators ask (ports 5560 and 5559)"))
    _add_data(parser, _("folder of what the reference remembers"))
    add_client_rate(parser)
    add_wide(parser)
    _add_key(parser)
    _add_common(parser)
    parser.set_defaults(run=_run_reference)


def _run_reference(options: argparse.Namespace) -> int:
    from coreto.cli.roles import run_reference

    return run_reference(options)


def _add_broker(parser: argparse.ArgumentParser) -> None:
    add_bind(parser, "--frontend", _("where clients ask (port 5555)"))
    add_bind(parser, "--backend", _("where our servers connect (port 5561)"))
    add_bind(parser, "--foreign-backend", _("where plain REP servers connect with --foreign-servers (port 5556)"))
    help_text = _("give requests to plain REP servers instead of ours: each once, to one of them")
    parser.add_argument("--foreign-servers", action="store_true", help=help_text)
    add_client_rate(parser)
    add_wide(parser)
    _add_key(parser)
    _add_common(parser)
    parser.set_defaults(run=_run_broker)


def _run_broker(options: argparse.Namespace) -> int:
    from coreto.cli.roles import run_broker

    return run_broker(options)


def _add_proxy(parser: argparse.ArgumentParser) -> None:
    add_bind(parser, "--xsub", _("where publications come in (port 5557)"))
    add_bind(parser, "--xpub", _("where subscribers connect (port 5558)"))
    _add_key(parser)
    _add_common(parser)
    parser.set_defaults(run=_run_proxy)


def _run_proxy(options: argparse.Namespace) -> int:
    from coreto.cli.roles import run_proxy

    return run_proxy(options)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", type=kinds.name, required=True, metavar="NAME", help=_("name of the server"))
    add_host(parser)
    add_peer_address(parser, "--reference", _("address of the reference (port 5560)"))
    add_peer_address(parser, "--broker", _("address where the broker takes servers (port 5561)"))
    help_text = _("address where a foreign broker takes plain REP servers; --broker may then be left out")
    add_peer_address(parser, "--broker-rep", help_text)
    add_peer_address(parser, "--proxy", _("address where publications go in (port 5557)"))
    add_peer_address(parser, "--proxy-sub", _("address where publications come out (port 5558)"))
    where = parser.add_mutually_exclusive_group()
    add_bind(where, "--bind", _("where others reach this server; the port * lets the system choose"), any_port=True)
    add_listen(where)
    add_advertise(parser)
    _add_data(parser, _("folder of the server"))
    parser.add_argument(
        "--genesis",
        type=kinds.servers,
        default=0,
        metavar="N",
        help=_("in a blank folder: form a new cluster with N-1 others that say the same"),
    )
    add_client_rate(parser)
    _add_key(parser)
    add_wide(parser)
    parser.add_argument("--peer", type=kinds.peer, action="append", default=[], help=argparse.SUPPRESS)
    add_steered(parser)
    add_journal(parser)
    add_language(parser)
    parser.set_defaults(run=_run_server)


def _run_server(options: argparse.Namespace) -> int:
    from coreto.cli.roles import run_server

    return run_server(options)


# Flags that several roles have.


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_listen(parser)
    add_base_port(parser)
    add_advertise(parser)
    add_steered(parser)
    add_journal(parser)
    add_language(parser)


def add_bind(parser: argparse._ActionsContainer, flag: str, help_text: str, *, any_port: bool = False) -> None:
    """Add a flag with an address to bind, which may be repeated."""
    parser.add_argument(
        flag,
        type=kinds.bindable if any_port else kinds.address,
        action="append",
        metavar="ADDRESS",
        help=help_text + _("; may be repeated"),
    )


def add_listen(parser: argparse._ActionsContainer) -> None:
    """Add --listen."""
    parser.add_argument(
        "--listen",
        type=kinds.interface,
        metavar="ADDRESS",
        help=_("address of this machine to listen on, 0.0.0.0 for all (loopback)"),
    )


def add_advertise(parser: argparse.ArgumentParser) -> None:
    """Add --advertise."""
    help_text = _("what others call this machine, when it is not the address it listens on")
    parser.add_argument("--advertise", type=kinds.host, metavar="HOST", help=help_text)


def add_wide(parser: argparse.ArgumentParser) -> None:
    """Add --wide."""
    help_text = _("answer with `success`, `lista` and the lists at top level too, for clients that look there")
    parser.add_argument("--wide", action="store_true", help=help_text)


def add_client_rate(parser: argparse.ArgumentParser) -> None:
    """Add --client-rate."""
    help_text = _("requests a second from one client, 0 for any number (25 where other machines ask, else 0)")
    parser.add_argument("--client-rate", type=kinds.client_rate, metavar="RATE", help=help_text)


def _add_data(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--data", metavar="FOLDER", help=help_text)


def add_steered(parser: argparse.ArgumentParser) -> None:
    """Add what makes a role a child of `up --processes`: it reports on its output and ends when its input does."""
    parser.add_argument("--steered", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--detailed", action="store_true", help=argparse.SUPPRESS)


def add_journal(parser: argparse.ArgumentParser) -> None:
    """Add --journal."""
    help_text = _("write everything that happens to this file, a line of JSON each")
    parser.add_argument("--journal", metavar="FILE", help=help_text)
