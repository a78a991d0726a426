"""A chat that entries are applied to by hand, one index after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coreto.machines.chat import Applied, Chat, Outcome
from coreto.machines.effects import Persist, TableWrite
from coreto.machines.tables import Tables
from coreto.simulator.disk import Disk
from coreto.wire.log import BrokerKey, Command, Config, Noop
from tests.support.machines import config_of, entry


class Log:
    """Applies commands; `start` is the index of the first one, an `open`."""

    def __init__(self, *, rows: Mapping[str, Mapping[Any, Any]] | None = None, at: int = 0):
        self.disk = Disk("a", "r-a", "c1", config_of("a"))
        for table, content in (rows or {}).items():
            for key, value in content.items():
                self.disk.tables[table].write(key, value)
        self.tables = Tables(self.disk, at, 0)
        self.chat = Chat(self.tables)
        self.n = 0
        self.start = self.open()

    def apply(self, body: Command | Noop | Config) -> Applied:
        return self.chat.apply(self.chat.applied + 1, entry(body, time=1.5))

    def open(self) -> int:
        """Apply an `open`; return its index, which is a start."""
        self.apply(Command("open", BrokerKey(0, 0, 0), text="b.1"))
        return self.chat.applied

    def key(self, n: int = 0, floor: int = 0, start: int = 0) -> BrokerKey:
        """The next key of the broker, or this one; its floor moves with n unless told."""
        self.n = max(self.n, n) if n else self.n + 1
        n = n or self.n
        return BrokerKey(start or self.start, n, floor or n)

    def login(self, user: str = "ana", request_id: str = "", key: BrokerKey | None = None) -> Applied:
        return self.apply(Command("login", key or self.key(), request_id, user=user))

    def channel(self, channel: str = "geral", request_id: str = "", key: BrokerKey | None = None) -> Applied:
        return self.apply(Command("channel", key or self.key(), request_id, target=channel))

    def publish(
        self, text: str = "oi", request_id: str = "", key: BrokerKey | None = None, user: str = "ana"
    ) -> Applied:
        return self.apply(Command("publish", key or self.key(), request_id, user, "geral", text))

    def message(self, src: str, dst: str, text: str = "oi") -> Applied:
        return self.apply(Command("message", self.key(), "", src, dst, text))

    def skip(self, count: int) -> None:
        """Entries without effect."""
        for _ in range(count):
            self.apply(Noop())

    def rows(self, table: str) -> dict[tuple[str | int, ...], tuple[str | int | float, ...]]:
        return dict(self.tables.scan(table, (), limit=1 << 30))

    def save(self) -> list[TableWrite]:
        """Write every change to the disk."""
        writes = self.tables.take_writes(1, 1 << 30, self.chat.applied)
        self.disk.sync(Persist(1, tables=writes))
        self.tables.persisted(1)
        return list(writes)


def outcome(applied: Applied) -> Outcome:
    assert applied.outcome is not None
    return applied.outcome


def told(applied: Applied) -> tuple[str, str, bool]:
    """What a command came to: code, rule, and whether it was executed now."""
    return (
        applied.outcome.code if applied.outcome else "",
        applied.outcome.rule if applied.outcome else "",
        applied.executed,
    )
