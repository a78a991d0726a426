"""The self-test sees what is broken, and leaves nothing behind either way."""

import pytest

from coreto.lab.selftest import Request, run_selftest
from coreto.lab.steps import Outcome, StepError
from tests.support.running import held
from tests.support.waiting import wait_until

STEPS = ["parts", "start", "login", "publish", "receive", "kill", "elect", "history", "stop"]


def request(said):
    return Request(processes=False, language="en", say=said.append)


def test_a_program_that_works_passes_every_step():
    before = held()
    said: list[str] = []
    told: list[Outcome] = []
    course = run_selftest(request(said), lambda: "", told.append)
    assert [outcome.step for outcome in course.outcomes] == STEPS
    assert [outcome.detail for outcome in told if not outcome.passed] == []
    assert said == []
    wait_until(lambda: held() == before, "everything is given back")


def test_a_missing_part_fails_and_starts_nothing():
    def parts():
        raise StepError("the prompt is missing")

    course = run_selftest(request([]), parts, lambda outcome: None)
    assert [(outcome.step, outcome.passed) for outcome in course.outcomes] == [("parts", False), ("stop", True)]


@pytest.mark.parametrize(
    ("forgets", "step"), [("_told", "history"), ("_epoch", "elect")], ids=["a message", "the election"]
)
def test_what_does_not_fit_is_noticed(forgets, step, monkeypatch):
    """The self-test is told of a message, or of an epoch, that the cluster never had."""
    from coreto.lab import selftest

    kill = selftest._SelfTest.kill

    def lie(test):
        said = kill(test)
        if forgets == "_told":
            test._told.insert(0, "message 0")
        else:
            test._epoch = 1000
        return said

    monkeypatch.setattr(selftest._SelfTest, "kill", lie)
    monkeypatch.setattr(selftest, "ELECTION_SECONDS", 3.0)
    course = run_selftest(request([]), lambda: "", lambda outcome: None)
    assert [outcome.step for outcome in course.outcomes if not outcome.passed] == [step]
