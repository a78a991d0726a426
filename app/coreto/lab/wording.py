"""Every event of the journal as a sentence: what `/trace` and `/why` are made of."""

from __future__ import annotations

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.journal.words import (
    CALL_REASONS,
    CORRECTIONS,
    END_REASONS,
    LEFT_OUT_REASONS,
    LOSS_REASONS,
    REFUSAL_REASONS,
    ROLE_REASONS,
)
from coreto.lab.monitor import tell as tell_violation
from coreto.lab.quantities import write_duration, write_share, write_shift
from coreto.lab.telling import CUTS
from coreto.texts import N_, _

OUTCOMES = {
    "runs": N_(
        "{who} wins the pre-vote and runs for coordinator: a majority hears none, and no higher rank answered "
        "({answered} answered)"
    ),
    "in_vain": N_("{who} runs for coordinator: it made way for {higher} before, in vain"),
    "yielded": N_("{who} makes way for the higher rank of {higher}"),
    "denied": N_("{who} loses the pre-vote and does not run: {denied} heard a coordinator"),
    "unreached": N_("{who} does not win the pre-vote: no majority answered ({answered} answered)"),
}
HANDOVERS = {
    "asked": N_("{asker} asks to take over: it ranks higher, and its log has kept up"),
    "agreed": N_("{who} agrees to hand over to {asker}, and takes no more writes"),
    "told": N_("{who} tells {asker} to run now: it holds the whole log"),
    "in_vain": N_("{who} goes on coordinating: {asker} did not take over in time"),
}
BEGUN = {
    "kill": N_("somebody kills {target}"),
    "restart": N_("somebody restarts {target}"),
    "pause": N_("somebody makes {target} stand still"),
    "slow_disk": N_("every write of {target} takes {time} longer now"),
    "fill_disk": N_("the disk of {target} is made full"),
    "skew": N_("the clock of {target} is made to jump by {shift}"),
    "drift": N_("the clock of {target} gains {drift} microseconds a second now"),
    "cut": N_("nothing passes from {source} to {target} any more"),
    "drop": N_("{share} of the messages from {source} to {target} are lost now"),
    "duplicate": N_("{share} of the messages from {source} to {target} arrive twice now"),
    "reorder": N_("{share} of the messages from {source} to {target} are overtaken now"),
    "delay": N_("messages from {source} to {target} take {time} longer now"),
}
ENDED = {
    "pause": N_("{target} goes on"),
    "slow_disk": N_("the disk of {target} is as fast as it was"),
    "drift": N_("the clock of {target} no longer drifts"),
    "cut": N_("messages pass from {source} to {target} again"),
    "drop": N_("no more messages from {source} to {target} are lost on purpose"),
    "duplicate": N_("messages from {source} to {target} are no longer doubled"),
    "reorder": N_("messages from {source} to {target} arrive in their order again"),
    "delay": N_("messages from {source} to {target} are as fast as they were"),
}
DIES_LATER = N_("somebody arranges that {target} dies {when}")
BLANKED = N_("somebody restarts {target} on a blank disk")
NOBODY = N_("nobody")


def say(event: Event) -> str:
    """Return what happened, without who recorded it and when."""
    return _election(event) or _life(event) or _cluster(event) or _clock(event) or _traffic(event)


def _election(event: Event) -> str:
    match event:
        case ev.Suspected(name=who, suspect=suspect, reason="link_broken"):
            return _("{who} suspects {suspect}: its connection broke", who=who, suspect=suspect)
        case ev.Suspected(name=who, suspect=suspect, seconds=seconds):
            time = write_duration(round(seconds, 3))
            return _("{who} suspects {suspect}: it heard nothing of it for {time}", who=who, suspect=suspect, time=time)
        case ev.CallStarted(name=who, round=number, reason=reason):
            why = _(CALL_REASONS.get(reason, reason))
            return _(
                "{who} opens a pre-vote (round {number}, {why}): it asks the voters whether they hear a coordinator",
                who=who,
                number=number,
                why=why,
            )
        case ev.CallEnded():
            return _call_ended(event)
        case ev.Promised(name=who, candidate=candidate, epoch=epoch):
            return _(
                "{who} promises epoch {epoch} to {candidate}: from now on it refuses older ones",
                who=who,
                epoch=epoch,
                candidate=candidate,
            )
        case ev.PromiseRefused(name=who, candidate=candidate, epoch=epoch, reason=reason):
            why = _(REFUSAL_REASONS.get(reason, reason))
            return _(
                "{who} does not promise epoch {epoch} to {candidate}: {why}",
                who=who,
                epoch=epoch,
                candidate=candidate,
                why=why,
            )
        case ev.RoleChanged():
            return _role(event)
        case ev.Announced(name=who, rank=rank, epoch=epoch):
            return _(
                "{who} announces itself as coordinator of epoch {epoch}, rank {rank}", who=who, epoch=epoch, rank=rank
            )
        case ev.FirstAcknowledged(name=who, epoch=epoch, index=index):
            return _(
                "{who} acknowledges the first write of epoch {epoch}: entry {index}", who=who, epoch=epoch, index=index
            )
        case ev.HandoverChanged(name=who, asker=asker, step=step):
            return _(HANDOVERS.get(step, step), who=who, asker=asker)
        case _:
            return ""


def _call_ended(event: ev.CallEnded) -> str:
    outcome = "in_vain" if event.outcome == "runs" and event.higher else event.outcome
    names = {"answered": event.answered, "denied": event.denied, "higher": event.higher}
    fields = {key: ", ".join(value) or _(NOBODY) for key, value in names.items()}
    return _(OUTCOMES.get(outcome, outcome), who=event.name, **fields)


def _role(event: ev.RoleChanged) -> str:
    who, epoch, why = event.name, event.epoch, _(ROLE_REASONS.get(event.reason, event.reason))
    match event.state:
        case "candidate":
            return _("{who} asks the voters to promise it epoch {epoch}: {why}", who=who, epoch=epoch, why=why)
        case "establishing":
            return _(
                "{who} has the promises of {backers} for epoch {epoch}, and writes its noop "
                "(an entry without effect) as entry {index}",
                who=who,
                backers=", ".join(event.backers),
                epoch=epoch,
                index=event.index,
            )
        case "coordinator":
            return _(
                "{who} coordinates in epoch {epoch}: its noop, entry {index}, is on the disks of a majority",
                who=who,
                epoch=epoch,
                index=event.index,
            )
        case _ if event.coordinator:
            return _(
                "{who} follows {coordinator} in epoch {epoch}", who=who, coordinator=event.coordinator, epoch=epoch
            )
        case _:
            return _("{who} steps back in epoch {epoch}: {why}", who=who, epoch=epoch, why=why)


def _life(event: Event) -> str:
    match event:
        case ev.FaultChanged():
            return _fault(event)
        case ev.RoleStarted(name=who):
            return _("{who} runs again", who=who)
        case ev.RoleEnded(name=who, reason=reason, detail=""):
            return _("{who} is down: {why}", who=who, why=_(END_REASONS.get(reason, reason)))
        case ev.RoleEnded(name=who, reason=reason, detail=detail):
            return _("{who} is down: {why} ({detail})", who=who, why=_(END_REASONS.get(reason, reason)), detail=detail)
        case ev.Halted(name=who, reason=why):
            return _("{who} halts: {why}", who=who, why=why)
        case ev.LogDamaged(name=who, first=first, last=last):
            return _("{who} finds entries {first} to {last} of its log damaged", who=who, first=first, last=last)
        case ev.LogMended(name=who):
            return _("{who} has mended its log", who=who)
        case _:
            return ""


def _cluster(event: Event) -> str:
    match event:
        case ev.ServerLost(name=who, reason=reason):
            return _("the broker gives {who} no more work: {why}", who=who, why=_(LOSS_REASONS.get(reason, reason)))
        case ev.ServerListed(name=who, rank=rank):
            return _("the reference lists {who} with rank {rank}", who=who, rank=rank)
        case ev.BrokerOpened(start=start):
            return _("the broker passes writes on, from entry {index}", index=start)
        case ev.MembersChanged(name=who, voters=voters):
            return _("{who} proposes the voters {voters}", who=who, voters=", ".join(voters))
        case ev.Heard(name=who, topic=topic, first=first, last=last):
            numbers = f"{first}..{last}" if last > first else str(first)
            return _("{who} receives {topic} {numbers}", who=who, topic=topic, numbers=numbers)
        case ev.ClusterRefused(name=who, other=other):
            return _("{who} refuses a server of another cluster ({other})", who=who, other=other)
        case ev.Violated():
            return _("a rule is broken: {what}", what=tell_violation(event))
        case ev.JournalFull(bytes=size):
            return _("the journal is full with {size} bytes", size=size)
        case _:
            return ""


def _fault(event: ev.FaultChanged) -> str:
    words = _(
        _begun(event) if event.on else ENDED.get(event.fault, event.fault),
        target=event.target,
        source=event.source,
        shift=write_shift(event.amount),
        drift=f"{event.amount:+g}",
        time=write_duration(event.amount) if event.fault in ("delay", "slow_disk") else "",
        share=write_share(event.amount) if event.fault in ("drop", "duplicate", "reorder") else "",
        when=next((_(words) for cut, words in CUTS.items() if cut == event.kind), ""),
    )
    return _("{words} (only {kind})", words=words, kind=event.kind) if event.source and event.kind else words


def _begun(event: ev.FaultChanged) -> str:
    if event.fault == "kill" and event.kind:
        return DIES_LATER
    return BLANKED if event.fault == "restart" and event.kind else BEGUN.get(event.fault, event.fault)


def _clock(event: Event) -> str:
    match event:
        case ev.ClockRound():
            return _clock_round(event)
        case ev.ClockCorrected(name=who, seconds=seconds, how=how):
            manner = _(CORRECTIONS.get(how, how))
            return _("{who} corrects its clock by {shift}, {how}", who=who, shift=write_shift(seconds), how=manner)
        case ev.ClockSet(name=who, seconds=seconds):
            return _("somebody moves the clock of {who} by {shift}", who=who, shift=write_shift(seconds))
        case _:
            return ""


def _clock_round(event: ev.ClockRound) -> str:
    out = [
        f"{row.name} ({_(LEFT_OUT_REASONS.get(row.left_out, row.left_out))})" for row in event.clocks if row.left_out
    ]
    fields = {"who": event.name, "number": event.round, "count": len(event.clocks), "names": ", ".join(out)}
    if not event.agreed:
        return _("{who} compared {count} clocks in round {number}, and no majority agreed", **fields)
    if out:
        return _("{who} compared {count} clocks in round {number}, and left out {names}", **fields)
    return _("{who} compared {count} clocks in round {number}", **fields)


def _traffic(event: Event) -> str:
    match event:
        case ev.Sent(lane=who, peer=peer, kind=kind):
            return _("{who} sends {peer}: {what}", who=who, peer=peer, what=_cargo(event, kind))
        case ev.Received(lane=who, peer=peer, kind=kind):
            return _("{who} hears from {peer}: {what}", who=who, peer=peer, what=_cargo(event, kind))
        case ev.Applied(name=who, first=first, entries=entries):
            return _("{who} applies entries {first} to {last}", who=who, first=first, last=first + len(entries) - 1)
        case _:
            return str(event.__struct_config__.tag)


def _cargo(event: ev.Sent | ev.Received, kind: str) -> str:
    entries = f" {event.first}..{event.last}" if event.first else f" ..{event.last}" if event.last else ""
    times = f" (x{event.count})" if event.count > 1 else ""
    return f"{kind}{entries}{times}"
