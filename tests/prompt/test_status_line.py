"""The line at the bottom, in words."""

import pytest

from coreto.client.errors import UnreachableError
from coreto.client.survey import Look
from coreto.prompt.cluster_view import ClusterView, view_of
from coreto.prompt.status_line import status_line
from coreto.prompt.visible import width

VOTERS = ["s1", "s2", "s3"]


def looked(listed=("s1", "s2", "s3"), hearing=None, *, lasting=False, **told):
    """What the prompt makes of a status, a list, and what each server said."""
    status = {"voters": VOTERS, "coordinator": "s3", "epoch": 4, "quorum": True} | told
    servers = None if listed is None else [{"name": name} for name in listed]
    return view_of(Look(status, servers, 0.0001, hearing or {}), lasting=lasting)


def test_it_tells_who_where_and_how_the_cluster_is(session):
    assert status_line(session) == "not logged in · no channel"
    session.user, session.place = "ana", "geral"
    session.refresh()
    assert status_line(session) == ("geral · coordinator s3 · 3/3 alive · epoch 4 · Lamport 7 · clock +3 ms")


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-0.0001, "clock +0 ms"), (-0.25, "clock -250 ms"), (3600.0, "clock +3600.0 s")],
)
def test_clocks_are_compared_in_words(session, offset, words):
    session.cluster = ClusterView("s3", 4, offset=offset)
    assert status_line(session).endswith(words)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (looked(["s1"], quorum=False), "no quorum: 1 of 3 servers reachable, writing is refused"),
        (looked(quorum=False), "no coordinator: the servers are choosing one, and writing waits for it"),
        (looked(None, quorum=False), "no coordinator: the servers are choosing one, and writing waits for it"),
        (looked(coordinator=""), "no coordinator: the servers are choosing one, and writing waits for it"),
        (looked(None), "the reference does not answer: chatting goes on, but a server that starts cannot join"),
        (looked(conflict="s9 was announced."), "s9 was announced."),
        (looked(), ""),
        (looked(["s2", "s3"]), ""),
    ],
)
def test_what_is_wrong_is_said_in_words(view, words):
    assert view.trouble == words


def test_an_election_that_never_ends_is_no_election(session, chat):
    chat.quorum = False
    for _look in range(4):
        session.refresh()
    assert session.cluster.trouble == "no quorum: no majority of 3 servers hears each other, writing is refused"
    chat.quorum = True
    session.refresh()
    chat.quorum = False
    session.refresh()
    assert session.cluster.trouble.startswith("no coordinator")


def test_a_minority_that_one_is_in_does_not_count_who_is_elsewhere():
    view = looked(hearing={"s1": False, "s2": True, "s3": True}, quorum=False, lasting=True)
    assert view.trouble == "no quorum: 1 of 3 servers reachable, writing is refused"


def test_a_server_that_is_cut_off_is_named_when_it_lasts(session, chat):
    chat.hearing = {"s1": False, "s2": True, "s3": True}
    session.refresh()
    assert "3/3 alive" in status_line(session)
    session.refresh()
    assert "coordinator s3 · cut off: s1; 2 of 3 hear each other · epoch 4" in status_line(session)
    chat.hearing = {}
    session.refresh()
    notices = [notice.text for notice in session.notices.latest(9)]
    assert notices == ["s1 is cut off: it does not hear the coordinator.", "s1 is no longer cut off."]


def test_a_foreign_status_is_no_trouble():
    assert view_of(Look({}, [], 0.0)) == ClusterView(silent=(), offset=0.0)


def test_one_server_down_is_seen_and_noted_by_its_name(session, chat):
    session.refresh()
    chat.alive = ("s2", "s3")
    session.refresh()
    assert "2/3 alive" in status_line(session)
    chat.alive = ("s1", "s2", "s3")
    session.refresh()
    assert session.notices.take_news() == [
        "s1 is silent: 2 of 3 servers are alive now.",
        "s1 is back: 3 of 3 servers are alive now.",
    ]


def test_a_silent_server_that_takes_no_part_any_more_is_not_back(session, monkeypatch, chat):
    chat.alive = ("s2", "s3")
    session.refresh()
    monkeypatch.setattr(chat, "_told", lambda: {"coordinator": "s3", "epoch": 4, "voters": ["s2", "s3"]})
    session.refresh()
    assert session.notices.take_news() == []


def test_a_server_that_begins_to_take_part_is_counted(session, monkeypatch, chat):
    session.refresh()
    chat.alive = ("s1", "s2", "s3", "s4")
    monkeypatch.setattr(chat, "_told", lambda: {"coordinator": "s3", "epoch": 4, "voters": [*VOTERS, "s4"]})
    session.refresh()
    assert session.notices.take_news() == ["4 of 4 servers are alive now."]


def test_trouble_is_noted_once_and_so_is_its_end(session, chat):
    session.refresh()
    chat.failure = UnreachableError("Nobody answers.")
    session.refresh()
    session.refresh()
    assert status_line(session).endswith("Nobody answers.")
    chat.failure = None
    session.refresh()
    assert session.notices.take_news() == ["Trouble: Nobody answers.", "The trouble is over."]
    assert session.notices.take_news() == []


def test_a_new_coordinator_is_noted(session, monkeypatch, chat):
    session.refresh()
    monkeypatch.setattr(chat, "_told", lambda: {"coordinator": "s2", "epoch": 5, "voters": VOTERS})
    session.refresh()
    assert session.notices.take_news() == ["s2 coordinates now, in epoch 5."]


def test_a_narrow_terminal_keeps_what_matters(session, chat):
    session.user, session.place = "ana", "geral"
    session.refresh()
    session.places.arrived("lab", 5, counts=True, mention=True)
    line = status_line(session, 60)
    assert line == "geral · coordinator s3 · 3/3 alive · unread: lab 1!"
    assert width(line) <= 60
    chat.quorum, chat.alive = False, ("s1",)
    session.refresh()
    assert "no quorum: 1 of 3 servers reachable, writing is refused" in status_line(session, 60)


def test_unread_places_beyond_a_few_are_added_up(session):
    for number in range(5):
        session.places.arrived(f"c{number}", 1, counts=True, mention=False)
    assert status_line(session).endswith("unread: c0 1, c1 1, c2 1, +2")


def test_what_waits_is_said(session):
    assert "waiting for the servers (2)" in status_line(session, waiting=2)
    told: list[str] = []
    session.on_progress = told.append
    session.progress = "searching: 500 messages"
    assert told == ["searching: 500 messages"]
    assert "searching" in status_line(session, waiting=2)
