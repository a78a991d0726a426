"""The arrows of a diagram: which messages went from where to where, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.journal.event import Event
from coreto.journal.traffic import Message, Received, Sent
from coreto.lab.picture.history import History
from coreto.lab.picture.kinds import sort_of
from coreto.lab.picture.labels import cargo_of
from coreto.lab.picture.model import Arrow, Fate
from coreto.texts import N_, _


class Placed(msgspec.Struct, frozen=True):
    """An event, its place in the history, and where it is drawn."""

    event: Event
    place: int
    lane: int
    row: int


FATES: dict[Fate, str] = {
    "arrived": N_("{message}: {source} → {target}, Lamport {stamp} → {clock}"),
    "again": N_("{message}: {source} → {target}, Lamport {stamp} → {clock}, duplicated"),
    "lost": N_("{message}: {source} → {target}, Lamport {stamp}; no arrival is in the journal"),
    "unseen": N_("{message}: {source} → {target}, Lamport {stamp}"),
}


def arrows_of(history: History, placed: Sequence[Placed], lanes: Sequence[str]) -> Iterable[Arrow]:
    """Return the arrows between what is placed; those without a second end reach out to its lane."""
    at = {item.place: item for item in placed}
    number = {name: lane for lane, name in enumerate(lanes)}
    arrived: set[tuple[int, int]] = set()
    departed = set(history.departure.values())
    for item in placed:
        event = item.event
        if isinstance(event, Received) and item.place in history.departure:
            sent = at[history.departure[item.place]]
            again = (sent.place, item.lane) in arrived
            arrived.add((sent.place, item.lane))
            yield _arrow(sent, (item.lane, item.row), "again" if again else "arrived", lanes, event.clock)
        elif isinstance(event, Received) and event.peer in number and event.peer != event.lane:
            yield _across(item, event, (number[event.peer], item.row), (item.lane, item.row), lanes)
        elif isinstance(event, Sent) and item.place not in departed and event.peer in number:
            target = number[event.peer], item.row
            if event.message and event.kind != "announcement":
                yield _arrow(item, target, "lost", lanes, 0)
            else:
                yield _across(item, event, (item.lane, item.row), target, lanes)


def _arrow(sent: Placed, target: tuple[int, int], fate: Fate, lanes: Sequence[str], clock: int) -> Arrow:
    message = sent.event
    assert isinstance(message, Sent)
    sentence = _(
        FATES[fate],
        message=_told(message),
        source=message.lane,
        target=lanes[target[0]],
        stamp=message.stamp,
        clock=clock,
    )
    return Arrow((sent.lane, sent.row), target, cargo_of(message), sort_of(message), fate, sentence)


def _across(
    item: Placed, message: Message, source: tuple[int, int], target: tuple[int, int], lanes: Sequence[str]
) -> Arrow:
    fate: Fate = "unseen"
    sentence = _(
        FATES[fate],
        message=_told(message),
        source=lanes[source[0]],
        target=lanes[target[0]],
        stamp=message.stamp or item.event.clock,
    )
    return Arrow(source, target, cargo_of(message), sort_of(message), fate, sentence)


def _told(message: Message) -> str:
    """Return the cargo and, where it is known, the name of the message."""
    return f"{cargo_of(message)} ({message.message})" if message.message else cargo_of(message)
