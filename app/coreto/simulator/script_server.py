"""A server on a stage: a real `Node` and its disk, of which nothing moves unless the script says so."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from coreto.journal.events import CallStarted, Event, RoleChanged
from coreto.journal.words import CALL_REASONS, ROLE_REASONS
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import (
    AskReference,
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
from coreto.machines.settings import Settings
from coreto.simulator.checkers import Checkers
from coreto.simulator.disk import Disk
from coreto.simulator.script_text import epoch_text, log_text, persist_text, replica_name
from coreto.simulator.world import World
from coreto.texts import Catalogue
from coreto.wire.backend import AnswerItem, Answers, AnyBackendMessage
from coreto.wire.envelope import read_reply
from coreto.wire.peer import PeerMessage

if TYPE_CHECKING:
    from coreto.simulator.script_stage import Stage

CLOCK_OFFSET = 1_700_000_000.0
"""Unix seconds at the beginning of every clock of a stage."""
TIMER_MIN = 0.001
"""Seconds until a timer that is due already: time goes on even so."""


class Broken(msgspec.Struct, frozen=True):
    """The link to this replica broke."""

    peer: str


class Ranked(msgspec.Struct, frozen=True):
    """The reference told the server's rank."""

    rank: int


class Asked(msgspec.Struct, frozen=True):
    """A client's request came to the server's own port; `route` is the way back."""

    route: Route
    raw: bytes


Input = PeerMessage | AnyBackendMessage | Broken | Ranked | Asked


class StageServer:
    """One server through all its lives. A turn takes what was delivered; writes wait for `sync`."""

    def __init__(self, stage: Stage, world: World, disk: Disk, checkers: Checkers, settings: Settings) -> None:
        self._stage = stage
        self._world = world
        self._checkers = checkers
        self._settings = settings
        self.disk = checkers.watch(disk)
        self.node: Node | None = None
        self.paused = False
        self.failing = False
        """The next sync fails."""
        self.sync_seconds = 0.0
        """How long a sync takes when everything flows."""
        self.calls = 0
        """Bully rounds begun, in all lives."""
        self._inputs: list[Input] = []
        self._unsynced: deque[tuple[float, Persist]] = deque()
        self._life = 0
        self._timer = 0

    @property
    def name(self) -> str:
        """The server's name."""
        return self.disk.name

    @property
    def link(self) -> bytes:
        """The connection of this life to the broker."""
        return f"{self.name}/{self._life}".encode()

    # Lives.

    def start(self) -> None:
        """Begin a life from what the disk holds."""
        self._life += 1
        self._inputs = []
        self._unsynced.clear()
        self.paused = self.failing = False
        clock = ApplicationClock(CLOCK_OFFSET)
        stored, random, catalogue = self.disk.start(), self._world.stream(self.name), Catalogue("en")
        self.node = Node(
            stored, self.disk, self.disk, clock, random, self._settings, catalogue, f"sim://{self.name}"
        )  # fmt: skip
        self.node.start(self._world.now)
        self._checkers.started(self.node)
        self.turn()

    def crash(self, keep: int = 0) -> None:
        """Stop at once; of what is not synced the first `keep` writes are on the disk, though nobody was told."""
        for _, persist in list(self._unsynced)[:keep]:
            self.disk.sync(persist)
        self._unsynced.clear()
        self.node = None
        self._life += 1

    # Turns.

    def receive(self, item: Input) -> None:
        """Have a turn with this, or keep it while the process is stopped."""
        if self.node is not None:
            self._inputs.append(item)
            self.turn()

    def turn(self) -> None:
        """Drain the input, judge the timers, do what comes of it."""
        node, now = self.node, self._world.now
        if node is None or self.paused:
            return
        node.wake(now)
        inputs, self._inputs = self._inputs, []
        for item in inputs:
            self._hand_in(node, item)
        node.tick(now)
        self._finish_turn(node)

    def elect(self) -> None:
        """Run for coordinator now, as after a bully round that nobody else won."""
        assert self.node is not None
        self.node.election.wants_candidacy = True
        self.turn()

    def _hand_in(self, node: Node, item: Input) -> None:
        now = self._world.now
        match item:
            case PeerMessage():
                node.on_peer(item, now)  # type: ignore[arg-type]  # every peer message is one of them
            case Broken(peer):
                node.on_disconnected(peer, now)
            case Ranked(rank):
                node.on_rank(rank, now)
            case Asked(route, raw):
                node.on_request(route, raw, now)
            case _:
                node.on_backend(item, now)

    def _finish_turn(self, node: Node) -> None:
        now = self._world.now
        node.flush(now)
        self._checkers.after_turn(node)
        for effect in node.take(now):
            self._perform(node, effect)
        self._timer += 1
        timer = self._timer
        self._world.at(max(node.deadline(), now + TIMER_MIN), lambda: self._on_timer(timer))

    def _on_timer(self, timer: int) -> None:
        if timer == self._timer:
            self.turn()

    # The disk.

    @property
    def has_unsynced(self) -> bool:
        """Whether something waits for a sync."""
        return bool(self._unsynced)

    def sync_due(self, now: float) -> bool:
        """Whether the oldest write would be done by now."""
        return bool(self._unsynced) and not self.paused and now >= self._unsynced[0][0] + self.sync_seconds

    def sync(self) -> None:
        """Finish the oldest write; a sync that fails ends the server (replication.md D4)."""
        node, (_, persist) = self.node, self._unsynced.popleft()
        assert node is not None
        if self.failing:
            self._stage.say(f"{self.name}: the disk failed, it exits")
            self.crash()
            return
        self.disk.sync(persist)
        self._stage.detail(f"{self.name} has synced {persist_text(persist)}")
        node.persisted(persist.number, self._world.now)
        self._finish_turn(node)

    # Effects.

    def _perform(self, node: Node, effect: Effect) -> None:
        match effect:
            case Persist():
                self._unsynced.append((self._world.now, effect))
                self._stage.detail(f"{self.name} writes {persist_text(effect)}")
            case SendPeer(to, message):
                self._checkers.sent(node, message)
                self._stage.send_peer(self.name, to, message)
            case SendBroker(message):
                self._checkers.answered(self.name, message)
                self._stage.send_broker(self.name, message)
            case AskReference(request):
                self._stage.ask_reference(self.name, request)
            case ReplyTo(route, body):
                self._check_reply(body)
                self._stage.answer(route, body)
            case Publish(topic, body):
                self._checkers.published(topic, body)
                self._stage.publish_from(self.name, topic, body)
            case Report(event):
                self._on_event(event)
            case Halt(reason):
                self.crash()
                self._checkers.halted(self.name, reason)
            case _:
                raise AssertionError(f"unexpected effect {effect!r}")

    def _check_reply(self, body: bytes) -> None:
        """Have a success that leaves through our own port judged as one that goes through the broker (I7)."""
        data = read_reply(body)[1]
        if data.get("status") in ("OK", "sucesso") and "index" in data:
            self._checkers.answered(self.name, Answers(broker="", items=(AnswerItem(1, "ok", data["index"], body),)))

    def _on_event(self, event: Event) -> None:
        self._checkers.event(event)
        if isinstance(event, RoleChanged):
            self._stage.say(f"{self.name} is {event.state} in {event.epoch}: {ROLE_REASONS[event.reason]}")
        elif isinstance(event, CallStarted):
            self.calls += 1
            self._stage.detail(f"{self.name} calls: {CALL_REASONS[event.reason]}")

    # Being looked at.

    def describe(self) -> str:
        """Return role, promise, log and commit in words."""
        disk = f"disk {self.disk.batches[-1].last if self.disk.batches else 0}"
        if self.node is None:
            return f"{self.name} is down, {disk}"
        replica, log = self.node.replica, self.node.log
        of = f" of {replica_name(replica.coordinator)}" if replica.coordinator and replica.tenure is None else ""
        entries = ((log.position_at(index).epoch, entry) for index, entry in log.entries(1, log.last.index))
        state = f"promised {epoch_text(replica.promised)}, log {log_text(entries)}, {disk}, commit {replica.commit}"
        return f"{self.name} is {replica.role.value}{of}, {state}"
