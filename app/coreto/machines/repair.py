"""A server whose log is damaged: it fetches what it lost from the others before it lives again.

Theory of operation (replication.md §3, D5; Alagappan et al., "Protocol-Aware Recovery for
Consensus-Based Storage", FAST 2018, §3). An entry that fails its checksum must not be mistaken for
one that was never written: the server may have acknowledged it, and a majority may rest on that.
So a damaged server neither votes nor truncates. It asks the others for just the entries it lost,
and takes what is proved to be right in one of two ways:

- the entries, chained to what is intact before them, end in the h that an intact row vouches for:
  they are byte for byte what was written here;
- they are committed at the server that gives them: whatever stood here, nothing else may.

An end of the log that nobody can prove yet waits until it is committed. What is committed elsewhere
may not continue what is intact here: then our log parts from theirs before the damage, with entries
that were never committed. So we step back, a row of ours at a time, to where theirs continues it;
what is committed from there on takes the place of ours, and all that followed falls with it.

When every range is mended, the server begins a new life with an ordinary log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coreto.journal.events import LogDamaged, LogMended
from coreto.machines.effects import Connect, Effect, Mend, Persist
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.ports import Damaged, LogView
from coreto.wire.log import Batch, Voter, is_intact
from coreto.wire.peer import Join, MendAsk, MendGive, PeerMessage
from coreto.wire.services import ListServers

ASK_AGAIN = 0.2
"""Seconds between questions; each goes to every peer, and the first answer that helps is taken."""


class Repair:
    """Mends the ranges in order; `done` when the disk holds all of them."""

    def __init__(
        self, identity: Identity, voters: Sequence[Voter], damages: Sequence[Damaged], log: LogView, commit: int,
        outbox: Outbox, address: str, *, look_up: bool = False,
    ) -> None:  # fmt: skip
        """`voters` are those that may hold what was lost, ourselves left out; with `look_up` the reference is asked
        where they live now. Of `log`, what is intact is read; it is known to be committed up to `commit`."""
        self._identity = identity
        self._log = log
        self._commit = commit
        self._peers = [voter for voter in voters if voter.replica != identity.replica]
        self._addresses = {voter.replica: voter.address for voter in self._peers}
        self._look_up = look_up
        self._damages = list(damages)
        self._outbox = outbox
        self._join = Join(name=identity.name, address=address)
        self._ask_at = float("-inf")
        self._waits_for = 0
        self._parted_by = 0
        """By which index at the latest our log has parted from what is committed; 0 while none is known."""
        self._begin_range()
        first, last = damages[0].first, damages[-1].last
        outbox.report(LogDamaged(role="server", name=identity.name, first=first, last=last))
        for voter in self._peers:
            outbox.emit(Connect(voter.replica, voter.name, voter.address))

    @property
    def done(self) -> bool:
        """Whether nothing is left to mend: time to begin a new life."""
        return not self._damages

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._ask_at

    def tick(self, now: float) -> None:
        """Ask the peers for what is missing next."""
        if now >= self._ask_at and self._damages:
            self._ask(now)

    def on_peer(self, message: PeerMessage, now: float) -> None:
        """Take what a peer gives, if it is proved right; whatever else peers say is not for the damaged."""
        if message.cluster != self._identity.cluster or not isinstance(message, MendGive):
            return
        if self._damages and not self._waits_for and self._take(message.batches, message.commit):
            self._ask_at = now

    def on_list(self, rows: list[Any]) -> None:
        """The reference told who lives where: connect to peers that have moved, or of whom we did not know."""
        found = {row.get("name"): row.get("address") for row in rows if isinstance(row, dict)}
        for voter in self._peers:
            address = found.get(voter.name)
            if isinstance(address, str) and address not in ("", self._addresses[voter.replica]):
                self._addresses[voter.replica] = address
                self._outbox.emit(Connect(voter.replica, voter.name, address))

    def persisted(self, number: int, now: float) -> None:
        """The disk holds a mended part."""
        self._outbox.persisted(number)
        if number == self._waits_for:
            self._waits_for = 0
            self._ask_at = now

    def take(self, now: float) -> list[Effect]:
        """Return what is to be done, in order."""
        self._outbox.close_turn(dirty=False)
        return self._outbox.take(now)

    # One range.

    def _begin_range(self) -> None:
        if self._damages:
            self._at, self._before = self._damages[0].first, self._damages[0].before
        self._unproved: list[Batch] = []

    def _ask(self, now: float) -> None:
        self._ask_at = now + ASK_AGAIN
        damage = self._damages[0]
        if self._look_up:
            self._outbox.ask_reference(ListServers())
        for voter in self._peers:
            self._outbox.send(voter.replica, MendAsk(after=self._at + self._held - 1, upto=damage.last))
            self._outbox.send(voter.replica, self._join)

    @property
    def _held(self) -> int:
        return sum(batch.count for batch in self._unproved)

    def _take(self, batches: Sequence[Batch], commit: int) -> bool:
        """Use a part that continues what we have; return whether it brought us further."""
        damage, chain = self._damages[0], self._unproved[-1].chain if self._unproved else self._before
        expected = self._at + self._held
        for batch in batches:
            if batch.first != expected or batch.last > damage.last:
                return False
            if not is_intact(batch, chain):
                # What we took before may be from an end that its giver has replaced since.
                self._unproved = []
                return expected == damage.first and commit >= batch.last and self._step_back()
            expected, chain = batch.last + 1, batch.chain
        if not batches:
            return False
        self._unproved.extend(batches)
        if self._parted_by:
            return self._take_instead(commit)
        if commit >= expected - 1 or (expected > damage.last and chain == damage.chain):
            self._mend(chain)
        elif expected > damage.last:
            self._unproved = []
            return False
        return True

    def _step_back(self) -> bool:
        """Begin a row of ours earlier, where committed entries do not continue our log; return whether that may be."""
        damage = self._damages[0]
        row = self._log.batch_at(damage.first - 1)
        if row is None or row.first <= self._commit:
            return False
        before = self._log.batch_at(row.first - 1)
        self._parted_by = damage.first - 1
        self._damages[0] = Damaged(row.first, damage.last, before.chain if before is not None else 0, damage.chain)
        self._begin_range()
        return True

    def _take_instead(self, commit: int) -> bool:
        """Put what is committed in the place of ours, once it reaches to where ours has parted from it for sure."""
        last = self._unproved[-1].last
        if commit < last:
            self._unproved = []
            return False
        if last >= self._parted_by:
            self._write(last, cut=True)
            self._end()
        return True

    def _mend(self, chain: int) -> None:
        damage, last = self._damages[0], self._unproved[-1].last
        ends = last == damage.last
        replaced = ends and damage.chain is not None and chain != damage.chain
        self._write(last, cut=replaced)
        if ends:
            del self._damages[0]
            self._begin_range()
        else:
            self._at, self._before, self._unproved = last + 1, chain, []
        if replaced or not self._damages:
            self._end()

    def _write(self, last: int, *, cut: bool) -> None:
        """Have the disk take what is proved; with `cut`, what follows falls: it was chained to what never committed."""
        self._waits_for = number = self._outbox.next_number
        mend = Mend(self._at, last, tuple(self._unproved))
        self._outbox.persist(Persist(number, (last + 1,) if cut else (), mends=(mend,)))

    def _end(self) -> None:
        self._damages.clear()
        self._outbox.report(LogMended(role="server", name=self._identity.name))
