"""`coreto admin`: look at the servers through the reference and their own addresses, and steer them.

A server that does not answer is shown with the reason, and makes the exit status that of the reason.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from coreto.cli import admin_actions as actions
from coreto.cli.desk import Desk
from coreto.cli.printing import show_error
from coreto.client.errors import ClientError
from coreto.net.sockets import make_context


def run_admin(options: argparse.Namespace) -> int:
    """Do one action and return its exit status; what fails is one sentence."""
    doing: dict[str, Callable[[Desk], int]] = {
        "list": actions.list_servers,
        "show": actions.show_one,
        "poll-clock": actions.poll_clock,
        "election": actions.hold_election,
        "set-clock": actions.set_clock,
        "announce": actions.announce,
    }
    context = make_context()
    try:
        return doing[options.action](Desk(context, options))
    except ClientError as error:
        return show_error(error, error.status, as_json=bool(options.json))
    finally:
        context.term()
