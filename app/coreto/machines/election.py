"""Who should try to become coordinator: the bully election, which is also a pre-vote (replication.md §6.1).

Theory of operation. A voter that has heard no coordinator for a while *calls*: it asks every voter
"do you hear a coordinator? what is your rank?". The round changes nothing on any disk. It may go
on to candidacy only if a majority (itself included) hears no coordinator, so that a server that
merely lost its own links cannot depose a healthy one (Raft thesis §9.6, pre-vote), and if no
eligible server of higher rank answered (Garcia-Molina 1982, bully). A higher server that is called
by a lower one calls at once itself.

A server may answer calls and yet be unable to reach a majority. It must not block the others
(Omni-Paxos, EuroSys 2023, §2): after two rounds of yielding in vain the caller runs anyway.

A server whom no majority knows yet calls nobody (D6). If that lasts it has found what rounds in vain find: that
too few are within reach.

Nothing here is about safety: whoever runs must still collect promises.
"""

from __future__ import annotations

from collections import deque

from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.ports import Random
from coreto.machines.reports import Reports
from coreto.machines.settings import COUNTER_AHEAD_MAX, Settings
from coreto.wire.log import majority
from coreto.wire.peer import Call, CallAnswer

YIELDS_MAX = 2
"""Rounds a caller yields to a higher server that answers but is never established (rule E3)."""


class Election:
    """Calls, answers calls, and says through `wants_candidacy` when to run."""

    def __init__(self, identity: Identity, log: MachineLog, outbox: Outbox, settings: Settings, random: Random) -> None:
        self._identity = identity
        self._log = log
        self._outbox = outbox
        self._settings = settings
        self._random = random
        self._reports = Reports(identity, log, outbox)
        self.rank = 0
        """Our rank; 0 until the reference (or the disk) told it. It decides only who should try."""
        self.counter_seen = 0
        """Greatest epoch counter heard of."""
        self.wants_candidacy = False
        self.ranks: dict[str, int] = {}
        """Ranks of the other voters, as last told."""
        self._heard_at = float("-inf")
        self._heard_of = ""
        self._forgiven = False
        self._round = 0
        self._round_started = float("-inf")
        self._calling = False
        self._answers: dict[str, CallAnswer] = {}
        self.denied = False
        """Somebody told in the last round that it hears a coordinator, whom we do not hear."""
        self._yields = 0
        self._reached: deque[bool] = deque(maxlen=2)
        self._patience = 0.0
        self._next_call = float("inf")
        self._started = False
        self.introduced = False
        """Whether a majority knew this life at some moment: before that we call nobody …"""
        self._next_look = float("inf")
        """… and note at this moment that it took so long in vain."""

    # What it knows.

    @property
    def calling(self) -> bool:
        """Whether a round is under way."""
        return self._calling

    @property
    def cut_off(self) -> bool:
        """Whether the last two rounds reached less than a majority, or as long a time in which none knew us."""
        return len(self._reached) == self._reached.maxlen and not any(self._reached)

    def hears(self, now: float) -> bool:
        """Whether a coordinator was heard within `suspect_min`."""
        return now - self._heard_at < self._settings.suspect_min

    def deadline(self) -> float:
        """Return when `tick` has something to do."""
        if not self.introduced:
            return self._next_look
        if self._calling:
            return self._round_started + self._settings.call_round
        return self._next_call if self._may_call() else float("inf")

    # What happens to it.

    def begin(self, now: float) -> None:
        """A life begins: who is within reach is yet to be seen."""
        self._next_look = now + self._settings.suspect_high

    def start(self, now: float, rank: int) -> None:
        """A majority knows this life; as soon as our rank is known too, call at once, the first time (E1)."""
        if not self.introduced:
            self._reached.clear()
        self.introduced = True
        first = not self._started and rank > 0
        self._started |= first
        if first and not self.hears(now):
            self._next_call = now

    def hear(self, now: float, coordinator: str) -> None:
        """A coordinator was heard: an APPEND of an epoch at least as new as our promise."""
        self._heard_of = coordinator
        if self._heard_at == float("-inf") or not self.hears(now):
            self._patience = self._draw_patience()
        self._heard_at = now
        self._forgiven = False
        self._next_call = now + self._patience
        self._next_look = now + self._settings.suspect_high
        self._calling = False
        self.denied = False
        self._yields = 0
        self._reached.clear()

    def lose(self, now: float, *, at_once: bool) -> None:
        """The coordinator is gone: by its broken link (E5: call at once), or because we stepped down."""
        self._heard_at = float("-inf")
        self._next_call = now if at_once else now + self._draw_patience()

    def forgive(self, gap: float) -> None:
        """Time in which we did not run is not silence of the coordinator (E6); once only, until it is heard again."""
        if not self._forgiven:
            self._forgiven = True
            self._heard_at += gap
            self._next_call += gap
            self._next_look += gap

    def stand_down(self) -> None:
        """Call nobody: we are a candidate or the coordinator."""
        self._calling = False
        self._next_call = float("inf")

    def tick(self, now: float) -> None:
        """Start a round that is due, or end one whose time is over."""
        if not self.introduced and now >= self._next_look:
            self._reached.append(False)
            self._next_look = now + self._settings.suspect_high
        if self._calling and now >= self._round_started + self._settings.call_round:
            self._end_round(now)
        elif not self._calling and now >= self._next_call and self._may_call():
            if self._heard_at > float("-inf"):
                self._reports.suspected(self._heard_of, "silence", now - self._heard_at)
            self._start_round(now, "silence")

    def on_call(self, message: Call, now: float, *, live: bool, eligible: bool) -> None:
        """Answer a call; if a lower rank calls and no coordinator is heard, call ourselves (bully)."""
        self._learn(message.sender, message.rank, message.counter_seen)
        self._outbox.send(
            message.sender,
            CallAnswer(
                round=message.round,
                rank=self.rank,
                eligible=eligible and self.rank > 0,
                live_coordinator=live,
                counter_seen=self.counter_seen,
            ),
        )
        lower = (message.rank, message.sender) < (self.rank, self._identity.replica)
        if lower and eligible and not live:
            self.provoke(now, "lower_rank")

    def provoke(self, now: float, reason: str) -> None:
        """Call now because of `reason`, a code; not if a round is under way or has just been, or we are running."""
        recently = now < self._round_started + self._settings.call_round
        if self.rank and self._may_call() and not self._calling and not recently and self._next_call < float("inf"):
            self._start_round(now, reason)

    def on_answer(self, message: CallAnswer, now: float) -> None:
        """Take note of an answer; the round ends as soon as every voter has answered."""
        self._learn(message.sender, message.rank, message.counter_seen)
        if not self._calling or message.round != self._round:
            return
        self._answers[message.sender] = message
        others = {voter.replica for voter in self._log.config.voters} - {self._identity.replica}
        if others <= self._answers.keys():
            self._end_round(now)

    # A round.

    def _start_round(self, now: float, reason: str) -> None:
        self._round += 1
        self._calling = True
        self._round_started = now
        self._answers = {}
        self._reports.call_started(self._round, reason)
        for voter in self._log.config.voters:
            if voter.replica != self._identity.replica:
                call = Call(round=self._round, rank=self.rank, counter_seen=self.counter_seen)
                self._outbox.send(voter.replica, call)
        if len(self._log.config.voters) == 1:
            self._end_round(now)

    def _end_round(self, now: float) -> None:
        self._calling = False
        me = self._identity.replica
        self._reached.append(majority({*self._answers, me}, self._log.config))
        deaf = {sender for sender, answer in self._answers.items() if not answer.live_coordinator}
        self.denied = any(answer.live_coordinator for answer in self._answers.values())
        if not majority(deaf | {me}, self._log.config):
            self._report_end("denied" if self.denied else "unreached")
            self._next_call = now + self._draw_patience()
        elif self._higher() and self._yields < YIELDS_MAX:
            self._report_end("yielded")
            self._yields += 1
            self._next_call = now + self._settings.yield_time
        else:
            self._report_end("runs")
            self._yields = 0
            self.wants_candidacy = True
            self._next_call = now + self._draw_patience()

    def _higher(self) -> list[str]:
        """Return who answered and could coordinate, with a higher rank than ours."""
        own = (self.rank, self._identity.replica)
        return [sender for sender, a in self._answers.items() if a.eligible and (a.rank, sender) > own]

    def _report_end(self, outcome: str) -> None:
        denied = [sender for sender, answer in self._answers.items() if answer.live_coordinator]
        self._reports.call_ended(self._round, outcome, list(self._answers), denied, self._higher())

    def _learn(self, sender: str, rank: int, counter: int) -> None:
        self.ranks[sender] = rank
        if counter <= self.counter_seen + COUNTER_AHEAD_MAX:
            self.counter_seen = max(self.counter_seen, counter)

    def _may_call(self) -> bool:
        return self.introduced and self._identity.replica in self._log.voters

    def _draw_patience(self) -> float:
        higher = sum((rank, peer) > (self.rank, self._identity.replica) for peer, rank in self.ranks.items())
        drawn = self._random.uniform(self._settings.suspect_low, self._settings.suspect_high)
        return drawn + self._settings.suspect_place * higher
