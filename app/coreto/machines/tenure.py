"""One epoch of a coordinator: replicating its log and counting what is on disks (replication.md §6.3, §6.4).

Theory of operation. The log was adopted and a noop appended before a tenure begins. For every
peer we keep `next` (what to send) and `match` (what its disk holds of *this* log). An entry is
committed when a majority of the configuration in force holds it on disk, and only entries of our
own epoch are counted: older ones commit through the noop (Raft §5.4.2, Figure 8).

Every APPEND has a nonce, which its answer repeats. It tells which answers still belong to what is
in flight, and which of them prove that a majority still followed us *after* a read arrived
(ReadIndex, Raft thesis §6.4). A coordinator that no majority answers for `quorum_timeout` must
stop: it may have been replaced (check-quorum).
"""

from __future__ import annotations

from collections import deque
from math import inf

from coreto.machines.audit import NO_MARK
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Outbox
from coreto.machines.settings import IN_FLIGHT_MAX, Settings
from coreto.wire.log import Config, Epoch, majority
from coreto.wire.peer import Ack, Append, Mismatch


class Progress:
    """What a coordinator knows of one peer."""

    def __init__(self, upto: int, now: float) -> None:
        self.next = upto + 1
        """The next index to send."""
        self.match = 0
        """The peer's disk holds our log up to here."""
        self.acked_at = now
        """When it last answered in this epoch; time in which we did not run is added (rule E6)."""
        self.answered_at = now
        """The same without that allowance."""
        self.forgiven = False
        self.acked_nonce = 0
        self.in_flight: deque[int] = deque()
        """Nonces of APPENDs with entries that are not answered."""
        self.told_commit = 0
        self.tell_commit_at = now
        """When it is told of the commit, unless something else tells it before: who is new at once."""
        self.sent_at = now


class Tenure:
    """Coordinating in `epoch`; `commit` moves when a majority's disks hold more."""

    def __init__(
        self,
        me: str,
        epoch: Epoch,
        log: MachineLog,
        outbox: Outbox,
        settings: Settings,
        now: float,
        commit: int,
    ) -> None:
        self._me = me
        self.epoch = epoch
        self._log = log
        self._outbox = outbox
        self._settings = settings
        self.noop = log.last.index
        """Index of our noop; when it commits we are established."""
        self.commit = commit
        self.published = 0
        self.rank = 0
        """Our rank, told with every APPEND: a follower of higher rank asks for a handover."""
        self.mark = NO_MARK
        """The state hash that a majority has, told with every APPEND."""
        self.learners: tuple[str, ...] = ()
        """Replica ids of servers that copy the log and are not counted."""
        self.since = now
        self._nonce = 0
        self._confirmed = 0
        self._peers: dict[str, Progress] = {}
        self._fed: tuple[Config | None, tuple[str, ...]] = (None, ())
        """The configuration and the learners that `_peers` is made of."""
        self._follow_config(now, self.noop - 1)

    @property
    def established(self) -> bool:
        """Whether our noop is committed."""
        return self.commit >= self.noop

    @property
    def nonce(self) -> int:
        """The nonce of the last APPEND sent."""
        return self._nonce

    @property
    def confirmed(self) -> int:
        """The greatest nonce such that a majority answered an APPEND at least as late."""
        return self._confirmed

    @property
    def has_peers(self) -> bool:
        """Whether anybody else must confirm what we do."""
        return bool(self._peers)

    def is_voter(self, peer: str) -> bool:
        """Whether a peer counts for majorities."""
        return peer in self._log.voters

    def match_of(self, peer: str) -> int:
        """Return up to where a peer's disk is known to hold our log."""
        progress = self._peers.get(peer)
        return progress.match if progress else 0

    def closest(self) -> str:
        """Return the voter whose disk holds most of our log."""
        return max((v.replica for v in self._log.config.voters), key=self.match_of, default="")

    def matches(self) -> dict[str, int]:
        """Return what each peer's disk is known to hold of our log."""
        return {peer: progress.match for peer, progress in self._peers.items()}

    def has_quorum(self, now: float) -> bool:
        """Whether a majority, ourselves included, answered within `quorum_timeout`."""
        heard = self.heard_within(self._settings.quorum_timeout, now)
        heard.add(self._me)
        return majority(heard, self._log.config)

    def heard_within(self, seconds: float, now: float) -> set[str]:
        """Return the peers that answered lately; one that is new counts as heard when it came."""
        return {peer for peer, progress in self._peers.items() if now - progress.acked_at < seconds}

    def answered_at(self, peer: str) -> float:
        """Return when a peer last answered; now and for ever for those we do not feed."""
        progress = self._peers.get(peer)
        return progress.answered_at if progress else inf

    def forgive(self, gap: float) -> None:
        """Time in which we did not run is not the peers' silence; once only, until they answer again."""
        for progress in self._peers.values():
            if not progress.forgiven:
                progress.forgiven = True
                progress.acked_at += gap

    # Answers.

    def on_ack(self, message: Ack, now: float) -> None:
        """A peer's disk holds our log up to `match` (A5)."""
        progress = self._answered(message.sender, message.nonce, now)
        if progress is None:
            return
        progress.match = max(progress.match, min(message.match, self._log.last.index))
        progress.next = max(progress.next, progress.match + 1)
        self.count()

    def on_mismatch(self, message: Mismatch, now: float) -> None:
        """A peer's log does not hold what we built upon: step back, bounded by its hint (A3)."""
        progress = self._answered(message.sender, message.nonce, now)
        if progress is None:
            return
        progress.in_flight.clear()
        progress.next = max(progress.match + 1, min(progress.next, message.hint + 1))

    def _answered(self, peer: str, nonce: int, now: float) -> Progress | None:
        progress = self._peers.get(peer)
        if progress is None:
            return None
        progress.acked_at = progress.answered_at = now
        progress.forgiven = False
        progress.acked_nonce = max(progress.acked_nonce, nonce)
        while progress.in_flight and progress.in_flight[0] <= nonce:
            progress.in_flight.popleft()
        if progress.acked_nonce > self._confirmed:
            self._confirm(progress.acked_nonce)
        return progress

    def _confirm(self, nonce: int) -> None:
        """Note that a majority answered an APPEND at least as late as `nonce`, if it did."""
        later = {peer for peer, progress in self._peers.items() if progress.acked_nonce >= nonce}
        later.add(self._me)
        if majority(later, self._log.config):
            self._confirmed = nonce

    def count(self) -> None:
        """Move `commit` to the last entry of our epoch that a majority's disks hold (C1, D2)."""
        if self.commit >= self._log.last.index:
            return
        holds = {peer: progress.match for peer, progress in self._peers.items()}
        holds[self._me] = self._log.durable
        marks = sorted(holds.get(voter.replica, 0) for voter in self._log.config.voters)
        held = marks[(len(marks) - 1) // 2]
        if held >= self.noop and held > self.commit:
            self.commit = held

    # Sending.

    def flush(self, now: float) -> None:
        """Send to every peer what it lacks, or a heartbeat when one is due."""
        self._follow_config(now, self._log.last.index)
        last = self._log.last.index
        for peer, progress in self._peers.items():
            if progress.next <= last:
                self._send_entries(peer, progress, now)
            self._owe_commit(progress, now)
            if now >= min(progress.tell_commit_at, progress.sent_at + self._settings.heartbeat):
                self._send(peer, progress, now, entries=False)

    def heartbeat(self, now: float) -> None:
        """Send an APPEND to every peer now, so that a read can be confirmed."""
        for peer, progress in self._peers.items():
            self._send(peer, progress, now, entries=False)

    def next_heartbeat(self) -> float:
        """Return when the next heartbeat is due, or somebody is owed the commit."""
        heartbeat = self._settings.heartbeat
        return min([min(peer.tell_commit_at, peer.sent_at + heartbeat) for peer in self._peers.values()], default=inf)

    def _owe_commit(self, progress: Progress, now: float) -> None:
        """Reads at a follower wait for the commit, so it is told soon also where no entries follow (C2b)."""
        if self.commit <= progress.told_commit or progress.in_flight:
            progress.tell_commit_at = inf
        elif progress.tell_commit_at == inf:
            progress.tell_commit_at = now + self._settings.commit_delay

    def _send_entries(self, peer: str, progress: Progress, now: float) -> None:
        while progress.next <= self._log.last.index and len(progress.in_flight) < IN_FLIGHT_MAX:
            self._send(peer, progress, now, entries=True)

    def _send(self, peer: str, progress: Progress, now: float, *, entries: bool) -> None:
        self._nonce += 1
        before = progress.next - 1
        batches = self._log.read_range(before, self._log.last.index) if entries else ()
        message = Append(
            epoch=self.epoch,
            prev=self._log.position_at(before),
            batches=batches,
            commit=self.commit,
            published=self.published,
            nonce=self._nonce,
            rank=self.rank,
            mark=self.mark,
        )
        if batches:
            progress.next = batches[-1].last + 1
            progress.in_flight.append(self._nonce)
        progress.sent_at = now
        progress.told_commit = self.commit
        progress.tell_commit_at = inf
        self._outbox.send(peer, message)

    def _follow_config(self, now: float, upto: int) -> None:
        """Feed the voters in force, and learners; assume of new ones that they hold the log up to `upto`."""
        if self._fed[0] is self._log.config and self._fed[1] is self.learners:
            return
        self._fed = (self._log.config, self.learners)
        wanted = [voter.replica for voter in self._log.config.voters if voter.replica != self._me]
        wanted.extend(self.learners)
        if list(self._peers) == wanted:
            return
        self._peers = {peer: self._peers.get(peer) or Progress(upto, now) for peer in wanted}
