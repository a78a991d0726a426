"""The commands about who votes and who learns, and what other commands show of that."""

import pytest

from coreto.client.listed import Listed
from coreto.client.membership import Members
from coreto.client.survey import Look, Report
from coreto.prompt.cluster_view import view_of
from coreto.prompt.data import data_of
from coreto.prompt.execute import execute
from coreto.prompt.handlers_cluster import status_facts
from coreto.prompt.handlers_members import member_rows
from coreto.prompt.handlers_top import server_rows


def report(name, role, **status):
    return Report(name, int(name[1:]), {"role": role, "last": 9, "epoch": 4, "commit": 9, **status}, 0.0, 0.001, 1.0)


def test_members_are_listed_with_their_part(session):
    rows = data_of(execute(session, "/members"))["rows"]
    assert [(row["name"], row["part"]) for row in rows] == [
        ("s1", "voter"),
        ("s2", "voter"),
        ("s3", "coordinator"),
        ("s4", "learner"),
    ]
    assert "not heard of" in rows[3]["error"]


def test_foreign_servers_are_listed_as_such(session):
    told = Members("c", "s1", ("s1",), (), (Listed("node", 7, "tcp://127.0.0.1:5700", coordinator=False),))
    parts = {row["name"]: row["part"] for row in member_rows(told)}
    assert parts == {"s1": "coordinator", "node": "foreign"}


@pytest.mark.parametrize(
    ("line", "words"),
    [("/promote s4", "Voters: s1, s2, s3, s4."), ("/remove s2", "Voters: s1, s3.")],
)
def test_a_change_tells_who_votes_then(session, line, words):
    assert words in data_of(execute(session, line))["done"]


@pytest.mark.parametrize(
    "reports",
    [
        [report("s1", "coordinator", voters=["s1"], learners=["s4"]), report("s4", "x", voters=["s1"], learners=[])],
        [report("s1", "follower", voters=["s1"], learners=[]), report("s4", "learner", voters=["s1"], learners=[])],
    ],
    ids=["the coordinator says so", "it says so itself"],
)
@pytest.mark.parametrize("order", [1, -1])
def test_top_knows_a_learner_whoever_tells_of_it(session, reports, order):
    parts = {row["name"]: row["part"] for row in server_rows([], reports[::order])}
    assert parts["s4"] == "learner"


@pytest.mark.parametrize(("role", "shown"), [("coordinator", True), ("follower", False), ("learner", False)])
def test_a_status_tells_of_learners_only_where_they_are_known(session, role, shown):
    keys = [fact.key for fact in status_facts({"role": role, "voters": ["s1"], "learners": []})]
    assert ("learners" in keys) == shown


@pytest.mark.parametrize("learners", [[], ["s4"]])
def test_whoever_answers_the_same_servers_are_counted(learners):
    servers = [{"name": name} for name in ("s1", "s2", "s4")]
    view = view_of(Look({"voters": ["s1", "s2", "s3"], "learners": learners}, servers, None))
    assert (view.alive, view.total) == (2, 3)
    assert view.servers == ("s1", "s2", "s3", "s4")
