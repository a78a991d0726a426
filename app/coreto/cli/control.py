"""`coreto exec`, `watch` and `wait`: the cluster that runs on a data folder, from a script or another window."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from coreto.cli.console import obeys_escapes
from coreto.cli.counting import CountingLine
from coreto.cli.places import cluster_folder
from coreto.cli.printing import show, show_error
from coreto.cli.statuses import DONE
from coreto.client.chat import NetworkChat
from coreto.client.errors import RefusedError, UnreachableError
from coreto.client.established import wait_established
from coreto.launcher.control_client import ControlClient
from coreto.launcher.folder import DataFolder
from coreto.net.sockets import make_context
from coreto.prompt.data import data_of
from coreto.prompt.errors import FAILURES, ChatError, NobodyError
from coreto.prompt.execute import execute
from coreto.prompt.lines import write_lines
from coreto.prompt.results import Done
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible
from coreto.texts import _

LOOK_AGAIN = 0.1
"""Seconds between attempts to find a cluster that may still be starting."""
CLEAR = "\x1b[H\x1b[2J"
"""What a terminal understands as "begin an empty screen"."""


def run_exec(options: argparse.Namespace) -> int:
    """Execute one prompt command in the running cluster; return its exit status."""
    try:
        with _session(options) as session:
            return _execute(session, options)
    except FAILURES as error:
        return show_error(error, error.status, as_json=options.json)


def run_watch(options: argparse.Namespace) -> int:
    """Execute a prompt command again and again; return the exit status of the last time."""
    pause = threading.Event()
    status, looks = DONE, 0
    while options.count is None or looks < options.count:
        if looks:
            pause.wait(options.interval)
        looks += 1
        if not options.json:
            _begin_look(options.line)
        status = run_exec(options)
    return status


def run_wait(options: argparse.Namespace) -> int:
    """Wait until the cluster runs, or until it has a coordinator; return the exit status."""
    deadline = time.monotonic() + options.timeout
    counting = CountingLine(sys.stderr)
    counting.show(_("Waiting, for {seconds} s at most …", seconds=f"{options.timeout:g}"))
    try:
        info = _wait_running(_control(options), deadline)
        name = _wait_coordinator(info, max(0.0, deadline - time.monotonic())) if options.coordinator else ""
    except FAILURES as error:
        counting.clear()
        return show_error(error, error.status, as_json=options.json)
    counting.clear()
    if options.coordinator:
        show(Done(name), {"coordinator": name}, as_json=options.json)
    else:
        show(Done(_("The cluster runs.")), info, as_json=options.json)
    return DONE


def _execute(session: ChatSession, options: argparse.Namespace) -> int:
    if options.user:
        execute(session, f'/login "{options.user}"')
    line = " ".join(options.line).strip()
    try:
        result = execute(session, line if line.startswith("/") else f"/{line}")
    except NobodyError:
        raise ChatError(_("This is done as a user: say which with --user NAME.")) from None
    finally:
        session.progress = ""
    show(result, data_of(result), as_json=options.json)
    return DONE


@contextmanager
def _session(options: argparse.Namespace) -> Iterator[ChatSession]:
    """A session in the running cluster; raise a `ClientError` when there is none."""
    control = _control(options)
    info = control.info()
    _require_ports([info["broker"]])
    chat = NetworkChat(broker=info["broker"], proxy=info["proxy"], reference=info["reference"])
    counting = CountingLine(sys.stderr)
    with closing(chat):
        session = ChatSession(chat)
        session.on_progress = lambda doing: counting.show(doing) if doing else counting.clear()
        session.attach(control)
        yield session


def _control(options: argparse.Namespace) -> ControlClient:
    return ControlClient(DataFolder(cluster_folder(options.data)).control)


def _wait_running(control: ControlClient, deadline: float) -> dict[str, Any]:
    while True:
        try:
            return control.info()
        except UnreachableError:
            if time.monotonic() >= deadline:
                raise
        threading.Event().wait(LOOK_AGAIN)


def _wait_coordinator(info: dict[str, Any], seconds: float) -> str:
    context = make_context()
    try:
        return wait_established(context, _addresses(info), seconds)
    finally:
        context.term()


def _addresses(info: dict[str, Any]) -> dict[str, str]:
    """Return where each server is asked; raise `RefusedError` for a cluster that opens no port."""
    addresses = {str(server["name"]): str(server["address"]) for server in info["servers"]}
    _require_ports(addresses.values())
    return addresses


def _require_ports(addresses: Iterable[str]) -> None:
    if any(address.startswith("inproc:") for address in addresses):
        raise RefusedError(
            _("This cluster was started with --transport inproc: only the prompt in its own window reaches it.")
        )


def _begin_look(line: list[str]) -> None:
    """Give each look a screen of its own; where there is no screen, a line that says when."""
    moment = datetime.now().strftime("%H:%M:%S")
    write_lines(sys.stdout, [f"{CLEAR if obeys_escapes(sys.stdout) else ''}{moment}  {visible(' '.join(line))}"])
