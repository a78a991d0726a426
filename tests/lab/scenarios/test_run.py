"""Scenarios on real clusters: the expected verdict, and `invalid` when one thing is broken on purpose.

What is broken is a rule of the protocol (a mutant), or one line of the scenario.
"""

import msgspec
import pytest

from coreto.client.inbox import InboxWorker
from coreto.journal.events import FirstAcknowledged
from coreto.lab.scenarios import play as play_module
from coreto.lab.scenarios import stalls
from coreto.lab.scenarios.reading import names
from coreto.lab.scenarios.stage import Stage
from coreto.lab.scenarios.stalls import Deadline
from coreto.launcher.base import StartError
from coreto.machines.chat import Applied, Chat
from coreto.machines.clock_follower import ClockFollower
from coreto.machines.lamport import Lamport
from coreto.machines.tenure import Tenure
from tests.lab.scenarios.conftest import altered, broken, built_in, play
from tests.support.running import held
from tests.support.waiting import wait_until


def assert_valid(report):
    assert report.verdict == "valid", [(row.rule, row.findings) for row in report.rules if not row.passed] or report


def assert_not_as_wanted(report, rule):
    """The verdict is invalid, and this rule is among those that were not as the scenario wants them."""
    assert report.verdict == "invalid", report
    assert rule in broken(report), broken(report)


def assert_broken(report, rule):
    """The verdict is invalid because of this rule, and a message is named."""
    assert_not_as_wanted(report, rule)
    finding = broken(report)[rule].findings[0]
    assert finding.message
    assert finding.what
    return finding


@pytest.fixture
def soon(monkeypatch):
    """What is waited for in vain is waited for shortly, and to an end however slow the machine is."""
    monkeypatch.setattr(play_module, "END_SECONDS", 4.0)
    monkeypatch.setattr(stalls, "GIVEN_BACK", 1.0)
    monkeypatch.setattr(stalls, "MOVED_MAX", 100.0)


def test_a_scenario_is_valid_and_leaves_nothing_behind():
    before = held()
    told: list[str] = []
    report = play(built_in("coordinator-killed"), told.append)
    assert_valid(report)
    assert report.figures.acknowledged >= 40
    assert report.figures.elections >= 2
    assert any("/kill" in line for line in told)
    wait_until(lambda: held() == before, "everything is given back")


def test_messages_lost_by_a_cluster_without_quorum_are_named(monkeypatch, soon):
    """C1: an entry is committed when a majority holds it; here one disk is enough."""

    def count(self):
        self.commit = max(self.commit, self._log.durable)

    monkeypatch.setattr(Tenure, "count", count)
    finding = assert_broken(play(split_and_killed()), "stored")
    assert ":" in finding.message


def split_and_killed():
    """The split brain, in which the one that was cut off dies with what it acknowledged."""
    return altered(
        "split-brain",
        'event = { event = "first_acknowledged" }\n',
        'acknowledged = 10\ndo = ["/kill {first}"]\n\n[[steps]]\nevent = { event = "first_acknowledged" }\n',
    )


@pytest.mark.full
@pytest.mark.parametrize("name", names())
def test_every_scenario_gives_its_expected_verdict(name):
    assert_valid(play(built_in(name)))


@pytest.mark.full
def test_a_scenario_is_valid_with_processes():
    scenario = built_in("coordinator-killed")
    assert_valid(
        play(msgspec.structs.replace(scenario, cluster=msgspec.structs.replace(scenario.cluster, processes=True)))
    )


@pytest.mark.full
class TestWithoutARule:
    """The protocol with one rule removed."""

    def test_a_request_that_is_repeated_takes_effect_once(self, monkeypatch, soon):
        def once(self, index, entry, command):
            return Applied(self._execute(index, entry, command), True)

        monkeypatch.setattr(Chat, "_once", once)
        finding = assert_broken(play(built_in("duplicate-requests")), "once")
        assert ":" in finding.message

    def test_whoever_receives_takes_note_of_the_lamport_value(self, monkeypatch, soon):
        monkeypatch.setattr(Lamport, "receive", lambda self, value: None)
        assert_broken(play(built_in("first-election")), "monitored")

    def test_clocks_follow_their_correction(self, monkeypatch, soon):
        monkeypatch.setattr(ClockFollower, "on_adjust", lambda self, message, now: None)
        scenario = altered(
            "clocks-and-a-liar", 'event = { event = "clock_corrected", name = "{second}" }', "seconds = 1"
        )
        finding = assert_broken(play(scenario), "clocks")
        assert finding.message in ("s1", "s2", "s3")

    def test_a_hole_is_filled_from_history(self, monkeypatch, soon):
        monkeypatch.setattr(InboxWorker, "_ask", lambda self, fetch: None)
        finding = assert_broken(play(built_in("slow-joiner")), "heard")
        assert ":" in finding.message


@pytest.mark.full
class TestWithOneLineChanged:
    """The scenario with one setting broken."""

    def test_a_partition_that_is_never_healed_leaves_somebody_behind(self, soon):
        scenario = altered("split-brain", 'do = ["/heal"]', "seconds = 0.1")
        finding = assert_broken(play(shorter(scenario)), "caught_up")
        assert ":" in finding.message

    def test_a_majority_that_never_returns_lets_nobody_write(self, soon):
        scenario = altered("no-majority", 'do = ["/restart {third}"]', "")
        finding = assert_broken(play(shorter(scenario)), "progress")
        assert finding.message

    def test_what_is_expected_and_does_not_happen(self, soon):
        scenario = altered("first-election", 'event = "announced"\nname = "{first}"', 'event = "halted"')
        assert_broken(play(scenario), "happened")

    def test_what_must_not_happen_and_does(self, soon):
        scenario = altered(
            "first-election", '[[expect.happen]]\nevent = "announced"', '[[expect.never]]\nevent = "announced"'
        )
        assert ":" in assert_broken(play(scenario), "never").message

    def test_a_belief_that_holds_although_it_should_break(self, soon):
        scenario = altered("lamport-and-wall-clock", '"/skew {first} -3s"', '"/skew {first} +3s"')
        assert_not_as_wanted(play(scenario), "wall_clock")

    @pytest.mark.parametrize(
        ("name", "old", "new", "rule"),
        [
            ("highest-returns", "stable = 1.5", "preempt = false", "steps"),
            ("prefix-topics", '"rua", "ruazinha"', '"rua", "praia"', "bare_exact"),
            ("reference-lost", '"/kill {first}"', '"/kill {second}"', "steps"),
            ("paused-coordinator", 'do = ["/resume {first}"]', "", "caught_up"),
            ("lossy-network", 'do = ["/heal"]', 'do = ["/partition s1 | s2,s3"]', "caught_up"),
            ("blank-disk", " --blank-disk", "", "steps"),
        ],
    )
    def test_every_other_scenario_can_fail_too(self, name, old, new, rule, soon):
        assert_not_as_wanted(play(shorter(altered(name, old, new))), rule)

    def test_a_step_that_waits_in_vain(self, soon):
        scenario = altered("coordinator-killed", 'do = ["/kill {first}"]', "")
        assert_broken(play(shorter(scenario)), "steps")


def shorter(scenario):
    """The scenario with less patience."""
    steps = tuple(msgspec.structs.replace(step, deadline=4.0) for step in scenario.steps)
    return msgspec.structs.replace(scenario, steps=steps)


# Unknown.


def test_a_cluster_that_does_not_start_makes_the_verdict_unknown(monkeypatch):
    def fail(self):
        raise StartError("the disk is full")

    monkeypatch.setattr(Stage, "_start", fail)
    report = play(built_in("first-election"))
    assert report.verdict == "unknown"
    assert "the disk is full" in report.why_unknown[0]


@pytest.mark.full
def test_a_machine_that_stands_still_makes_the_verdict_unknown(monkeypatch):
    monkeypatch.setattr(Deadline, "state", property(lambda self: "too_slow"))
    report = play(built_in("coordinator-killed"))
    assert report.verdict == "unknown"
    assert report.why_unknown


@pytest.mark.full
def test_a_listener_whom_no_proxy_takes_is_shown_everything_from_history():
    scenario = altered("slow-joiner", "acknowledged = 60", 'acknowledged = 10\ndo = ["/kill proxy"]')
    assert_valid(play(scenario))


def test_events_are_compared_field_by_field():
    from coreto.lab.scenarios.patterns import fits

    event = FirstAcknowledged(role="server", name="s1", epoch=2, index=7)
    assert fits({"event": "first_acknowledged", "name": "s1", "epoch": 2}, event)
    assert not fits({"event": "first_acknowledged", "name": "s2"}, event)
    assert not fits({"event": "announced", "name": "s1"}, event)
