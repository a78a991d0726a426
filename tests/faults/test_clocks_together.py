"""Clocks of a whole cluster are set wrong: from what was injected, the true offsets show what becomes of them."""

import threading
import time

import pytest

from coreto.client.direct import ask_direct
from coreto.machines.clock_round import ROUND_TRIP_MAX
from tests.faults.conftest import THREADS_SOON
from tests.support.breaking import Broken
from tests.support.skewed import DRIFTS, LIE_SECONDS, SKEWS, Skewed
from tests.support.truth import TOGETHER, liars

MINUTE = 60.0
LIES = 3


@pytest.fixture
def skewed(broken: Broken) -> Skewed:
    """A cluster whose clocks can be set wrong."""
    return Skewed(broken)


def stay_together(skewed: Skewed, seconds: float, names: tuple[str, ...] = ()) -> None:
    """Let time pass, then judge every moment of it."""
    who, began = names or skewed.names, time.time()
    threading.Event().wait(seconds)
    truth, ended = skewed.truth(), time.time()
    allowed = truth.allowed(truth.rounds(skewed.set_at), who)
    worst = truth.worst(began, ended, who)
    print(f"\n{skewed.names}: worst {worst * 1000:.1f} ms in {ended - began:.0f} s, allowed {allowed * 1000:.0f} ms")
    assert worst <= allowed


@THREADS_SOON
def test_clocks_seconds_apart_are_together_after_two_rounds(skewed: Skewed):
    skewed.set_wrong(SKEWS, DRIFTS)
    assert skewed.truth().apart(skewed.set_at, skewed.names) > 10.0
    skewed.wait_together(skewed.wait_rounds(2))


@pytest.mark.full
@pytest.mark.timeout(300)
def test_clocks_that_drift_stay_together_for_a_minute(skewed: Skewed):
    skewed.set_wrong(SKEWS, DRIFTS)
    skewed.wait_together(skewed.wait_rounds(2))
    stay_together(skewed, MINUTE)


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_liar_is_named_and_the_honest_stay_together(skewed: Skewed):
    """It lies again after every round that put it right."""
    honest, liar = ("s1", "s2"), "s3"
    skewed.set_wrong(dict.fromkeys(honest, 0.0), DRIFTS)
    skewed.wait_together(skewed.wait_rounds(2))
    began = time.time()
    for _ in range(LIES):
        skewed.set_wrong({liar: LIE_SECONDS})
        assert liars(skewed.wait_rounds(1)) == {liar}
        skewed.wait_together(skewed.wait_rounds(1), honest)
    truth = skewed.truth()
    assert truth.worst(began, time.time(), honest) <= truth.allowed(truth.rounds(began), honest)
    assert all(abs(truth.clocks[name].error(time.time())) < 1.0 for name in honest)


@THREADS_SOON
def test_what_clocks_show_is_what_was_injected_and_corrected(skewed: Skewed):
    """The truth that the other tests judge by is that of the clocks themselves."""
    skewed.set_wrong(SKEWS, DRIFTS)
    skewed.wait_rounds(1)
    for name, address in skewed.broken.servers.items():
        answer = ask_direct(skewed.broken.cluster.context, address, "clock")
        shown, known = answer.ahead("time"), skewed.truth().clocks[name].error(time.time())
        assert shown is not None
        assert abs(shown - known) <= TOGETHER + min(answer.round_trip, ROUND_TRIP_MAX)
