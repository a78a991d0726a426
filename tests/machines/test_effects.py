"""What a driver is asked to do, as values."""

import pytest

from coreto.journal.events import BrokerOpened
from coreto.machines.effects import Effect, Halt, Persist, Probe, ReplyTo, Report, TableWrite


def test_effects_are_frozen_values():
    assert ReplyTo((b"a", b""), b"x") == ReplyTo((b"a", b""), b"x")
    with pytest.raises(AttributeError):
        Probe(b"link").link = b"other"  # type: ignore[misc]


def test_every_effect_can_be_matched_by_its_kind():
    made: list[Effect] = [Persist(1), Probe(b"l"), ReplyTo((), b""), Report(BrokerOpened(role="b", start=1)), Halt("x")]
    assert [type(effect).__name__ for effect in made] == ["Persist", "Probe", "ReplyTo", "Report", "Halt"]


def test_a_row_without_value_is_a_deletion():
    assert TableWrite("topics", ("user", "ana"), None).value is None
