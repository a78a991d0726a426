"""The events that roles report."""

from typing import get_args

import msgspec
import pytest

from coreto.journal.events import (
    Announced,
    AnyEvent,
    BrokerOpened,
    CallStarted,
    ClockCorrected,
    ClockReading,
    ClockRound,
    ClockSet,
    Event,
    Halted,
    RoleChanged,
    ServerListed,
    ServerLost,
)

EXAMPLES = [
    RoleChanged(role="server", clock=3, name="a", state="candidate", epoch=4, reason="silence"),
    Announced(role="server", name="a", rank=2, epoch=4),
    CallStarted(role="server", name="a", round=1, reason="silence"),
    ServerListed(role="reference", name="a", rank=1),
    ServerLost(role="broker", name="a", reason="its heartbeats stopped"),
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
    Halted(role="server", name="a", reason="truncate at 3, commit 4"),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_survives_a_json_line(event):
    line = msgspec.json.encode(event)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=AnyEvent) == event


def test_the_kinds_are_all_in_the_union():
    assert set(get_args(AnyEvent)) == set(Event.__subclasses__())


def test_every_kind_has_its_own_tag():
    kinds = Event.__subclasses__()
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        EXAMPLES[0].clock = 9  # type: ignore[misc]
