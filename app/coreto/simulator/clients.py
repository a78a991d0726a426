"""Clients of the virtual world, who remember what they asked and what they were told.

A `PlainClient` is what students write: one request at a time, never repeated. A `SessionClient`
is ours: the `Session` machine with its ids and repetitions. A `Subscriber` runs the `Inbox`.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from coreto.machines.effects import Route
from coreto.machines.inbox import Inbox
from coreto.machines.session import Session
from coreto.machines.settings import DEFAULTS
from coreto.simulator.lines import Lines
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.publication import Publication, read_history_row, read_publication

CHANNELS = ("geral", "redes", "lab")
USERS = ("ana", "bia", "caio", "duda")
CUT = "cut"
"""How a plain client's request ends when the broker itself is killed: nobody promises it an answer."""
LINEAR = 0.3
"""Chance that a read asks for everything that anybody was told."""
THINK_LOW, THINK_HIGH = 0.01, 0.25
"""Seconds between an answer and the next request."""


class Operation(msgspec.Struct):
    """One request of one client, from outside: what was asked, when, and how it ended."""

    client: str
    service: str
    data: dict[str, Any]
    began: float
    ended: float = 0.0
    code: str = ""
    answer: dict[str, Any] = {}
    answers: int = 0
    plain: bool = False


def draw_request(random: random.Random, unique: str) -> tuple[str, dict[str, Any]]:
    """Draw what a client asks next; texts and new names are unique, so an effect can be counted."""
    dice = random.random()
    user, channel = random.choice(USERS), random.choice(CHANNELS)
    if dice < 0.5:
        return "publish", {"user": user, "channel": channel, "message": unique}
    if dice < 0.65:
        return "message", {"src": user, "dst": random.choice(USERS), "message": unique}
    if dice < 0.72:
        return "channel", {"channel": random.choice((channel, unique))}
    if dice < 0.8:
        return "login", {"user": user}
    level = {"level": "linear"} if random.random() < LINEAR else {}
    if dice < 0.9:
        return "history", {"channel": channel, "limit": 5, **level}
    return random.choice(("users", "channels")), level


class PlainClient:
    """Sends one request, waits for its one answer as long as it takes, thinks, sends the next."""

    def __init__(self, lines: Lines, name: str) -> None:
        self._lines = lines
        self._world = lines.world
        self._random = lines.world.stream(f"client {name}")
        self.name = name
        self.operations: list[Operation] = []
        self.stopped = False
        lines.join(name, self)

    def next_request(self) -> None:
        """Send a request drawn by chance."""
        if self.stopped:
            return
        service, data = draw_request(self._random, f"{self.name}.{len(self.operations)}")
        self.ask(service, data)

    def ask(self, service: str, data: dict[str, Any]) -> None:
        """Send this request."""
        number = len(self.operations)
        self.operations.append(Operation(self.name, service, data, self._world.now, plain=True))
        raw = write_request(service, data, number + 1, self._world.now)
        self._lines.request((self.name.encode(), str(number).encode()), raw)

    def on_answer(self, route: Route, body: bytes) -> None:
        """Remember the answer, and whether it was the only one."""
        operation = self.operations[int(route[1])]
        if operation.code == CUT:
            return
        operation.answers += 1
        operation.ended = self._world.now
        operation.answer = read_reply(body)[1]
        failed = operation.answer.get("status") == "erro"
        operation.code = operation.answer.get("code", "") if failed else "ok"
        self._world.after(self._random.uniform(THINK_LOW, THINK_HIGH), self.next_request)

    def on_broken(self) -> None:
        """Give up what is unanswered, as a student does who starts the client again."""
        waiting = [operation for operation in self.operations if not operation.answers]
        for operation in waiting:
            operation.code, operation.answers, operation.ended = CUT, 1, self._world.now
            self._world.after(self._random.uniform(THINK_LOW, THINK_HIGH), self.next_request)


class SessionClient:
    """Runs a `Session`, with several requests outstanding."""

    def __init__(self, lines: Lines, name: str, window: int) -> None:
        self._lines = lines
        self._world = lines.world
        self._random = lines.world.stream(f"client {name}")
        self._window = window
        self.name = name
        self._sessions = 0
        self._session = Session(self._new_name, DEFAULTS)
        self._numbers: dict[int, Operation] = {}
        self._sent: set[int] = set()
        self.resent = 0
        """Attempts behind the first of each request."""
        self.operations: list[Operation] = []
        self.stopped = False
        self._timer = 0
        lines.join(name, self)

    def _new_name(self) -> str:
        self._sessions += 1
        return f"{self.name}-{self._sessions}".ljust(22, "x")

    def next_request(self) -> None:
        """Send requests until the window is full."""
        while not self.stopped and len(self._numbers) < self._window:
            service, data = draw_request(self._random, f"{self.name}.{len(self.operations)}")
            self.ask(service, data)
        self._step()

    def ask(self, service: str, data: dict[str, Any]) -> None:
        """Submit this request."""
        operation = Operation(self.name, service, data, self._world.now)
        self.operations.append(operation)
        self._numbers[self._session.submit(service, data, self._world.now)] = operation
        self._step()

    def on_answer(self, route: Route, body: bytes) -> None:
        """Hand an answer to the session."""
        self._session.on_answer(int(route[1]), read_reply(body)[1], self._world.now)
        self._step()

    def on_broken(self) -> None:
        """Repeat what is unanswered, with the same ids."""
        self._session.on_disconnected(self._world.now)
        self._step()

    def _step(self) -> None:
        now = self._world.now
        for attempt in self._session.take():
            self.resent += attempt.token in self._sent
            self._sent.add(attempt.token)
            raw = write_request(attempt.service, attempt.data, 1, now)
            self._lines.request((self.name.encode(), str(attempt.token).encode()), raw)
        for ended in self._session.ended():
            operation = self._numbers.pop(ended.number)
            operation.ended, operation.code, operation.answer = now, ended.code, ended.data
            operation.answers += 1
            self._world.after(self._random.uniform(THINK_LOW, THINK_HIGH), self.next_request)
        self._timer += 1
        timer = self._timer
        if self._session.deadline() < float("inf"):
            self._world.at(self._session.deadline(), lambda: self._on_timer(timer))

    def _on_timer(self, timer: int) -> None:
        if timer == self._timer:
            self._session.tick(self._world.now)
            self._step()


class Subscriber:
    """Follows topics through an `Inbox` and remembers what it showed."""

    def __init__(self, lines: Lines, name: str, topics: dict[str, bool]) -> None:
        self._lines = lines
        self._world = lines.world
        self._inbox = Inbox(DEFAULTS)
        self.name = name
        self.topics = topics
        self.shown: list[Publication] = []
        self._asked: dict[bytes, tuple[str, bool]] = {}
        self._count = 0
        self._timer = 0
        lines.join(name, self)
        for topic, direct in topics.items():
            self._inbox.follow(topic, direct=direct, now=self._world.now, after=0)
        self._step()

    def on_publication(self, topic: bytes, body: bytes) -> None:
        """Hand a publication to the inbox."""
        if topic.decode() in self.topics:
            self._inbox.on_publication(read_publication(topic, body), self._world.now)
            self._step()

    def on_broken(self) -> None:
        """Do nothing: the inbox asks again for what it still misses."""

    def on_answer(self, route: Route, body: bytes) -> None:
        """Hand a page of history to the inbox; an error answers nothing, the inbox asks again."""
        topic, direct = self._asked.pop(route[1])
        data = read_reply(body)[1]
        if data.get("status") == "erro":
            return
        rows = [read_history_row(topic, row, direct=direct) for row in data["messages"]]
        self._inbox.on_history(topic, rows, more=data["more"], now=self._world.now)
        self._step()

    def _step(self) -> None:
        self.shown.extend(self._inbox.take())
        for fetch in self._inbox.fetches():
            self._count += 1
            token = str(self._count).encode()
            self._asked[token] = (fetch.topic, fetch.direct)
            query = {"user" if fetch.direct else "channel": fetch.topic, "after": fetch.after}
            raw = write_request("history", query, 1, self._world.now)
            self._lines.request((self.name.encode(), token), raw)
        self._timer += 1
        timer = self._timer
        self._world.at(self._inbox.deadline(), lambda: self._on_timer(timer))

    def _on_timer(self, timer: int) -> None:
        if timer == self._timer:
            self._inbox.tick(self._world.now)
            self._step()
