"""Which messages tell a story: of an election and what came of it, or of entries of the log; by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coreto.journal import events as ev
from coreto.journal.entries import requests_answered, story_of
from coreto.journal.event import Event
from coreto.journal.traffic import Applied, Message, Received, Sent, Traffic

ENTRIES_MAX = 50
"""Entries of a channel whose messages are looked for."""
VOTING = frozenset({"prepare", "promise", "refuse", "announcement", "handover_ask", "handover_now"})


def name_of(event: Event) -> str:
    """Return what names a message at both its ends, or an event that has but one."""
    return (event.message if isinstance(event, Message) else "") or event.id


def election_story(events: Sequence[Event]) -> set[str]:
    """Return the names of what made somebody coordinator, up to the first new acknowledgement.

    That is the pre-vote of who ran, the vote, the announcement, the noop and the first write, and
    the first answers after it; of what is repeated, the first, and the first that arrived.
    """
    winners = {event.name for event in events if isinstance(event, ev.RoleChanged) and event.state == "candidate"}
    voting = [event for event in events if isinstance(event, Message) and _elects(event, winners)]
    first, _numbers = _log_story(events, _noops(events))
    return {*map(name_of, [*_not_repeated(voting), *first, *_first_answers(events)])} - {""}


def entries_story(events: Sequence[Event], entries: set[int]) -> set[str]:
    """Return the names of what brought entries into the log, up to when the last server applied them."""
    story, numbers = _log_story(events, entries)
    until = max((event.time for event in story if isinstance(event, Applied)), default=float("inf"))
    story = [event for event in story if event.time <= until]
    answers = {event.message for event in story if isinstance(event, Message) and event.kind == "answers"}
    return {*map(name_of, [*story, *_around_broker(events, numbers, answers)])} - {""}


def published(events: Iterable[Event], topic: str) -> set[int]:
    """Return the last entries that were published to a channel or written to a user."""
    found = {
        event.first + offset
        for event in events
        if isinstance(event, Applied)
        for offset, entry in enumerate(event.entries)
        if entry.topic == topic
    }
    return set(sorted(found)[-ENTRIES_MAX:])


def _log_story(events: Sequence[Event], entries: set[int]) -> tuple[list[Traffic], set[str]]:
    """Return what tells of entries, and the broker's numbers of the requests they came from."""
    story = [event for index in sorted(entries) for event in story_of(events, index) if isinstance(event, Traffic)]
    answers = [event for event in story if isinstance(event, Message) and event.kind == "answers"]
    return story, {number for event in answers for index in entries for number in requests_answered(event, index)}


def _noops(events: Iterable[Event]) -> set[int]:
    """Return the entries that matter in an election: the noop of each epoch, and its first acknowledged write."""
    found = set()
    for event in events:
        match event:
            case ev.RoleChanged(state="establishing", index=index) | ev.FirstAcknowledged(index=index):
                found.add(index)
            case _:
                pass
    return found


def _elects(event: Message, winners: set[str]) -> bool:
    if event.kind in ("call", "call_answer"):
        asker = event.lane if (event.kind == "call") == isinstance(event, Sent) else event.peer
        return asker in winners
    return bool(winners) and event.kind in VOTING


def _not_repeated(messages: Sequence[Message]) -> list[Message]:
    """Return of what was sent again the first, and the first that arrived."""
    arrived = {event.message for event in messages if isinstance(event, Received)}
    found: dict[tuple[object, ...], Message] = {}
    for event in messages:
        if isinstance(event, Sent):
            way = (event.lane, event.peer, event.kind, event.epoch)
            found.setdefault(way, event)
            if event.message in arrived:
                found.setdefault((*way, "arrived"), event)
    return list(found.values())


def _first_answers(events: Iterable[Event]) -> list[Event]:
    """Return after each first new acknowledgement the next answers to the broker, and its next to the clients."""
    found: list[Event] = []
    due: list[str] = []
    for event in events:
        if isinstance(event, ev.FirstAcknowledged):
            due = ["answers", "replies"]
        elif isinstance(event, Sent) and due and event.kind == due[0]:
            due = due[1:]
            found.append(event)
    return found


def _around_broker(events: Iterable[Event], numbers: set[str], answers: set[str]) -> list[Event]:
    """Return the work by which the broker gave these requests out first, and how it passed on their answers."""
    found: list[Event] = []
    due = False
    for event in events:
        if not isinstance(event, Message):
            continue
        if isinstance(event, Sent) and event.kind == "work" and numbers & {item.who for item in event.items}:
            numbers = numbers - {item.who for item in event.items}
            found.append(event)
        elif isinstance(event, Received) and event.message in answers:
            due = True
        elif isinstance(event, Sent) and event.kind == "replies" and due:
            due = False
            found.append(event)
    return found
