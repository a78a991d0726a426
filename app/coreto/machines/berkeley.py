"""Berkeley: the coordinator keeps the application clocks of all servers together (protocol.md §5).

Theory of operation. Source: Gusella & Zatti, "The Accuracy of the Clock Synchronization Achieved by
TEMPO in Berkeley UNIX 4.3BSD", IEEE TSE 1989. Nobody has the true time; the aim is that all servers
have the same. From time to time the established coordinator holds a round:

1. It asks every server of ours what its clock reads. An answer says what the clock read at some
   moment between question and answer; taking the middle, it is off by half the round trip at most
   (Cristian, "Probabilistic clock synchronization", 1989). That half is the reading's error bound.
   A slow answer says little, so the question is repeated a few times and the fastest answer kept; if
   even that one was too slow the clock is left out. So is one that does not answer in time.
2. It takes the fault-tolerant average of the readings and its own clock (`average`): of the clocks that
   agree, if they are a majority of those read. Without such a majority nothing is adjusted.
3. Each server is told *its own adjustment*, the way from its reading to the average. Being relative,
   it does not age while it travels. The coordinator adjusts itself likewise, also when it is the one
   that was wrong. The server steps or slews (`clock`); when that is done, two clocks of a round differ
   by no more than the sum of their error bounds (and of what is too little to correct).

Servers that are not ours, known from the reference's list only, understand the course's `clock`:
they are read with it and set by absolute time, half a round trip ahead. They do not count for the
average: anybody can put a name on that list. As a clock that is set may jump back, they are set only
when they are off by more than the reading's error.

Rounds carry the epoch, and a server ignores those of a lower one (`clock_follower`). Time here means
application time: no timer and no rule of safety depends on it (replication.md §1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from coreto.journal.events import ClockReading, ClockRound, ClockSet
from coreto.machines.clock import ApplicationClock
from coreto.machines.clock_follower import ClockFollower
from coreto.machines.clock_round import Asked, Round, worth
from coreto.machines.effects import Route
from coreto.machines.lamport import Lamport
from coreto.machines.log import MachineLog
from coreto.machines.membership import Membership
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.replica import Replica
from coreto.machines.settings import Settings
from coreto.wire.log import Epoch
from coreto.wire.names import printable
from coreto.wire.peer import ClockAdjust, ClockAsk, ClockTell
from coreto.wire.services import Clock, ListServers
from coreto.wire.stamps import as_clock, as_seconds

FOREIGN_MAX = 16
"""Servers of others that are looked after, so that a forged list costs little."""


class Berkeley:
    """The clock side of a server: holds rounds while it is the established coordinator, obeys otherwise."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        replica: Replica,
        membership: Membership,
        outbox: Outbox,
        lamport: Lamport,
        clock: ApplicationClock,
        settings: Settings,
    ) -> None:
        self._identity = identity
        self._log = log
        self._replica = replica
        self._membership = membership
        self._outbox = outbox
        self._lamport = lamport
        self._clock = clock
        self._settings = settings
        self._follower = ClockFollower(identity.name, replica, outbox, clock)
        self._epoch: Epoch | None = None
        """The epoch in which we hold rounds."""
        self._round: Round | None = None
        self._rounds = 0
        self._last = -math.inf
        self._requests = 0
        """Requests since the last round."""
        self._foreign: dict[str, str] = {}
        """Name to address of servers that are not ours."""
        self._questions: dict[int, Asked] = {}
        """Number to clock, of the foreign questions of this round."""
        self._question = 0

    def handlers(self) -> dict[type, Callable[[Any, float], None]]:
        """Return who handles each kind of peer message about clocks."""
        return {ClockAsk: self._follower.on_ask, ClockTell: self.on_tell, ClockAdjust: self._follower.on_adjust}

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of our clocks: the physical one and Lamport's."""
        return {**self._follower.status(now), "lamport": self._lamport.value}

    def set_clock(self, request: Clock, route: Route, now: float) -> None:
        """Set or shift our clock as somebody asks at our own port; a later round corrects it (protocol.md §2)."""
        before = self._clock.aim(now)
        if request.time is not None:
            self._clock.set(now, request.time)
        else:
            self._clock.adjust(request.adjust or 0.0)
        name, by = self._identity.name, route[0].hex()
        self._outbox.report(ClockSet(role="server", name=name, seconds=self._clock.aim(now) - before, by=by))

    # When.

    def count_request(self) -> None:
        """A client's request arrived."""
        self._requests += 1

    def tick(self, now: float) -> None:
        """Begin a round, or end one that waited long enough."""
        epoch = self._coordinates()
        if epoch != self._epoch:
            self._epoch, self._round, self._last = epoch, None, -math.inf
        if epoch is None:
            return
        if self._round is None and now >= self._due():
            self._begin(epoch, now)
        elif self._round is not None and now >= self._round.deadline:
            self._finish(self._round, now)

    def deadline(self) -> float:
        """Return when `tick` has something to do."""
        epoch = self._coordinates()
        if epoch != self._epoch:
            return -math.inf
        if epoch is None:
            return math.inf
        return self._round.deadline if self._round is not None else self._due()

    def _coordinates(self) -> Epoch | None:
        tenure = self._replica.tenure
        return tenure.epoch if tenure is not None and tenure.established else None

    def _due(self) -> float:
        busy = self._requests >= self._settings.sync_every
        return self._last + (self._settings.sync_pause if busy else self._settings.sync_idle)

    # Who.

    def on_list(self, rows: list[dict[str, Any]]) -> None:
        """The reference told who is there: those that are not of our cluster and say where they are."""
        ours = {name for _, name in self._ours()} | {self._identity.name}
        found: dict[str, str] = {}
        for row in rows:
            name, address = (row.get("name"), row.get("address")) if isinstance(row, dict) else (None, None)
            if isinstance(name, str) and isinstance(address, str) and address.startswith("tcp://") and name not in ours:
                found[printable(name)] = address
        self._foreign = dict(list(found.items())[:FOREIGN_MAX])

    def _ours(self) -> list[tuple[str, str]]:
        """Return replica id and name of every voter and learner."""
        voters = {voter.replica: voter.name for voter in self._log.config.voters}
        learners = {replica: learner.name for replica, learner in self._membership.learners.items()}
        return list((learners | voters).items())

    def _everybody(self) -> list[Asked]:
        ours = [(replica, name) for replica, name in self._ours() if replica != self._identity.replica]
        foreign = [Asked(name, address, foreign=True) for name, address in self._foreign.items()]
        return [*(Asked(name, replica) for replica, name in ours), *foreign]

    # A round.

    def _begin(self, epoch: Epoch, now: float) -> None:
        self._last, self._requests = now, 0
        self._outbox.ask_reference(ListServers())
        clocks = self._everybody()
        if not clocks:
            return
        self._rounds += 1
        self._round = Round(epoch, self._rounds, now + self._settings.sync_deadline, clocks)
        self._questions = {}
        for asked in clocks:
            self._ask(self._round, asked, now)

    def _ask(self, current: Round, asked: Asked, now: float) -> None:
        asked.attempt += 1
        asked.asked_at = now
        if asked.foreign:
            self._question += 1
            self._questions[self._question] = asked
            self._outbox.ask_server(asked.to, self._question, Clock())
        else:
            question = ClockAsk(epoch=current.epoch, round=current.number, attempt=asked.attempt)
            self._outbox.send(asked.to, question)

    def on_tell(self, message: ClockTell, now: float) -> None:
        """A server of ours told what its clock reads."""
        current = self._round
        if current is None or (message.epoch, message.round) != (current.epoch, current.number):
            return
        for asked in current.clocks:
            if not asked.foreign and (asked.to, asked.attempt) == (message.sender, message.attempt):
                self._heard(current, asked, message.time, now)

    def on_answer(self, number: int, data: dict[str, Any], now: float) -> None:
        """A server that is not ours answered question `number` with this `data`."""
        self._lamport.receive(as_clock(data.get("clock")))
        asked = self._questions.pop(number, None)
        if asked is not None and self._round is not None:
            self._heard(self._round, asked, as_seconds(data.get("time")), now)

    def _heard(self, current: Round, asked: Asked, time: float | None, now: float) -> None:
        """Note a reading; ask again if it was slow; end the round with the last one."""
        if asked.settled:
            return
        if time is None or not math.isfinite(time):
            asked.settled, asked.why = True, "no_time"
        else:
            asked.note(time, now)
            if not asked.settled:
                self._ask(current, asked, now)
        if current.settled:
            self._finish(current, now)

    def _finish(self, current: Round, now: float) -> None:
        """Average, tell every server its adjustment, and report."""
        self._round = None
        average = current.average(self._clock.aim(now) - now)
        own = None if average is None else worth(average)
        rows = [ClockReading(self._identity.name, 0.0, 0.0, 0.0, own, current.own_why)]
        rows += [asked.reading(self._adjust(current, asked, average, now)) for asked in current.clocks]
        if own is not None:
            self._follower.correct(now, (current.epoch, current.number), own)
        name, epoch = self._identity.name, current.epoch.counter
        self._outbox.report(
            ClockRound(
                role="server",
                name=name,
                epoch=epoch,
                round=current.number,
                agreed=average is not None,
                clocks=tuple(rows),
            )
        )

    def _adjust(self, current: Round, asked: Asked, average: float | None, now: float) -> float | None:
        """Tell a server its adjustment and return it; None if there is nothing to tell."""
        if average is None or not asked.usable:
            return None
        seconds = worth(average - asked.offset)
        if asked.foreign:
            return self._set(asked, seconds, average, now)
        trip, error = asked.round_trip, asked.error
        self._outbox.send(
            asked.to,
            ClockAdjust(epoch=current.epoch, round=current.number, seconds=seconds, round_trip=trip, error=error),
        )
        return seconds

    def _set(self, asked: Asked, seconds: float, average: float, now: float) -> float | None:
        """Set a foreign clock to the agreed time if it is surely off by more than nothing."""
        if abs(seconds) <= asked.error:
            return None
        self._question += 1
        time = self._clock.aim(now) + average + asked.round_trip / 2
        self._outbox.ask_server(asked.to, self._question, Clock(time=time))
        return seconds
