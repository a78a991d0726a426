"""What is asked of the journal at the prompt, and how it is shown."""

import pytest

from coreto.journal.events import Announced, Sent
from coreto.launcher.requests import Events
from coreto.prompt.data import data_of
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.execute import execute
from coreto.prompt.handlers_why import TRACE_DEFAULT
from coreto.prompt.results import Rows

ANNOUNCED = Announced(role="server", lane="s3", name="s3", rank=3, epoch=2, time=1_700_000_000.25, clock=9)


def test_trace_tells_the_last_events(session, control):
    control.happened = [ANNOUNCED, Sent(role="server", lane="s1", peer="s2", kind="append", first=3, last=5, count=2)]
    result = execute(session, "/trace")
    assert isinstance(result, Rows)
    rows = data_of(result)["rows"]
    assert [row["what"] for row in rows] == [
        "s3 announces itself as coordinator of epoch 2, rank 3",
        "s1 sends s2: append 3..5 (x2)",
    ]
    assert rows[0]["lamport"] == 9
    assert rows[0]["when"].endswith(".250")
    assert control.asked == [Events(TRACE_DEFAULT)]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/trace 5", Events(5)),
        ("/trace 5 messages", Events(5, traffic=True)),
        ("/why order 7", Events(100, index=7)),
        ("/why coordinator", Events(100)),
        ("/why down s1", Events(100)),
    ],
)
def test_a_question_asks_for_no_more_than_it_needs(session, control, line, asked):
    execute(session, line)
    assert control.asked == [asked]


@pytest.mark.parametrize(
    "line",
    [
        "/why",
        "/why me",
        "/why down",
        "/why order",
        "/why order 0",
        "/why order x",
        "/why order -1",
        "/why coordinator s1",
    ],
)
def test_a_question_that_is_none_is_told_which_there_are(session, control, line):
    with pytest.raises(UsageError):
        execute(session, line)


def test_a_role_that_there_is_not_is_told_which_there_are(session, control):
    with pytest.raises(ChatError, match="s1, s2, s3"):
        execute(session, "/why down s9")


def test_an_entry_that_nobody_told_of_says_how_to_have_it_told(session, control):
    result = execute(session, "/why order 7")
    assert isinstance(result, Rows)
    assert "--journal" in result.title


def test_out_of_reach_of_the_cluster_the_answer_says_what_it_needs(session):
    session.control = None
    for line in ("/why coordinator", "/trace"):
        with pytest.raises(ChatError, match="out of reach"):
            execute(session, line)
