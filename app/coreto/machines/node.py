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

from coreto.journal.events import Announced
from coreto.machines.answers import error_data, reply_service
from coreto.machines.berkeley import Berkeley
from coreto.machines.chat import Applied, Chat
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Connect, Effect, Halt, Persist, Route
from coreto.machines.election import Election
from coreto.machines.lamport import Lamport
from coreto.machines.log import MachineLog, TruncationError
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.ports import LogView, Random, TableView
from coreto.machines.publisher import Publisher
from coreto.machines.replica import Replica, Role
from coreto.machines.requests import BrokerOrigin, DirectOrigin, Origin, PeerOrigin, Requests
from coreto.machines.settings import Settings
from coreto.machines.tables import Tables
from coreto.texts import Catalogue
from coreto.wire.backend import AnyBackendMessage, Open, Opened, Ready, Work
from coreto.wire.envelope import Incoming, read
from coreto.wire.log import BrokerKey, Command, Config, Entry, Epoch
from coreto.wire.names import printable
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
    Mismatch,
    PeerMessage,
    Prepare,
    Promise,
    Refuse,
    Result,
)
from coreto.wire.publication import Announcement
from coreto.wire.services import Clock, Heartbeat, ListServers, RankRequest, Status
from coreto.wire.services import Election as ElectionRequest

DIRECT_BUDGET = 4.5
"""Seconds for a request to a server's own port: plain clients wait 5 (protocol.md §6)."""

APPLY_MAX = 4096
"""Entries applied in one turn: a server that catches up goes on hearing its peers."""
FLUSH_ALONE = 16
"""So many times the usual flush waiting, and derived rows are written without anything else to write."""
LIST_MISSING = 0.2
"""Seconds between questions for the list of servers while the address of a voter is not known …"""
LIST_AGAIN = 2.0
"""… and when all are known: a server may come back elsewhere."""


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
        self._address = address
        self.lamport = Lamport()
        self._outbox = Outbox(identity, self.lamport, clock)
        self.log = MachineLog(log, stored.genesis, settings)
        self.chat = Chat(Tables(tables, stored.checkpoint, stored.digest))
        self.election = Election(identity, self.log, self._outbox, settings, random)
        self.replica = Replica(
            identity, self.log, self.election, self._outbox, self.lamport, clock, settings, stored.promised,
            max(stored.commit, stored.checkpoint),
        )  # fmt: skip
        self.replica.published = stored.published
        self.requests = Requests(
            identity.name, self.replica, self.election, self.chat, self._outbox, settings, catalogue
        )
        self.berkeley = Berkeley(identity, self.log, self.replica, self._outbox, self.lamport, clock, settings)
        self._publisher = Publisher(self.replica, self.chat, self._outbox)
        self._opening: dict[int, str] = {}
        self._incarnations: dict[str, int] = {}
        self._announced_epoch = Epoch(0, "")
        self._last_rank = stored.rank
        self._last_turn = float("-inf")
        self._next_ready = float("-inf")
        self._next_reference = float("-inf")
        self._announced = ""
        """The coordinator last heard of on `servers`, from anybody."""
        self._reference_knows = False
        self._look_up = look_up
        """Peers are found through the reference's list, not known beforehand."""
        self._peer_addresses: dict[str, str] = {}
        self._next_list = float("-inf")
        self._told_broker: tuple[Role, Epoch] | None = None
        self._halted = False
        self._persisting = False
        self.started_at = 0.0
        self._handlers = self._peer_handlers()

    # Coming in.

    def start(self, now: float) -> None:
        """Begin to live: apply what is known to be committed, take the last rank, make contact."""
        self.started_at = self._last_turn = now
        self._apply(now)
        if self._last_rank:
            self.election.start(now, self._last_rank)

    def wake(self, now: float) -> None:
        """Begin a turn, before its input: time in which we did not run is nobody's silence (E6)."""
        gap = now - self._last_turn
        self._last_turn = now
        if gap > self.settings.suspect_min / 4:
            self.election.forgive(gap)
            if self.replica.tenure is not None:
                self.replica.tenure.forgive(gap)

    def on_peer(self, message: AnyPeerMessage, now: float) -> None:
        """Handle a message from another server of our cluster; any other is ignored."""
        if message.cluster != self.identity.cluster or not self._is_current(message):
            return
        self.lamport.receive(message.clock)
        try:
            self._dispatch(message, now)
        except TruncationError as error:
            self._halt(str(error))

    def on_backend(self, message: AnyBackendMessage, now: float) -> None:
        """Handle a message from the broker."""
        self.lamport.receive(message.clock)
        if isinstance(message, Work):
            for item in message.items:
                origin = BrokerOrigin(message.broker, item.number)
                self._take(origin, item.raw, item.key, item.left_ms / 1000, item.min_index, now)
        elif isinstance(message, Open) and self.replica.tenure is not None:
            if message.nonce in self._opening.values():
                return
            command = Command("open", BrokerKey(0, 0, 0), text=message.nonce)
            self._opening[self.replica.propose(now, [command])] = message.nonce

    def on_request(self, route: Route, raw: bytes, now: float) -> None:
        """Handle a course request that came to our own port."""
        self._take(DirectOrigin(route), raw, None, DIRECT_BUDGET, 0, now)

    def on_rank(self, rank: int, now: float) -> None:
        """The reference told our rank."""
        if rank <= 0:
            return
        self._reference_knows = True
        if rank != self._last_rank:
            self._last_rank = rank
            self._outbox.remember("rank", (rank,))
        self.election.start(now, rank)

    def on_list(self, rows: list[dict[str, Any]], now: float) -> None:
        """The reference told who lives where: connect to voters that are new or have moved."""
        found = {row.get("name"): row.get("address") for row in rows if isinstance(row, dict)}
        self.berkeley.on_list(rows)
        for voter in self.log.config.voters if self._look_up else ():
            address = found.get(voter.name)
            known = self._peer_addresses.get(voter.replica)
            if voter.replica != self.identity.replica and isinstance(address, str) and address not in ("", known):
                self._peer_addresses[voter.replica] = address
                self._outbox.emit(Connect(voter.replica, voter.name, address))
        missing = len(self.log.config.voters) - 1 > len(self._peer_addresses)
        self._next_list = now + (LIST_MISSING if missing else LIST_AGAIN)

    def on_announcement(self, announcement: Announcement) -> None:
        """Somebody announced a coordinator: remember the name; it carries no authority (protocol.md §2)."""
        self.lamport.receive(announcement.clock)
        self._announced = printable(announcement.coordinator)

    def on_disconnected(self, peer: str, now: float) -> None:
        """Our link to a peer broke; if it was the coordinator's, stop waiting for it (E5)."""
        if peer == self.replica.coordinator and self.replica.tenure is None:
            self.replica.coordinator = ""
            self.election.lose(now, at_once=True)

    def tick(self, now: float) -> None:
        """Judge every timer; call it after the input of a turn is drained."""
        self.replica.tick(now)
        self.election.tick(now)
        self._stand_if_called(now)
        self.requests.tick(now)
        self.berkeley.tick(now)
        self._make_contact(now)

    def flush(self, now: float) -> None:
        """End the turn: log, apply and send what it brought."""
        if self._halted:
            return
        self._stand_if_called(now)
        self.requests.settle(now)
        self.requests.propose(now)
        self._apply(now)
        self._tell_broker_of_change(now)
        self.replica.flush(now)
        self._persist()
        self._outbox.close_turn(dirty=self._is_dirty)

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
            self.berkeley.deadline(),
            self._next_ready,
            self._next_reference,
            self._next_list if self._look_up else float("inf"),
        )

    def take(self, now: float) -> list[Effect]:
        """Return what is to be done, in order."""
        return self._outbox.take(now)

    # Peers.

    def _is_current(self, message: PeerMessage) -> bool:
        known = self._incarnations.get(message.sender, 0)
        if message.incarnation < known:
            return False
        self._incarnations[message.sender] = message.incarnation
        return True

    def _peer_handlers(self) -> dict[type, Callable[[Any, float], None]]:
        """Return who handles each kind of message; none may be forgotten."""
        handlers: dict[type, Callable[[Any, float], None]] = {
            Append: self.replica.on_append,
            Ack: self.replica.on_ack,
            Mismatch: self.replica.on_mismatch,
            Call: self._on_call,
            CallAnswer: self.election.on_answer,
            Prepare: self.replica.on_prepare,
            Promise: self.replica.on_promise,
            Refuse: self.replica.on_refuse,
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

    def _dispatch(self, message: AnyPeerMessage, now: float) -> None:
        self._handlers[type(message)](message, now)

    def _on_call(self, message: Call, now: float) -> None:
        live = self.replica.is_live(now)
        self.election.on_call(message, now, live=live, eligible=self.replica.is_voter)

    def _on_forward(self, message: Forward, now: float) -> None:
        origin = PeerOrigin(message.sender, message.number)
        self._take(origin, message.raw, message.key, message.left_ms / 1000, message.min_index, now)

    def _stand_if_called(self, now: float) -> None:
        if self.election.wants_candidacy:
            self.election.wants_candidacy = False
            if self.replica.role is Role.FOLLOWER and self.replica.is_voter:
                self.replica.become_candidate(now)

    def _halt(self, reason: str) -> None:
        self._halted = True
        self._outbox.emit(Halt(reason))

    # Requests.

    def _take(self, origin: Origin, raw: bytes, key: BrokerKey | None, left: float, min_index: int, now: float) -> None:
        incoming = read(raw, wide=self.settings.wide)
        self.lamport.receive(incoming.clock)
        request = incoming.request
        if isinstance(request, Clock):
            self._answer(origin, incoming, self._clock_data(request, origin, now))
        elif isinstance(request, ElectionRequest):
            self._answer(origin, incoming, self._election_data(origin, now))
        elif isinstance(request, Status):
            self._answer(origin, incoming, self.status(now))
        elif request is not None and incoming.service in ("rank", "list", "heartbeat"):
            self._answer(origin, incoming, error_data("bad_request", "peer_only", self.catalogue))
        else:
            self.berkeley.count_request()
            self.requests.take(origin, incoming, raw, key, left, min_index, now)

    def _answer(self, origin: Origin, incoming: Incoming, data: dict[str, Any]) -> None:
        """Answer at once what asks about this server and not about the chat."""
        data = {**data, "server": self.identity.name}
        service, shape = reply_service(incoming), incoming.shape
        if isinstance(origin, BrokerOrigin):
            self._outbox.answer(origin.broker, origin.number, "ok", 0, shape, service, data)
        elif isinstance(origin, DirectOrigin):
            self._outbox.reply(origin.route, shape, service, data)
        else:
            self._outbox.result(
                origin.peer, Result(number=origin.number, code="ok", index=0, body=b""), shape, service, data
            )

    def _clock_data(self, request: Clock, origin: Origin, now: float) -> dict[str, Any]:
        if request.time is not None or request.adjust is not None:
            if not isinstance(origin, DirectOrigin):
                return error_data("bad_request", "read_only", self.catalogue)
            self.berkeley.set_clock(request, origin.route, now)
        return {"status": "OK", **self.berkeley.status(now)}

    def _election_data(self, origin: Origin, now: float) -> dict[str, Any]:
        if isinstance(origin, DirectOrigin) and not self.replica.is_live(now):
            self.election.provoke(now, "asked for by an election request")
        return {"election": "OK", "coordinator": self.coordinator_name(), "epoch": self.replica.epoch.counter}

    def coordinator_name(self) -> str:
        """Return the name of the established coordinator we know, empty when there is none."""
        names = [v.name for v in self.log.config.voters if v.replica == self.replica.coordinator]
        return names[0] if names else ""

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of this server."""
        replica = self.replica
        return {
            "role": replica.role.value,
            "name": self.identity.name,
            "rank": self.election.rank,
            "coordinator": self.coordinator_name(),
            "announced": self._announced,
            "conflict": self._conflict(),
            "epoch": replica.epoch.counter,
            "epoch_id": replica.epoch.replica,
            "promised": replica.promised.counter,
            "last": self.log.last.index,
            "commit": replica.commit,
            "applied": self.chat.applied,
            "lag": self.log.last.index - self.chat.applied,
            "digest": self.chat.digest,
            "voters": [voter.name for voter in self.log.config.voters],
            "learners": [],
            "quorum": replica.is_live(now),
            "uptime": now - self.started_at,
            **self.berkeley.status(now),
        }

    def _conflict(self) -> str:
        """Say in words that somebody else than our coordinator was announced, empty when nobody was."""
        established = self.coordinator_name()
        if not established or self._announced in ("", established):
            return ""
        return self.catalogue.sentence("announced_other", announced=self._announced, coordinator=established)

    # Applying and publishing.

    def _apply(self, now: float) -> None:
        if self.chat.applied < self.replica.commit:
            upto = min(self.replica.commit, self.chat.applied + APPLY_MAX)
            for index, entry in self.log.entries(self.chat.applied + 1, upto):
                self._applied(index, self.chat.apply(index, entry), entry)
            self.requests.settle(now)
        self._announce_if_new(now)
        self._publisher.publish()

    def _applied(self, index: int, result: Applied, entry: Entry) -> None:
        self.requests.applied(index, result)
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
        self._outbox.report(Announced(role="server", name=name, rank=rank, epoch=epoch))
        self._next_reference = now

    # Contact with broker and reference.

    def _make_contact(self, now: float) -> None:
        if now >= self._next_ready:
            self._next_ready = now + self.settings.heartbeat
            self._outbox.send_broker(self._ready())
        if now >= self._next_reference:
            self._next_reference = now + self.settings.reference_heartbeat
            self._ask_reference()
        if self._look_up and now >= self._next_list:
            self._next_list = now + LIST_MISSING
            self._outbox.ask_reference(ListServers())

    def _tell_broker_of_change(self, now: float) -> None:
        """The broker addresses writes to the coordinator, so it hears of a change at once."""
        current = self.replica.role, self.replica.epoch
        if current != self._told_broker:
            self._told_broker = current
            self._next_ready = now
            self._make_contact(now)

    def _ready(self) -> Ready:
        who, replica = self.identity, self.replica
        return Ready(
            name=who.name,
            replica=who.replica,
            cluster=who.cluster,
            incarnation=who.incarnation,
            role=replica.role.value,
            epoch=replica.epoch,
            commit=replica.commit,
            applied=self.chat.applied,
        )

    def _ask_reference(self) -> None:
        name, address = self.identity.name, self._address
        if not self._reference_knows:
            self._outbox.ask_reference(RankRequest(name, address, self.identity.replica, self._last_rank))
        else:
            leads = self.replica.role is Role.COORDINATOR
            counter = self.replica.epoch.counter
            self._outbox.ask_reference(Heartbeat(name, address, leads, counter, self.election.rank))

    # The disk.

    def _persist(self) -> None:
        """Have the disk write what changed; one sync at a time, and what comes meanwhile shares the next."""
        tables = self.chat.tables
        if self._persisting or not (self._is_dirty or tables.waiting >= self.settings.flush_effects * FLUSH_ALONE):
            return
        self._persisting = True
        number = self._outbox.next_number
        self._outbox.remember("commit", (self.replica.commit,))
        self._outbox.remember("published", (self.replica.published,))
        log = self.log.take_writes(number)
        most = max(self.settings.flush_effects, tables.waiting // 2)
        writes = tables.take_writes(number, most, self.chat.applied)
        checkpoint = tables.checkpoint, tables.digest
        self._outbox.persist(Persist(number, log, (("checkpoint", checkpoint),), writes))

    @property
    def _is_dirty(self) -> bool:
        return self.log.has_writes or self._outbox.has_meta
