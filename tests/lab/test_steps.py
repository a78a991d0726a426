"""Steps run in order, and always end with a verdict."""

import threading

import pytest

from coreto.lab.steps import Outcome, Step, StepError, run_steps

LONG = 20.0
SHORT = 0.05


class Diary:
    """Steps that note that they ran, and what was told of them."""

    def __init__(self):
        self.ran = []
        self.told = []

    def step(self, name, error=None):
        def act():
            self.ran.append(name)
            if error is not None:
                raise error
            return f"{name} was done"

        return Step(name, LONG, act)

    def hear(self, outcome: Outcome):
        self.told.append((outcome.step, outcome.passed, outcome.detail))


@pytest.fixture
def diary():
    return Diary()


def test_every_step_runs_in_order_and_is_told(diary):
    course = run_steps([diary.step("a"), diary.step("b"), diary.step("c")], diary.hear)
    assert diary.ran == ["a", "b", "c"]
    assert diary.told == [(name, True, f"{name} was done") for name in "abc"]
    assert course.passed
    assert not course.stuck


def test_after_a_failure_only_the_last_step_runs(diary):
    steps = [diary.step("a", StepError("it is broken")), diary.step("b"), diary.step("clean")]
    course = run_steps(steps, diary.hear)
    assert diary.ran == ["a", "clean"]
    assert diary.told[0] == ("a", False, "it is broken")
    assert not course.passed


def test_a_last_step_that_fails_is_a_failure(diary):
    assert not run_steps([diary.step("a"), diary.step("clean", StepError("no"))], diary.hear).passed


def test_what_nobody_foresaw_is_a_failure_with_its_name(diary):
    run_steps([diary.step("a", KeyError("epoch")), diary.step("clean")], diary.hear)
    assert diary.told[0] == ("a", False, "KeyError('epoch')")


def test_nothing_runs_after_a_step_that_is_stuck(diary):
    gate = threading.Event()
    steps = [Step("wait", SHORT, lambda: str(gate.wait(LONG))), diary.step("clean")]
    try:
        course = run_steps(steps, diary.hear)
    finally:
        gate.set()
    assert course.stuck
    assert not course.passed
    assert diary.ran == []
    assert [told[:2] for told in diary.told] == [("wait", False)]


def test_an_interruption_still_cleans_up(diary):
    def interrupt(outcome):
        if outcome.step == "a":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_steps([diary.step("a"), diary.step("b"), diary.step("clean")], interrupt)
    assert diary.ran == ["a", "clean"]


def test_all_steps_run_in_one_thread():
    seen = []

    def note():
        seen.append(threading.get_ident())
        return ""

    run_steps([Step(name, LONG, note) for name in "abc"], lambda outcome: None)
    assert len(seen) == 3
    assert set(seen) - {threading.get_ident()} == {seen[0]}
