"""A coordinator feeds learners, which are never counted (replication.md §9, M1 and M5)."""

import pytest

from coreto.machines.effects import Connect
from coreto.machines.membership import LEARNER_SILENT, LEARNERS_MAX, NAME_GRACE
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO
from coreto.wire.peer import Ack, Append, Join, JoinElsewhere, JoinRefused, Mismatch
from tests.machines.leading import Lead
from tests.support.machines import Server, epoch, from_peer

VOTERS = ("a", "b", "c")


@pytest.fixture
def lead():
    """The coordinator of three; the other two live."""
    return Lead("c", VOTERS)


def connected(server):
    return [(effect.replica, effect.name, effect.address) for effect in server.others if isinstance(effect, Connect)]


def append():
    message = Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    return from_peer("c", message)


# Feeding.


def test_a_newcomer_is_reached_at_its_address_and_sent_the_log(lead):
    lead.write(3)
    lead.join("x")
    lead.turn()
    assert ("r-x", "x", "at x") in connected(lead)
    sent = [message for to, message in lead.said(Append) if to == "x"][-1]
    lead.hear(from_peer("x", Mismatch(epoch=sent.epoch, hint=0, nonce=sent.nonce)))
    batches = [batch for to, message in lead.said(Append) if to == "x" for batch in message.batches]
    assert (batches[0].first, batches[-1].last) == (1, lead.node.log.last.index)


def test_learners_do_not_count_for_a_commit(lead):
    """However many: with itself they are three of five that hold it."""
    lead.learn("x")
    lead.learn("y")
    lead.alive = {"x", "y"}
    before = lead.node.replica.commit
    lead.write(1)
    assert lead.node.replica.commit == before


def test_learners_do_not_count_for_the_quorum_of_a_coordinator(lead):
    lead.learn("x")
    lead.learn("y")
    lead.alive = {"x", "y"}
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    assert lead.plays(Role.FOLLOWER)


def test_a_silent_learner_delays_nobody(lead):
    lead.lag("x")
    lead.write(3)
    assert lead.node.replica.commit == lead.node.log.last.index


def test_an_ack_of_who_is_neither_voter_nor_learner_counts_for_nothing(lead):
    lead.alive = set()
    before = lead.node.replica.commit
    lead.write(1)
    strangers = (Ack(epoch=lead.node.replica.epoch, match=10, nonce=10**6) for _ in range(2))
    lead.hear(*(from_peer(name, ack) for name, ack in zip("xy", strangers, strict=True)))
    assert lead.node.replica.commit == before


def test_a_learner_that_asks_again_from_elsewhere_is_reached_there(lead):
    lead.join("x")
    lead.join("x", address="elsewhere")
    assert connected(lead)[-2:] == [("r-x", "x", "at x"), ("r-x", "x", "elsewhere")]


def test_a_learner_that_asks_again_is_one_learner(lead):
    lead.join("x")
    lead.join("x")
    assert lead.learners == {"x"}
    assert len(connected(lead)) == len(set(connected(lead)))


def test_a_learner_that_falls_silent_is_forgotten(lead):
    lead.learn("x")
    lead.alive.discard("x")
    lead.pass_time(LEARNER_SILENT - 0.2)
    assert lead.learners == {"x"}
    lead.pass_time(0.4)
    assert lead.learners == set()
    lead.said(Append)
    lead.pass_time(DEFAULTS.heartbeat)
    assert "x" not in [to for to, _ in lead.said(Append)]


def test_a_learner_that_goes_on_answering_need_not_ask_again(lead):
    lead.learn("x")
    lead.pass_time(LEARNER_SILENT + 1.0)
    assert lead.learners == {"x"}


def test_learners_are_limited(lead):
    for number in range(LEARNERS_MAX + 1):
        lead.join(f"x{number}")
    assert len(lead.learners) == LEARNERS_MAX
    assert f"x{LEARNERS_MAX}" not in lead.learners


def test_a_place_is_free_again_when_a_learner_is_forgotten(lead):
    for number in range(LEARNERS_MAX):
        lead.join(f"x{number}")
    lead.pass_time(LEARNER_SILENT + 0.2)
    lead.join("y")
    assert lead.learners == {"y"}


def test_learners_are_forgotten_with_the_coordinatorship(lead):
    lead.join("x")
    lead.alive = set()
    lead.pass_time(DEFAULTS.quorum_timeout + 0.2)
    assert lead.learners == set()


def test_a_voter_that_asks_is_fed_already(lead):
    lead.join("a")
    assert lead.learners == set()


# Names.


def test_the_name_of_a_live_voter_is_refused_only_after_a_grace(lead):
    """M5: answers that its predecessor gave before it died may still arrive."""
    lead.learn("x", name="a")
    lead.pass_time(NAME_GRACE - 0.2)
    lead.join("x", name="a")
    assert (lead.refused(), lead.learners) == ([], {"x"})
    lead.pass_time(0.5)
    lead.join("x", name="a")
    assert (lead.refused(), lead.learners) == ([("x", "name_taken")], set())


def test_the_name_of_the_coordinator_is_refused_at_once(lead):
    lead.join("x", name="c")
    assert (lead.refused(), lead.learners) == ([("x", "name_taken")], set())


def test_the_name_of_a_dead_voter_may_be_taken(lead):
    lead.alive.discard("a")
    lead.pass_time(1.0)
    lead.lag("x", name="a")
    for _ in range(2):
        lead.pass_time(NAME_GRACE - 1.0)
        lead.join("x", name="a")
    assert (lead.refused(), lead.learners) == ([], {"x"})


def test_refused_newcomers_do_not_take_the_places_of_learners(lead):
    for number in range(LEARNERS_MAX):
        lead.join(f"x{number}", name="c")
    lead.pass_time(2 * (NAME_GRACE + LEARNER_SILENT))
    lead.join("y")
    assert lead.learners == {"y"}


# Elsewhere.


def test_a_follower_says_who_coordinates_and_where():
    server = Server("b", VOTERS, look_up=True)
    server.node.on_list([{"name": "c", "address": "at c"}], server.time.now)
    server.hear(append())
    server.hear(from_peer("x", Join(name="x", address="at x")))
    ((to, message),) = server.said(JoinElsewhere)
    assert (to, message.replica, message.name, message.address) == ("x", "r-c", "c", "at c")
    assert ("r-x", "x", "at x") in connected(server)


def test_who_hears_no_coordinator_says_nothing():
    server = Server("b", VOTERS)
    server.hear(append())
    server.wait(DEFAULTS.suspect_min)
    server.hear(from_peer("x", Join(name="x", address="at x")))
    assert (server.said(JoinElsewhere), server.said(JoinRefused)) == ([], [])
