"""Flags of the commands that make pictures of a journal, and hand it to other programs."""

from __future__ import annotations

import argparse

from coreto.cli import kinds
from coreto.cli.flags_roles import Commands, add_language
from coreto.lab.picture.panels import PANELS
from coreto.texts import _

FORMATS = ("shiviz", "lines")
STORIES = ("coordinator", "kill")


def add_commands(commands: Commands) -> None:
    """Add `diagram`, `plot` and `export`."""
    diagram = commands.add_parser("diagram", help=_("draw the messages of a journal: who told whom what, and when"))
    _add_journal(diagram)
    _add_choice(diagram)
    help_text = _("events drawn at most, but for those that tell of the election (100)")
    diagram.add_argument("--most", type=kinds.positive, metavar="N", help=help_text)
    _add_output(diagram, "diagram")
    plot = commands.add_parser("plot", help=_("plot a journal over time: clocks, latency, commits, the log"))
    _add_journal(plot)
    _add_window(plot)
    plot.add_argument("--only", type=kinds.words, metavar="LIST", help=", ".join(PANELS))
    _add_output(plot, "plot")
    export = commands.add_parser("export", help=_("write a journal for another program, with vector clocks"))
    export.add_argument("format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
    _add_journal(export)
    _add_choice(export)
    export.add_argument("--output", metavar="FILE", help=_("write to this file (standard output)"))
    add_language(export)
    export.set_defaults(run=_run, picture="export", json=False)


def _add_journal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=_("what --journal wrote"))


def _add_choice(parser: argparse.ArgumentParser) -> None:
    _add_window(parser)
    add = parser.add_argument
    add("--lanes", type=kinds.words, metavar="LIST", help=_("only these roles, as in s1,s2,broker"))
    help_text = _(
        "only these messages, as in append,ack, or sorts: election, log, clients, clocks, members, heartbeats"
    )
    add("--kinds", type=kinds.words, metavar="LIST", help=help_text)
    add("--entry", type=kinds.messages, metavar="N", help=_("only what tells of this entry of the log"))
    add("--channel", type=kinds.topic, metavar="NAME", help=_("only what tells of messages in this channel"))


def _add_window(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--from", dest="since", metavar="TIME", help=_("from then on: +2s after the begin of the journal, or a time"))
    add("--to", dest="until", metavar="TIME", help=_("up to then"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--around", choices=STORIES, metavar="STORY", help=", ".join(STORIES))
    where.add_argument("--last", type=kinds.messages, metavar="N", help=_("only the last events"))


def _add_output(parser: argparse.ArgumentParser, picture: str) -> None:
    add = parser.add_argument
    add("--svg", metavar="FILE", help=_("write a picture to this file instead (- for standard output)"))
    add("--title", type=kinds.message, metavar="TEXT", help=_("what stands above the picture"))
    add("--json", action="store_true", help=_("print JSON"))
    add_language(parser)
    parser.set_defaults(run=_run, picture=picture)


def _run(options: argparse.Namespace) -> int:
    from coreto.cli.pictures import run_pictures

    return run_pictures(options)
