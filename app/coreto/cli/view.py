"""`coreto view`: what the proxy carries, in another shape (protocol.md §3)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coreto.cli import kinds
from coreto.cli.flags_roles import add_host, add_journal, add_language, add_steered
from coreto.cli.flags_talk import add_proxy_sub
from coreto.texts import _

if TYPE_CHECKING:
    from coreto.net.worker import Worker


def add_view(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `coreto view`."""
    add = parser.add_argument
    shapes = _("what readers get: one line of text, or a topic and JSON")
    add("--shape", choices=("text", "json"), required=True, help=shapes)
    binds = _("where readers connect (port 5568 for text, 5569 for JSON)") + _("; may be repeated")
    add("--bind", type=kinds.address, action="append", metavar="ADDRESS", help=binds)
    listen = _("address of this machine to listen on, 0.0.0.0 for all (loopback)")
    add("--listen", type=kinds.interface, metavar="ADDRESS", help=listen)
    advertise = _("what others call this machine, when it is not the address it listens on")
    add("--advertise", type=kinds.host, metavar="HOST", help=advertise)
    add_host(parser)
    add_proxy_sub(parser)
    add_steered(parser)
    add_journal(parser)
    add_language(parser)
    parser.set_defaults(run=run_view)


def run_view(options: argparse.Namespace) -> int:
    """Run one view until told to stop."""
    from coreto.cli.places import here, there
    from coreto.cli.running import run_role
    from coreto.launcher import addresses as ports
    from coreto.roles.view import ViewRole

    binds = here(options, options.bind, ports.VIEWS[options.shape])
    proxy = there(options, options.proxy_sub, ports.XPUB)
    return run_role(
        lambda context, sink: ViewRole(context, options.shape, binds, proxy, sink),
        lambda role: _bound(options, role, binds, proxy),
        options,
    )


def _bound(options: argparse.Namespace, role: Worker, binds: Sequence[str], proxy: str) -> str:
    from coreto.cli.places import known_host
    from coreto.net.reach import host_of, is_loopback

    sentence = _("{name}: listens at {addresses}.", name=role.name, addresses=", ".join(binds))
    open_ones = [bound for bound in binds if not is_loopback(host_of(bound))]
    if not open_ones:
        return sentence
    host = known_host(options, open_ones[0], host_of(proxy))
    return " ".join([sentence, _("Other machines reach it at {host}.", host=host)])
