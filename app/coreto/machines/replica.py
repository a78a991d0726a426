"""One server's part in keeping the replicated log: promises, following, and becoming coordinator.

Theory of operation (replication.md §6; the sources are in its §12). Time is divided into epochs,
each with at most one coordinator. `promised` is the newest epoch this server has promised to
respect; it is on disk before anybody hears of it, and nothing of a lower epoch is accepted any
more. A server is one of

    FOLLOWER      copies the log of the coordinator it hears
    CANDIDATE     collects promises for an epoch of its own and adopts the best log (`Candidacy`)
    ESTABLISHING  has adopted that log and replicates its noop (`Tenure`)
    COORDINATOR   its noop is committed: it answers and publishes (`Tenure`)

Everything a message implies is on disk before the answer leaves (`Outbox.send_after_persist`).
A committed entry is never truncated: should a message ask for it, the server halts.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from coreto.machines.audit import NO_MARK
from coreto.machines.candidacy import Candidacy, adopt_batch
from coreto.machines.clock import ApplicationClock
from coreto.machines.election import Election
from coreto.machines.handover import Asker, Giver
from coreto.machines.lamport import Lamport
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.reports import Reports
from coreto.machines.settings import COUNTER_AHEAD_MAX, Settings
from coreto.machines.tenure import Tenure
from coreto.wire.log import EPOCH_ZERO, Command, Config, Entry, Epoch, Noop
from coreto.wire.peer import (
    Ack,
    Append,
    Entries,
    Fetch,
    HandoverAsk,
    HandoverNow,
    MendAsk,
    MendGive,
    Mismatch,
    Prepare,
    Promise,
    Refuse,
)


class Role(Enum):
    """The part a server plays now."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    ESTABLISHING = "establishing"
    COORDINATOR = "coordinator"


class Replica:
    """Epochs, log and commit of one server."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        election: Election,
        outbox: Outbox,
        lamport: Lamport,
        clock: ApplicationClock,
        settings: Settings,
        promised: Epoch,
        commit: int,
        stable: float = 0.0,
    ) -> None:
        self.reports = Reports(identity, log, outbox)
        """What we tell of elections and of the log."""
        self._me = identity.replica
        self.log = log
        self._election = election
        self._outbox = outbox
        self._lamport = lamport
        self._clock = clock
        self._settings = settings
        self.promised = promised
        self.commit = commit
        self.published = 0
        self.mark = NO_MARK
        """Our state hash where it was last compared: told with every ACK."""
        self.role = Role.FOLLOWER
        self.coordinator = ""
        """Replica id of the coordinator we follow; our own while we are established."""
        self.epoch = EPOCH_ZERO
        """The epoch of that coordinator."""
        self.candidacy: Candidacy | None = None
        self.tenure: Tenure | None = None
        self._asker = Asker(settings, stable)
        self._giver: Giver | None = None
        self._last_lamport = self._lamport_of_last()
        lamport.value = max(lamport.value, self._last_lamport)

    # State that others ask for.

    def is_live(self, now: float) -> bool:
        """Whether we coordinate, or heard a coordinator lately."""
        return self.role is Role.COORDINATOR or self._election.hears(now)

    def silent(self, now: float) -> list[str]:
        """Return the voters that leave us without an answer: to what we send as coordinator, or as candidate."""
        if self.tenure is not None:
            heard = self.tenure.heard_within(self._settings.quorum_timeout, now)
            return [peer for peer in self.log.voters if peer not in heard and peer != self._me]
        if self.candidacy is not None:
            return [v.replica for v in self.candidacy.config.voters if v.replica not in self.candidacy.promisers]
        return []

    @property
    def is_voter(self) -> bool:
        """Whether the configuration in force counts us."""
        return self._me in self.log.voters

    @property
    def takes_commands(self) -> bool:
        """Whether new commands may be logged here: we coordinate, and are not handing over."""
        return self.tenure is not None and (self._giver is None or not self._giver.asker)

    def deadline(self) -> float:
        """Return when `tick` has something to do."""
        if self.candidacy is not None:
            return min(self.candidacy.next_ask(), self.candidacy.since + self._settings.quorum_timeout)
        if self.tenure is not None:
            return self.tenure.next_heartbeat()
        return self._asker.deadline() if self._outranks_coordinator() else float("inf")

    # Becoming.

    def become_candidate(self, now: float, *, handover: bool = False) -> None:
        """Start an epoch of our own (P1)."""
        counter = max(self._election.counter_seen, self.promised.counter) + 1
        self._promise(Epoch(counter, self._me))
        self.coordinator = ""
        self._change(Role.CANDIDATE, self.promised, "handover" if handover else "unopposed")
        self._election.stand_down()
        self.candidacy = Candidacy(
            self._me, self.promised, self.log, self._outbox, self._settings, now, self.commit, handover
        )
        self._advance_candidacy(now)

    def _become_establishing(self, now: float) -> None:
        epoch = self.promised
        backers = self.candidacy.promisers if self.candidacy is not None else []
        self.candidacy = None
        self._change(Role.ESTABLISHING, epoch, "promised", backers=backers, index=self.log.last.index + 1)
        self._last_lamport = self._lamport_of_last()
        self._append(epoch, [self._entry(now, Noop())])
        self.tenure = Tenure(self._me, epoch, self.log, self._outbox, self._settings, now, self.commit)
        self.tenure.published = self.published
        self._advance_tenure(now)

    def become_follower(self, now: float, reason: str) -> None:
        """Give up any part of our own; `reason` is a code."""
        if self.role is Role.FOLLOWER:
            return
        if self.candidacy is not None and self.candidacy.handover:
            self._asker.failed()
            self._remember_stable()
        self._giver = None
        self.candidacy = None
        self.tenure = None
        self.coordinator = ""
        self._change(Role.FOLLOWER, self.promised, reason)
        self._election.lose(now, at_once=False)

    def _follow(self, message: Append, now: float) -> None:
        if self.role is not Role.FOLLOWER:
            self.become_follower(now, "newer_coordinator")
        if (self.coordinator, self.epoch) != (message.sender, message.epoch):
            self.coordinator, self.epoch = message.sender, message.epoch
            self._asker.follow()
            self._change(Role.FOLLOWER, message.epoch, "heard_coordinator", coordinator=message.sender)
        self._election.ranks[message.sender] = message.rank
        self._election.hear(now, message.sender)

    def _promise(self, epoch: Epoch) -> None:
        assert epoch > self.promised, (epoch, self.promised)
        self.promised = epoch
        self._outbox.remember("promised", tuple(epoch))

    def _change(
        self,
        role: Role,
        epoch: Epoch,
        reason: str,
        *,
        coordinator: str = "",
        backers: Sequence[str] = (),
        index: int = 0,
    ) -> None:
        self.role = role
        self.reports.role_changed(
            role.value, epoch, reason, coordinator=coordinator, backers=list(backers), index=index
        )

    # As a voter.

    def on_prepare(self, message: Prepare, now: float) -> None:
        """Promise an epoch, or refuse it (P2)."""
        if message.epoch < self.promised:
            self.reports.promise_refused(message, "older_epoch")
            self._outbox.send_after_persist(message.sender, Refuse(promised=self.promised))
            return
        if message.epoch > self.promised:
            if not self._believable(message.epoch):
                self.reports.promise_refused(message, "not_believable")
                return
            if not message.handover and self.is_live(now):
                self.reports.promise_refused(message, "hears_coordinator")
                return
            self._promise(message.epoch)
            self.reports.promised(message)
            self.coordinator = ""
            if self.role is Role.FOLLOWER:
                self._election.lose(now, at_once=False)
            else:
                self.become_follower(now, "newer_promise")
        index, config = self.log.config_above(message.commit)
        self._outbox.send_after_persist(
            message.sender,
            Promise(epoch=message.epoch, last=self.log.last, commit=self.commit, config=config, config_index=index),
        )

    def on_append(self, message: Append, now: float) -> None:
        """Copy what the coordinator sends (A2 to A6)."""
        if message.epoch < self.promised:
            self._outbox.send_after_persist(message.sender, Refuse(promised=self.promised))
            return
        if message.epoch > self.promised:
            if not self._believable(message.epoch):
                return
            self._promise(message.epoch)
        self._follow(message, now)
        if not self.log.holds(message.prev):
            self._mismatch(message)
            return
        match = message.prev.index
        for batch in message.batches:
            match = adopt_batch(self.log, batch, self.commit)
        ack = Ack(epoch=message.epoch, match=match, nonce=message.nonce, mark=self.mark)
        self._outbox.send_after_persist(message.sender, ack)
        self.commit = max(self.commit, min(message.commit, match))
        self.published = max(self.published, message.published)
        self._asker.heard(now, equal=self.log.last.index >= message.commit)

    def _mismatch(self, message: Append) -> None:
        """Answer that `prev` is not in our log (A3): we agree at most up to the end of our last batch before it."""
        short = message.prev.index > self.log.last.index
        hint = self.log.last.index if short else max(self.commit, self.log.batch_start(message.prev.index) - 1)
        self._outbox.send_after_persist(message.sender, Mismatch(epoch=message.epoch, hint=hint, nonce=message.nonce))

    def on_fetch(self, message: Fetch, now: float) -> None:
        """Lend a range of our log to the candidate we promised; nobody else may rely on it."""
        if message.epoch != self.promised:
            self._outbox.send_after_persist(message.sender, Refuse(promised=self.promised))
            return
        after = min(message.after, self.log.last.index)
        batches = self.log.read_range(after, min(message.upto, self.log.last.index))
        self._outbox.send(
            message.sender, Entries(epoch=message.epoch, prev=self.log.position_at(after), batches=batches)
        )

    def on_mend_ask(self, message: MendAsk, now: float) -> None:
        """Give a damaged server what it lost, and say how far our log is committed."""
        upto = min(message.upto, self.log.last.index)
        batches = self.log.read_range(max(0, message.after), upto)
        self._outbox.send(message.sender, MendGive(batches=batches, commit=self.commit))

    # As a candidate and as the coordinator.

    def on_promise(self, message: Promise, now: float) -> None:
        """Count a promise for the epoch we stand for; any other is ignored."""
        if self.candidacy is not None:
            self.candidacy.on_promise(message, now)
            self._advance_candidacy(now)

    def on_entries(self, message: Entries, now: float) -> None:
        """Take over a part of the best log."""
        if self.candidacy is not None:
            self.candidacy.on_entries(message, now)
            self._advance_candidacy(now)

    def on_refuse(self, message: Refuse, now: float) -> None:
        """Somebody promised a newer epoch: step down (C4)."""
        if self._believable(message.promised):
            self._election.counter_seen = max(self._election.counter_seen, message.promised.counter)
        if self.role is not Role.FOLLOWER and message.promised > self.promised:
            self.become_follower(now, "voter_promised_newer")

    def on_ack(self, message: Ack, now: float) -> None:
        """Count an answer to an APPEND of our epoch."""
        if self.tenure is not None and message.epoch == self.tenure.epoch:
            self.tenure.on_ack(message, now)
            self._advance_tenure(now)

    def on_mismatch(self, message: Mismatch, now: float) -> None:
        """Step back for a peer whose log differs."""
        if self.tenure is not None and message.epoch == self.tenure.epoch:
            self.tenure.on_mismatch(message, now)

    def on_handover_ask(self, message: HandoverAsk, now: float) -> None:
        """A follower of higher rank asks to take over (H2)."""
        if self._giver is None or self.tenure is None or message.epoch != self.tenure.epoch:
            return
        if self.tenure.is_voter(message.sender):
            behind = self.log.last.index - self.tenure.match_of(message.sender)
            if self._giver.consider(message.sender, behind, now):
                self.reports.handover(message.sender, message.epoch, "agreed")

    def on_handover_now(self, message: HandoverNow, now: float) -> None:
        """The coordinator we follow makes way: run for its place (H3)."""
        if self.role is Role.FOLLOWER and message.epoch == self.epoch and message.sender == self.coordinator:
            self.become_candidate(now, handover=True)

    def propose(self, now: float, commands: list[Command]) -> int:
        """Append commands in our epoch; return the index of the first one."""
        assert self.tenure is not None
        first = self.log.last.index + 1
        self._append(self.tenure.epoch, [self._entry(now, command) for command in commands])
        return first

    def propose_config(self, now: float, config: Config) -> int:
        """Append a change of voters in our epoch; return its index."""
        assert self.tenure is not None
        self._append(self.tenure.epoch, [self._entry(now, config)])
        return self.log.last.index

    def tick(self, now: float) -> None:
        """Judge the timers of a candidate or coordinator (P6, C3)."""
        if self.candidacy is not None:
            if self.candidacy.gave_up or now >= self.candidacy.since + self._settings.quorum_timeout:
                self.become_follower(now, "no_promises")
            else:
                self.candidacy.tick(now)
        elif self.tenure is not None:
            late = not self.tenure.established and now >= self.tenure.since + self._settings.quorum_timeout
            if late or not self.tenure.has_quorum(now):
                self.become_follower(now, "no_majority")
            elif self._giver is not None:
                if asker := self._giver.tick(now):
                    self.reports.handover(asker, self.tenure.epoch, "in_vain")
                if self._asker.lasts(now):
                    self._remember_stable()
        elif self._outranks_coordinator() and self._asker.wants(now):
            self.reports.handover(self._me, self.epoch, "asked")
            self._outbox.send(self.coordinator, HandoverAsk(epoch=self.epoch, last=self.log.last))

    def flush(self, now: float) -> None:
        """End of a turn: send what followers lack."""
        if self.tenure is not None:
            self._hand_over_if_due()
            self.tenure.rank = self._election.rank
            self.tenure.flush(now)

    def persisted(self, now: float) -> None:
        """Our own disk holds more: it counts as one of the majority."""
        if self.tenure is not None:
            self.tenure.count()
            self._advance_tenure(now)
        self._advance_candidacy(now)

    # Helpers.

    def _advance_candidacy(self, now: float) -> None:
        if self.candidacy is not None and not self.candidacy.gave_up and self.candidacy.is_complete:
            self._become_establishing(now)

    def _hand_over_if_due(self) -> None:
        giver, tenure = self._giver, self.tenure
        if giver is None or tenure is None or not giver.asker:
            return
        if giver.is_due(tenure.match_of(giver.asker), self.log.last.index):
            self.reports.handover(giver.asker, tenure.epoch, "told")
            self._outbox.send(giver.asker, HandoverNow(epoch=tenure.epoch))

    def _outranks_coordinator(self) -> bool:
        """Whether we follow a coordinator of lower (rank, id) than ours."""
        if not self.coordinator or self.tenure is not None or not self.is_voter:
            return False
        return (self._election.rank, self._me) > (self._election.ranks.get(self.coordinator, 0), self.coordinator)

    def _advance_tenure(self, now: float) -> None:
        tenure = self.tenure
        assert tenure is not None
        self.commit = max(self.commit, tenure.commit)
        if not self.is_voter and not self.log.config_above(self.commit)[0]:
            self._outbox.send(tenure.closest(), HandoverNow(epoch=tenure.epoch))
            self.become_follower(now, "not_counted")
        elif self.role is Role.ESTABLISHING and tenure.established:
            self.coordinator, self.epoch = self._me, tenure.epoch
            self._asker.established(now)
            self._remember_stable()
            self._giver = Giver(self._settings, now)
            self._change(Role.COORDINATOR, tenure.epoch, "established", coordinator=self._me, index=tenure.noop)

    def _remember_stable(self) -> None:
        self._outbox.remember("stable", (self._asker.stable,))

    def _append(self, epoch: Epoch, entries: list[Entry]) -> None:
        self.log.append(epoch, entries)

    def _entry(self, now: float, body: Noop | Command | Config) -> Entry:
        lamport = max(self._lamport.send(), self._last_lamport + 1)
        self._lamport.value = max(self._lamport.value, lamport)
        self._last_lamport = lamport
        return Entry(lamport, self._clock.read(now), body)

    def _lamport_of_last(self) -> int:
        last = self.log.entry(self.log.last.index) if self.log.last.index else None
        return last.lamport if last else 0

    def _believable(self, epoch: Epoch) -> bool:
        return epoch.counter <= max(self.promised.counter, self._election.counter_seen) + COUNTER_AHEAD_MAX
