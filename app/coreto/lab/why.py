"""Why something is as it is: the events of the journal that led to it, in the order in which they happened.

Theory of operation. Roles report decisions with codes as reasons. The chain of an election is found
backwards from the server that was established: its candidacy, the promises of its epoch, what the
voters answered, and the first sign that the coordinator before it was gone. Nothing is guessed: what
the ring no longer holds is missing, and said to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from coreto.journal import events as ev
from coreto.journal.entries import entry_at, requests_answered
from coreto.journal.event import Event
from coreto.launcher.requests import State
from coreto.texts import N_, _

Chain = list[Event]
_LIFE_FAULTS = ("kill", "restart", "pause")
LIFE = (ev.RoleEnded, ev.RoleStarted, ev.Halted, ev.ServerLost, ev.FaultChanged, ev.LogDamaged, ev.LogMended)


def why_coordinator(events: Sequence[Event]) -> tuple[str, Chain]:
    """Return a sentence on who coordinates, and what led to it."""
    established = [e for e in events if isinstance(e, ev.RoleChanged) and e.state == "coordinator"]
    if not established:
        return _("The journal remembers no election: nobody came to coordinate since it began."), []
    final = max(established, key=lambda event: (event.epoch, event.time))
    before = [event for event in established if event.time < final.time and event is not final]
    former = before[-1].name if before else ""
    since = before[-1].time if before else 0.0
    noticed = _first(events, since, final, lambda event: _shows_end(event, former))
    events = without_past_faults(events, noticed if noticed > since else final.time)
    begun = _first(events, since, final, lambda event: _shows_end(event, former) or _harms(event, former))
    chain = [event for event in events if event.time >= begun and _led_to(event, final, former)]
    sentence = _("{who} coordinates, in epoch {epoch}. What led to it:", who=final.name, epoch=final.epoch)
    return sentence, chain


def why_down(events: Sequence[Event], name: str, state: State) -> tuple[str, Chain]:
    """Return a sentence on how a role is, and what happened to it last."""
    chain = [event for event in without_past_faults(events, math.inf) if _befell(event, name)]
    if not chain:
        sentence = _(_HOW[state][0], who=name)
        return _("{state}, and the journal knows of no mishap of it.", state=sentence), []
    if state != "running":
        starts = [place for place, event in enumerate(chain) if isinstance(event, ev.RoleStarted)]
        chain = chain[starts[-1] + 1 if starts else 0 :]
    return _(_HOW[state][1], who=name), chain[-_TOLD_MAX:]


def without_past_faults(events: Sequence[Event], until: float) -> list[Event]:
    """Leave out faults that were over by then, beginning and end: they led to nothing. A role that stood still did."""
    begun: dict[tuple[str, ...], list[int]] = {}
    past: set[int] = set()
    for place, event in enumerate(events):
        if isinstance(event, ev.FaultChanged) and event.fault not in _LIFE_FAULTS and event.time <= until:
            key = (event.fault, event.source, event.target, event.kind)
            if event.on:
                begun.setdefault(key, []).append(place)
            else:
                past |= {place, *begun.pop(key, ())}
    return [event for place, event in enumerate(events) if place not in past]


def why_order(events: Sequence[Event], index: int) -> tuple[str, list[tuple[Event, str]]]:
    """Return a sentence on one entry of the log, and how it got its place, each step with its words."""
    applied = [event for event in events if isinstance(event, ev.Applied)]
    sent = [event for event in events if isinstance(event, ev.Sent) and event.kind in ("append", "entries")]
    if not applied and not sent:
        return _("The journal holds no message about entry {index}.", index=index), []
    writer = sent[0].lane if sent else ""
    steps = [*_coordinated(events, writer, sent, index), *_replicated(events, writer), *_applied(applied, index)]
    steps += [(event, words) for event in events for words in _answered(event, index)]
    steps.sort(key=lambda step: step[0].time)
    return _what_it_is(applied, index), steps


_TOLD_MAX = 20
"""Mishaps of a role that are told, the last ones."""
_HOW: dict[State, tuple[str, str]] = {
    "running": (N_("{who} runs"), N_("{who} runs. What happened to it before:")),
    "paused": (N_("{who} stands still"), N_("{who} stands still. What happened to it:")),
    "killed": (N_("{who} does not run"), N_("{who} does not run. What happened to it:")),
    "down": (N_("{who} does not run"), N_("{who} does not run. What happened to it:")),
}


def _first(events: Iterable[Event], since: float, final: Event, matters: Callable[[Event], bool]) -> float:
    """Return when the first event that matters happened before the final one, `since` if none did."""
    return next((event.time for event in events if since < event.time < final.time and matters(event)), since)


def _shows_end(event: Event, former: str) -> bool:
    """Whether it shows that the former coordinator will not go on."""
    match event:
        case ev.Suspected(suspect=name) | ev.RoleEnded(name=name) | ev.Halted(name=name):
            return name == former
        case ev.HandoverChanged():
            return True
        case ev.RoleChanged(name=name, state="follower", coordinator=""):
            return name == former
        case _:
            return False


def _harms(event: Event, former: str) -> bool:
    """Whether it may bring about that end."""
    match event:
        case ev.FaultChanged(on=True, target=target, source=source, fault=fault):
            return former in (target, source) and fault not in ("skew", "drift")
        case _:
            return False


def _led_to(event: Event, final: ev.RoleChanged, former: str) -> bool:
    """Whether an event belongs to the story of an election; what came later is not, but for its first fruits."""
    epoch = (final.epoch, final.epoch_id)
    match event:
        case ev.Announced(name=name, epoch=number) | ev.FirstAcknowledged(name=name, epoch=number):
            return (event.role, name, number) == (final.role, final.name, final.epoch)
        case ev.RoleChanged(coordinator=coordinator, state="follower", epoch=number) if event.time > final.time:
            return (coordinator, number) == (final.name, final.epoch)
        case ev.Promised() | ev.PromiseRefused():
            return (event.epoch, event.epoch_id) == epoch or event.time <= final.time
        case ev.CallStarted() | ev.CallEnded() | ev.HandoverChanged() | ev.RoleChanged() | ev.Suspected():
            return event.time <= final.time
        case _:
            return event.time <= final.time and (_shows_end(event, former) or _harms(event, former))


def _befell(event: Event, name: str) -> bool:
    match event:
        case ev.Suspected(suspect=suspect):
            return suspect == name
        case ev.FaultChanged(target=target, source=source, fault=fault):
            return name in (target, source) and fault not in ("skew", "drift")
        case _:
            return isinstance(event, LIFE) and getattr(event, "name", "") == name


def _what_it_is(applied: Sequence[ev.Applied], index: int) -> str:
    if not applied:
        return _("Entry {index} of the log has not been applied yet. How it got there:", index=index)
    entry = entry_at(applied[0], index)
    return _(
        "Entry {index} of the log is a {kind}, with Lamport value {stamp}. How it got its place:",
        index=index,
        kind=entry.kind,
        stamp=entry.stamp,
    )


def _coordinated(events: Iterable[Event], writer: str, sent: Sequence[ev.Sent], index: int) -> list[tuple[Event, str]]:
    """Tell who wrote the entry into its log as the next one, by which right, and to whom it sent it."""
    steps: list[tuple[Event, str]] = []
    for event in events:
        if isinstance(event, ev.RoleChanged) and event.name == writer and event.epoch == sent[0].epoch:
            words = _(
                "{who} was established in epoch {epoch}: it alone gives places in the log",
                who=writer,
                epoch=event.epoch,
            )
            steps.append((event, words))
    return steps + [(event, _sent(event, index)) for event in sent]


def _sent(event: ev.Sent, index: int) -> str:
    fields = {"who": event.lane, "peer": event.peer, "before": index - 1, "message": event.message}
    if event.first == event.last:
        return _("{who} sends it to {peer} as the one after {before}, in message {message}", **fields)
    return _(
        "{who} sends it to {peer} as the one after {before}, with entries {first} to {last} in message {message}",
        first=event.first,
        last=event.last,
        **fields,
    )


def _replicated(events: Iterable[Event], writer: str) -> list[tuple[Event, str]]:
    return [
        (
            event,
            _(
                "{who} hears that the disk of {peer} holds it (message {message})",
                who=writer,
                peer=event.peer,
                message=event.message,
            ),
        )
        for event in events
        if isinstance(event, ev.Received) and event.kind == "ack" and event.lane == writer
    ]


def _applied(applied: Sequence[ev.Applied], index: int) -> list[tuple[Event, str]]:
    return [
        (
            event,
            _(
                "{who} applies it; the hash of its state is {digest} after it",
                who=event.name,
                digest=f"{entry_at(event, index).digest:08x}",
            ),
        )
        for event in applied
    ]


def _answered(event: Event, index: int) -> list[str]:
    if not isinstance(event, ev.Sent) or event.kind != "answers":
        return []
    return [
        _(
            "{who} acknowledges it: request {number} of the broker (message {message})",
            who=event.lane,
            number=number,
            message=event.message,
        )
        for number in requests_answered(event, index)
    ]
