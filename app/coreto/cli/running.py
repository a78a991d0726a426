"""Running one role as a program: start it, say what it binds, wait, stop it within five seconds."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable

from coreto.cli.journals import JournalPathError, journal_to
from coreto.cli.printing import fail, say
from coreto.cli.statuses import DONE, FAILED, INTERNAL
from coreto.journal.events import Event
from coreto.journal.file import fan_out
from coreto.journal.sink import Sink, nowhere
from coreto.launcher.collector import settle_collector
from coreto.launcher.notices import notice
from coreto.launcher.steering import ChildEnded, ChildMarked, ChildReady, Steering
from coreto.net.security import ClusterKey, Gatekeeper
from coreto.net.sockets import AddressError, Context, make_context
from coreto.net.worker import Worker
from coreto.roles.halting import HaltError
from coreto.store.database import StoreError
from coreto.texts import _

SLICE_SECONDS = 1.0
"""The main thread waits in slices, so that every system delivers signals to it."""
EXPLAINED = (AddressError, StoreError, HaltError)
"""Failures whose text is for a person, and that another attempt would only repeat."""

Maker = Callable[[Context, Sink], Worker]
Described = Callable[[Worker], str]


def run_role(make: Maker, describe: Described, options: argparse.Namespace, *, key: ClusterKey | None = None) -> int:
    """Run a role until it is told to stop, and return the exit status.

    `describe` says in one sentence where the role that runs is found. A role with `options.steered`
    reports to its parent instead of the screen, and with `options.journal` to a file as well. With
    a `key`, its inner sockets let in those who hold it.
    """
    try:
        with journal_to(options.journal, options.command) as sink:
            detailed = options.detailed or options.journal is not None
            made: _Running = _Steered(make, key) if options.steered else _OnScreen(make, describe, key)
            return made.run(sink, detailed=detailed)
    except JournalPathError as error:
        return fail(str(error))


def refuse(options: argparse.Namespace, sentence: str, *, by_its_files: bool = False) -> int:
    """Say why a role does not begin, and return its exit status: a parent says it for its child.

    `by_its_files`: the reason is its own files, so that others may begin without it.
    """
    if not options.steered:
        return fail(sentence)
    Steering().report(ChildEnded(sentence, by_its_files))
    return FAILED


class _Running:
    """A role, the context it lives in, and the event that ends the waiting."""

    def __init__(self, make: Maker, key: ClusterKey | None) -> None:
        self._make = make
        self._key = key
        self._over = threading.Event()

    def run(self, journal: Sink, *, detailed: bool) -> int:
        """Start, wait, stop."""
        context = make_context()
        gatekeeper = Gatekeeper(context, self._key) if self._key else None
        if gatekeeper:
            gatekeeper.start()
        role = self._make(context, fan_out(self.sink(), journal))
        role.detailed = detailed
        role.on_end = lambda ended: self._over.set()
        try:
            return self._live(role)
        finally:
            role.stop()
            ended = role.join()
            if gatekeeper:
                gatekeeper.stop()
            if ended:
                context.term()

    def sink(self) -> Sink:
        """Where the role reports events."""
        return nowhere

    def begun(self, role: Worker) -> None:
        """Let others order the role about."""

    def started(self, role: Worker) -> None:
        """Tell whoever waits for it."""

    def ended(self, sentence: str, error: BaseException) -> None:
        """Tell why the role ended by itself."""

    def _live(self, role: Worker) -> int:
        try:
            role.begin()
            self.begun(role)
            role.wait_ready()
        except Exception as error:
            return self._failed(role, error)
        self.started(role)
        settle_collector()
        while not self._over.wait(SLICE_SECONDS):
            pass
        return DONE if role.failure is None else self._failed(role, role.failure)

    def _failed(self, role: Worker, error: BaseException) -> int:
        explained = isinstance(error, EXPLAINED)
        if isinstance(error, HaltError):
            sentence = _("{name} halted: {reason}. Its files were left as they are.", name=role.name, reason=error)
        elif explained:
            sentence = str(error)
        else:
            sentence = _(
                "{name} ended by a fault of the program ({reason}): start it again, and report this.",
                name=role.name,
                reason=repr(error),
            )
        self.ended(sentence, error)
        return FAILED if explained else INTERNAL


class _OnScreen(_Running):
    """A role that somebody started on its own."""

    def __init__(self, make: Maker, describe: Described, key: ClusterKey | None) -> None:
        super().__init__(make, key)
        self._describe = describe

    def sink(self) -> Sink:
        """Say what somebody should know of."""
        return _say_notice

    def started(self, role: Worker) -> None:
        """Say where it is found."""
        say(self._describe(role))

    def ended(self, sentence: str, error: BaseException) -> None:
        """Say why."""
        say(sentence)


def _say_notice(event: Event) -> None:
    if sentence := notice(event):
        say(sentence)


class _Steered(_Running):
    """A child of `coreto up --processes`."""

    def __init__(self, make: Maker, key: ClusterKey | None) -> None:
        super().__init__(make, key)
        self._steering = Steering()

    def begun(self, role: Worker) -> None:
        """Live until the parent closes the pipe, and pass on its orders."""
        role.on_perish = _die
        role.on_mark = lambda number: self._steering.report(ChildMarked(number))
        self._steering.watch(role.tell, self._over.set)

    def sink(self) -> Sink:
        """Hand events to the parent."""
        return self._steering.report

    def started(self, role: Worker) -> None:
        """Tell the parent."""
        self._steering.report(ChildReady())

    def ended(self, sentence: str, error: BaseException) -> None:
        """Tell the parent, which says it; a crash is said here, as the parent only sees that there was one."""
        if isinstance(error, EXPLAINED):
            self._steering.report(ChildEnded(sentence, isinstance(error, HaltError)))
        else:
            say(sentence)

    def _failed(self, role: Worker, error: BaseException) -> int:
        if isinstance(error, AddressError):
            error.flag = "--base-port"
        return super()._failed(role, error)


def _die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
