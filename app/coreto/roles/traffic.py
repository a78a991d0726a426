"""What the journal says of a message between roles: which entries of the log and which requests it carries."""

from __future__ import annotations

from coreto.journal.traffic import Item
from coreto.wire.backend import Answers, BackendMessage, Work
from coreto.wire.head import service_of
from coreto.wire.peer import (
    Ack,
    Append,
    Entries,
    Fetch,
    HandoverAsk,
    HandoverNow,
    MendAsk,
    Mismatch,
    PeerMessage,
    Prepare,
    Promise,
    Refuse,
    Result,
)

Told = tuple[int, int, int]
"""Epoch, and the first and last entry that a message tells of; 0 for none."""


def kind_of(message: PeerMessage | BackendMessage) -> str:
    """Return the service of one of our own messages."""
    return str(message.__struct_config__.tag)


def entries_of(message: PeerMessage) -> Told:
    """Return what a message between servers tells of the log."""
    match message:
        case Append(epoch=epoch, batches=batches) | Entries(epoch=epoch, batches=batches):
            return epoch.counter, *((batches[0].first, batches[-1].last) if batches else (0, 0))
        case Ack(epoch=epoch, match=last):
            return epoch.counter, 0, last
        case Promise(epoch=epoch, last=position) | HandoverAsk(epoch=epoch, last=position):
            return epoch.counter, 0, position.index
        case Prepare(epoch=epoch) | HandoverNow(epoch=epoch) | Refuse(promised=epoch):
            return epoch.counter, 0, 0
        case Mismatch(epoch=epoch, hint=hint):
            return epoch.counter, 0, hint
        case Fetch(epoch=epoch, after=after, upto=upto):
            return epoch.counter, after + 1, upto
        case MendAsk(after=after, upto=upto):
            return 0, after + 1, upto
        case Result(index=index):
            return 0, 0, index
        case _:
            return 0, 0, 0


def items_of(message: BackendMessage) -> tuple[Item, ...]:
    """Return the requests or answers in a message between broker and server; told by its sender only."""
    match message:
        case Work(items=work):
            return tuple(Item(str(item.number), service_of(item.raw)) for item in work)
        case Answers(items=answers):
            return tuple(Item(str(item.number), item.code, 0, item.index) for item in answers)
        case _:
            return ()


def count_of(message: BackendMessage) -> int:
    """Return how many requests or answers a message between broker and server carries."""
    return len(message.items) if isinstance(message, Work | Answers) else 1


def acknowledged(message: BackendMessage) -> int:
    """Return the last entry of which a client's write is acknowledged here, 0 for none: writes have numbers above 0."""
    items = message.items if isinstance(message, Answers) else ()
    return max((item.index for item in items if item.number > 0 and item.code == "ok"), default=0)
