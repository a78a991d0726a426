"""Who belongs to the cluster: learners, and voters changed one at a time (replication.md §9).

Theory of operation. A server that is no voter is a *learner*: it asks the coordinator for the log
(JOIN), copies it like a follower, serves reads, and is never counted. Learners are known to the
coordinator alone and forgotten when they fall silent; the voters are in the log.

A change of voters is an entry that holds the whole new set and is in force from the moment it is
in a log. Sets that differ by one server always share a majority, so two of them cannot decide
apart, provided that each change waits for the one before to be committed and for an entry of the
coordinator's own epoch to be committed first (Ongaro's thesis §4.1, with the correction of 2015).

The coordinator changes voters by itself in three cases: a voter's name came back with a blank disk
(the new replica is added once it has caught up, then the old one removed); there are fewer voters
than the cluster was born with, and a learner that never was a voter has caught up; a voter has
been dead for `REPLACE_AFTER` while such a learner stands ready, which is added first, or while
there are more voters than the cluster was born with. Everything else is asked for by a person. A
voter that somebody removed stays a learner until it is promoted again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from coreto.journal.events import MembersChanged
from coreto.machines.effects import Connect
from coreto.machines.election import Election
from coreto.machines.handover import LAG_MAX
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.replica import Replica, Role
from coreto.machines.settings import Settings
from coreto.machines.tenure import Tenure
from coreto.wire.log import APPLY_VERSION, Config, Voter
from coreto.wire.peer import Join, JoinElsewhere, JoinRefused, Leave
from coreto.wire.refusal import RefusalError

LEARNERS_MAX = 64
"""Learners a coordinator feeds at once: each costs it a copy of everything that is written."""
VOTERS_AUTOMATIC = 5
"""More voters than this only by hand: each makes every write slower."""
LEARNER_SILENT = 5.0
"""Seconds after which a learner that says nothing is forgotten."""
JOIN_AGAIN = 1.0
"""Seconds between two JOINs of one learner."""
LOOK_AGAIN = 0.05
"""Seconds between two looks at whether the voters should change: soon for a person, seldom for a busy server."""
JOIN_SOON = 0.2
"""The same while no coordinator is heard."""
NAME_GRACE = 5.0
"""Seconds in which old answers of a voter may still arrive that a newcomer of the same name replaces."""
VOTERS_LEFT_MIN = 3
"""No dead voter is removed by itself if fewer would be left."""
REPLACE_AFTER = 600.0
"""Seconds after which a dead voter is replaced: longer than any restart of a machine."""


class Learner(msgspec.Struct):
    """One server that copies the log without being counted."""

    name: str
    address: str
    heard_at: float


class Membership:
    """The learner's side and the coordinator's; `tick` does what is due on both."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        replica: Replica,
        election: Election,
        outbox: Outbox,
        settings: Settings,
        address: str,
        addresses: dict[str, str],
    ) -> None:
        self._identity = identity
        self._log = log
        self._replica = replica
        self._election = election
        self._outbox = outbox
        self._settings = settings
        self._addresses = addresses
        self._join = Join(name=identity.name, address=address)
        self._next_join = float("-inf")
        self._next_look = float("-inf")
        self._learners: dict[str, Learner] = {}
        self._asked: dict[str, float] = {}
        """When each newcomer first asked this coordinator."""
        self.refused_by = ""
        """The rule for which the coordinator does not take us in; it will not change its mind."""

    # What others ask.

    @property
    def learners(self) -> dict[str, Learner]:
        """The learners this coordinator feeds, by replica id."""
        return self._learners

    def learner_names(self) -> list[str]:
        """Return the names of those that do not vote, in order."""
        voters = self._log.voters
        return sorted(learner.name for replica, learner in self._learners.items() if replica not in voters)

    def deadline(self) -> float:
        """Return when `tick` has something to do."""
        return self._next_join if self._is_outside else float("inf")

    def tick(self, now: float) -> None:
        """Join, forget learners that are silent, change the voters by one when a change is due."""
        if self._is_outside and now >= self._next_join:
            self._ask_to_join(now)
        tenure = self._replica.tenure
        if tenure is None:
            self._learners.clear()
            self._asked.clear()
        elif now >= self._next_look:
            self._next_look = now + LOOK_AGAIN
            self._look(tenure, now)

    def _look(self, tenure: Tenure, now: float) -> None:
        """Forget learners that are silent; change the voters by one when a change is due."""
        for replica in self._silent(now):
            del self._learners[replica], self._asked[replica]
        self._forget_refused(now)
        voters = {voter.replica for voter in self._log.config.voters}
        tenure.learners = tuple(replica for replica in self._learners if replica not in voters)
        config = self._due_change(now) if self._may_change else None
        if config is not None:
            self._propose(config, now)

    # As a learner.

    def on_refused(self, message: JoinRefused) -> None:
        """The coordinator does not take us in."""
        if message.sender == self._replica.coordinator or not self._replica.coordinator:
            self.refused_by = message.rule

    def on_elsewhere(self, message: JoinElsewhere, now: float) -> None:
        """Somebody we asked follows another coordinator: ask there; if we hear it already, we know now where it is."""
        heard = self._replica.coordinator if self._replica.is_live(now) else message.replica
        if self._is_outside and message.replica == heard:
            self._outbox.emit(Connect(message.replica, message.name, message.address))
            self._outbox.send(message.replica, self._join)

    def leave(self) -> None:
        """Tell the coordinator that we stop, if it copies to us; a voter that stops is waited for."""
        if not self._replica.is_voter and self._replica.coordinator:
            self._outbox.send(self._replica.coordinator, Leave())

    @property
    def _is_outside(self) -> bool:
        """Whether we are no voter, or may have been voted out while we were away.

        Then the others have a coordinator that we do not hear, or do not even know where to answer us. Or we
        hear one that is new to our log, and do not know where to answer it.
        """
        counted = self._identity.replica in self._log.voters
        return not counted or not self._knows_coordinator or self._election.denied or self._election.cut_off

    @property
    def _knows_coordinator(self) -> bool:
        coordinator = self._replica.coordinator
        return coordinator in self._log.voters or coordinator in ("", self._identity.replica)

    def _ask_to_join(self, now: float) -> None:
        coordinator = self._replica.coordinator
        hears = self._replica.is_live(now) and coordinator
        self._next_join = now + (JOIN_AGAIN if hears else JOIN_SOON)
        others = [] if hears and self._knows_coordinator else [v.replica for v in self._log.config.voters]
        for peer in dict.fromkeys([*others, *([coordinator] if hears else [])]):
            if peer != self._identity.replica:
                self._outbox.send(peer, self._join)

    # As the coordinator.

    def on_join(self, message: Join, now: float) -> None:
        """Feed a learner from now on, unless its name belongs to a voter that is alive; a follower says who may."""
        if self._replica.tenure is None:
            self._send_elsewhere(message, now)
            return
        if self._replica.tenure.is_voter(message.sender):
            return
        known = self._learners.get(message.sender)
        if known is None and len(self._asked) >= LEARNERS_MAX:
            return
        if known is None or known.address != message.address:
            self._outbox.emit(Connect(message.sender, message.name, message.address))
        if message.apply != APPLY_VERSION:
            self._outbox.send(message.sender, JoinRefused(rule="other_version"))
            return
        since = self._asked.setdefault(message.sender, now)
        if self._is_taken(message, since):
            self._learners.pop(message.sender, None)
            self._outbox.send(message.sender, JoinRefused(rule="name_taken"))
        else:
            self._learners[message.sender] = Learner(message.name, message.address, now)
            self._next_look = now

    def on_leave(self, message: Leave) -> None:
        """Forget a learner that stops."""
        self._learners.pop(message.sender, None)
        self._asked.pop(message.sender, None)

    def _send_elsewhere(self, message: Join, now: float) -> None:
        coordinator = self._replica.coordinator
        for voter in self._log.config.voters if self._replica.is_live(now) else ():
            if voter.replica == coordinator:
                address = self._addresses.get(coordinator) or voter.address
                self._outbox.emit(Connect(message.sender, message.name, message.address))
                self._outbox.send(message.sender, JoinElsewhere(replica=coordinator, name=voter.name, address=address))

    def promote(self, name: str, now: float) -> int:
        """Propose to make the learner `name` a voter; return the index, 0 if it is one; raise `RefusalError`."""
        if _names(self._log.config, name):
            return self._uncommitted(name)
        found = [replica for replica, learner in self._learners.items() if learner.name == name]
        if not found:
            raise RefusalError("learner_unknown", name=name)
        if not self._has_caught_up(found[0]):
            raise RefusalError("learner_behind", name=name, count=self._behind(found[0]))
        self._check_may_change()
        return self._propose(self._with(found[0]), now)

    def remove(self, name: str, now: float) -> int:
        """Propose that the voter `name` is none any more; return the index, 0 if it is none; raise `RefusalError`."""
        found = [voter for voter in self._log.config.voters if voter.name == name]
        if not found:
            return self._uncommitted(name)
        config = self._without(found[0].replica)
        live = self._live(now) | {self._identity.replica}
        left = [voter for voter in config.voters if voter.replica in live]
        if 2 * len(left) <= len(config.voters):
            raise RefusalError("too_few_left", name=name)
        self._check_may_change()
        return self._propose(config, now)

    # Changes.

    @property
    def _may_change(self) -> bool:
        """Our noop is committed, and so is the configuration before (M2)."""
        return self._replica.role is Role.COORDINATOR and not self._log.config_above(self._replica.commit)[0]

    def _uncommitted(self, name: str) -> int:
        """Return the index of the change of `name` that is not committed yet, 0 if there is none."""
        commit = self._replica.commit
        index, config = self._log.config_above(commit)
        return index if config and _names(config, name) != _names(self._log.config_at(commit), name) else 0

    def _check_may_change(self) -> None:
        if not self._may_change:
            raise RefusalError("change_under_way")

    def _propose(self, config: Config, now: float) -> int:
        names = [voter.name for voter in config.voters]
        self._outbox.report(MembersChanged(role="server", name=self._identity.name, voters=names))
        return self._replica.propose_config(now, config)

    def _due_change(self, now: float) -> Config | None:
        """Return the voters as they should be next, None when nothing is due."""
        voters = self._log.config.voters
        names = {voter.name: voter.replica for voter in voters}
        for voter in voters:
            if names[voter.name] != voter.replica:
                return self._without(voter.replica)
        live = self._live(now) | {self._identity.replica}
        for replica in self._ready(now):
            twin = names.get(self._learners[replica].name)
            if len(voters) < self._wanted if twin is None else twin not in live:
                return self._with(replica)
        dead = self._long_dead(now)
        if dead and len(voters) > max(self._wanted, VOTERS_LEFT_MIN):
            return self._without(dead)
        fresh = next(self._ready(now), None) if dead and len(voters) == self._wanted else None
        return self._with(fresh) if fresh else None

    @property
    def _wanted(self) -> int:
        return min(len(self._log.genesis.voters), VOTERS_AUTOMATIC)

    def _ready(self, now: float) -> Iterator[str]:
        """Yield learners that have caught up and never were voters."""
        for replica in self._learners:
            if self._has_caught_up(replica) and not self._log.was_voter(replica) and replica in self._live(now):
                yield replica

    def _has_caught_up(self, replica: str) -> bool:
        """Whether its disk is known to hold nearly all; who never answered may be dead, however short the log is."""
        behind = self._behind(replica)
        return behind <= LAG_MAX and behind < self._log.last.index

    def _behind(self, replica: str) -> int:
        tenure = self._replica.tenure
        return self._log.last.index - (tenure.match_of(replica) if tenure else 0)

    def _long_dead(self, now: float) -> str:
        tenure = self._replica.tenure
        assert tenure is not None
        silent = (v.replica for v in self._log.config.voters if now > tenure.answered_at(v.replica) + REPLACE_AFTER)
        return next(silent, "")

    def _silent(self, now: float) -> list[str]:
        heard = self._live(now)
        late = (replica for replica, learner in self._learners.items() if now > learner.heard_at + LEARNER_SILENT)
        return [replica for replica in late if replica not in heard]

    def _forget_refused(self, now: float) -> None:
        """Those whom a name was refused hold no place of a learner for ever."""
        for replica in [replica for replica in self._asked if replica not in self._learners]:
            if now > self._asked[replica] + NAME_GRACE + LEARNER_SILENT:
                del self._asked[replica]

    def _is_taken(self, message: Join, since: float) -> bool:
        """Whether a voter of this name has answered since the newcomer first asked."""
        tenure = self._replica.tenure
        assert tenure is not None
        for voter in self._log.config.voters:
            if voter.name == message.name and voter.replica != message.sender:
                answered = tenure.answered_at(voter.replica)
                return voter.replica == self._identity.replica or since + NAME_GRACE < answered < float("inf")
        return False

    def _live(self, now: float) -> set[str]:
        tenure = self._replica.tenure
        return tenure.heard_within(self._settings.quorum_timeout, now) if tenure else set()

    def _with(self, replica: str) -> Config:
        learner = self._learners[replica]
        return Config((*self._log.config.voters, Voter(replica, learner.name, learner.address)))

    def _without(self, replica: str) -> Config:
        return Config(tuple(voter for voter in self._log.config.voters if voter.replica != replica))


def _names(config: Config, name: str) -> bool:
    return any(voter.name == name for voter in config.voters)
