"""What stands beside an event in a picture: two short lines; the whole sentence is `lab.wording`'s."""

from __future__ import annotations

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.journal.traffic import Message
from coreto.lab.quantities import write_duration
from coreto.texts import N_, _

HANDOVERS = {
    "asked": N_("takeover asked by"),
    "agreed": N_("makes way for"),
    "told": N_("lets run now"),
    "in_vain": N_("waited in vain for"),
}

Words = tuple[str, ...]
"""At most two lines."""


def label_of(event: Event) -> Words:
    """Return the lines beside something that happened to one role; none for a message, which has `cargo_of`."""
    return _election(event) or _standing(event) or _other(event)


def cargo_of(message: Message) -> str:
    """Return what stands on an arrow: the service, and which entries or how many requests it carries."""
    if message.kind in ("promise", "prepare", "refuse") and message.epoch:
        return _("{service} · epoch {epoch}", service=message.kind, epoch=message.epoch)
    if message.first:
        span = f"{message.first}" if message.first == message.last else f"{message.first}..{message.last}"
        return f"{message.kind} {span}"
    if message.kind == "ack" and message.last:
        return f"{message.kind} {message.last}"
    return f"{message.kind} x{message.count}" if message.count > 1 else message.kind


def _election(event: Event) -> Words:
    match event:
        case ev.Suspected(suspect=suspect, reason="link_broken"):
            return _("suspects {name}", name=suspect), _("connection broke")
        case ev.Suspected(suspect=suspect, seconds=seconds):
            return _("suspects {name}", name=suspect), _("{time} silent", time=write_duration(round(seconds, 2)))
        case ev.CallStarted(round=number):
            return _("pre-vote, round {number}", number=number), _("asks the voters")
        case ev.CallEnded():
            return _call_ended(event)
        case ev.Promised(candidate=candidate, epoch=epoch):
            return _("promises epoch {epoch}", epoch=epoch), _("to {name}", name=candidate)
        case ev.PromiseRefused(candidate=candidate, epoch=epoch):
            return _("refuses epoch {epoch}", epoch=epoch), _("to {name}", name=candidate)
        case ev.Announced(epoch=epoch):
            return _("announces itself"), _("epoch {epoch}", epoch=epoch)
        case ev.FirstAcknowledged(index=index):
            return _("first new ack"), _("entry {index}", index=index)
        case ev.HandoverChanged(asker=asker, step=step):
            return _(HANDOVERS.get(step, step)), asker
        case _:
            return ()


def _call_ended(event: ev.CallEnded) -> Words:
    match event.outcome:
        case "runs":
            return _("pre-vote granted"), _("it runs")
        case "yielded":
            return _("makes way for"), ", ".join(event.higher)
        case "denied":
            return _("pre-vote denied"), ", ".join(event.denied)
        case _:
            return _("pre-vote fails"), _("no majority")


def _standing(event: Event) -> Words:
    match event:
        case ev.RoleChanged(state="candidate", epoch=epoch):
            return _("candidate"), _("epoch {epoch}", epoch=epoch)
        case ev.RoleChanged(state="establishing", index=index):
            return _("majority promised"), _("noop is entry {index}", index=index)
        case ev.RoleChanged(state="coordinator", epoch=epoch):
            return _("coordinator"), _("of epoch {epoch}", epoch=epoch)
        case ev.RoleChanged(coordinator=coordinator, epoch=epoch) if coordinator:
            return _("follows {name}", name=coordinator), _("epoch {epoch}", epoch=epoch)
        case ev.RoleChanged(epoch=epoch):
            return _("steps back"), _("epoch {epoch}", epoch=epoch)
        case _:
            return ()


def _other(event: Event) -> Words:
    match event:
        case ev.Applied(first=first, entries=entries):
            last = first + len(entries) - 1
            return (_("applies {entries}", entries=f"{first}..{last}" if last > first else first),)
        case ev.Heard(topic=topic, first=first, last=last):
            return topic, f"{first}..{last}" if last > first else f"{first}"
        case ev.ServerLost(name=name):
            return _("no more work"), _("for {name}", name=name)
        case ev.BrokerOpened(start=start):
            return _("passes writes on"), _("from entry {index}", index=start)
        case ev.ServerListed(name=name, rank=rank):
            return _("lists {name}", name=name), _("rank {rank}", rank=rank)
        case ev.ClockRound(round=number, agreed=agreed):
            return _("Berkeley round {number}", number=number), _("agreed") if agreed else _("no majority")
        case ev.ClockCorrected(seconds=seconds, how=how):
            return _("corrects its clock"), f"{seconds * 1000:+.1f} ms, {how}"
        case ev.ClockSet(seconds=seconds):
            return _("its clock is moved"), f"{seconds * 1000:+.1f} ms"
        case _:
            return _mishap(event)


def _mishap(event: Event) -> Words:
    match event:
        case ev.Halted():
            return (_("halts"),)
        case ev.LogDamaged(first=first, last=last):
            return _("log damaged"), f"{first}..{last}"
        case ev.LogMended():
            return (_("log mended"),)
        case ev.MembersChanged(voters=voters):
            return _("proposes voters"), ", ".join(voters)
        case ev.Violated(rule=rule):
            return _("rule broken"), rule
        case ev.ClusterRefused(other=other):
            return _("refuses a stranger"), other
        case _:
            return (str(event.__struct_config__.tag).replace("_", " "),)
