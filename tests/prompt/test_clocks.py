"""The commands about clocks."""

import pytest

from coreto.client.errors import RefusedError
from coreto.journal.events import ClockReading, ClockRound
from coreto.prompt.errors import ChatError
from coreto.prompt.moments import time_of_day
from coreto.prompt.parse import parse
from coreto.prompt.render import render
from tests.prompt.conftest import NOON


@pytest.fixture
def run(session):
    """Executes a line and returns what is shown."""

    def run(line):
        parsed = parse(line)
        return "\n".join(render(parsed.command.handler(session, parsed.arguments)))

    return run


def test_clocks_are_shown_beside_each_other(run):
    shown = run("/clocks")
    for words in ("s1", "-4 s", "-1.5 ms", "+300 ppm", "2.0 ms", "+1.5 ms", "2.0 s ago", "42"):
        assert words in shown
    assert "It does not answer." in shown


def test_a_clock_that_was_left_out_is_named(run, control):
    rows = (ClockReading("s3"), ClockReading("s2", 3600.0, left_out="disagrees"))
    control.happened = [ClockRound(role="server", name="s3", epoch=1, round=7, agreed=True, clocks=rows)]
    assert "s2 (its clock disagrees with the majority)" in run("/clocks")


def test_the_table_fits_a_window(run):
    assert max(map(len, run("/clocks").splitlines())) <= 120


def test_what_nobody_tells_has_no_column(run):
    assert "coordinator's round trip" not in run("/clocks")


def test_a_clock_is_set_to_a_moment_as_people_write_it(run, chat):
    shown = run(f"/set-clock s1 {NOON:.0f}")
    assert chat.clock_set == ("s1", NOON)
    assert "s1" in shown
    assert time_of_day(NOON) in shown


def test_a_date_and_time_may_have_a_space(run, chat):
    run("/set-clock s1 2025-03-01 12:00:00")
    assert time_of_day(chat.clock_set[1]).startswith("2025-03-01 12:00:00")


@pytest.mark.parametrize("line", ["/set-clock s1 teatime", "/set-clock s1 1e300", "/set-clock s1 nan"])
def test_what_is_no_time_is_said_to_be_none(run, chat, line):
    with pytest.raises(ChatError, match="is no time"):
        run(line)
    assert chat.clock_set is None


@pytest.mark.parametrize("line", ["/set-clock", "/set-clock s1"])
def test_too_little_is_answered_with_the_usage(run, line):
    with pytest.raises(ChatError, match="/set-clock"):
        run(line)


def test_a_refusal_is_passed_on(run, chat):
    chat.failure = RefusedError("No live server is called x.", "refused")
    with pytest.raises(RefusedError):
        run("/set-clock x now")


@pytest.mark.parametrize("value", [1e300, float("nan"), None, "x"])
def test_what_no_calendar_knows_is_shown_as_a_dash(value):
    assert time_of_day(value) == "-"
