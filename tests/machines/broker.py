"""A broker driven by hand, with servers that exist only as what they say."""

from __future__ import annotations

from typing import Any

from coreto.machines.clock import ApplicationClock
from coreto.machines.dispatch import Dispatch
from coreto.machines.effects import Effect, Probe, ReplyTo, Report, Route, SendServer
from coreto.machines.settings import DEFAULTS, Settings
from coreto.texts import Catalogue
from coreto.wire.backend import AnswerItem, Answers, Open, Opened, Ready, Work, WorkItem
from coreto.wire.envelope import Shape, read_reply, write
from coreto.wire.log import Epoch
from tests.support.machines import BROKER, replica, request

START = 2
WRITE = request("login", user="ana")
READ = request("users")


def client(name: str = "x") -> Route:
    return (name.encode(), b"")


class Broker:
    """The machine, and what it did: work per link, replies per client, probes."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.now = 10.0
        self.leads = ""
        """Replica id of the last server that said it coordinates: the others follow its epoch."""
        self.machine = Dispatch(BROKER, ApplicationClock(0.0), settings, Catalogue("en"))
        self.work: dict[str, list[WorkItem]] = {}
        self.replies: list[tuple[str, dict[str, Any]]] = []
        self.opens: list[tuple[str, str]] = []
        self.probes: list[str] = []
        self.frames: list[Work] = []
        self.newest: dict[tuple[str, int], int] = {}
        """The last copy of each request that was sent over each link."""
        self.reports: list[Report] = []

    def ready(
        self, name: str, *, leads: bool = False, counter: int = 1, incarnation: int = 1, applied: int = 0,
        link: str = "", cluster: str = "c1",
    ) -> None:  # fmt: skip
        """A heartbeat of this server."""
        message = Ready(
            name=name, replica=replica(name), cluster=cluster, incarnation=incarnation,
            role="coordinator" if leads else "follower", commit=applied, applied=applied,
            epoch=Epoch(counter, replica(name) if leads else self.leads),
        )  # fmt: skip
        self.leads = replica(name) if leads else self.leads
        self.machine.on_ready((link or name).encode(), message, self.now)
        self.flush()

    def opened(self, start: int = START) -> None:
        """The coordinator has logged the first command."""
        self.machine.on_opened(Opened(nonce=self.opens[-1][1], start=start), self.now)
        self.flush()

    def request(self, raw: bytes, name: str = "x") -> None:
        self.machine.on_request(client(name), raw, self.now)
        self.flush()

    def answer(self, link: str, number: int, code: str, index: int = 0, copy: int = 0) -> None:
        """This server answers a copy: the last one it was sent, unless the test says which."""
        copy = copy or self.newest.get((link, number), 1)
        data = {"status": "OK" if code == "ok" else "erro", "code": code, "from": link}
        body = write(Shape(), "login", data, 1, 0.0)
        self.machine.on_answers(
            link.encode(), Answers(broker=BROKER, items=(AnswerItem(number, code, index, body, copy),)), self.now
        )
        self.flush()

    def broken(self, link: str) -> None:
        self.machine.on_broken(link.encode(), self.now)
        self.flush()

    def unsent(self, link: str) -> None:
        """The last frame for this server could not leave."""
        self.machine.on_unsent(link.encode(), self.frames[-1], self.now)
        self.flush()

    def wait(self, seconds: float, *alive: str, step: float = 0.1) -> None:
        """Let time pass while these servers keep sending heartbeats; the first one coordinates."""
        for _ in range(round(seconds / step)):
            self.now += step
            for place, name in enumerate(alive):
                self.ready(name, leads=place == 0)
            self.machine.tick(self.now)
            self.flush()

    def flush(self) -> None:
        for effect in self.machine.flush(self.now):
            self._note(effect)

    def _note(self, effect: Effect) -> None:
        match effect:
            case SendServer(link, Work() as message):
                self.frames.append(message)
                self.work.setdefault(link.decode(), []).extend(message.items)
                self.newest.update({(link.decode(), item.number): item.copy for item in message.items})
            case SendServer(link, Open(nonce=nonce)):
                self.opens.append((link.decode(), nonce))
            case ReplyTo(route, body):
                self.replies.append((route[0].decode(), read_reply(body)[1]))
            case Probe(link):
                self.probes.append(link.decode())
            case Report():
                self.reports.append(effect)
            case _:
                raise AssertionError(effect)

    # What it did.

    def copies(self) -> list[tuple[str, int]]:
        """Take the copies sent since the last call: to whom, and of which request."""
        work, self.work = self.work, {}
        return [(link, item.number) for link, items in work.items() for item in items]

    def told(self) -> list[tuple[str, str]]:
        """Take the answers to clients: to whom, and the code."""
        replies, self.replies = self.replies, []
        return [(name, str(data.get("code"))) for name, data in replies]


def opened_broker(*names: str, settings: Settings = DEFAULTS) -> Broker:
    """A broker with its start, and these servers; the first one coordinates."""
    broker = Broker(settings)
    for place, name in enumerate(names):
        broker.ready(name, leads=place == 0)
    broker.opened()
    return broker
