"""A server in the virtual world: drives a `Node` as the real role does, on a disk that may be slow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

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
    SendBroker,
    SendPeer,
)
from coreto.machines.lamport import Lamport
from coreto.machines.node import Node
from coreto.machines.outbox import Outbox
from coreto.machines.ports import DamageError
from coreto.machines.repair import Repair
from coreto.simulator.disk import Disk
from coreto.simulator.lines import Lines
from coreto.simulator.quartz import UNIX, draw_drift
from coreto.texts import Catalogue
from coreto.wire.backend import BackendMessage
from coreto.wire.peer import PeerMessage

TURN_DELAY = 0.0001
"""Seconds a turn waits, so that what arrives together is handled together."""

Input = PeerMessage | BackendMessage | str | int | bytes
"""A message; a replica id whose link broke; the rank the reference told; or a request to our own port."""


class SimServer:
    """One server and its disk through all its lives."""

    def __init__(self, lines: Lines, disk: Disk) -> None:
        self._lines = lines
        self._world = lines.world
        self._random = lines.world.stream(f"server {disk.name}")
        self.disk = disk
        self.name = disk.name
        """The server's name, which is also its place in the network."""
        self.node: Node | None = None
        self._repair: Repair | None = None
        """What lives instead of a node while the log is damaged."""
        self._address = f"sim://{disk.name}"
        self.paused_until = 0.0
        self.halted = ""
        self.disk_fails = False
        """The next write fails: the server ends and tells nobody (replication.md D4)."""
        self._inputs: list[Input] = []
        self._turn_planned = False
        self._disk_free_at = 0.0
        self._unsynced: deque[Persist] = deque()
        self._met: dict[str, str] = {}
        """Where the peers are whose address this life was told: it cannot send to others."""
        self._timer = 0
        self._life = 0
        self._links = 0
        self.link = b""
        """The connection to the broker: one for each start of the program, which may hold several lives."""
        self._drift = draw_drift(lines.world, disk.name)

    @property
    def is_up(self) -> bool:
        """Whether it runs: as a server, or mending its log."""
        return self.node is not None or self._repair is not None

    # Lives.

    def start(self) -> None:
        """Start the program."""
        self._connect()
        self._begin()

    def _begin(self) -> None:
        """Begin a life from what the disk holds."""
        self._life += 1
        self._inputs = []
        self._turn_planned = False
        self._disk_free_at = self._world.now
        self._unsynced.clear()
        self._met.clear()
        self._repair = None
        stored, damages = self.disk.start(), self.disk.damages()
        clock = self.clock = ApplicationClock(UNIX + self._random.uniform(-5, 5))
        clock.drift(self._world.now, self._drift)
        if damages:
            outbox = Outbox(stored.identity, Lamport(), clock)
            self._repair = Repair(
                stored.identity, stored.genesis.voters, damages, self.disk, stored.commit, outbox, self._address
            )
        else:
            settings = self._lines.profile.settings
            self.node = Node(
                stored, self.disk, self.disk, clock, self._random, settings, Catalogue("en"), self._address
            )
            self.node.start(self._world.now)
            self._lines.checkers.started(self.node)
        self.plan_turn()

    def _connect(self) -> None:
        """From now on nobody is at this end of the former line."""
        self._links += 1
        self.link = f"{self.name}/{self._links}".encode()

    def start_if_down(self) -> None:
        """Begin a life unless there is one."""
        if not self.is_up:
            self.start()

    def crash(self) -> None:
        """Stop at once."""
        self._end()
        self._connect()
        self._lines.broken(self.name)

    def _end(self) -> None:
        """End a life: what was not synced is lost, or some of it is on the disk though nobody was told."""
        if self._random.random() < self._lines.profile.keep:
            for _kept in range(self._random.randint(0, len(self._unsynced))):
                self.disk.sync(self._unsynced.popleft())
        self.node = self._repair = None
        self._life += 1

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, as a stopped process does; messages wait."""
        self.paused_until = self._world.now + seconds
        self._world.at(self.paused_until, self.plan_turn)

    # Turns.

    def receive(self, item: Input) -> None:
        """Put something into the next turn."""
        if self.is_up:
            self._inputs.append(item)
            self.plan_turn()

    def plan_turn(self) -> None:
        """Have a turn soon, unless one is planned."""
        if self._turn_planned or not self.is_up or self._world.now < self.paused_until:
            return
        self._turn_planned = True
        self._world.after(TURN_DELAY, partial(self._turn, self._life))

    def _turn(self, life: int) -> None:
        if life != self._life or not self.is_up:
            return
        self._turn_planned = False
        if self._world.now < self.paused_until:
            return
        inputs, self._inputs = self._inputs, []
        self._unless_damaged(partial(self._take_turn, inputs))

    def _unless_damaged(self, step: Callable[[], None]) -> None:
        """Do a step; if it comes upon a damaged row, begin a new life, which mends it."""
        try:
            step()
        except DamageError:
            self._end()
            self._begin()

    def _take_turn(self, inputs: list[Input]) -> None:
        if self.node is not None:
            self._live(self.node, inputs)
        elif self._repair is not None:
            self._mend(self._repair, inputs)

    def _live(self, node: Node, inputs: list[Input]) -> None:
        now = self._world.now
        node.wake(now)
        for item in inputs:
            self._hand_in(node, item, now)
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
            self._begin()
        else:
            self._set_timer(repair)

    def _hand_in(self, node: Node, item: Input, now: float) -> None:
        if isinstance(item, PeerMessage):
            node.on_peer(item, now)
        elif isinstance(item, BackendMessage):
            node.on_backend(item, now)
        elif isinstance(item, bytes):
            node.on_request((b"operator", b""), item, now)
        elif isinstance(item, int):
            node.on_rank(item, now)
        elif isinstance(item, str):
            node.on_disconnected(item, now)

    def _finish_turn(self, node: Node) -> None:
        now = self._world.now
        node.flush(now)
        self._lines.checkers.after_turn(node)
        for effect in node.take(now):
            self._perform(effect)
        if self.node is node:
            self._set_timer(node)

    def _set_timer(self, node: Node | Repair) -> None:
        self._timer += 1
        self._world.at(node.deadline(), partial(self._on_timer, self._timer))

    def _on_timer(self, timer: int) -> None:
        if timer == self._timer:
            self.plan_turn()

    # Effects.

    def _perform(self, effect: Effect) -> None:
        match effect:
            case SendPeer(to, message):
                if to in self._met:
                    self._lines.send_peer(self.name, self._met[to], message)
            case SendBroker(message):
                self._lines.send_broker(self.name, message)
            case Persist():
                self._persist(effect)
            case AskReference(request):
                self._lines.ask_reference(self.name, request)
            case Publish(topic, body):
                self._lines.publish(topic, body)
            case Report(event):
                self._lines.checkers.event(event)
            case ReplyTo():
                pass
            case Connect(replica, name):
                self._met[replica] = name
            case Halt(reason):
                self.halted = reason
                self.crash()
                self._lines.checkers.halted(self.name, reason)
            case _:
                raise AssertionError(f"unexpected effect {effect!r}")

    def _persist(self, persist: Persist) -> None:
        profile = self._lines.profile
        high = profile.sync_low * 4 if self._lines.network.calm else profile.sync_high
        start = max(self._world.now, self._disk_free_at)
        self._disk_free_at = start + self._random.uniform(profile.sync_low, high)
        self._unsynced.append(persist)
        self._world.at(self._disk_free_at, partial(self._synced, self._life))

    def _synced(self, life: int) -> None:
        """The oldest unsynced persist is done; a stopped process notices when it goes on."""
        if life != self._life or not self.is_up:
            return
        if self._world.now < self.paused_until:
            self._world.at(self.paused_until, lambda: self._synced(life))
            return
        self._unless_damaged(self._sync_oldest)

    def _sync_oldest(self) -> None:
        if self.disk_fails:
            self.crash()
            return
        persist = self._unsynced.popleft()
        self.disk.sync(persist)
        if self.node is not None:
            self.node.persisted(persist.number, self._world.now)
            self._finish_turn(self.node)
        elif self._repair is not None:
            self._repair.persisted(persist.number, self._world.now)
            self._finish_mending(self._repair)
