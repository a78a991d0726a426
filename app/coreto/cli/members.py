"""`coreto members`, `promote` and `remove`: who votes and who learns, as the coordinator says and as it is told."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from coreto.cli.places import there
from coreto.cli.printing import show, show_error
from coreto.cli.statuses import DONE
from coreto.client.errors import ClientError
from coreto.client.listed import ask_list
from coreto.client.membership import Members, Membership
from coreto.launcher import addresses as ports
from coreto.net.sockets import make_context
from coreto.prompt.handlers_members import member_rows, members_table, promoted, removed
from coreto.prompt.results import Result


def run_members(options: argparse.Namespace) -> int:
    """List or change the members; return the exit status. What fails is one sentence."""
    context = make_context()
    reference = there(options, options.reference, ports.REFERENCE)
    membership = Membership(context, lambda: ask_list(context, reference))
    try:
        result, data = _do(membership, options)
    except ClientError as error:
        return show_error(error, error.status, as_json=options.json)
    finally:
        context.term()
    show(result, data, as_json=options.json)
    return DONE


def _do(membership: Membership, options: argparse.Namespace) -> tuple[Result, dict[str, Any]]:
    if options.command == "members":
        told = membership.members()
        return members_table(told), {**_told(told), "members": member_rows(told)}
    if options.command == "promote":
        name, told = membership.promote(options.server)
        return promoted(name, told), {"promoted": name, **_told(told)}
    name, told = membership.remove(options.server)
    return removed(name, told), {"removed": name, **_told(told)}


def _told(told: Members) -> dict[str, Any]:
    return {key: value for key, value in msgspec.structs.asdict(told).items() if key != "listed"}
