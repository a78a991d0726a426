"""The protocol with one rule removed, for tests that must then fail (replication.md §15).

Each mutant patches one decision of a machine for as long as it is switched on. Nothing of this is
in the product: a rule that can be switched off there would be one more thing to get wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import PropertyMock, patch

from coreto.machines import candidacy, clock_round, replica, tenure
from coreto.machines.chat import Applied, Chat
from coreto.machines.clock_follower import ClockFollower
from coreto.machines.dispatch import Dispatch
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Outbox
from coreto.machines.replica import Replica
from coreto.machines.tenure import Tenure
from coreto.wire.log import Config, Epoch
from coreto.wire.peer import Ack, Promise

Mutation = Callable[[ExitStack], None]
MUTANTS: dict[str, Mutation] = {}


def mutant(rule: str) -> Callable[[Mutation], Mutation]:
    """Register a mutation under the rule it removes."""

    def register(mutation: Mutation) -> Mutation:
        MUTANTS[rule] = mutation
        return mutation

    return register


@contextmanager
def without(rule: str) -> Iterator[None]:
    """Run the block with `rule` removed from the protocol."""
    with ExitStack() as stack:
        MUTANTS[rule](stack)
        yield


def _replace(stack: ExitStack, owner: Any, name: str, new: Any) -> None:
    stack.enter_context(patch.object(owner, name, new))


@mutant("D1 for promises")
def _promise_before_disk(stack: ExitStack) -> None:
    original = Outbox.send_after_persist

    def send(self: Outbox, to: str, message: Any) -> None:
        if isinstance(message, Promise):
            self.send(to, message)
        else:
            original(self, to, message)

    _replace(stack, Outbox, "send_after_persist", send)


@mutant("D1 for acks")
def _ack_before_disk(stack: ExitStack) -> None:
    original = Outbox.send_after_persist

    def send(self: Outbox, to: str, message: Any) -> None:
        if isinstance(message, Ack):
            self.send(to, message)
        else:
            original(self, to, message)

    _replace(stack, Outbox, "send_after_persist", send)


@mutant("epoch without id")
def _shared_epochs(stack: ExitStack) -> None:
    _replace(stack, replica, "Epoch", lambda counter, _replica: Epoch(counter, ""))


@mutant("A2 fencing")
def _accept_old_epochs(stack: ExitStack) -> None:
    original = Replica.on_append

    def on_append(self: Replica, message: Any, now: float) -> None:
        promised = self.promised
        self.promised = min(promised, message.epoch)
        original(self, message, now)
        self.promised = max(promised, self.promised)

    _replace(stack, Replica, "on_append", on_append)


@mutant("A4 truncate always")
def _truncate_always(stack: ExitStack) -> None:
    def adopt(log: MachineLog, batch: Any, _commit: int) -> int:
        if batch.first <= log.last.index:
            log.truncate(batch.first, 0)
        log.append_batch(log.part(batch, batch.first))
        return int(batch.last)

    _replace(stack, replica, "adopt_batch", adopt)


@mutant("P3 best log")
def _keep_own_log(stack: ExitStack) -> None:
    _replace(stack, candidacy.Candidacy, "_largest", lambda self: self._own())


@mutant("compare by length only")
def _longest_log(stack: ExitStack) -> None:
    def largest(self: Any) -> Promise:
        found: list[Promise] = [self._own(), *self._promises.values()]
        return max(found, key=lambda promise: promise.last.index)

    _replace(stack, candidacy.Candidacy, "_largest", largest)


@mutant("D2 by length")
def _count_by_length(stack: ExitStack) -> None:
    original = MachineLog.truncate

    def truncate(self: MachineLog, index: int, commit: int) -> None:
        durable = self.durable
        original(self, index, commit)
        self.durable = durable

    _replace(stack, MachineLog, "truncate", truncate)


@mutant("C1")
def _count_old_epochs(stack: ExitStack) -> None:
    def count(self: Tenure) -> None:
        holds = self.matches() | {self._me: self._log.durable}
        marks = sorted(holds.get(voter.replica, 0) for voter in self._log.config.voters)
        self.commit = max(self.commit, marks[(len(marks) - 1) // 2])

    _replace(stack, Tenure, "count", count)
    _replace(stack, Tenure, "established", PropertyMock(return_value=True))


@mutant("majority of who seems alive")
def _alive_majority(stack: ExitStack) -> None:
    def majority(members: set[str], config: Config) -> bool:
        return bool(members) and len(config.voters) > 0

    _replace(stack, candidacy, "majority", majority)
    _replace(stack, tenure, "majority", majority)


@mutant("dedupe")
def _no_dedupe(stack: ExitStack) -> None:
    def once(self: Chat, index: int, entry: Any, command: Any) -> Applied:
        return Applied(self._execute(index, entry, command), True)

    _replace(stack, Chat, "_once", once)
    original = Chat._command

    def apply(self: Chat, index: int, entry: Any, command: Any) -> Applied:
        if command.kind == "open":
            return original(self, index, entry, command)
        return self._once(index, entry, command)

    _replace(stack, Chat, "_command", apply)


@mutant("definite refusal taken from one copy")
def _first_refusal(stack: ExitStack) -> None:
    original = Dispatch._after_loss

    def after_loss(self: Dispatch, request: Any, settled: bool, now: float) -> None:
        if request.code and request.number in self._writes:
            self._finish(request, request.body, 0)
        else:
            original(self, request, settled, now)

    _replace(stack, Dispatch, "_after_loss", after_loss)


@mutant("no floor")
def _no_floor(stack: ExitStack) -> None:
    def raise_floor(self: Chat, start: int, _old: int, _new: int, index: int) -> None:
        self._put("starts", (start,), (0, index))

    _replace(stack, Chat, "_raise_floor", raise_floor)


@mutant("no broker key")
def _new_key_for_each_copy(stack: ExitStack) -> None:
    original = Chat._command

    def apply(self: Chat, index: int, entry: Any, command: Any) -> Applied:
        if command.kind == "open":
            return original(self, index, entry, command)
        return self._once(index, entry, command)

    _replace(stack, Chat, "_command", apply)


@mutant("liars left out of the average")
def _plain_average(stack: ExitStack) -> None:
    def average(offsets: Any) -> tuple[float, frozenset[int]]:
        return sum(offsets) / len(offsets), frozenset(range(len(offsets)))

    _replace(stack, clock_round, "fault_tolerant_average", average)


@mutant("adjustments to each server")
def _tell_nobody(stack: ExitStack) -> None:
    _replace(stack, ClockFollower, "on_adjust", lambda self, message, now: None)
