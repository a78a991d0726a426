"""The events that roles report."""

from typing import get_args

import msgspec
import pytest

from coreto.journal.events import (
    Announced,
    AnyEvent,
    Applied,
    BrokerOpened,
    CallEnded,
    CallStarted,
    ClockCorrected,
    ClockReading,
    ClockRound,
    ClockSet,
    ClusterRefused,
    Event,
    FaultChanged,
    FirstAcknowledged,
    Halted,
    HandoverChanged,
    Heard,
    JournalFull,
    LogDamaged,
    LogMended,
    MembersChanged,
    Promised,
    PromiseRefused,
    Received,
    RoleChanged,
    RoleEnded,
    RoleStarted,
    Sent,
    ServerListed,
    ServerLost,
    Suspected,
    Violated,
)
from coreto.journal.traffic import AppliedEntry, Item

EXAMPLES = [
    RoleChanged(role="server", clock=3, name="a", state="candidate", epoch=4, reason="silence"),
    Announced(role="server", name="a", rank=2, epoch=4),
    CallStarted(role="server", name="a", round=1, reason="silence"),
    ServerListed(role="reference", name="a", rank=1),
    ServerLost(role="broker", name="a", reason="silence"),
    BrokerOpened(role="broker", start=2),
    ClockRound(
        role="server",
        name="a",
        epoch=4,
        round=2,
        agreed=True,
        clocks=(ClockReading("a", 0.0, 0.0, 0.0, 0.5), ClockReading("b", left_out="no_answer")),
    ),
    ClockCorrected(role="server", name="a", epoch=4, round=2, seconds=0.5, how="step"),
    ClockSet(role="server", name="a", seconds=-2.5, by="00c0ffee"),
    CallEnded(role="server", name="a", round=1, outcome="yielded", answered=("b", "c"), higher=("c",), id="a:1:1"),
    Applied(role="server", name="a", first=7, entries=(AppliedEntry(12345, 9, "publish"),)),
    Received(role="broker", peer="clients", kind="requests", items=(Item("00ff", "login", 3),), cause="x", app=1.5),
    FaultChanged(role="cluster", fault="delay", source="a", target="b", amount=0.2, spread=0.05, on=False),
    Halted(role="server", name="a", reason="truncate at 3, commit 4"),
    Suspected(role="server", name="a", suspect="b", reason="silence", seconds=1.25),
    Promised(role="server", name="a", candidate="b", epoch=4, epoch_id="b"),
    PromiseRefused(role="server", name="a", candidate="b", epoch=4, epoch_id="b", reason="older_epoch"),
    FirstAcknowledged(role="server", name="a", epoch=4, index=9),
    HandoverChanged(role="server", name="a", asker="b", epoch=4, step="asked"),
    Sent(role="server", lane="a", peer="b", kind="append", message="a.1.7", stamp=7, epoch=4, first=8, last=9),
    RoleStarted(role="cluster", name="a"),
    RoleEnded(role="cluster", name="a", reason="crashed", detail="SIGSEGV"),
    Violated(role="monitor", rule="order", message="a:1:5", names=("a", "b", "publish"), values=(9.0,)),
    JournalFull(role="cluster", bytes=1000),
    MembersChanged(role="server", name="a", voters=["a", "b"]),
    ClusterRefused(role="server", name="a", sender="x", other="y"),
    Heard(role="listener", name="a", topic="praca", first=3, last=5),
    LogDamaged(role="server", name="a", first=3, last=5),
    LogMended(role="server", name="a"),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_survives_a_json_line(event):
    line = msgspec.json.encode(event)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=AnyEvent) == event


def kinds_of(base):
    """The kinds of events that are no base of others."""
    below = base.__subclasses__()
    return [kind for sub in below for kind in kinds_of(sub)] if below else [base]


def test_the_kinds_are_all_in_the_union():
    assert set(get_args(AnyEvent)) == set(kinds_of(Event))


def test_every_kind_has_its_own_tag():
    kinds = kinds_of(Event)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        EXAMPLES[0].clock = 9  # type: ignore[misc]
