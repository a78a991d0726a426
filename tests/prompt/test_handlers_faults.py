"""What is asked of the cluster by commands that break it."""

import pytest

from coreto.launcher import requests as ask
from coreto.launcher.requests import FaultsInForce, RoleState
from coreto.net.faults import LinkFault
from coreto.prompt.completion import suggest
from coreto.prompt.data import data_of
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.execute import execute
from coreto.prompt.results import Done, Rows
from coreto.prompt.session import ChatSession


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("/kill s3", ask.Kill("s3")),
        ("/kill s3 --at mid-batch", ask.Kill("s3", "mid-batch")),
        ("/kill s3 --at=before-persist", ask.Kill("s3", "before-persist")),
        ("/restart s3", ask.Restart("s3")),
        ("/restart s3 --blank-disk", ask.Restart("s3", blank_disk=True)),
        ("/pause broker", ask.Pause("broker")),
        ("/resume broker", ask.Resume("broker")),
        ("/heal", ask.Heal()),
        ("/skew s1 -4s", ask.Skew("s1", -4.0)),
        ("/drift s1 -300ppm", ask.Drift("s1", -300.0)),
        ("/slow-disk s1 50ms", ask.SlowDisk("s1", 0.05)),
        ("/slow-disk s1 0", ask.SlowDisk("s1", 0.0)),
        ("/fill-disk s1", ask.FillDisk("s1")),
    ],
)
def test_a_command_asks_for_what_it_says(session, control, line, request_):
    result = execute(session, line)
    assert isinstance(result, Done)
    assert control.asked == [request_]


def test_a_fault_between_roles_is_asked_for_and_what_is_in_force_is_shown(session, control):
    control.telling = FaultsInForce((), (LinkFault("s1", "s2", "cut"),))
    result = execute(session, "/partition s1 -> s2")
    assert control.asked == [ask.Inject((LinkFault("s1", "s2", "cut"),))]
    assert isinstance(result, Rows)
    assert data_of(result)["rows"] == [{"where": "s1 → s2", "what": "nothing gets through"}]


@pytest.mark.parametrize("effect", ["drop", "duplicate", "reorder"])
def test_a_share_may_be_struck(session, control, effect):
    execute(session, f"/{effect} s1 -> s2 30% --kind append")
    (asked,) = control.asked
    assert asked.faults == (LinkFault("s1", "s2", effect, share=0.3, kind="append"),)


def test_nothing_in_force_is_said(session):
    assert data_of(execute(session, "/faults")) == {"title": "No faults are in force.", "rows": []}


@pytest.mark.parametrize(
    "line",
    [
        "/kill",
        "/kill s1 now",
        "/kill s1 --at noon",
        "/restart s1 --blank",
        "/partition s1",
        "/delay s1 s2",
        "/drop s1 s2 300%",
        "/skew s1 soon",
        "/drift s1 fast",
        "/slow-disk s1 -1s",
        "/heal s1",
    ],
)
def test_wrong_use_is_explained_and_asks_for_nothing(session, control, line):
    with pytest.raises(UsageError):
        execute(session, line)
    assert control.asked == []


def test_a_chat_elsewhere_cannot_break_the_cluster(chat):
    with pytest.raises(ChatError, match="coreto exec"):
        execute(ChatSession(chat), "/kill s1")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/kill s", ["s1", "s2", "s3"]),
        ("/pause b", ["broker"]),
        ("/partition s1 | s", ["s1", "s2", "s3"]),
        ("/partition s1 | s2,s3,b", ["broker"]),
        ("/delay s1 s2", ["s2"]),
        ("/kill s1 ", []),
    ],
)
def test_names_of_roles_are_completed(session, typed, found):
    assert [suggestion.insert for suggestion in suggest(typed, session.known)] == found


def test_the_roles_are_those_of_the_cluster(chat, control):
    control.telling = FaultsInForce((RoleState("lonely"),), ())
    session = ChatSession(chat)
    session.attach(control)
    assert session.known.roles == ("lonely",)
