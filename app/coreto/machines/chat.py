"""The state machine that the log is applied to: users, channels, messages, and the dedupe tables.

Theory of operation. Every replica applies the same commands in the same order and so reaches the
same state; nothing here may depend on time, on chance or on who applies. Names and texts are
already normalised and checked (before they were logged): apply compares, counts, and stores codes,
never sentences.

At most once (replication.md §7). A command carries the broker key (start, n, floor) and perhaps
the client's `id`. In this order: below the floor, or of an unknown start: no trace; n seen: that
outcome; client key seen: that outcome; otherwise execute. Outcomes are kept under both keys, for
as long as the rules of eviction say, and these look at log positions only.

Sources: Ongaro's thesis §6.3 (sessions), VR Revisited (client table).
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from zlib import crc32

import msgspec

from coreto.machines.effects import TableWrite
from coreto.machines.ports import Key, Value
from coreto.machines.tables import Tables
from coreto.wire.log import Command, Entry

STARTS_MAX = 64
"""Brokers whose keys are remembered, least recently used evicted first."""
SESSIONS_MAX = 4096
"""Client sessions remembered, least recently used evicted first."""
SESSION_OUTCOMES_MAX = 256
"""Outcomes kept per session: a client has at most this many writes unanswered."""
ID_WINDOW = 2_097_152
"""Log entries for which a free-form `id` is remembered: 60 s at 35,000 a second."""
ID_EVICTIONS = 2
"""Expired ids removed with each new one: enough to keep up with any rate."""
SESSION_CHARACTERS = 22
"""Random characters of a session name: 128 bits in base 64."""


class Outcome(msgspec.Struct, frozen=True):
    """How a command ended; `rule` names the sentence when it was refused, `seq` is that of its topic."""

    code: str
    rule: str
    index: int
    seq: int

    def row(self) -> Value:
        """Return it as the columns of a table."""
        return (self.code, self.rule, self.index, self.seq)


class Applied(NamedTuple):
    """What applying one entry did; `executed` is False for repetitions, `outcome` None without trace."""

    outcome: Outcome | None
    executed: bool


NO_TRACE = Applied(None, False)


class ClientKey(NamedTuple):
    """A request id split into session and number, or a free-form id with n = -1."""

    session: str
    n: int


def split_id(text: str) -> ClientKey:
    """Return the parts of `<22 characters>:<n>`; any other id is free-form."""
    session, colon, n = text.partition(":")
    if colon and len(session) == SESSION_CHARACTERS and n.isascii() and n.isdigit() and len(n) < 10:
        return ClientKey(session, int(n))
    return ClientKey(text, -1)


def content_digest(command: Command) -> int:
    """Return 62 bits of what a command asks for, without its keys."""
    fields = (command.kind, command.user, command.target, command.text)
    digest = hashlib.blake2b(msgspec.msgpack.encode(fields), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 2


class Chat:
    """Applies entries in order; reads go to `tables`."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.applied = tables.checkpoint
        self.digest = tables.digest
        """A hash of every change since the beginning, folded in one by one (invariant I12)."""
        self._changes: list[TableWrite] = []

    def apply(self, index: int, entry: Entry) -> Applied:
        """Apply the next entry and return what it did."""
        assert index == self.applied + 1, (index, self.applied)
        self._changes = []
        body = entry.body
        result = self._command(index, entry, body) if isinstance(body, Command) else NO_TRACE
        if self._changes:
            self.digest = crc32(_encoder.encode(self._changes), self.digest)
            self.tables.write(index, self._changes, self.digest)
        self.applied = index
        return result

    # At most once.

    def _command(self, index: int, entry: Entry, command: Command) -> Applied:
        if command.kind == "open":
            return self._open(index)
        start, n, floor = command.key
        row = self.tables.get("starts", (start,))
        if row is None or n < int(row[0]):
            return NO_TRACE
        self._raise_floor(start, int(row[0]), max(int(row[0]), floor), index)
        stored = self.tables.get("outcomes", (start, n))
        if stored is not None:
            return Applied(_outcome(stored), False)
        result = self._once(index, entry, command)
        if result.outcome is not None:
            self._put("outcomes", (start, n), result.outcome.row())
        return result

    def _open(self, index: int) -> Applied:
        starts = self.tables.resident("starts")
        if len(starts) >= STARTS_MAX:
            oldest = min(starts, key=lambda key: (starts[key][1], key))
            self._delete("starts", oldest)
            for key in [key for key in self.tables.resident("outcomes") if key[0] == oldest[0]]:
                self._delete("outcomes", key)
        self._put("starts", (index,), (0, index))
        return Applied(Outcome("ok", "", index, 0), True)

    def _raise_floor(self, start: int, old: int, new: int, index: int) -> None:
        self._put("starts", (start,), (new, index))
        outcomes = self.tables.resident("outcomes")
        if new - old > len(outcomes):
            ended = sorted(key for key in outcomes if key[0] == start and int(key[1]) < new)
        else:
            ended = [(start, n) for n in range(old, new) if (start, n) in outcomes]
        for key in ended:
            self._delete("outcomes", key)

    def _once(self, index: int, entry: Entry, command: Command) -> Applied:
        if not command.id:
            return Applied(self._execute(index, entry, command), True)
        key = split_id(command.id)
        return self._in_session(index, entry, command, key) if key.n >= 0 else self._by_id(index, entry, command)

    def _in_session(self, index: int, entry: Entry, command: Command, key: ClientKey) -> Applied:
        row = self.tables.get("sessions", (key.session,))
        if row is None:
            if key.n > 0:
                return Applied(Outcome("expired_key", "expired_key", index, 0), False)
            self._make_room_for_session()
            row = (-1, index)
        floor = int(row[0])
        if key.n <= floor:
            return Applied(Outcome("expired_key", "expired_key", index, 0), False)
        seen = self.tables.get("session_outcomes", (key.session, key.n))
        if seen is not None:
            return Applied(_repeated(seen, command, index), False)
        outcome = self._execute(index, entry, command)
        new_floor = max(floor, key.n - SESSION_OUTCOMES_MAX)
        # Nothing lower than the last outcomes is stored, however far a client jumps.
        for n in range(max(floor + 1, 0), min(new_floor, floor + SESSION_OUTCOMES_MAX) + 1):
            self._delete("session_outcomes", (key.session, n))
        self._put("sessions", (key.session,), (new_floor, index))
        self._put("session_outcomes", (key.session, key.n), (content_digest(command), *outcome.row()))
        return Applied(outcome, True)

    def _make_room_for_session(self) -> None:
        sessions = self.tables.resident("sessions")
        if len(sessions) < SESSIONS_MAX:
            return
        oldest = min(sessions, key=lambda key: (sessions[key][1], key))
        self._delete("sessions", oldest)
        for row in self.tables.scan("session_outcomes", oldest, limit=SESSION_OUTCOMES_MAX + 1):
            self._delete("session_outcomes", row[0])

    def _by_id(self, index: int, entry: Entry, command: Command) -> Applied:
        key: Key = (command.user, command.id)
        seen = self.tables.get("ids", key)
        if seen is not None and int(seen[3]) > index - ID_WINDOW:
            return Applied(_repeated(seen, command, index), False)
        outcome = self._execute(index, entry, command)
        for position, owner in self.tables.scan("id_order", (), limit=ID_EVICTIONS):
            if int(position[0]) <= index - ID_WINDOW:
                self._delete("id_order", position)
                self._forget_id((str(owner[0]), str(owner[1])), int(position[0]))
        self._put("ids", key, (content_digest(command), *outcome.row()))
        self._put("id_order", (index,), key)
        return Applied(outcome, True)

    def _forget_id(self, key: Key, position: int) -> None:
        """Delete an id that expired, unless it was used anew since."""
        row = self.tables.get("ids", key)
        if row is not None and row[3] == position:
            self._delete("ids", key)

    # Execution.

    def _execute(self, index: int, entry: Entry, command: Command) -> Outcome:
        if command.kind == "login":
            return self._login(index, entry, command.user)
        if command.kind == "channel":
            return self._channel(index, entry, command.target)
        if command.kind == "publish":
            return self._message(index, "channel", "channel_unknown", command)
        return self._message(index, "user", "user_unknown", command)

    def _login(self, index: int, entry: Entry, user: str) -> Outcome:
        if self.tables.get("topics", ("channel", user)) is not None:
            return Outcome("refused", "name_is_channel", index, 0)
        row = self.tables.get("topics", ("user", user))
        seq = row[0] if row else 0
        self._put("topics", ("user", user), (seq, row[1] if row else index, entry.time))
        return Outcome("ok", "", index, 0)

    def _channel(self, index: int, entry: Entry, channel: str) -> Outcome:
        if self.tables.get("topics", ("channel", channel)) is not None:
            return Outcome("refused", "channel_exists", index, 0)
        if self.tables.get("topics", ("user", channel)) is not None:
            return Outcome("refused", "name_is_user", index, 0)
        self._put("topics", ("channel", channel), (0, index, entry.time))
        return Outcome("ok", "", index, 0)

    def _message(self, index: int, kind: str, unknown: str, command: Command) -> Outcome:
        if self.tables.get("topics", ("user", command.user)) is None:
            return Outcome("refused", "sender_unknown", index, 0)
        row = self.tables.get("topics", (kind, command.target))
        if row is None:
            return Outcome("refused", unknown, index, 0)
        seq = int(row[0]) + 1
        self._put("topics", (kind, command.target), (seq, *row[1:]))
        self._put("messages", (command.target, seq), (index,))
        if kind == "user":
            self._put("conversations", (*sorted((command.user, command.target)), index), (seq,))
        return Outcome("ok", "", index, seq)

    # Changes, in the order they were made.

    def _put(self, table: str, key: Key, value: Value) -> None:
        self._changes.append(TableWrite(table, key, value))

    def _delete(self, table: str, key: Key) -> None:
        self._changes.append(TableWrite(table, key, None))


_encoder = msgspec.msgpack.Encoder()


def _repeated(seen: Value, command: Command, index: int) -> Outcome:
    if seen[0] != content_digest(command):
        return Outcome("refused", "id_reused", index, 0)
    return _outcome(seen[1:])


def _outcome(row: Value) -> Outcome:
    code, rule, index, seq = row
    return Outcome(str(code), str(rule), int(index), int(seq))
