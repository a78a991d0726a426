"""The clients of a stage: those of the simulator, asking what the script says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coreto.simulator.clients import Operation, PlainClient, SessionClient, Subscriber

if TYPE_CHECKING:
    from coreto.simulator.script_stage import Stage

CROWD = "crowd"
"""Who asks what only fills the log."""
WINDOW = 1
"""Requests a session client has outstanding; its `Session` may send more by itself."""


class Clients:
    """Everybody who asks, by name; a name is a plain client unless it was made something else."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._clients: dict[str, PlainClient | SessionClient] = {}
        self._told: set[tuple[str, int]] = set()
        self.subscribers: dict[str, Subscriber] = {}
        self._shown: dict[str, int] = {}
        self._crowd = 0
        self._unseen: set[str] = set()
        self.port = ""
        """Where the present request goes: a server's own port, or else the broker."""

    def add_session(self, name: str) -> None:
        """Make `name` a client of ours, with session ids and repetitions."""
        self._clients[name] = SessionClient(self._stage, name, WINDOW)

    def add_subscriber(self, name: str, topic: str) -> None:
        """Have `name` follow a channel."""
        self.subscribers[name] = Subscriber(self._stage, name, {topic: False})

    def ask(self, name: str, service: str, data: dict[str, Any], port: str) -> None:
        """Have `name` ask, at a server's own port or (empty) at the broker."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = PlainClient(self._stage, name)
        client.stopped = True
        self.port = port
        client.ask(service, data)
        self.port = ""

    def fill(self, count: int, port: str) -> None:
        """Have so many users log in, one after the other, without showing anything of it."""
        self._unseen.add(CROWD)
        for _ in range(count):
            self._crowd += 1
            self.ask(CROWD, "login", {"user": f"u{self._crowd}"}, port)

    def last(self, name: str) -> Operation | None:
        """Return the last thing `name` asked."""
        client = self._clients.get(name)
        return client.operations[-1] if client is not None and client.operations else None

    def report(self) -> None:
        """Show what was answered and shown to people since the last time."""
        seen = {name: client for name, client in self._clients.items() if name not in self._unseen}
        for name, client in seen.items():
            for number, operation in enumerate(client.operations):
                if operation.answers and (name, number) not in self._told:
                    self._told.add((name, number))
                    self._stage.say(f"{name}: {answer_text(operation)}")
        for name, subscriber in self.subscribers.items():
            for item in subscriber.shown[self._shown.get(name, 0) :]:
                self._stage.say(f"{name} sees {item.topic}/{item.seq} {item.message}")
            self._shown[name] = len(subscriber.shown)


def answer_text(operation: Operation) -> str:
    """Return how a request ended, in few words."""
    answer = operation.answer
    if operation.service in ("members", "promote", "remove"):
        return f"{operation.service} {members_text(operation)}"
    if operation.code != "ok":
        return f"{operation.service} {operation.code}"
    texts = "".join(f" {text}" for text in messages_of(operation))
    return f"{operation.service} ok, index {answer.get('index')}{texts}"


def members_text(operation: Operation) -> str:
    """Return who the members are, or by which rule they were not changed."""
    answer = operation.answer
    if operation.code != "ok":
        return f"{operation.code}, {answer.get('rule', '')}"
    learners = f", learners {' '.join(answer['learners']) or 'none'}" if operation.service == "members" else ""
    return f"ok, voters {' '.join(answer['voters'])}{learners}"


def messages_of(operation: Operation) -> list[str]:
    """Return the texts in an answer to `history`."""
    return [str(row["message"]) for row in operation.answer.get("messages", [])]
