"""Which sort of thing an event is: what a diagram shows first, and what it folds away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.journal.traffic import Message, Sent, Traffic

SORTS: dict[str, tuple[str, ...]] = {
    "election": (
        "call", "call_answer", "prepare", "promise", "refuse", "announcement", "handover_ask", "handover_now", "open",
        "opened",
    ),
    "members": ("hello", "hello_answer", "join", "join_elsewhere", "join_refused", "leave", "rank"),
    "log": ("append", "ack", "mismatch", "fetch", "entries", "mend_ask", "mend_give", "forward", "result", "applied"),
    "clients": ("requests", "replies", "work", "answers", "publication"),
    "clocks": ("clock_ask", "clock_tell", "clock_adjust"),
    "heartbeats": ("ready", "heartbeat", "answer", "list", "status", "clock"),
}  # fmt: skip
"""Sorts of messages, the one that matters most in a story first; also names that a filter takes."""
DECISION = "decision"
_SORT_OF = {kind: sort for sort, kinds in SORTS.items() for kind in kinds}
_QUIET = (ev.ServerListed, ev.ClockRound, ev.ClockCorrected, ev.JournalFull)
"""What happens again and again without anybody having decided anything: shown as the messages about it are."""


def sort_of(event: Event) -> str:
    """Return the sort of an event, but for what only its neighbours tell: see `heartbeats`."""
    if isinstance(event, Message):
        return _SORT_OF.get(event.kind, "clients")
    if isinstance(event, Traffic):
        return "log"
    if isinstance(event, ev.Heard):
        return "clients"
    if isinstance(event, _QUIET):
        return "members" if isinstance(event, ev.ServerListed) else "clocks"
    return DECISION


def heartbeats(events: Sequence[Event]) -> set[int]:
    """Return the places of what only says that somebody is still there: appends without entries, acks without news."""
    quiet: set[int] = set()
    known: dict[tuple[str, str, str], tuple[int, int]] = {}
    for place, event in enumerate(events):
        if not isinstance(event, Message):
            continue
        if sort_of(event) == "heartbeats" or (event.kind == "append" and not event.first):
            quiet.add(place)
        elif event.kind == "ack":
            way = (type(event).__name__, event.lane, event.peer)
            if known.get(way) == (event.epoch, event.last):
                quiet.add(place)
            known[way] = (event.epoch, event.last)
    return quiet


def counted(events: Iterable[Event]) -> dict[str, int]:
    """Return how many messages of each kind there are; one that was recorded at both ends counts once."""
    found: dict[str, int] = {}
    seen: set[str] = set()
    for event in events:
        kind = event.kind if isinstance(event, Message) else str(event.__struct_config__.tag)
        name = event.message if isinstance(event, Message) else ""
        if name and name in seen and not isinstance(event, Sent):
            continue
        seen.add(name)
        found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
