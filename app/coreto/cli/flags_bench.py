"""Flags of `coreto bench`."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_base_port, add_language, add_peer_address
from coreto.texts import _

WORKS = ("publish", "fanout", "history", "failover", "startup", "memory")
LOAD = "load"
"""One load in a process of its own: what `bench` starts for each run."""
RUNS, SECONDS, WARMUP = 5, 3.0, 1.0
MESSAGES = 10_000
"""In the channel that is read, and those that are published while memory is watched."""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    _add_bench(commands.add_parser("bench", help=_("measure a cluster, and check what it says meanwhile")))


def _add_bench(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("work", choices=(*WORKS, LOAD), metavar="WORK", help=", ".join(WORKS))
    add("--clients", type=kinds.counts, default=(1, 8), metavar="LIST", help=_("clients at once (1,8)"))
    help_text = _("requests that each client has outstanding (1,64)")
    add("--window", type=kinds.counts, default=(1, 64), metavar="LIST", help=help_text)
    add("--size", type=kinds.sizes, default=(100,), metavar="LIST", help=_("bytes of a message (100)"))
    add("--subscribers", type=kinds.counts, default=(1, 10, 100), metavar="LIST", help=_("who listens (1,10,100)"))
    help_text = _("messages that are read from, or published while memory is watched (10000)")
    add("--messages", type=kinds.messages, default=MESSAGES, metavar="N", help=help_text)
    add("--runs", type=kinds.positive, default=RUNS, metavar="N", help=_("runs of each case, in random order (5)"))
    add("--seconds", type=kinds.seconds, default=SECONDS, metavar="S", help=_("how long one run lasts (3)"))
    add("--warmup", type=kinds.seconds, default=WARMUP, metavar="S", help=_("what does not count before it (1)"))
    _add_where(parser)
    _add_output(parser)
    add("--job", help=argparse.SUPPRESS)
    add_language(parser)
    parser.set_defaults(run=_run_bench)


def _add_where(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--servers", type=kinds.servers, default=3, metavar="N", help=_("how many servers (1 to 9)"))
    add("--processes", action="store_true", help=_("run each role as a process of its own"))
    add("--data", metavar="FOLDER", help=_("where the measured cluster keeps its files until the end"))
    help_text = _("measure the cluster that runs on this host, instead of one of its own")
    add("--host", type=kinds.host, metavar="HOST", help=help_text)
    add_base_port(parser)
    add_peer_address(parser, "--broker", _("address where the broker takes clients (port 5555)"))
    add_peer_address(parser, "--proxy-sub", _("address where publications come out (port 5558)"))


def _add_output(parser: argparse.ArgumentParser) -> None:
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help=_("print data as JSON"))
    shape.add_argument("--csv", action="store_true", help=_("print a row for each run, as a spreadsheet takes it"))
    parser.add_argument("--svg", metavar="FILE", help=_("write a plot to this file"))


def _run_bench(options: argparse.Namespace) -> int:
    from coreto.cli.bench import run_bench, run_load

    return run_load(options) if options.work == LOAD else run_bench(options)
