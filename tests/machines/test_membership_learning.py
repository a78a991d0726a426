"""A server that is no voter finds the coordinator, copies its log, and never counts (replication.md §9, M1)."""

import pytest

from coreto.machines.effects import Connect
from coreto.machines.membership import JOIN_AGAIN, JOIN_SOON
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO, Config, make_batch
from coreto.wire.peer import Ack, Append, Call, CallAnswer, Join, JoinElsewhere, JoinRefused
from tests.machines.group import Group
from tests.support.machines import Server, config_of, entry, epoch, from_peer, login, request

VOTERS = ("a", "b", "c")


@pytest.fixture
def x():
    """A server that the genesis does not name."""
    server = Server("x", VOTERS, rank=9)
    server.turn()
    return server


def joins(server):
    return [to for to, _ in server.said(Join)]


def append(*batches, name="c", counter=1, commit=0):
    message = Append(
        epoch=epoch(counter, name), prev=POSITION_ZERO, batches=batches, commit=commit, published=0, nonce=1
    )
    return from_peer(name, message)


def follow(server, seconds, step=0.1):
    for _ in range(round(seconds / step)):
        server.time.now += step
        server.hear(append())


# Joining.


def test_it_asks_every_voter_it_knows_while_it_hears_nobody(x):
    assert joins(x) == ["a", "b", "c"]
    x.wait(JOIN_SOON + 0.05)
    assert joins(x) == ["a", "b", "c"]


def test_it_says_its_name_and_where_it_is(x):
    message = x.said(Join)[0][1]
    assert (message.name, message.address) == ("x", "at x")


def test_a_join_is_for_whoever_lives_there_now(x):
    """A place may have passed to another replica: it is not addressed to the old one."""
    assert {message.receiver for _, message in x.said(Join)} == {""}


def test_it_reminds_the_coordinator_it_hears_and_nobody_else(x):
    x.hear(append())
    follow(x, JOIN_SOON + 0.1)
    joins(x)
    follow(x, 2 * JOIN_AGAIN)
    assert set(joins(x)) == {"c"}


def test_a_voter_does_not_join():
    server = Server("b", VOTERS, rank=2)
    server.hear(append())
    follow(server, 2.0)
    assert joins(server) == []


def test_it_asks_where_it_is_told_the_coordinator_is(x):
    joins(x)
    x.hear(from_peer("a", JoinElsewhere(replica="r-n", name="n", address="at n")))
    assert joins(x) == ["n"]
    assert Connect("r-n", "n", "at n") in x.others


def test_who_hears_a_coordinator_is_not_led_elsewhere(x):
    x.hear(append())
    joins(x)
    x.hear(from_peer("a", JoinElsewhere(replica="r-n", name="n", address="at n")))
    assert joins(x) == []


def test_who_is_fed_by_somebody_it_cannot_reach_learns_where_that_is(x):
    """It asked a place where another replica lives now, and was heard there: without an address it cannot answer."""
    x.hear(append(name="n"))
    joins(x)
    x.hear(from_peer("a", JoinElsewhere(replica="r-n", name="n", address="at n")))
    assert Connect("r-n", "n", "at n") in x.others
    assert joins(x) == ["n"]


def test_a_voter_is_not_led_elsewhere():
    server = Server("b", VOTERS, rank=2)
    server.hear(from_peer("a", JoinElsewhere(replica="r-n", name="n", address="at n")))
    assert joins(server) == []


# Refused.


def test_a_learner_that_is_refused_halts_and_says_what_to_do(x):
    x.hear(from_peer("c", JoinRefused(rule="name_taken")))
    assert "'x'" in x.halted
    assert "--name" in x.halted


def test_only_the_coordinator_it_hears_may_refuse_it(x):
    x.hear(append(name="c"))
    x.hear(from_peer("a", JoinRefused(rule="name_taken")))
    assert x.halted == ""


# As a learner.


def test_it_copies_and_applies(x):
    x.hear(append(make_batch(1, epoch(1, "c"), [entry(login(1))], 0), commit=1))
    assert [message.match for _, message in x.said(Ack)] == [1]
    assert x.node.chat.applied == 1


def test_it_never_calls_nor_stands(x):
    x.hear(append())
    x.said(Call)
    x.wait(5.0)
    assert (x.said(Call), x.plays(Role.FOLLOWER)) == ([], True)


def test_it_is_not_eligible(x):
    x.hear(from_peer("a", Call(round=1, rank=1, counter_seen=0)))
    assert [message.eligible for _, message in x.said(CallAnswer)] == [False]


def test_status_calls_it_a_learner(x):
    assert x.ask(request("status"))["role"] == "learner"


def test_with_the_entry_that_names_it_it_is_a_voter(x):
    voters = Config((*config_of(VOTERS).voters, *config_of("x").voters))
    x.hear(append(make_batch(1, epoch(1, "c"), [entry(voters)], 0)))
    joins(x)
    follow(x, 2 * JOIN_AGAIN)
    assert joins(x) == []
    x.wait(DEFAULTS.suspect_high + 1.0)
    assert {to for to, _ in x.said(Call)} == {"a", "b", "c"}


# A voter that was voted out while it was away.


def denied(server, *, live):
    """Its call is answered by everybody."""
    server.turn()
    number = server.said(Call)[-1][1].round
    for name in "ac":
        answer = CallAnswer(round=number, rank=1, eligible=True, live_coordinator=live, counter_seen=0)
        server.hear(from_peer(name, answer))


def test_a_voter_that_is_denied_asks_to_be_let_in():
    """Its own log still names it, but the others have a coordinator that does not speak to it."""
    server = Server("b", VOTERS, rank=2)
    denied(server, live=True)
    server.turn(0.1)
    assert joins(server) == ["a", "c"]


def test_a_voter_among_others_that_hear_nobody_does_not():
    server = Server("b", VOTERS, rank=2)
    denied(server, live=False)
    server.turn(0.1)
    assert joins(server) == []


def test_it_stops_asking_when_it_hears_the_coordinator():
    server = Server("b", VOTERS, rank=2)
    denied(server, live=True)
    server.hear(append())
    joins(server)
    follow(server, 2 * JOIN_AGAIN)
    assert joins(server) == []


# Whole servers.


def test_a_newcomer_that_knows_one_voter_of_long_ago_becomes_a_learner_with_the_whole_log():
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group["c"].ask(request("login", user="ana"))
    group.servers["x"] = Server("x", ("a",), group.time)
    group.pass_time(2.0)
    assert group["x"].node.chat.applied == group["c"].node.chat.applied
    assert group["x"].ask(request("users"))["users"] == ["ana"]
    assert group["c"].ask(request("members"))["learners"] == ["x"]


def test_a_voter_that_was_removed_while_it_was_away_learns_of_it():
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group.cut = {"a"}
    group["c"].ask(request("remove", name="a"))
    group.pass_time(0.5)
    group.cut = set()
    group.pass_time(4.0)
    assert group["a"].ask(request("status"))["role"] == "learner"
    assert [voter.name for voter in group["a"].node.log.config.voters] == ["b", "c"]


def test_a_removed_coordinator_is_succeeded_at_once():
    """C4: nobody waits until the old one is missed."""
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group["c"].ask(request("remove", name="c"))
    group.pass_time(DEFAULTS.suspect_min / 2)
    assert group.coordinators() in (["a"], ["b"])
    group.pass_time(1.0)
    assert group["c"].ask(request("status"))["role"] == "learner"
