"""Rules that one script each shows the need of; `mutants` says what a mutation is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import PropertyMock, patch

import msgspec

from coreto.machines import election, membership, replica
from coreto.machines.audit import Audit
from coreto.machines.candidacy import Candidacy
from coreto.machines.dispatch import Dispatch
from coreto.machines.election import Election
from coreto.machines.handover import Asker, Giver
from coreto.machines.inbox import Inbox
from coreto.machines.log import MachineLog
from coreto.machines.membership import Membership
from coreto.machines.memory import PeerMemory, Remembered
from coreto.machines.node import Node
from coreto.machines.repair import Repair
from coreto.machines.replica import Replica, Role
from coreto.machines.requests import Requests, State
from coreto.machines.tenure import Tenure
from coreto.simulator.disk import Disk
from coreto.simulator.script_server import CLOCK_OFFSET, StageServer
from coreto.wire.log import Batch, Config, Voter
from coreto.wire.peer import Hello
from tests.simulator.mutants import MUTANTS, Mutation, mutant

__all__ = ["MUTANTS", "Mutation"]


def _replace(stack: ExitStack, owner: Any, name: str, new: Any) -> None:
    stack.enter_context(patch.object(owner, name, new))


@mutant("A4 compare epochs")
def _skip_by_index(stack: ExitStack) -> None:
    """Take an entry at the same index for the same entry."""

    def adopt(log: MachineLog, batch: Batch, commit: int) -> int:
        at = max(batch.first, log.last.index + 1)
        if at <= batch.last:
            log.append_batch(log.part(batch, at))
        return batch.last

    _replace(stack, replica, "adopt_batch", adopt)
    _replace(stack, MachineLog, "holds", lambda self, position: position.index <= self.last.index)


@mutant("C1 a majority, not all")
def _wait_for_all(stack: ExitStack) -> None:
    """Commit only what every voter's disk holds."""

    def count(self: Tenure) -> None:
        holds = self.matches() | {self._me: self._log.durable}
        held = min(holds.get(voter.replica, 0) for voter in self._log.config.voters)
        if held >= self.noop and held > self.commit:
            self.commit = held

    _replace(stack, Tenure, "count", count)


@mutant("C3 check-quorum")
def _no_check_quorum(stack: ExitStack) -> None:
    """Coordinate on although no majority answers."""
    _replace(stack, Tenure, "has_quorum", lambda self, now: True)


@mutant("linear reads by ReadIndex")
def _local_reads_called_linear(stack: ExitStack) -> None:
    """Answer a linear read from what is applied, without asking a majority."""
    _replace(stack, Tenure, "confirmed", PropertyMock(return_value=1 << 60))


@mutant("D3 an epoch is used by one life")
def _resume_own_epoch(stack: ExitStack) -> None:
    """Coordinate again after a restart, in the epoch promised to ourselves."""
    original = Node.start

    def start(self: Node, now: float) -> None:
        original(self, now)
        if self.replica.promised.replica == self.identity.replica:
            self.replica._become_establishing(now)

    _replace(stack, Node, "start", start)


@mutant("D4 a failed sync is fatal")
def _retry_failed_sync(stack: ExitStack) -> None:
    """Try again: the second fsync has nothing left to write and succeeds."""

    original = StageServer.sync

    def sync(self: StageServer) -> None:
        if not self.failing or self.node is None:
            original(self)
            return
        self.failing = False
        _, persist = self._unsynced.popleft()
        self.node.persisted(persist.number, self._world.now)
        self._finish_turn(self.node)

    _replace(stack, StageServer, "sync", sync)


@mutant("E2 pre-vote")
def _run_without_asking(stack: ExitStack) -> None:
    """Run whenever a round ends, whoever still hears a coordinator."""

    def end_round(self: Election, now: float) -> None:
        self._calling = False
        self.wants_candidacy = True
        self._next_call = now + self._draw_patience()

    _replace(stack, Election, "_end_round", end_round)


@mutant("E3 yield twice at most")
def _yield_for_ever(stack: ExitStack) -> None:
    """Wait for a higher rank that answers as long as it answers."""
    _replace(stack, election, "YIELDS_MAX", 1 << 30)


@mutant("E6 own sleep is nobody's silence")
def _count_own_sleep(stack: ExitStack) -> None:
    """Judge the timers by the clock alone."""
    _replace(stack, Node, "wake", lambda self, now: None)


@mutant("H1 stable")
def _ask_at_once(stack: ExitStack) -> None:
    """Ask for the coordinatorship as soon as a lower rank is heard."""
    _replace(stack, Asker, "wants", lambda self, now: True)


@mutant("H1 higher rank")
def _ask_whatever_the_rank(stack: ExitStack) -> None:
    """Ask for the coordinatorship whoever has it."""

    def outranks(self: Replica) -> bool:
        return bool(self.coordinator) and self.role is Role.FOLLOWER

    _replace(stack, Replica, "_outranks_coordinator", outranks)


@mutant("H2 yield")
def _wait_for_asker_for_ever(stack: ExitStack) -> None:
    """Take no commands until the asker has taken over."""
    _replace(stack, Giver, "tick", lambda self, now: None)


@mutant("cluster id")
def _accept_other_clusters(stack: ExitStack) -> None:
    """Handle a message of any cluster."""
    original = Node.on_peer

    def on_peer(self: Node, message: Any, now: float) -> None:
        original(self, type(message)(**_fields(message) | {"cluster": self.identity.cluster}), now)

    _replace(stack, Node, "on_peer", on_peer)


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


@mutant("timers by the monotonic clock")
def _timers_by_wall_clock(stack: ExitStack) -> None:
    """Judge a coordinator's timers by the clock that people set."""
    original = Replica.tick

    def tick(self: Replica, now: float) -> None:
        original(self, self._clock.read(now) - CLOCK_OFFSET)

    _replace(stack, Replica, "tick", tick)


@mutant("tail poll")
def _never_ask_for_the_tail(stack: ExitStack) -> None:
    """Fetch only when something behind a hole arrives."""
    original = Inbox.tick

    def tick(self: Inbox, now: float) -> None:
        for topic in self._topics.values():
            topic.heard_at = now
        original(self, now)

    _replace(stack, Inbox, "tick", tick)


@mutant("every copy carries the key")
def _key_for_the_first_copy_only(stack: ExitStack) -> None:
    """Send further copies as if they were new writes."""
    original = Dispatch._send_copy

    def send_copy(self: Dispatch, request: Any, server: Any, now: float) -> None:
        original(self, request, server, now)
        if len(request.copies) > 1:
            items = self._turn[server.link, server.ready.incarnation]
            items[-1] = msgspec.structs.replace(items[-1], key=None)

    _replace(stack, Dispatch, "_send_copy", send_copy)


@mutant("unknown once a copy was sent")
def _claim_it_was_not_logged(stack: ExitStack) -> None:
    """At the end of the budget refuse definitely."""
    original = Dispatch._fail

    def fail(self: Dispatch, request: Any, code: str, now: float) -> None:
        original(self, request, "no_coordinator" if code == "unknown" else code, now)

    _replace(stack, Dispatch, "_fail", fail)


@mutant("a lost forward is in doubt")
def _forget_lost_forwards(stack: ExitStack) -> None:
    """Treat a write forwarded to a coordinator that is gone as if it had never been sent."""

    def forget(self: Requests, now: float) -> None:
        current = self._coordinator()
        for item in [item for item in self._forwarded.values() if item.sent_to != current]:
            assert item.state is State.FORWARDED
            self._hold(item, now)

    _replace(stack, Requests, "_doubt_lost_forwards", forget)


@mutant("D6 peer memory")
def _know_everybody(stack: ExitStack) -> None:
    """Greet every new life as if its disk held all it should."""
    _replace(stack, PeerMemory, "_is_older", lambda self, hello, known: False)


@mutant("D6 acknowledged entries")
def _remember_promises_only(stack: ExitStack) -> None:
    """Compare lives and promises, and not how much of the log was acknowledged."""

    def is_older(self: PeerMemory, hello: Hello, known: Remembered) -> bool:
        return hello.incarnation <= known.incarnation or hello.promised < known.promised

    _replace(stack, PeerMemory, "_is_older", is_older)


@mutant("D6 compares within an epoch")
def _compare_lengths(stack: ExitStack) -> None:
    """Take a log that is shorter than what was once acknowledged for a copy, whatever was promised since."""
    original = PeerMemory._is_older

    def is_older(self: PeerMemory, hello: Hello, known: Remembered) -> bool:
        return original(self, hello, known) or hello.last < known.match

    _replace(stack, PeerMemory, "_is_older", is_older)


@mutant("D5 damage is not the end of the log")
def _forget_from_the_damage_on(stack: ExitStack) -> None:
    """Cut the log at the first damaged row, apply what is left anew, and live on."""

    def damages(self: Disk) -> tuple[()]:
        if self.damaged:
            first = min(self.damaged)
            self.batches = [batch for batch in self.batches if batch.first < first]
            self.damaged.clear()
            self.tables.clear()
            self.meta = {key: value for key, value in self.meta.items() if key not in ("commit", "checkpoint")}
        return ()

    _replace(stack, Disk, "damages", damages)


@mutant("D5 only what is proved")
def _mend_with_anything(stack: ExitStack) -> None:
    """Take what others give for what was lost, committed there or not."""
    original = Repair._take

    def take(self: Repair, batches: Sequence[Batch], _commit: int) -> bool:
        return original(self, batches, 1 << 60)

    _replace(stack, Repair, "_take", take)


@mutant("M2 our own epoch first")
def _change_before_the_noop(stack: ExitStack) -> None:
    """Propose voters as soon as a log is adopted: the mistake of 2014 in the single-server method."""

    def may_change(self: Membership) -> bool:
        return self._replica.tenure is not None and not self._log.config_above(self._replica.commit)[0]

    _replace(stack, Membership, "_may_change", property(may_change))


@mutant("M2 one change at a time")
def _change_while_one_is_pending(stack: ExitStack) -> None:
    """Propose voters although those before are not committed."""
    _replace(stack, Membership, "_may_change", property(lambda self: self._replica.role is Role.COORDINATOR))


@mutant("M2 one voter at a time")
def _add_all_learners(stack: ExitStack) -> None:
    """Make every learner a voter with one entry."""

    def with_all(self: Membership, replica: str) -> Config:
        learners = [Voter(replica, learner.name, learner.address) for replica, learner in self.learners.items()]
        return Config((*self._log.config.voters, *learners))

    _replace(stack, Membership, "_with", with_all)


@mutant("P3 config of the best log")
def _count_by_own_config(stack: ExitStack) -> None:
    """Count promises by the voters that the candidate knows of."""
    _replace(stack, Candidacy, "_config_of", lambda self, promise: self._log.config)


@mutant("M1 learners are not counted")
def _count_learners(stack: ExitStack) -> None:
    """Commit what the disks of as many servers hold as a majority of the voters would be, whoever they are."""

    def count(self: Tenure) -> None:
        marks = sorted([*self.matches().values(), self._log.durable], reverse=True)
        held = marks[len(self._log.config.voters) // 2]
        if held >= self.noop and held > self.commit:
            self.commit = held

    _replace(stack, Tenure, "count", count)


@mutant("M1 catch up first")
def _promote_whoever_asks(stack: ExitStack) -> None:
    """Make a learner a voter however much it lacks."""
    _replace(stack, membership, "LAG_MAX", 1 << 30)


@mutant("M3 removed is removed")
def _forget_who_was_removed(stack: ExitStack) -> None:
    """Take a voter that a person removed for a fresh learner."""
    _replace(stack, MachineLog, "was_voter", lambda self, replica: False)


@mutant("M3 ten minutes")
def _replace_at_once(stack: ExitStack) -> None:
    """Replace a voter as soon as it is silent."""
    _replace(stack, membership, "REPLACE_AFTER", 1.0)


@mutant("a message is for one replica")
def _accept_what_is_meant_for_others(stack: ExitStack) -> None:
    """Handle whatever arrives at this place."""
    original = Node.on_peer

    def on_peer(self: Node, message: Any, now: float) -> None:
        original(self, type(message)(**_fields(message) | {"receiver": ""}), now)

    _replace(stack, Node, "on_peer", on_peer)


@mutant("H4 on disk")
def _forget_what_must_be_shown(stack: ExitStack) -> None:
    """Keep in memory only how long a log must be stable."""
    _replace(stack, Replica, "_remember_stable", lambda self: None)


@mutant("H4 for askers in vain")
def _let_askers_ask_in_vain(stack: ExitStack) -> None:
    """Require no more of an asker to whom the coordinator made way, and who found no majority."""
    _replace(stack, Asker, "failed", lambda self: None)


@mutant("states are compared")
def _never_compare_states(stack: ExitStack) -> None:
    """Go on whatever the others made of the same log."""
    _replace(stack, Audit, "contradicts", lambda self, mark: False)
