"""Steps in order, each with a deadline, so that a check always ends with a verdict.

Theory of operation. All steps run in one thread of their own, because sockets belong to the thread
that made them. The caller hands them over one by one, and waits for each no longer than its
deadline. After a failure, and after an interruption, only the last step runs: it cleans up. A step
that is stuck cannot be undone, so nothing runs after it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from coreto.client.errors import ClientError
from coreto.launcher.base import StartError
from coreto.launcher.folder import FolderError
from coreto.net.sockets import AddressError
from coreto.store.database import StoreError
from coreto.texts import _

SLICE_SECONDS = 0.5
"""The caller waits in slices, so that every system delivers signals to it."""


class StepError(Exception):
    """A step found that something is not as it should be; the text says what."""


EXPLAINED = (StepError, ClientError, StartError, FolderError, StoreError, AddressError, OSError)
"""Failures whose text is for a person."""


class Step(NamedTuple):
    """One step: a word for it, the same in every language; its deadline in seconds; and what it does.

    `act` returns a sentence about what it saw, or raises.
    """

    name: str
    seconds: float
    act: Callable[[], str]


class Outcome(msgspec.Struct, frozen=True):
    """How a step ended, and after how many seconds."""

    step: str
    passed: bool
    seconds: float
    detail: str


class Course(msgspec.Struct, frozen=True):
    """How the steps ended; `stuck` when one of them still runs, so that the process cannot end in good order."""

    outcomes: tuple[Outcome, ...]
    stuck: bool

    @property
    def passed(self) -> bool:
        """Whether every step did what it should."""
        return all(outcome.passed for outcome in self.outcomes)


def run_steps(steps: Sequence[Step], told: Callable[[Outcome], None]) -> Course:
    """Run the steps and tell each outcome as it comes; names must differ."""
    *work, last = steps
    hand = _Hand()
    outcomes: list[Outcome] = []

    def take(step: Step) -> bool:
        outcome = hand.run(step)
        outcomes.append(outcome)
        told(outcome)
        return outcome.passed

    try:
        all(take(step) for step in work)
    finally:
        if not hand.is_stuck:
            take(last)
        hand.close()
    return Course(tuple(outcomes), hand.is_stuck)


class _Hand:
    """The thread that does what steps do."""

    def __init__(self) -> None:
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.is_stuck = False
        threading.Thread(target=self._work, name="coreto-steps", daemon=True).start()

    def run(self, step: Step) -> Outcome:
        """Return how the step ended; one that is not over by its deadline has failed."""
        self._steps.put(step)
        deadline = time.monotonic() + step.seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                outcome = self._ended.get(timeout=min(left, SLICE_SECONDS))
            except queue.Empty:
                continue
            if outcome.step == step.name:  # and not one whose end nobody waited for
                return outcome
        self.is_stuck = True
        sentence = _("It was not over within {seconds} s.", seconds=int(step.seconds))
        return Outcome(step.name, False, step.seconds, sentence)

    def close(self) -> None:
        """End the thread after the step under way."""
        self._steps.put(None)

    def _work(self) -> None:
        while (step := self._steps.get()) is not None:
            began = time.monotonic()
            passed, detail = _attempt(step)
            self._ended.put(Outcome(step.name, passed, time.monotonic() - began, detail))


def _attempt(step: Step) -> tuple[bool, str]:
    try:
        return True, step.act()
    except EXPLAINED as error:
        return False, str(error)
    except Exception as error:  # a fault of the program is a verdict too
        return False, repr(error)
