"""A server on a stage: a real `Node` and its disk, of which nothing moves unless the script says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from coreto.journal.events import CallStarted, ClusterRefused, Event, LogDamaged, MembersChanged, RoleChanged
from coreto.journal.words import CALL_REASONS, ROLE_REASONS
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import (
    AskReference,
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
from coreto.machines.lamport import Lamport
from coreto.machines.node import Node
from coreto.machines.outbox import Outbox
from coreto.machines.ports import DamageError
from coreto.machines.repair import Repair
from coreto.machines.settings import Settings
from coreto.simulator.checkers import Checkers
from coreto.simulator.disk import Disk
from coreto.simulator.script_text import epoch_text, log_text, persist_text, replica_name
from coreto.simulator.world import World
from coreto.texts import Catalogue
from coreto.wire.backend import AnswerItem, Answers, BackendMessage
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


Input = PeerMessage | BackendMessage | Broken | Ranked | Asked


class StageServer:
    """One server through all its lives. A turn takes what was delivered; writes wait for `sync`."""

    def __init__(self, stage: Stage, world: World, disk: Disk, checkers: Checkers, settings: Settings) -> None:
        self._stage = stage
        self._world = world
        self._checkers = checkers
        self._settings = settings
        self.disk = checkers.watch(disk)
        self.node: Node | None = None
        self.repair: Repair | None = None
        """What lives instead of a node while the log is damaged."""
        self.paused = False
        self.failing = False
        """The next sync fails."""
        self.sync_seconds = 0.0
        """How long a sync takes when everything flows."""
        self.calls = 0
        """Bully rounds begun, in all lives."""
        self.halted = ""
        """Why it stopped for good, in words; empty while it did not."""
        self.may_halt = False
        """The script put an old folder back or broke its memory. Anybody else's halt breaks an invariant."""
        self.kept: Disk | None = None
        """A copy of its folder."""
        self._inputs: list[Input] = []
        self._unsynced: deque[tuple[float, Persist]] = deque()
        self._met: dict[str, str] = {}
        """Where the peers are whose address this life was told: it cannot send to others."""
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

    @property
    def is_up(self) -> bool:
        """Whether it runs: as a server, or mending its log."""
        return self.node is not None or self.repair is not None

    def insert(self, disk: Disk) -> None:
        """Exchange its folder while it is down."""
        self.disk = self._checkers.watch(disk)
        self.may_halt = False

    def garble(self) -> None:
        """Break its memory: what it makes of the log is wrong from now on, though nothing shows it."""
        assert self.node is not None
        self.node.chat.digest ^= 1
        self.may_halt = True
        self._checkers.garbled(self.name)

    # Lives.

    def start(self) -> None:
        """Begin a life from what the disk holds."""
        self._life += 1
        self._inputs = []
        self._unsynced.clear()
        self._met.clear()
        self.paused = self.failing = False
        self.halted = ""
        clock = ApplicationClock(CLOCK_OFFSET)
        damages, stored, address = self.disk.damages(), self.disk.start(), f"sim://{self.name}"
        if damages:
            outbox = Outbox(stored.identity, Lamport(), clock)
            self.repair = Repair(
                stored.identity, stored.genesis.voters, damages, self.disk, stored.commit, outbox, address
            )
        else:
            random, catalogue = self._stage.draw_life(), Catalogue("en")
            self.node = Node(stored, self.disk, self.disk, clock, random, self._settings, catalogue, address)
            self.node.start(self._world.now)
            self._checkers.started(self.node)
        self.turn()

    def crash(self, keep: int = 0) -> None:
        """Stop at once; of what is not synced the first `keep` writes are on the disk, though nobody was told."""
        for _, persist in list(self._unsynced)[:keep]:
            self.disk.sync(persist)
        self._unsynced.clear()
        self.node = self.repair = None
        self._life += 1

    # Turns.

    def receive(self, item: Input) -> None:
        """Have a turn with this, or keep it while the process is stopped."""
        if self.is_up:
            self._inputs.append(item)
            self.turn()

    def turn(self) -> None:
        """Drain the input, judge the timers, do what comes of it."""
        if self.paused:
            return
        inputs, self._inputs = self._inputs, []
        self._unless_damaged(lambda: self._take_turn(inputs))

    def _unless_damaged(self, step: Callable[[], None]) -> None:
        """Do a step; if it comes upon a damaged row, begin a new life, which mends it."""
        try:
            step()
        except DamageError as error:
            self._stage.say(f"{self.name} finds entry {error.first} damaged, and starts again")
            self.crash()
            self.start()

    def _take_turn(self, inputs: list[Input]) -> None:
        if self.node is not None:
            self._live(self.node, inputs)
        elif self.repair is not None:
            self._mend(self.repair, inputs)

    def _live(self, node: Node, inputs: list[Input]) -> None:
        now = self._world.now
        node.wake(now)
        for item in inputs:
            self._hand_in(node, item)
        node.tick(now)
        self._finish_turn(node)

    def _mend(self, repair: Repair, inputs: list[Input]) -> None:
        now = self._world.now
        for item in inputs:
            if isinstance(item, PeerMessage):
                repair.on_peer(item, now)
        repair.tick(now)
        self._finish_mending(repair)

    def _finish_mending(self, repair: Repair) -> None:
        for effect in repair.take(self._world.now):
            self._perform(effect)
        if repair.done and not self._unsynced:
            self.repair = None
            self._stage.say(f"{self.name} has mended its log, and starts again")
            self.start()
        else:
            self._set_timer(repair)

    def elect(self) -> None:
        """Run for coordinator now, as after a bully round that nobody else won."""
        assert self.node is not None
        self.node.election.wants_candidacy = True
        self.turn()

    def _hand_in(self, node: Node, item: Input) -> None:
        now = self._world.now
        match item:
            case PeerMessage():
                node.on_peer(item, now)
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
        # Connections first: a new life greets before it is told where its peers are, and no greeting is to be lost.
        for effect in sorted(node.take(now), key=lambda effect: not isinstance(effect, Connect)):
            self._perform(effect)
        if self.node is node:
            self._set_timer(node)

    def _set_timer(self, machine: Node | Repair) -> None:
        self._timer += 1
        timer = self._timer
        self._world.at(max(machine.deadline(), self._world.now + TIMER_MIN), lambda: self._on_timer(timer))

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
        if self.failing:
            self._stage.say(f"{self.name}: the disk failed, it exits")
            self.crash()
        else:
            self._unless_damaged(self._sync_oldest)

    def _sync_oldest(self) -> None:
        _, persist = self._unsynced.popleft()
        self.disk.sync(persist)
        self._stage.detail(f"{self.name} has synced {persist_text(persist)}")
        if self.node is not None:
            self.node.persisted(persist.number, self._world.now)
            self._finish_turn(self.node)
        elif self.repair is not None:
            self.repair.persisted(persist.number, self._world.now)
            self._finish_mending(self.repair)

    # Effects.

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Persist():
                self._unsynced.append((self._world.now, effect))
                self._stage.detail(f"{self.name} writes {persist_text(effect)}")
            case SendPeer(to, message):
                self._send_peer(to, message)
            case Connect(replica, name):
                self._met[replica] = name
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
                self._halt(reason)
            case _:
                raise AssertionError(f"unexpected effect {effect!r}")

    def _send_peer(self, to: str, message: PeerMessage) -> None:
        if to not in self._met:
            return
        if self.node is not None:
            self._checkers.sent(self.node, message)
        self._stage.send_peer(self.name, self._met[to], message)

    def _halt(self, reason: str) -> None:
        self.halted = reason
        self._stage.say(f"{self.name} halts: {reason}")
        self.crash()
        if not self.may_halt:
            self._checkers.halted(self.name, reason)

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
        elif isinstance(event, MembersChanged):
            self._stage.say(f"{self.name} proposes the voters {' '.join(event.voters)}")
        elif isinstance(event, LogDamaged):
            self._stage.say(f"{self.name} has lost entries {event.first} to {event.last}, and asks for them")
        elif isinstance(event, ClusterRefused):
            self._stage.say(f"{self.name} refuses {replica_name(event.sender)}, which is of another cluster")

    # Being looked at.

    def describe(self) -> str:
        """Return role, promise, log and commit in words."""
        disk = f"disk {self.disk.batches[-1].last if self.disk.batches else 0}"
        if self.node is None:
            return f"{self.name} is {self.role}, {disk}"
        replica, log = self.node.replica, self.node.log
        of = f" of {replica_name(replica.coordinator)}" if replica.coordinator and replica.tenure is None else ""
        entries = ((log.position_at(index).epoch, entry) for index, entry in log.entries(1, log.last.index))
        state = f"promised {epoch_text(replica.promised)}, log {log_text(entries)}, {disk}, commit {replica.commit}"
        return f"{self.name} is {self.role}{of}, {state}"

    @property
    def role(self) -> str:
        """The part it plays: `learner` while it is no voter, `damaged` while it mends its log, `down`."""
        if self.node is None:
            return "damaged" if self.repair is not None else "down"
        return self.node.replica.role.value if self.node.replica.is_voter else "learner"
