"""Clients that remember every request and its answer: ours with ids, and plain REQ clients without."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from coreto.client.client import Client
from coreto.client.errors import ClientError
from tests.faults.evidence import Content, Operation, Row
from tests.support.plain import Context, Map, NoAnswerError, PlainClient

CHANNELS = ("geral", "música", "praça")
AUTHORS = tuple(f"autor{number}" for number in range(8))
NOBODY = "ninguém"
"""A channel and a user that are never made."""
PLAIN_SECONDS = 5.0
"""A plain client waits so long, then begins anew on a new socket."""
RETRY_SECONDS = 45.0
"""A free-form id is repeated this long: its sender must stop after 60 s."""
PAUSE_SECONDS = 0.03
"""Longest pause between two requests: faults should meet idle and busy moments."""
PAGE_ROWS = 20
BACK_ROWS = 30
"""How far behind the newest message it has seen a client reads."""
SERVICES = ("publish", "message", "login", "channel", "unknown name", "bad text", "history")
WEIGHTS = (50, 12, 3, 3, 3, 3, 26)
LEVELS, LEVEL_WEIGHTS = ("session", "linear", "local"), (65, 25, 10)


class WithSession:
    """Our client: ids of a session, repeated by itself."""

    plain = False

    def __init__(self, context: Context, address: str, stop: threading.Event) -> None:
        self._client = Client(address, context=context)
        self._stop = stop

    def ask(self, service: str, fields: dict[str, Any]) -> tuple[str, Map]:
        """Ask once; the client repeats by itself."""
        try:
            return "ok", self._client.ask(service, **fields)
        except ClientError as error:
            return error.code, {}

    def close(self) -> None:
        """Close the socket."""
        self._client.close()


class WithFreeIds(WithSession):
    """Our client with ids of its user's own, who repeats what is in doubt."""

    def ask(self, service: str, fields: dict[str, Any]) -> tuple[str, Map]:
        """Ask until the end is known; a definite failure is one only if every attempt was."""
        deadline = time.monotonic() + RETRY_SECONDS
        code, data = super().ask(service, fields)
        doubtful = False
        while code in ("unknown", "silence") or (doubtful and code not in ("ok", "refused", "expired_key")):
            doubtful = True
            if self._stop.is_set() or time.monotonic() > deadline:
                return "unknown", {}
            code, data = super().ask(service, fields)
        return code, data


class Plain:
    """A REQ socket, no id, five seconds."""

    plain = True

    def __init__(self, context: Context, address: str) -> None:
        self._client = PlainClient(context, address, PLAIN_SECONDS)

    def ask(self, service: str, fields: dict[str, Any]) -> tuple[str, Map]:
        """Ask once."""
        try:
            data = self._client.ask(service, **fields)
        except NoAnswerError:
            return "silence", {}
        return str(data.get("code", "")) if data.get("status") == "erro" else "ok", data

    def close(self) -> None:
        """Close the socket."""
        self._client.close()


class Person(threading.Thread):
    """Asks one thing after the other until told to stop; `operations` is its history."""

    def __init__(self, name: str, kind: str, context: Context, address: str, seed: int, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.operations: list[Operation] = []
        self.failure: BaseException | None = None
        self._kind = kind
        self._zmq = context
        self._address = address
        self._chance = random.Random(f"{seed}/{name}")
        self._stop_event = stop
        self._count = 0
        self._mark = 0
        self._newest = dict.fromkeys(CHANNELS, 0)

    def run(self) -> None:
        """Ask."""
        asker = self._asker()
        try:
            while not self._stop_event.is_set():
                self._perform(asker)
                self._stop_event.wait(self._chance.uniform(0.0, PAUSE_SECONDS))
        except BaseException as error:  # told by whoever joins
            self.failure = error
        finally:
            asker.close()

    def _asker(self) -> WithSession | Plain:
        if self._kind == "plain":
            return Plain(self._zmq, self._address)
        kind = WithSession if self._kind == "session" else WithFreeIds
        return kind(self._zmq, self._address, self._stop_event)

    def _perform(self, asker: WithSession | Plain) -> None:
        (service,) = self._chance.choices(SERVICES, WEIGHTS)
        self._count += 1
        if service == "history":
            self._read(asker)
        else:
            self._write(asker, service)

    def _write(self, asker: WithSession | Plain, service: str) -> None:
        content = self._content(service)
        fields = _fields(content)
        if isinstance(asker, WithFreeIds):
            fields["id"] = f"{self.name}/{self._count}"
        start = time.monotonic()
        code, data = asker.ask(content.kind, fields)
        operation = Operation(
            client=self.name,
            content=content,
            start=start,
            end=time.monotonic(),
            code=code,
            index=int(data.get("index", 0)),
            seq=int(data.get("seq", 0)),
            epoch=int(data.get("epoch", 0)),
            plain=asker.plain,
        )
        self._remember(operation)

    def _content(self, service: str) -> Content:
        me, text = self._chance.choice(AUTHORS), f"{self.name} {self._count}"
        match service:
            case "login":
                return Content("login", f"u-{self.name}-{self._count}", "", "")
            case "channel":
                return Content("channel", "", f"c-{self.name}-{self._count}", "")
            case "message":
                return Content("message", me, self._chance.choice(AUTHORS), text)
            case "unknown name":
                return Content(self._chance.choice(("publish", "message")), me, NOBODY, text)
            case "bad text":
                return Content("publish", me, self._chance.choice(CHANNELS), f"{text}\a")
        return Content("publish", me, self._chance.choice(CHANNELS), text)

    def _read(self, asker: WithSession | Plain) -> None:
        channel = self._chance.choice(CHANNELS)
        (level,) = self._chance.choices(LEVELS, LEVEL_WEIGHTS)
        after = max(0, self._newest[channel] - self._chance.randrange(BACK_ROWS))
        fields: dict[str, Any] = {"channel": channel, "after": after, "limit": PAGE_ROWS, "level": level}
        # Plain clients rely on what the broker remembers of them.
        least = 0 if asker.plain or level == "local" else self._mark
        if least:
            fields["min_index"] = least
        start = time.monotonic()
        code, data = asker.ask("history", fields)
        operation = Operation(
            client=self.name,
            content=Content("history", "", channel, ""),
            start=start,
            end=time.monotonic(),
            code=code,
            index=int(data.get("index", 0)),
            plain=asker.plain,
            level=level,
            min_index=least,
            after=after,
            limit=PAGE_ROWS,
            rows=tuple(Row(row["seq"], row["index"], row["message"]) for row in data.get("messages", ())),
        )
        self._remember(operation)

    def _remember(self, operation: Operation) -> None:
        self.operations.append(operation)
        if operation.code == "ok":
            self._mark = max(self._mark, operation.index if operation.level != "local" else 0)
            channel = operation.content.target
            if channel in self._newest:
                newest = max([operation.seq, *(row.seq for row in operation.rows)])
                self._newest[channel] = max(self._newest[channel], newest)


def _fields(content: Content) -> dict[str, Any]:
    match content.kind:
        case "login":
            return {"user": content.user}
        case "channel":
            return {"channel": content.target}
        case "message":
            return {"src": content.user, "dst": content.target, "message": content.text}
    return {"user": content.user, "channel": content.target, "message": content.text}
