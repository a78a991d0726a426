"""Which events tell of one entry of the log."""

from __future__ import annotations

from collections.abc import Iterable

from coreto.journal.elections import RoleChanged
from coreto.journal.event import Event
from coreto.journal.traffic import Applied, AppliedEntry, Message

CARRYING = frozenset({"append", "entries", "mend_give"})
"""Kinds of messages that carry entries; an acknowledgement tells of all entries up to its last."""


def story_of(events: Iterable[Event], index: int) -> list[Event]:
    """Return what tells of the entry at `index`, of each role and kind the first; and who came to coordinate."""
    found: dict[tuple[object, ...], Event] = {}
    for event in events:
        if isinstance(event, RoleChanged):
            if event.state == "coordinator":
                found[event.id, event.time] = event
        elif _tells_of(event, index):
            way = (event.peer, event.kind) if isinstance(event, Message) else ()
            found.setdefault((type(event), event.lane, *way), event)
    return list(found.values())


def requests_answered(event: Message, index: int) -> list[str]:
    """Return the numbers of the writes that this message answers with the entry at `index`."""
    return [item.who for item in event.items if item.index == index and not item.who.startswith("-")]


def entry_at(event: Applied, index: int) -> AppliedEntry:
    """Return what was applied at `index`."""
    return event.entries[index - event.first]


def _tells_of(event: Event, index: int) -> bool:
    if isinstance(event, Applied):
        return event.first <= index < event.first + len(event.entries)
    if not isinstance(event, Message):
        return False
    if event.kind in CARRYING:
        return 0 < event.first <= index <= event.last
    if event.kind == "ack":
        return event.last >= index
    return event.kind == "answers" and bool(requests_answered(event, index))
