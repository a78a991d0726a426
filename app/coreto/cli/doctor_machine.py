"""What the doctor looks at in this machine: versions, terminal, clock."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import zmq

from coreto import __version__
from coreto.cli.findings import FAIL, OK, WARN, Finding
from coreto.prompt import DUMB_TERMINALS
from coreto.texts import _

PYTHON_MIN = (3, 11)
LIBZMQ_MIN = (4, 3)
"""Its ZMTP heartbeats and ROUTER_MANDATORY behave as we rely on."""
SQLITE_MIN = (3, 24)
"""Knows `ON CONFLICT DO UPDATE`."""
YEAR_MIN = 2025
"""A clock before this year was never set: an empty battery."""
TICK_MAX = 0.02
"""Seconds; timers of the protocol are ten times as long."""


def versions() -> Iterator[Finding]:
    """Compare what we stand on with what we need."""
    found = {
        "Python": (sys.version_info[:3], PYTHON_MIN),
        "ZeroMQ": (zmq.zmq_version_info()[:3], LIBZMQ_MIN),
        "SQLite": (sqlite3.sqlite_version_info[:3], SQLITE_MIN),
    }
    words = [f"{name} {_dotted(version)}" for name, (version, _least) in found.items()]
    sentence = _(
        "Coreto {version} on {system}: {parts}.", version=__version__, system=_system(), parts=", ".join(words)
    )
    old = [f"{name} {_dotted(least)}" for name, (version, least) in found.items() if tuple(version) < least]
    if old:
        yield Finding("versions", FAIL, sentence, _("Needed at least: {parts}. Install them.", parts=", ".join(old)))
    else:
        yield Finding("versions", OK, sentence)


def terminal() -> Iterator[Finding]:
    """Look at what the prompt would write to."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    if not encoding.startswith("utf"):
        advice = _("Use Windows Terminal, or type `chcp 65001` before.") if os.name == "nt" else _("Set LANG=C.UTF-8.")
        found = _("The output is written as {encoding}: other letters are shown as escapes.", encoding=encoding)
        yield Finding("terminal", WARN, found, advice)
    elif not sys.stdout.isatty():
        yield Finding("terminal", OK, _("The output is no terminal: commands are read line by line."))
    elif os.environ.get("TERM", "").lower() in DUMB_TERMINALS:
        yield Finding("terminal", OK, _("The terminal is a plain one: lines are written one after the other."))
    else:
        size = os.get_terminal_size()
        yield Finding("terminal", OK, _("{columns} columns, {lines} rows.", columns=size.columns, lines=size.lines))


def clock() -> Iterator[Finding]:
    """Look whether the clock was ever set, and how fine it ticks."""
    now = datetime.now(UTC)
    tick = time.get_clock_info("monotonic").resolution
    shown = now.astimezone().isoformat(sep=" ", timespec="seconds")
    if now.year < YEAR_MIN:
        found = _("The clock reads {time}: it was never set.", time=shown)
        yield Finding("clock", WARN, found, _("Set it, or turn on network time: messages carry this time."))
    elif tick > TICK_MAX:
        found = _("The clock ticks every {tick} ms only.", tick=round(tick * 1000))
        yield Finding("clock", WARN, found, _("Elections will be slower than they could be."))
    else:
        yield Finding("clock", OK, _("It reads {time}.", time=shown))


def _system() -> str:
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
