"""One attempt to become coordinator: collecting promises and adopting the best log (replication.md §6.2).

Theory of operation. The candidate asks the voters to promise its epoch. A promise says where the
promiser's log ends. Any entry that was ever committed is on a majority's disks, two majorities
share a server, so the best of the logs of a promised majority holds it. Raft lets only a server
with a good log win; here the candidate fetches what the best log has and it lacks, so that the
highest rank can win even with an old log (Paxos phase 1; VR Revisited §4.2; Zab phases 1 and 2).

The majority is one of the *best log's* configuration, not of the candidate's own, which may be old.
The lender answers only while its promise is still our epoch: so long its log cannot change.
"""

from __future__ import annotations

from coreto.machines.log import MachineLog
from coreto.machines.outbox import Outbox
from coreto.machines.settings import Settings
from coreto.wire.log import Batch, Config, Epoch, Position, majority
from coreto.wire.peer import Entries, Fetch, Prepare, Promise


class Candidacy:
    """Candidate of `epoch`; done when `is_complete`."""

    def __init__(
        self, me: str, epoch: Epoch, log: MachineLog, outbox: Outbox, settings: Settings, now: float, commit: int,
        handover: bool,
    ) -> None:  # fmt: skip
        self._me = me
        self.epoch = epoch
        self._log = log
        self._outbox = outbox
        self._settings = settings
        self._commit = commit
        self.handover = handover
        """A coordinator made way for us."""
        self.since = now
        """When it last made progress."""
        self._promises: dict[str, Promise] = {}
        self._lender: Promise | None = None
        self._equal_upto = commit
        """Our log equals the lender's up to here."""
        self._asked_at = now
        self.gave_up = False
        """The best log could not be fetched as it was promised."""
        self._ask(now)

    @property
    def is_complete(self) -> bool:
        """Whether a majority promised and our log equals the best of theirs."""
        best = self._best()
        return best is not None and (best.sender == self._me or self._log.last == best.last)

    @property
    def config(self) -> Config:
        """The configuration whose majority decides, as far as is known: that of the best log we heard of."""
        return self._config_of(self._lender or self._largest())

    @property
    def promisers(self) -> list[str]:
        """Replica ids of those who promised, ourselves included."""
        return [self._me, *self._promises]

    def next_ask(self) -> float:
        """Return when PREPARE (or FETCH) is due again."""
        return self._asked_at + self._settings.prepare_again

    def tick(self, now: float) -> None:
        """Ask again those who have not answered (P6)."""
        if now >= self.next_ask():
            self._ask(now)

    def on_promise(self, message: Promise, now: float) -> None:
        """Count a promise; with a majority, fetch what the best log has and we lack."""
        if message.epoch != self.epoch or message.sender in self._promises:
            return
        self._promises[message.sender] = message
        best = self._best()
        if best is None:
            self._ask_missing(now)
        elif self._lender is None and best.sender != self._me and self._log.last != best.last:
            self._lender = best
            self._equal_upto = self._shared_with(best.last)
            self._fetch(now)

    def on_entries(self, message: Entries, now: float) -> None:
        """Take over the next range of the best log; what conflicts with it was never committed."""
        lender = self._lender
        if message.epoch != self.epoch or lender is None or message.sender != lender.sender:
            return
        if message.prev.index != self._equal_upto:
            return
        if not message.batches or not self._log.holds(message.prev):
            self.gave_up = True
            return
        for batch in message.batches:
            self._equal_upto = adopt_batch(self._log, batch, self._commit)
        self.since = now
        if self._equal_upto < lender.last.index:
            self._fetch(now)
        elif self._log.last != lender.last:
            self.gave_up = True

    # Counting.

    def _own(self) -> Promise:
        index, config = self._log.config_above(self._commit)
        return Promise(
            sender=self._me, epoch=self.epoch, last=self._log.last, commit=self._commit, config=config,
            config_index=index,
        )  # fmt: skip

    def _best(self) -> Promise | None:
        if self._lender is not None:
            return self._lender
        best = self._largest()
        return best if majority({*self._promises, self._me}, self._config_of(best)) else None

    def _largest(self) -> Promise:
        best = self._own()
        for promise in self._promises.values():
            if promise.last > best.last:
                best = promise
        return best

    def _config_of(self, promise: Promise) -> Config:
        return promise.config or self._log.config_at(self._commit)

    # Asking.

    def _ask(self, now: float) -> None:
        self._asked_at = now
        if self._lender is not None:
            self._fetch(now)
        else:
            self._ask_missing(now)

    def _ask_missing(self, now: float) -> None:
        self._asked_at = now
        asked = {voter.replica for config in self._configs() for voter in config.voters}
        for peer in sorted(asked - {self._me, *self._promises}):
            self._outbox.send_after_persist(
                peer, Prepare(epoch=self.epoch, commit=self._commit, handover=self.handover)
            )

    def _configs(self) -> list[Config]:
        return [self._log.config, self._config_of(self._largest())]

    def _fetch(self, now: float) -> None:
        lender = self._lender
        assert lender is not None
        self._asked_at = now
        self._outbox.send(lender.sender, Fetch(epoch=self.epoch, after=self._equal_upto, upto=lender.last.index))

    def _shared_with(self, theirs: Position) -> int:
        """Return up to where our log surely equals the lender's.

        Two logs whose last entries have one epoch agree as far as the shorter goes (log matching);
        any two agree up to what is committed.
        """
        if self._log.last.epoch != theirs.epoch:
            return self._commit
        return max(self._commit, min(self._log.last.index, theirs.index))


def adopt_batch(log: MachineLog, batch: Batch, commit: int) -> int:
    """Make `log` hold `batch` (A4) and return the batch's last index.

    Entries that are there already are skipped; the first that differs truncates the log there. A
    batch that is a part of what is there changes nothing: a late message must not shorten a log.
    """
    at = batch.first
    while at <= min(batch.last, log.last.index) and log.position_at(at).epoch == batch.epoch:
        at += 1
    if at > batch.last:
        return batch.last
    if at <= log.last.index:
        log.truncate(at, commit)
    log.append_batch(log.part(batch, at))
    return batch.last
