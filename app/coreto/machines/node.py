"""A server: election, replica, chat and open requests put together, with one way in and one way out.

Theory of operation. The driver begins a turn with `wake`, hands in what arrived, says
`tick`, ends the turn with `flush`, and performs what `take` returns, in order. A turn may end in a
`Persist`; when it is on disk the driver says `persisted` and takes again. One turn is one batch:
everything that arrived together is proposed, written and sent together.

The driver drains its input before it says `tick`, so that nobody calls an election because it
slept itself; and a gap between two turns is not counted as the coordinator's silence (rule E6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec

from coreto.machines.audit import NO_MARK, Audit
from coreto.machines.berkeley import Berkeley
from coreto.machines.chat import Applied, Chat
from coreto.machines.clock import ApplicationClock
from coreto.machines.contact import Contact
from coreto.machines.effects import Effect, Halt, Persist, Route
from coreto.machines.election import Election
from coreto.machines.gate import Gate
from coreto.machines.inquiries import Inquiries
from coreto.machines.lamport import Lamport
from coreto.machines.log import MachineLog, TruncationError
from coreto.machines.membership import Membership
from coreto.machines.memory import Introduction, PeerMemory
from coreto.machines.once import Once
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.ports import LogView, Random, TableView, Value
from coreto.machines.publisher import Publisher
from coreto.machines.replica import Replica, Role
from coreto.machines.requests import BrokerOrigin, DirectOrigin, Origin, PeerOrigin, Requests
from coreto.machines.settings import Settings
from coreto.machines.tables import Tables
from coreto.texts import Catalogue
from coreto.wire.backend import BackendMessage, Open, Opened, Work
from coreto.wire.envelope import read
from coreto.wire.log import APPLY_VERSION, BrokerKey, Command, Config, Entry, Epoch
from coreto.wire.peer import (
    Ack,
    AnyPeerMessage,
    Append,
    Call,
    CallAnswer,
    Entries,
    Fetch,
    Forward,
    HandoverAsk,
    HandoverNow,
    Hello,
    HelloAnswer,
    Join,
    JoinElsewhere,
    JoinRefused,
    Leave,
    MendAsk,
    MendGive,
    Mismatch,
    PeerMessage,
    Prepare,
    Promise,
    Refuse,
    Result,
)
from coreto.wire.publication import Announcement

DIRECT_BUDGET = 4.5
"""Seconds for a request to a server's own port: plain clients wait 5 (protocol.md §6)."""

APPLY_MAX = 4096
"""Entries applied in one turn: a server that catches up goes on hearing its peers."""
NONCE_MAX = 2**52
"""Bound of the number that tells one life from another."""
FLUSH_ALONE = 16
"""So many times the usual flush waiting, and derived rows are written without anything else to write."""


class Stored(msgspec.Struct, frozen=True):
    """What a server finds on its disk when it starts."""

    identity: Identity
    genesis: Config
    promised: Epoch
    commit: int
    published: int
    checkpoint: int
    digest: int
    rank: int
    stable: float = 0.0
    """Seconds its log must keep up before it asks for the coordinatorship; 0 for the usual."""
    addresses: tuple[str, ...] = ()
    """Replica id and address of each peer, in turn."""
    memory: tuple[tuple[str, Value], ...] = ()
    """What was remembered of peers."""


class Node:
    """One server of the cluster."""

    def __init__(
        self,
        stored: Stored,
        log: LogView,
        tables: TableView,
        clock: ApplicationClock,
        random: Random,
        settings: Settings,
        catalogue: Catalogue,
        address: str = "",
        *,
        look_up: bool = False,
    ) -> None:
        identity = stored.identity
        self.identity = identity
        self.settings = settings
        self.catalogue = catalogue
        self.clock = clock
        self.lamport = Lamport()
        self._outbox = Outbox(identity, self.lamport, clock)
        self.log = MachineLog(log, stored.genesis, settings)
        self.chat = Chat(Tables(tables, stored.checkpoint, stored.digest))
        self.election = Election(identity, self.log, self._outbox, settings, random)
        self.replica = Replica(
            identity, self.log, self.election, self._outbox, self.lamport, clock, settings, stored.promised,
            max(stored.commit, stored.checkpoint), stored.stable,
        )  # fmt: skip
        self.replica.published = stored.published
        self.requests = Requests(
            identity.name,
            identity.incarnation,
            self.replica,
            self.election,
            self.chat,
            self._outbox,
            settings,
            catalogue,
        )
        self._meet_the_others(stored, address, int(random.uniform(1, NONCE_MAX)), look_up=look_up)
        self._audit = Audit()
        self._once = Once()
        self._promised_before = stored.promised
        """A request for the coordinator of an epoch up to this is for a former life, which may have refused it."""
        self._publisher = Publisher(self.replica, self.chat, self._outbox)
        self._opening: dict[int, str] = {}
        self._announced_epoch = Epoch(0, "")
        self._last_turn = float("-inf")
        self._halted = False
        self._persisting = False
        self._handlers = self._peer_handlers()

    def _meet_the_others(self, stored: Stored, address: str, nonce: int, *, look_up: bool) -> None:
        """Make the parts that have to do with who else there is."""
        identity, clock, settings, catalogue = self.identity, self.clock, self.settings, self.catalogue
        addresses = dict(zip(stored.addresses[::2], stored.addresses[1::2], strict=True))
        self.membership = Membership(
            identity, self.log, self.replica, self.election, self._outbox, settings, address, addresses
        )
        self.berkeley = Berkeley(
            identity, self.log, self.replica, self.membership, self._outbox, self.lamport, clock, settings
        )
        self._inquiries = Inquiries(
            identity,
            self.log,
            self.replica,
            self.election,
            self.membership,
            self.chat,
            self.berkeley,
            self._outbox,
            catalogue,
        )
        self._contact = Contact(
            identity, self.log, self.replica, self.election, self.chat, self._outbox, settings, address, stored.rank,
            addresses, look_up=look_up,
        )  # fmt: skip
        self._memory = PeerMemory(stored.memory)
        self._introduction = Introduction(identity, self.log, self._outbox, settings, nonce, stored.promised, address)
        self._gate = Gate(identity, self._introduction, self._outbox)

    # Coming in.

    def start(self, now: float) -> None:
        """Begin to live: apply what is known to be committed, take the last rank, make contact."""
        self._inquiries.started_at = self._last_turn = now
        self._apply(now)
        self._contact.meet_voters()
        self._introduction.tick(now, self.replica.silent)
        self.election.begin(now)
        self._stand_for_election(now)

    def wake(self, now: float) -> None:
        """Begin a turn, before its input: time in which we did not run is nobody's silence (E6)."""
        gap = now - self._last_turn
        self._last_turn = now
        if gap > self.settings.suspect_min / 4:
            self.election.forgive(gap)
            if self.replica.tenure is not None:
                self.replica.tenure.forgive(gap)

    def on_peer(self, message: PeerMessage, now: float) -> bool:
        """Handle a message from another server of our cluster; return False for any other, which is ignored."""
        if self._halted or not self._gate.admits(message):
            return False
        self.lamport.receive(message.clock)
        self._outbox.cause = message
        try:
            self._handlers[type(message)](message, now)
        except TruncationError as error:
            self._halt(str(error))
        self._outbox.cause = None
        return True

    def on_backend(self, message: BackendMessage, now: float) -> None:
        """Handle a message from the broker."""
        self.lamport.receive(message.clock)
        if isinstance(message, Work):
            meant = message.incarnation == self.identity.incarnation
            for item in message.items if meant and self._once.admits(message.broker, message.number) else ():
                origin = BrokerOrigin(message.broker, item.number, item.copy)
                self._take(origin, item.raw, item.key, item.left_ms / 1000, item.min_index, now)
        elif isinstance(message, Open) and self.replica.tenure is not None:
            if message.nonce in self._opening.values():
                return
            command = Command("open", BrokerKey(0, 0, 0), text=message.nonce)
            self._opening[self.replica.propose(now, [command])] = message.nonce

    def on_request(self, route: Route, raw: bytes, now: float, *, trusted: bool = True) -> None:
        """Handle a course request that came to our own port; not `trusted` where anybody may have sent it."""
        self._take(DirectOrigin(route, trusted), raw, None, DIRECT_BUDGET, 0, now)

    def on_rank(self, rank: int, now: float) -> None:
        """The reference told our rank."""
        if rank > 0:
            self._contact.on_rank(rank)
            self._stand_for_election(now)

    def on_list(self, rows: list[dict[str, Any]], now: float) -> None:
        """The reference told who lives where."""
        self._contact.on_list(rows, now)
        self.berkeley.on_list(rows)

    def on_announcement(self, announcement: Announcement) -> None:
        """Somebody announced a coordinator."""
        self.lamport.receive(announcement.clock)
        self._inquiries.on_announcement(announcement)

    def on_disconnected(self, peer: str, now: float) -> None:
        """Our link to a peer broke; if it was the coordinator's, stop waiting for it (E5)."""
        if peer == self.replica.coordinator and self.replica.tenure is None:
            self.replica.coordinator = ""
            self.replica.reports.suspected(peer, "link_broken")
            self.election.lose(now, at_once=True)

    def leave(self) -> None:
        """End in good order: the last that is taken says so to whom it concerns."""
        if not self._halted:
            self.membership.leave()

    def tick(self, now: float) -> None:
        """Judge every timer; call it after the input of a turn is drained."""
        self.replica.tick(now)
        self.election.tick(now)
        self._stand_if_called(now)
        self.requests.tick(now)
        self.membership.tick(now)
        self._inquiries.tick(now)
        self.berkeley.tick(now)
        self._introduction.tick(now, self.replica.silent)
        self._contact.tick(now)
        if self.membership.refused_by:
            self._halt(self.catalogue.sentence(self.membership.refused_by, name=self.identity.name))

    def flush(self, now: float) -> None:
        """End the turn: log, apply and send what it brought."""
        if self._halted:
            return
        if self.replica.tenure is None:
            # What was proposed may be replaced by others: the broker asks again.
            self._opening.clear()
        self._stand_if_called(now)
        self.requests.settle(now)
        self.requests.propose(now)
        self._apply(now)
        self._contact.tell_change(now)
        self._compare_states()
        self.replica.flush(now)
        self._outbox.close_turn(dirty=self._persist())

    def persisted(self, number: int, now: float) -> None:
        """The disk has done persist `number`."""
        self._persisting = False
        self.log.persisted(number)
        self.chat.tables.persisted(number)
        self._outbox.persisted(number)
        self.replica.persisted(now)

    def deadline(self) -> float:
        """Return the moment at which `tick` has something to do."""
        if self.chat.applied < self.replica.commit:
            return self._last_turn
        return min(
            self.replica.deadline(),
            self.election.deadline(),
            self.requests.deadline(),
            self.membership.deadline(),
            self._introduction.deadline(),
            self._contact.deadline(),
            self.berkeley.deadline(),
        )

    def take(self, now: float) -> list[Effect]:
        """Return what is to be done, in order."""
        return self._outbox.take(now)

    # Peers.

    def _peer_handlers(self) -> dict[type, Callable[[Any, float], None]]:
        """Return who handles each kind of message; none may be forgotten."""
        handlers: dict[type, Callable[[Any, float], None]] = {
            Hello: self._on_hello,
            HelloAnswer: self._on_hello_answer,
            Join: self.membership.on_join,
            JoinElsewhere: self.membership.on_elsewhere,
            JoinRefused: lambda message, _: self.membership.on_refused(message),
            Leave: lambda message, _: self.membership.on_leave(message),
            Append: self._on_append,
            Ack: self._on_ack,
            Mismatch: self.replica.on_mismatch,
            Call: self._on_call,
            CallAnswer: self.election.on_answer,
            Prepare: self._on_prepare,
            Promise: self._on_promise,
            Refuse: self.replica.on_refuse,
            MendAsk: self.replica.on_mend_ask,
            MendGive: lambda _message, _now: None,
            Fetch: self.replica.on_fetch,
            Entries: self.replica.on_entries,
            HandoverAsk: self.replica.on_handover_ask,
            HandoverNow: self.replica.on_handover_now,
            Forward: self._on_forward,
            Result: self.requests.on_result,
            **self.berkeley.handlers(),
        }
        assert handlers.keys() == set(get_args(AnyPeerMessage)), "a kind of peer message has no handler"
        return handlers

    def _on_hello(self, message: Hello, now: float) -> None:
        self._contact.meet_stranger(message.sender, message.name, message.address)
        self._outbox.send(message.sender, self._memory.judge(message))

    def _on_hello_answer(self, message: HelloAnswer, now: float) -> None:
        if message.apply != APPLY_VERSION:
            self._halt(self.catalogue.sentence("other_version"))
            return
        self._introduction.on_answer(message)
        if self._introduction.contradiction is not None:
            found = self._introduction.contradiction
            # Who never heard a promise of ours remembers only that we lived on.
            code = "older_copy" if found.promised.counter else "older_life"
            self._halt(self.catalogue.sentence(code, epoch=found.promised.counter, count=found.match))
        self._stand_for_election(now)

    def _on_append(self, message: Append, now: float) -> None:
        if self._audit.contradicts(message.mark):
            self._halt(self.catalogue.sentence("state_differs", index=message.mark[0]))
        else:
            self.replica.on_append(message, now)

    def _on_ack(self, message: Ack, now: float) -> None:
        self._memory.told(message.sender, message.incarnation, message.epoch, message.match)
        self._audit.told(message.sender, message.mark)
        self.replica.on_ack(message, now)

    def _on_prepare(self, message: Prepare, now: float) -> None:
        if self._introduction.done:
            self.replica.on_prepare(message, now)

    def _on_promise(self, message: Promise, now: float) -> None:
        self._memory.told(message.sender, message.incarnation, message.epoch, 0)
        self.replica.on_promise(message, now)

    def _on_call(self, message: Call, now: float) -> None:
        live = self.replica.is_live(now)
        self.election.on_call(message, now, live=live, eligible=self.replica.is_voter)

    def _on_forward(self, message: Forward, now: float) -> None:
        if message.epoch > self._promised_before and self._once.admits(message.sender, message.number):
            origin = PeerOrigin(message.sender, message.number)
            self._take(origin, message.raw, message.key, message.left_ms / 1000, message.min_index, now)

    def _stand_for_election(self, now: float) -> None:
        """Take part in elections from the moment our rank is known and a majority knows this life."""
        self.election.rank = self._contact.rank
        if self._introduction.done:
            self.election.start(now, self._contact.rank)

    def _stand_if_called(self, now: float) -> None:
        if self.election.wants_candidacy:
            self.election.wants_candidacy = False
            if self.replica.role is Role.FOLLOWER and self.replica.is_voter:
                self.replica.become_candidate(now)

    def _compare_states(self) -> None:
        self.replica.mark = self._audit.latest
        tenure = self.replica.tenure
        if tenure is not None:
            self._audit.count(self.identity.replica, self.log.config)
            tenure.mark = self._audit.agreed
        agreed = self._audit.agreed
        if agreed is not NO_MARK and self._audit.contradicts(agreed):
            self._halt(self.catalogue.sentence("state_differs", index=agreed[0]))

    def _halt(self, reason: str) -> None:
        self._halted = True
        self._outbox.emit(Halt(reason))

    # Requests.

    def _take(self, origin: Origin, raw: bytes, key: BrokerKey | None, left: float, min_index: int, now: float) -> None:
        incoming = read(raw, wide=self.settings.wide)
        self.lamport.receive(incoming.clock)
        if not self._inquiries.take(origin, incoming, now):
            self.berkeley.count_request()
            self.requests.take(origin, incoming, raw, key, left, min_index, now)

    def coordinator_name(self) -> str:
        """Return the name of the established coordinator we know, empty when there is none."""
        return self._inquiries.coordinator_name()

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of this server."""
        return self._inquiries.status(now)

    # Applying and publishing.

    def _apply(self, now: float) -> None:
        if self.chat.applied < self.replica.commit:
            upto = min(self.replica.commit, self.chat.applied + APPLY_MAX)
            for index, entry in self.log.entries(self.chat.applied + 1, upto):
                self._applied(index, self.chat.apply(index, entry), entry)
                self._audit.note(index, self.chat.digest)
                if self.replica.reports.detailed:
                    self.replica.reports.applied(index, self.chat.digest, entry)
            self.requests.settle(now)
        self._announce_if_new(now)
        self.replica.reports.turn_applied()
        self._publisher.publish()

    def _applied(self, index: int, result: Applied, entry: Entry) -> None:
        if self.requests.applied(index, result) and self.replica.tenure is not None:
            self.replica.reports.acknowledged(self.replica.tenure.epoch, index)
        nonce = self._opening.pop(index, None)
        if nonce is not None and isinstance(entry.body, Command) and entry.body.text == nonce:
            self._outbox.send_broker(Opened(nonce=nonce, start=index))
        self._publisher.note(index, result, entry)

    def _announce_if_new(self, now: float) -> None:
        tenure = self.replica.tenure
        if self.replica.role is not Role.COORDINATOR or tenure is None or self._announced_epoch == tenure.epoch:
            return
        self._announced_epoch = tenure.epoch
        name, rank, epoch = self.identity.name, self.election.rank, tenure.epoch.counter
        self._outbox.announce(name, rank, epoch)
        self.replica.reports.announced(rank, epoch)
        self._contact.tell_reference(now)

    # The disk.

    def _persist(self) -> bool:
        """Have the disk write what changed; one sync at a time, and what comes meanwhile shares the next.

        Return whether there are changes left that no persist carries yet.
        """
        tables, dirty = self.chat.tables, self.log.has_writes or self._outbox.has_meta
        if self._persisting or not (dirty or tables.waiting >= self.settings.flush_effects * FLUSH_ALONE):
            return dirty
        self._persisting = True
        number = self._outbox.next_number
        self._outbox.remember("commit", (self.replica.commit,))
        self._outbox.remember("published", (self.replica.published,))
        for key, value in self._memory.take_changes():
            self._outbox.remember(key, value)
        log = self.log.take_writes(number)
        most = max(self.settings.flush_effects, tables.waiting // 2)
        writes = tables.take_writes(number, most, self.chat.applied)
        checkpoint = tables.checkpoint, tables.digest
        self._outbox.persist(Persist(number, log, (("checkpoint", checkpoint),), writes))
        return False
