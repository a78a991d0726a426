"""Servers on virtual disks, driven by hand: the test says who hears what, and when a disk is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from coreto.journal.events import Event
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Effect, Halt, Persist, Publish, ReplyTo, Report, Route, SendBroker, SendPeer
from coreto.machines.node import Node
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS, Settings
from coreto.simulator.disk import Disk
from coreto.texts import Catalogue
from coreto.wire.backend import Answers, BackendMessage, Work, WorkItem
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.log import BrokerKey, Command, Config, Entry, Epoch, Position, Voter
from coreto.wire.peer import Ack, Append, Call, CallAnswer, Hello, HelloAnswer, PeerMessage, Prepare, Promise

CLUSTER = "c1"
BROKER = "br"  # the life of the broker that asks
ROUTE: Route = (b"client", b"")
TURNS_MAX = 1000

M = TypeVar("M", bound=msgspec.Struct)


class Middle:
    """A source of numbers without chance."""

    def uniform(self, a: float, b: float, /) -> float:
        return (a + b) / 2


class Time:
    """The one moment that all servers of a test share."""

    now = 10.0


class Answer(NamedTuple):
    """What a client is told, and what the broker is told about it."""

    number: int
    code: str
    place: int
    data: dict[str, Any]


def replica(name: str) -> str:
    return f"r-{name}"


def config_of(names: Sequence[str]) -> Config:
    return Config(tuple(Voter(replica(name), name) for name in names))


def epoch(counter: int, name: str = "a") -> Epoch:
    return Epoch(counter, replica(name))


def position(counter: int, index: int, name: str = "a") -> Position:
    return Position(epoch(counter, name), index)


def from_peer(name: str, message: M, incarnation: int = 1, cluster: str = CLUSTER) -> M:
    """The message as it arrives from the server with this name."""
    return msgspec.structs.replace(message, cluster=cluster, sender=replica(name), incarnation=incarnation)


def request(service: str, **data: object) -> bytes:
    return write_request(service, data, 1, 0.0)


def login(n: int, user: str = "ana", *, start: int = 2, floor: int = 1, request_id: str = "") -> Command:
    return Command("login", BrokerKey(start, n, floor), request_id, user=user)


def entry(body: Any, lamport: int = 1, time: float = 0.0) -> Entry:
    return Entry(lamport, time, body)


class Server:
    """One node with its disk; a slow disk is done only when the test says `sync`."""

    def __init__(
        self, name: str, voters: Sequence[str], time: Time | None = None, *, rank: int = 0,
        disk: Disk | None = None, settings: Settings = DEFAULTS, greeted: bool = True, look_up: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.time = time or Time()
        self.disk = disk or Disk(name, replica(name), CLUSTER, config_of(voters))
        self.settings = settings
        self.slow_disk = False
        self.greeted = greeted
        """Whether every voter knows each new life at once."""
        self.look_up = look_up
        if rank:
            self.disk.meta["rank"] = (rank,)
        self.start()

    def start(self) -> None:
        """Begin a life with what the disk holds; what was not synced is lost."""
        self.frames = 0
        """Messages the broker has sent to this life."""
        self.letters: list[SendPeer] = []
        self.to_broker: list[BackendMessage] = []
        self.replies: list[ReplyTo] = []
        self.published: list[Publish] = []
        self.events: list[Event] = []
        self.unsynced: list[Persist] = []
        self.others: list[Effect] = []
        self.halted = ""
        clock = ApplicationClock(1_700_000_000.0)
        self.node = Node(
            self.disk.start(), self.disk, self.disk, clock, Middle(), self.settings, Catalogue("en"), f"at {self.name}",
            look_up=self.look_up,
        )  # fmt: skip
        self.node.start(self.time.now)
        if self.greeted:
            self._flush()
            for name, hello in self.said(Hello):
                answer = HelloAnswer(life=hello.nonce, known=True, promised=Epoch(0, ""), match=0)
                self.node.on_peer(from_peer(name, answer, incarnation=0), self.time.now)

    def hear(self, *messages: PeerMessage) -> None:
        """One turn in which these messages of peers arrive."""
        self.node.wake(self.time.now)
        for message in messages:
            self.node.on_peer(message, self.time.now)
        self.end_turn()

    def from_broker(self, *messages: BackendMessage) -> None:
        """One turn in which these messages of the broker arrive."""
        self.node.wake(self.time.now)
        for message in messages:
            self.frames += 1
            self.node.on_backend(message, self.time.now)
        self.end_turn()

    def work(
        self, number: int, raw: bytes, key: BrokerKey | None = None, left_ms: int = 4500, min_index: int = 0
    ) -> None:
        """One turn in which the broker hands over one request."""
        self.from_broker(self.frame(WorkItem(number, key, left_ms, min_index, raw)))

    def frame(self, *items: WorkItem) -> Work:
        """Return the broker's next frame for this life."""
        incarnation = self.node.identity.incarnation
        return Work(broker=BROKER, number=self.frames + 1, incarnation=incarnation, items=items)

    def ask(self, raw: bytes, route: Route = ROUTE) -> dict[str, Any]:
        """One turn in which a client asks at our own port; return what it was told at once, if anything."""
        self.node.wake(self.time.now)
        self.node.on_request(route, raw, self.time.now)
        self.end_turn()
        return read_reply(self.replies.pop().body)[1] if self.replies else {}

    def turn(self, seconds: float = 0.0) -> None:
        self.time.now += seconds
        self.hear()

    def wait(self, seconds: float, step: float = 0.05) -> None:
        for _ in range(round(seconds / step)):
            self.turn(step)

    def end_turn(self) -> None:
        self.node.tick(self.time.now)
        self._flush()

    def sync(self, count: int = TURNS_MAX) -> None:
        """The disk is done with the oldest persists."""
        for _persist in range(count):
            if not self.unsynced:
                return
            persist = self.unsynced.pop(0)
            self.disk.sync(persist)
            self.node.persisted(persist.number, self.time.now)
            self._flush()

    def _flush(self) -> None:
        self.node.flush(self.time.now)
        for effect in self.node.take(self.time.now):
            self._perform(effect)
        if not self.slow_disk:
            self.sync(1)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case SendPeer():
                self.letters.append(effect)
            case SendBroker(message):
                self.to_broker.append(message)
            case ReplyTo():
                self.replies.append(effect)
            case Publish():
                self.published.append(effect)
            case Report(event):
                self.events.append(event)
            case Persist():
                self.unsynced.append(effect)
            case Halt(reason):
                self.halted = reason
            case _:
                self.others.append(effect)

    def plays(self, role: Role) -> bool:
        return self.node.replica.role is role

    def said(self, kind: type[M]) -> list[tuple[str, M]]:
        """Take the messages of this kind to peers, with the name of each receiver."""
        found = [letter for letter in self.letters if isinstance(letter.message, kind)]
        self.letters = [letter for letter in self.letters if letter not in found]
        return [(letter.to.removeprefix("r-"), letter.message) for letter in found]  # type: ignore[misc]

    def answers(self) -> list[Answer]:
        """Take the answers to the broker."""
        found = [message for message in self.to_broker if isinstance(message, Answers)]
        self.to_broker = [message for message in self.to_broker if not isinstance(message, Answers)]
        items = [item for message in found for item in message.items]
        return [Answer(item.number, item.code, item.index, read_reply(item.body)[1]) for item in items]

    def entries(self) -> list[Any]:
        """The bodies of its log, in order."""
        log = self.node.log
        return [item.body for _, item in log.entries(1, log.last.index)]


def stand(server: Server, *voters: str, rank: int = 1) -> Epoch:
    """Let a server call, have these voters answer that they hear nobody, and return the epoch it stands for."""
    server.node.on_rank(rank, server.time.now)
    server.turn()
    calls = server.said(Call)
    assert calls, "it did not call"
    number = calls[-1][1].round
    answer = CallAnswer(round=number, rank=0, eligible=True, live_coordinator=False, counter_seen=0)
    server.hear(*(from_peer(name, answer) for name in voters))
    if not server.plays(Role.CANDIDATE):
        server.turn(server.settings.call_round)
    assert server.plays(Role.CANDIDATE), "it does not stand"
    return server.node.replica.promised


def promise(server: Server, name: str, last: Position | None = None, config: Config | None = None) -> Promise:
    """A promise for the epoch the server stands for."""
    last = last or Position(Epoch(0, ""), 0)
    return from_peer(name, Promise(epoch=server.node.replica.promised, last=last, commit=0, config=config))


def establish(server: Server, *voters: str, rank: int = 1) -> Epoch:
    """Make a server coordinator with the help of these voters."""
    made = stand(server, *voters, rank=rank)
    server.said(Prepare)
    server.hear(*(promise(server, name) for name in voters))
    acknowledge(server, *voters)
    assert server.plays(Role.COORDINATOR)
    return made


def acknowledge(server: Server, *names: str) -> None:
    """These followers have on disk what they were sent last, and say so."""
    newest: dict[str, Append] = dict(server.said(Append))
    for name in names:
        sent = newest[name]
        match = sent.batches[-1].last if sent.batches else sent.prev.index
        server.hear(from_peer(name, Ack(epoch=sent.epoch, match=match, nonce=sent.nonce)))
