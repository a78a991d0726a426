"""A server that lives: hands its node what arrives, and does what the node wants done."""

from __future__ import annotations

from collections.abc import Callable

from coreto.journal.recorder import Recorder
from coreto.machines.effects import (
    AskReference,
    AskServer,
    Connect,
    Effect,
    Halt,
    Persist,
    Publish,
    ReplyTo,
    Report,
    Route,
    SendBroker,
    SendPeer,
)
from coreto.machines.node import Node
from coreto.net.sockets import Socket
from coreto.roles.door import Door
from coreto.roles.mishaps import Mishaps
from coreto.roles.server_lines import ServerLines
from coreto.roles.server_traffic import ServerTraffic
from coreto.store.server import ServerStore
from coreto.wire.peer import Leave, PeerMessage, write_peer

SCRUB_SECONDS = 0.1
"""Shortest time between two steps of the scrub: what is asked for next never waits for more than one of them …"""
SCRUB_ROWS = 16
"""… and a step verifies so many rows, a batch each: far more than are written while nobody rests."""


class Living:
    """One life; a turn may raise `DiskError`, or `DamageError` where the log is not what was written."""

    def __init__(
        self,
        node: Node,
        lines: ServerLines,
        store: ServerStore,
        mishaps: Mishaps,
        recorder: Recorder,
        halt: Callable[[str], None],
    ) -> None:
        """`halt` ends the role with a reason."""
        self.node = node
        self._lines = lines
        lines.peers.kept = lambda: node.log.voters
        self._store = store
        self._mishaps = mishaps
        self._recorder = recorder
        self._traffic = ServerTraffic(node, recorder) if recorder.detailed else None
        self._halt = halt
        self._door = Door(node, lines, node.settings.client_rate, wide=node.settings.wide)
        self._next_scrub = 0.0

    def deadline(self) -> float:
        """Return when the node has something to do."""
        return min(self.node.deadline(), self._door.deadline())

    def turn(self, ready: set[Socket], now: float) -> None:
        """Hand in what has arrived, judge timers, log, send."""
        node = self.node
        node.wake(now)
        for replica in self._lines.peers.broken(ready):
            node.on_disconnected(replica, now)
        self._hear_requests(now)
        self._hear_others(ready, now)
        node.tick(now)
        node.flush(now)
        self._perform_all(now)
        if not ready and now >= self._next_scrub:
            self._next_scrub = now + SCRUB_SECONDS
            self._store.scrub(SCRUB_ROWS)

    def leave(self, now: float) -> None:
        """Say to whom it concerns that this server stops in good order."""
        self.node.leave()
        for effect in self.node.take(now):
            if isinstance(effect, SendPeer) and isinstance(effect.message, Leave):
                self._lines.peers.send_last(effect.to, write_peer(effect.message))

    def _hear_requests(self, now: float) -> None:
        for item in self._lines.from_anybody():
            if isinstance(item, PeerMessage):
                taken = self.node.on_peer(item, now)
                if self._traffic:
                    self._traffic.from_peer(item, taken=taken)
            else:
                self._hear_request(*item, now)
        for message in self._lines.from_broker():
            self.node.on_backend(message, now)
            if self._traffic:
                self._traffic.from_broker(message)
        for asked in (self._door.asked(now), self._lines.from_foreign_broker()):
            for route, raw in asked:
                self._hear_request(route, raw, now, trusted=False)

    def _hear_request(self, route: Route, raw: bytes, now: float, *, trusted: bool = True) -> None:
        self.node.on_request(route, raw, now, trusted=trusted)
        if self._traffic:
            self._traffic.from_anybody(raw)

    def _hear_others(self, ready: set[Socket], now: float) -> None:
        for data in self._lines.from_reference():
            if self._traffic:
                self._traffic.from_reference(data)
            if isinstance(data.get("rank"), int):
                self.node.on_rank(data["rank"], now)
            elif isinstance(data.get("list"), list):
                self.node.on_list(data["list"], now)
        for announcement in self._lines.announcements():
            self.node.on_announcement(announcement)
            if self._traffic:
                self._traffic.announced(announcement)
        for number, data in self._lines.from_strangers(ready):
            self.node.berkeley.on_answer(number, data, now)

    def _perform_all(self, now: float) -> None:
        """Perform effects in order; a persist that is done may bring more."""
        effects = self.node.take(now)
        while effects:
            for effect in effects:
                self._perform(effect, now)
            effects = self.node.take(now)
        if self._traffic:
            self._traffic.turned()

    def _perform(self, effect: Effect, now: float) -> None:
        if self._traffic:
            self._record(self._traffic, effect)
        match effect:
            case SendPeer(to, message):
                self._lines.peers.send(to, write_peer(message))
                self._mishaps.said()
            case SendBroker(message):
                self._lines.to_broker(message)
                self._mishaps.said()
            case Publish(topic, body):
                self._lines.publish(topic, body)
            case ReplyTo(route, body):
                self._lines.reply(route, body)
            case Persist():
                self._persist(effect, now)
            case AskReference(request, clock, timestamp):
                self._lines.to_reference(request, clock, timestamp)
            case AskServer(address, number, request, clock, timestamp):
                self._lines.to_stranger(address, number, request, clock, timestamp)
            case Connect(replica, name, address):
                self._lines.meet(replica, name, address)
            case Report(event):
                self._recorder.note(event)
            case Halt(reason):
                self._halt(reason)

    def _record(self, traffic: ServerTraffic, effect: Effect) -> None:
        match effect:
            case SendPeer(to, message):
                traffic.to_peer(to, message)
            case SendBroker(message):
                traffic.to_broker(message)
            case Publish():
                traffic.published(effect)
            case ReplyTo(_route, body):
                traffic.to_anybody(body)
            case AskReference(request, clock, _timestamp):
                traffic.to_reference(request, clock)

    def _persist(self, effect: Persist, now: float) -> None:
        self._mishaps.before_persist(effect)
        self._store.persist(effect)
        self._mishaps.after_persist(effect)
        self.node.persisted(effect.number, now)
        self.node.flush(now)
