"""How scripts write down what they show: epochs, entries, messages and changes of a disk, one short line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import msgspec

from coreto.machines.effects import Persist
from coreto.wire.backend import Answers, Opened, Work
from coreto.wire.envelope import read
from coreto.wire.log import Batch, BrokerKey, Command, Config, Entry, Epoch, Noop, Position
from coreto.wire.peer import (
    Ack,
    Append,
    Call,
    CallAnswer,
    Entries,
    Fetch,
    Forward,
    Join,
    JoinElsewhere,
    JoinRefused,
    MendAsk,
    MendGive,
    Mismatch,
    Prepare,
    Promise,
    Refuse,
    Result,
)
from coreto.wire.publication import SERVERS_TOPIC, read_publication
from coreto.wire.services import CreateChannel, DirectText, History, Login, PublishText

REPLICA_PREFIX = "r-"
"""What a server's replica id has before its name, so that the two are never taken for each other."""


def replica_name(replica: str) -> str:
    """Return the name of the server with this replica id."""
    return replica.removeprefix(REPLICA_PREFIX)


def epoch_text(epoch: Epoch) -> str:
    """Return `counter.server`; `0` for the epoch before the first."""
    return f"{epoch.counter}.{replica_name(epoch.replica)}" if epoch.counter else "0"


def position_text(position: Position) -> str:
    """Return `epoch/index`; `0` for the place before the first entry."""
    return f"{epoch_text(position.epoch)}/{position.index}" if position.index else "0"


def entry_text(entry: Entry) -> str:
    """Return what an entry does, in one word where possible."""
    body = entry.body
    if isinstance(body, Noop):
        return "noop"
    if isinstance(body, Config):
        return f"config({' '.join(voter.name for voter in body.voters)})"
    return _command_text(body)


def _command_text(command: Command) -> str:
    if command.kind in ("open", "login"):
        return command.user or command.kind
    if command.kind == "channel":
        return f"#{command.target}"
    return command.text


def entries_text(batches: Iterable[Batch]) -> str:
    """Return `index:entry` for every entry of `batches`."""
    words = [f"{i}:{entry_text(e)}" for batch in batches for i, e in enumerate(batch.entries(), batch.first)]
    return " ".join(words) or "nothing"


def log_text(entries: Iterable[tuple[Epoch, Entry]]) -> str:
    """Return a whole log, its entries grouped by epoch."""
    groups = groupby(entries, key=lambda item: item[0])
    words = [f"{epoch_text(epoch)}[{' '.join(entry_text(entry) for _, entry in group)}]" for epoch, group in groups]
    return " ".join(words) or "empty"


def persist_text(persist: Persist) -> str:
    """Return what a disk is asked to write."""
    parts = [f"mended {entries_text(mend.batches)}" for mend in persist.mends]
    parts += [f"cut at {c}" if isinstance(c, int) else entries_text((c,)) for c in persist.log]
    meta = dict(persist.meta)
    if "promised" in meta:
        counter, replica = meta["promised"]
        parts.append(f"promised {epoch_text(Epoch(int(counter), str(replica)))}")
    return ", ".join(parts) or "bookkeeping"


def kind_of(message: msgspec.Struct) -> str:
    """Return the name of a kind of message, as scripts select it."""
    return str(message.__struct_config__.tag)


def message_text(message: msgspec.Struct) -> str:
    """Return a message in one line."""
    describe = _DESCRIBE.get(type(message))
    return f"{kind_of(message)} {describe(message)}" if describe else kind_of(message)


def publication_text(topic: bytes, body: bytes) -> str:
    """Return a publication in one line."""
    if topic == SERVERS_TOPIC.encode():
        return "announcement"
    item = read_publication(topic, body)
    return f"publication {item.topic}/{item.seq} {item.message}"


def request_text(raw: bytes) -> str:
    """Return what a client asks for."""
    match read(raw).request:
        case Login(user):
            return f"login {user}"
        case CreateChannel(channel):
            return f"channel {channel}"
        case PublishText(_, channel, text) | DirectText(_, channel, text):
            return f"publish {channel} {text}"
        case History(channel):
            return f"history {channel}"
        case other:
            return kind_of(other) if other is not None else "something unreadable"


def _key_text(key: BrokerKey | None) -> str:
    return f" key {key.start},{key.n},{key.floor}" if key else ""


def _append_text(message: Append) -> str:
    entries = entries_text(message.batches)
    return f"{epoch_text(message.epoch)} after {message.prev.index}: {entries}, commit {message.commit}"


def _promise_text(message: Promise) -> str:
    return f"{epoch_text(message.epoch)}, last {position_text(message.last)}"


def _answer_text(message: CallAnswer) -> str:
    return f"rank {message.rank}, hears {'a coordinator' if message.live_coordinator else 'nobody'}"


def _work_text(message: Work) -> str:
    return "; ".join(request_text(item.raw) + _key_text(item.key) for item in message.items)


def _answers_text(message: Answers) -> str:
    return "; ".join(f"{item.code} {item.index}" if item.index else item.code for item in message.items)


_DESCRIBE: dict[type, Callable[[Any], str]] = {
    Append: _append_text,
    Ack: lambda m: f"{epoch_text(m.epoch)} up to {m.match}",
    Mismatch: lambda m: f"{epoch_text(m.epoch)}, hint {m.hint}",
    Call: lambda m: f"rank {m.rank}",
    CallAnswer: _answer_text,
    Prepare: lambda m: epoch_text(m.epoch) + (" handover" if m.handover else ""),
    Promise: _promise_text,
    Refuse: lambda m: f"promised {epoch_text(m.promised)}",
    Fetch: lambda m: f"{epoch_text(m.epoch)} after {m.after} up to {m.upto}",
    Entries: lambda m: f"{epoch_text(m.epoch)} after {m.prev.index}: {entries_text(m.batches)}",
    Join: lambda m: m.name,
    JoinElsewhere: lambda m: f"ask {m.name}",
    JoinRefused: lambda m: m.rule,
    MendAsk: lambda m: f"after {m.after} up to {m.upto}",
    MendGive: lambda m: f"{entries_text(m.batches)}, commit {m.commit}",
    Forward: lambda m: request_text(m.raw) + _key_text(m.key),
    Result: lambda m: f"{m.code} {m.index}" if m.index else m.code,
    Work: _work_text,
    Answers: _answers_text,
    Opened: lambda m: f"start {m.start}",
}
