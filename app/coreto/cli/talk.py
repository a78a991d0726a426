"""`coreto chat` and `coreto bot`: people, real and pretended, in a cluster that runs elsewhere."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TextIO

from coreto.cli.counting import CountingLine
from coreto.cli.places import default_folder, there
from coreto.cli.printing import fail, say
from coreto.client.bot import Bot
from coreto.client.chat import NetworkChat
from coreto.client.client import Client
from coreto.client.errors import ClientError, RefusedError
from coreto.client.refusals import explained
from coreto.launcher import addresses as ports
from coreto.prompt import run_prompt
from coreto.prompt.data import as_json, error_data
from coreto.prompt.lines import write_lines
from coreto.texts import _

REFUSED = 1
STOP_SECONDS = 3.0
"""Longest wait for bots to hear the answer to their last message when told to stop."""
SLICE_SECONDS = 0.5
"""The main thread waits in slices, so that every system delivers signals to it."""


class ScriptError(Exception):
    """The file with commands cannot be read; the text says why."""


def read_script(file: str | None) -> TextIO | None:
    """Return the commands in a file, None without one; raise `ScriptError`."""
    try:
        return StringIO(Path(file).read_text("utf-8")) if file else None
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(_("The script {file} cannot be read: {error}.", file=file, error=error)) from None


def run_chat(options: argparse.Namespace) -> int:
    """Open a prompt; return the status of the first command that failed, or of what the person left with."""
    try:
        script = read_script(options.script)
    except ScriptError as error:
        return fail(str(error), as_json=options.json)
    broker = there(options, options.broker, ports.BROKER)
    chat = NetworkChat(
        broker=broker,
        proxy=there(options, options.proxy_sub, ports.XPUB),
        reference=there(options, options.reference, ports.REFERENCE),
        timestamp=options.timestamp,
    )
    return run_prompt(
        chat,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        user=options.user,
        script=script,
        welcome=_welcome(broker, options.user),
        history_file=_history_file(),
        no_color=bool(os.environ.get("NO_COLOR")),
        is_plain=options.plain,
        as_data=options.json,
    )


def run_bot(options: argparse.Namespace) -> int:
    """Let bots talk until each has said its number of messages, or until told to stop."""
    broker = there(options, options.broker, ports.BROKER)
    talkers = [_Talker(broker, f"bot{number}", options) for number in range(1, options.count + 1)]
    counting = CountingLine(sys.stderr)
    for talker in talkers:
        talker.thread.start()
    try:
        _watch(talkers, options.messages, counting)
    finally:
        counting.clear()
        _stop(talkers)
        sent, failed = _said(talkers)
        if options.json:
            write_lines(sys.stdout, [as_json({"bots": len(talkers), "sent": sent, "failed": failed})])
        else:
            say(_("Bots sent {sent} messages; {failed} were refused or lost.", sent=sent, failed=failed))
    return next((t.status for t in talkers if t.status), REFUSED if failed else 0)


def _watch(talkers: Sequence[_Talker], messages: int | None, counting: CountingLine) -> None:
    """Wait for the last bot to end; tell at once of each that fails, and on a terminal how far they are."""
    alive = list(talkers)
    while alive:
        alive[0].thread.join(SLICE_SECONDS)
        for ended in [talker for talker in alive if not talker.thread.is_alive()]:
            alive.remove(ended)
            if ended.error is not None:
                counting.clear()
                ended.tell()
        if messages is not None:
            done, total = sum(_said(talkers)), messages * len(talkers)
            counting.show(_("{done} of {total} messages", done=done, total=total))


def _said(talkers: Sequence[_Talker]) -> tuple[int, int]:
    """Return how many messages were sent, and how many were refused or lost."""
    return sum(t.bot.sent for t in talkers), sum(t.bot.failed for t in talkers)


class _Talker:
    """One bot, its client and its thread."""

    def __init__(self, broker: str, name: str, options: argparse.Namespace) -> None:
        self._client = Client(broker, timestamp=options.timestamp)
        self.bot = Bot(self._client, name, options.rate, options.messages)
        self._as_data = options.json
        self.error: ClientError | None = None
        """Why it ended before its time."""
        self.thread = threading.Thread(target=self._run, name=f"coreto-{name}", daemon=True)

    def _run(self) -> None:
        try:
            self.bot.run()
        except RefusedError as error:
            self.error = explained(error, self.bot.name)
        except ClientError as error:
            self.error = error
        finally:
            self._client.close()

    @property
    def status(self) -> int:
        """The exit status that it stands for."""
        return self.error.status if self.error is not None else 0

    def tell(self) -> None:
        """Say why it ended before its time."""
        assert self.error is not None
        if self._as_data:
            write_lines(sys.stdout, [as_json({"bot": self.bot.name, **error_data(self.error, self.status)})])
        else:
            say(_("{name} stopped: {reason}", name=self.bot.name, reason=self.error))


def _stop(talkers: Sequence[_Talker]) -> None:
    """Tell every bot to stop; one that waits for an answer too long goes with the process."""
    deadline = time.monotonic() + STOP_SECONDS
    for talker in talkers:
        talker.bot.stop()
    for talker in talkers:
        talker.thread.join(max(0.0, deadline - time.monotonic()))


def _welcome(broker: str, user: str | None) -> list[str]:
    start = "" if user else _("Type /login YOUR-NAME to begin.")
    help_text = _("/help shows the commands, /quit ends.")
    return [" ".join(filter(None, [_("Chat at {broker}.", broker=broker), start, help_text]))]


def _history_file() -> Path | None:
    """Return where typed lines are kept, None when there is no place for them."""
    folder = default_folder("chat")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / "history"
