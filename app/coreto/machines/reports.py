"""What a server reports of elections and of the log: events with names for people, and reasons as codes."""

from __future__ import annotations

from coreto.journal.elections import (
    Announced,
    CallEnded,
    CallStarted,
    FirstAcknowledged,
    HandoverChanged,
    Promised,
    PromiseRefused,
    RoleChanged,
    Suspected,
)
from coreto.journal.traffic import Applied, AppliedEntry
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.wire.log import EPOCH_ZERO, Command, Entry, Epoch, Noop
from coreto.wire.peer import Prepare


class Reports:
    """Writes the events of one server."""

    def __init__(self, identity: Identity, log: MachineLog, outbox: Outbox) -> None:
        self._name = identity.name
        self._log = log
        self._outbox = outbox
        self._acknowledged = EPOCH_ZERO
        """The epoch of which the first acknowledgement was told."""
        self._waiting: FirstAcknowledged | None = None
        self.detailed = False
        """Whether every entry that is applied is told of."""
        self._first = 0
        self._entries: list[AppliedEntry] = []

    def suspected(self, replica: str, reason: str, seconds: float = 0.0) -> None:
        """Our coordinator is not counted on any more."""
        suspect = self._log.name_of(replica)
        self._outbox.report(Suspected(role="server", name=self._name, suspect=suspect, reason=reason, seconds=seconds))

    def call_started(self, number: int, reason: str) -> None:
        """We ask the voters."""
        self._outbox.report(CallStarted(role="server", name=self._name, round=number, reason=reason))

    def call_ended(self, number: int, outcome: str, answered: list[str], denied: list[str], higher: list[str]) -> None:
        """What their answers came to; voters by replica id."""
        named = [tuple(map(self._log.name_of, voters)) for voters in (answered, denied, higher)]
        self._outbox.report(
            CallEnded(
                role="server", name=self._name, round=number, outcome=outcome,
                answered=named[0], denied=named[1], higher=named[2],
            )
        )  # fmt: skip

    def promised(self, message: Prepare) -> None:
        """We promised a candidate its epoch."""
        counter, replica = message.epoch
        self._outbox.report(
            Promised(
                role="server", name=self._name, candidate=self._log.name_of(message.sender), epoch=counter,
                epoch_id=replica, handover=message.handover,
            )
        )  # fmt: skip

    def promise_refused(self, message: Prepare, reason: str) -> None:
        """We did not."""
        counter, replica = message.epoch
        self._outbox.report(
            PromiseRefused(
                role="server", name=self._name, candidate=self._log.name_of(message.sender), epoch=counter,
                epoch_id=replica, reason=reason,
            )
        )  # fmt: skip

    def role_changed(
        self, state: str, epoch: Epoch, reason: str, *, coordinator: str = "", backers: list[str], index: int = 0
    ) -> None:
        """We take another part; others by replica id."""
        name_of = self._log.name_of
        self._outbox.report(
            RoleChanged(
                role="server", name=self._name, state=state, epoch=epoch.counter, epoch_id=epoch.replica,
                reason=reason, coordinator=name_of(coordinator), backers=tuple(map(name_of, backers)), index=index,
            )
        )  # fmt: skip

    def announced(self, rank: int, epoch: int) -> None:
        """We announced ourselves."""
        self._outbox.report(Announced(role="server", name=self._name, rank=rank, epoch=epoch))

    def handover(self, asker: str, epoch: Epoch, step: str) -> None:
        """The coordinatorship is on its way to a higher rank, or is not after all."""
        self._outbox.report(
            HandoverChanged(
                role="server", name=self._name, asker=self._log.name_of(asker), epoch=epoch.counter, step=step
            )
        )

    def acknowledged(self, epoch: Epoch, index: int) -> None:
        """A client's write is answered in this epoch; told once, when the turn's answers are about to leave."""
        if epoch != self._acknowledged:
            self._acknowledged = epoch
            self._waiting = FirstAcknowledged(role="server", name=self._name, epoch=epoch.counter, index=index)

    # In detail.

    def applied(self, index: int, digest: int, entry: Entry) -> None:
        """An entry was applied, and the state hash is `digest` now."""
        if not self._entries:
            self._first = index
        body = entry.body
        kind, topic = (body.kind, body.target) if isinstance(body, Command) else (_kind(entry), "")
        self._entries.append(AppliedEntry(digest, entry.lamport, kind, topic))

    def turn_applied(self) -> None:
        """No more is applied in this turn."""
        if self._waiting is not None:
            self._outbox.report(self._waiting)
            self._waiting = None
        if self._entries:
            entries, self._entries = tuple(self._entries), []
            self._outbox.report(Applied(role="server", name=self._name, first=self._first, entries=entries))


def _kind(entry: Entry) -> str:
    return "noop" if isinstance(entry.body, Noop) else "config"
