"""Members of the cluster, asked for and changed at a server's own port (replication.md §9)."""

import pytest

from coreto.machines.inquiries import CHANGES_MAX
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.envelope import read_reply
from coreto.wire.log import POSITION_ZERO, Noop, make_batch
from coreto.wire.peer import Append, Refuse
from tests.machines.leading import Lead
from tests.support.machines import Server, entry, epoch, from_peer, request

VOTERS = ("a", "b", "c")


@pytest.fixture
def lead():
    """The coordinator of three; `x` learns."""
    made = Lead("c", VOTERS)
    made.learn("x")
    return made


def told(server):
    """Take what those who waited are told now."""
    found, server.replies = server.replies, []
    return [read_reply(reply.body)[1] for reply in found]


# Asking.


def test_members_says_who_votes_who_learns_and_who_coordinates(lead):
    answer = lead.change("members", "")
    assert (answer["status"], answer["cluster"], answer["coordinator"]) == ("OK", "c1", "c")
    assert (answer["voters"], answer["learners"]) == (["a", "b", "c"], ["x"])


def test_members_says_with_whom_the_cluster_was_born(lead):
    lead.change("promote", "x")
    lead.settle()
    answer = lead.change("members", "")
    assert answer["genesis"] == [["r-a", "a"], ["r-b", "b"], ["r-c", "c"]]
    assert answer["voters"] == ["a", "b", "c", "x"]


def test_a_follower_knows_the_voters_and_no_learners():
    server = Server("b", VOTERS)
    answer = server.ask(request("members"))
    assert (answer["voters"], answer["learners"], answer["coordinator"]) == (["a", "b", "c"], [], "")


def test_every_answer_says_whose_it_is(lead):
    assert lead.change("members", "")["server"] == "c"


# Changing.


def test_a_change_is_answered_when_its_entry_is_committed(lead):
    alive, lead.alive = lead.alive, set()
    assert lead.change("promote", "x") == {}
    lead.turn(DEFAULTS.heartbeat)
    assert told(lead) == []
    lead.alive = alive
    lead.turn(DEFAULTS.heartbeat)
    lead.settle()
    lead.turn()
    (answer,) = told(lead)
    assert (answer["status"], answer["voters"]) == ("OK", ["a", "b", "c", "x"])


def test_a_change_of_which_nothing_will_be_heard_is_unknown(lead):
    """It may be committed by the next coordinator, or replaced."""
    lead.alive = set()
    lead.change("promote", "x")
    lead.hear(from_peer("a", Refuse(promised=epoch(9, "a"))))
    (answer,) = told(lead)
    assert (answer["status"], answer["code"]) == ("erro", "unknown")


def test_a_change_that_was_replaced_is_not_taken_for_the_one_that_replaced_it(lead):
    """The same index in another epoch is another entry."""
    lead.alive = set()
    lead.change("promote", "x")
    log = lead.node.log
    before = log.position_at(log.last.index - 1)
    other = make_batch(log.last.index, epoch(9, "a"), [entry(Noop(), 99)], log.chain_at(before.index))
    lead.hear(
        from_peer(
            "a",
            Append(epoch=epoch(9, "a"), prev=before, batches=(other,), commit=other.last, published=0, nonce=1),
        )
    )
    assert [answer["code"] for answer in told(lead)] == ["unknown"]


def test_only_the_coordinator_changes_members_and_others_name_it():
    server = Server("b", VOTERS)
    heartbeat = Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    server.hear(from_peer("c", heartbeat))
    answer = server.ask(request("promote", name="x"))
    assert (answer["code"], answer["rule"]) == ("bad_request", "not_coordinator")
    assert "'c'" in answer["description"]


@pytest.mark.parametrize("service", ["promote", "remove"])
def test_members_are_not_changed_through_the_broker(lead, service):
    """Whoever chats must not vote servers out."""
    lead.work(1, request(service, name="a"))
    ((_, _, _, data),) = lead.answers()
    assert (data["status"], data["rule"]) == ("erro", "read_only")
    assert lead.names == ["a", "b", "c"]


def test_members_may_be_read_through_the_broker(lead):
    lead.work(-1, request("members"))
    ((_, code, _, data),) = lead.answers()
    assert (code, data["voters"]) == ("ok", ["a", "b", "c"])


def test_those_who_wait_for_a_change_are_limited(lead):
    lead.alive = set()
    for _ in range(CHANGES_MAX):
        assert lead.change("promote", "x") == {}
    assert lead.change("promote", "x")["rule"] == "overloaded"


@pytest.mark.parametrize("data", [{}, {"name": 7}, {"name": ""}])
def test_a_change_that_names_nobody_is_answered_with_a_sentence(lead, data):
    answer = lead.ask(request("remove", **data))
    assert (answer["status"], answer["code"]) == ("erro", "bad_request")
    assert answer["description"]
    assert lead.plays(Role.COORDINATOR)
