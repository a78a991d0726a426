"""Every kind of event has a sentence, in both languages."""

from typing import get_args

import pytest

from coreto.journal.events import (
    AnyEvent,
    CallEnded,
    ClockReading,
    ClockRound,
    FaultChanged,
    HandoverChanged,
    Violated,
)
from coreto.journal.words import LEFT_OUT_REASONS
from coreto.lab.monitor import SENTENCES, tell
from coreto.lab.telling import CUTS
from coreto.lab.wording import BEGUN, ENDED, HANDOVERS, OUTCOMES, say
from coreto.texts import activate
from tests.journal.test_events import EXAMPLES

KINDS = {type(event): event for event in EXAMPLES}


@pytest.fixture(params=["en", "pt"], autouse=True)
def language(request):
    activate(request.param)
    yield request.param
    activate("en")


def test_there_is_an_example_of_every_kind():
    assert set(KINDS) == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_a_sentence(event):
    words = say(event)
    assert words != event.__struct_config__.tag
    assert "{" not in words


@pytest.mark.parametrize(("fault", "on"), [*((fault, True) for fault in BEGUN), *((fault, False) for fault in ENDED)])
def test_a_fault_is_a_sentence(fault, on):
    words = say(FaultChanged(role="cluster", fault=fault, target="s2", source="s1", on=on, amount=0.25))
    assert "s2" in words
    assert "{" not in words


def test_what_begins_and_ends_is_told_differently():
    for fault in ENDED:
        event = FaultChanged(role="cluster", fault=fault, target="s2", amount=1.0)
        assert say(event) != say(FaultChanged(role="cluster", fault=fault, target="s2", on=False))


def test_a_fault_for_one_kind_of_message_names_it():
    assert "append" in say(FaultChanged(role="cluster", fault="drop", target="s2", source="s1", kind="append"))


@pytest.mark.parametrize(("fault", "kind"), [*(("kill", cut) for cut in CUTS), ("restart", "blank_disk")])
def test_how_a_life_ends_and_begins_is_told(fault, kind):
    words = say(FaultChanged(role="cluster", fault=fault, target="s2", kind=kind))
    assert "s2" in words
    assert kind not in words
    assert words != say(FaultChanged(role="cluster", fault=fault, target="s2"))


@pytest.mark.parametrize("reason", LEFT_OUT_REASONS)
def test_a_clock_that_is_left_out_is_named_with_the_reason(reason):
    rows = (ClockReading("s1"), ClockReading("s2", left_out=reason))
    words = say(ClockRound(role="server", name="s1", epoch=2, round=7, agreed=True, clocks=rows))
    assert "s2 (" in words
    assert f"({reason}" not in words


@pytest.mark.parametrize("outcome", [code for code in OUTCOMES if code != "in_vain"])
def test_an_outcome_is_a_sentence(outcome):
    assert "{" not in say(CallEnded(role="server", name="s1", round=1, outcome=outcome))


@pytest.mark.parametrize("step", HANDOVERS)
def test_a_step_of_a_handover_is_a_sentence(step):
    assert "s3" in say(HandoverChanged(role="server", name="s1", asker="s3", epoch=2, step=step))


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_broken_rule_names_its_message(rule):
    words = tell(Violated(role="monitor", rule=rule, message="m17", names=("s1", "s2", "append"), values=(4.0, 5.0)))
    assert "m17" in words
    assert "s1" in words
