"""The coordinatorship goes to a higher rank that came back (replication.md §6.5)."""

import pytest

from coreto.machines.handover import ASK_AGAIN, LAG_MAX, LOST_SOON, STABLE_MAX, Asker, Giver
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS, Settings
from coreto.wire.log import POSITION_ZERO, BrokerKey
from coreto.wire.peer import Append, HandoverAsk, HandoverNow, Prepare, Refuse
from tests.machines.group import Group
from tests.machines.leading import Lead
from tests.support.machines import Server, epoch, establish, from_peer, request, stand

VOTERS = ("a", "b", "c")
STABLE = DEFAULTS.stable


# The asker alone.


@pytest.fixture
def asker():
    """Its log has kept up since second 0."""
    made = Asker(DEFAULTS, 0.0)
    made.heard(0.0, equal=True)
    return made


def test_it_wants_the_place_once_its_log_has_kept_up_for_long_enough(asker):
    assert not asker.wants(STABLE - 0.1)
    assert asker.wants(STABLE)


def test_it_does_not_ask_all_the_time(asker):
    assert asker.wants(STABLE)
    assert not asker.wants(STABLE + ASK_AGAIN / 2)
    assert asker.wants(STABLE + ASK_AGAIN)


def test_falling_behind_begins_the_time_anew(asker):
    asker.heard(5.0, equal=False)
    asker.heard(6.0, equal=True)
    assert not asker.wants(STABLE + 5.0)
    assert asker.wants(STABLE + 6.0)


def test_another_coordinator_begins_the_time_anew(asker):
    asker.follow()
    assert not asker.wants(STABLE)
    assert asker.deadline() == float("inf")


def test_without_preempt_it_never_asks():
    asker = Asker(Settings(preempt=False), 0.0)
    asker.heard(0.0, equal=True)
    assert not asker.wants(1000.0)
    assert asker.deadline() == float("inf")


def test_each_coordinatorship_doubles_what_is_required_up_to_a_limit(asker):
    """H4."""
    required = [asker.stable]
    for _ in range(6):
        asker.established(0.0)
        required.append(asker.stable)
    assert required[:3] == [STABLE, 2 * STABLE, 4 * STABLE]
    assert required[-1] == STABLE_MAX


def test_a_coordinatorship_that_lasts_brings_the_usual_back_once(asker):
    asker.established(0.0)
    assert not asker.lasts(LOST_SOON - 0.1)
    assert asker.lasts(LOST_SOON)
    assert asker.stable == STABLE
    assert not asker.lasts(LOST_SOON + 1.0)


def test_being_made_way_for_in_vain_doubles_it_too(asker):
    asker.failed()
    assert asker.stable == 2 * STABLE


def test_what_an_earlier_life_left_is_required():
    assert Asker(DEFAULTS, 80.0).stable == 80.0
    assert Asker(DEFAULTS, 0.0).stable == STABLE


# The giver alone.


@pytest.fixture
def giver():
    """It has coordinated since second 0, long enough at 100."""
    return Giver(DEFAULTS, 0.0)


def test_a_young_tenure_is_not_given_away(giver):
    """H2."""
    giver.consider("r-c", 0, DEFAULTS.min_tenure - 0.1)
    assert giver.asker == ""
    giver.consider("r-c", 0, DEFAULTS.min_tenure)
    assert giver.asker == "r-c"


def test_an_asker_far_behind_is_not_agreed_with(giver):
    giver.consider("r-c", LAG_MAX + 1, 100.0)
    assert giver.asker == ""
    giver.consider("r-c", LAG_MAX, 100.0)
    assert giver.asker == "r-c"


def test_there_is_one_handover_at_a_time(giver):
    giver.consider("r-c", 0, 100.0)
    giver.consider("r-d", 0, 100.0)
    assert giver.asker == "r-c"


def test_it_says_now_once_and_only_when_the_asker_holds_all(giver):
    giver.consider("r-c", 2, 100.0)
    assert [giver.is_due(match, 7) for match in (5, 7, 7)] == [False, True, False]


def test_an_asker_that_does_not_take_over_in_time_is_left_alone_for_a_while(giver):
    """H2, and scenario S34: commands flow again."""
    giver.consider("r-c", 0, 100.0)
    giver.tick(100.0 + DEFAULTS.yield_time)
    assert giver.asker == ""
    giver.consider("r-c", 0, 102.0)
    assert giver.asker == ""
    giver.consider("r-d", 0, 102.0)
    assert giver.asker == "r-d", "others may ask"
    giver.tick(200.0)
    giver.consider("r-c", 0, 200.0)
    assert giver.asker == "r-c"


# In servers.


def heartbeat(rank=1, *, commit=0, counter=1):
    message = Append(
        epoch=epoch(counter, "a"), prev=POSITION_ZERO, batches=(), commit=commit, published=0, nonce=1, rank=rank
    )
    return from_peer("a", message)


def follow(server, seconds, step=0.1, **changes):
    for _ in range(round(seconds / step)):
        server.time.now += step
        server.hear(heartbeat(**changes))


def asks(server):
    return [to for to, _ in server.said(HandoverAsk)]


def test_a_follower_of_higher_rank_asks_its_coordinator():
    server = Server("b", VOTERS, rank=2)
    follow(server, STABLE - 0.5)
    assert asks(server) == []
    follow(server, 1.0)
    assert asks(server) == ["a"]


def test_in_a_newer_epoch_a_follower_shows_itself_stable_anew():
    server = Server("b", VOTERS, rank=2)
    follow(server, STABLE - 0.5)
    follow(server, 1.0, counter=2)
    assert asks(server) == []


def test_a_follower_of_lower_rank_never_asks():
    server = Server("b", VOTERS, rank=2)
    follow(server, STABLE + 5.0, rank=3)
    assert asks(server) == []


def test_a_follower_that_lacks_what_is_committed_does_not_ask():
    server = Server("b", VOTERS, rank=2)
    follow(server, STABLE + 5.0, commit=1)
    assert asks(server) == []


def test_a_learner_of_higher_rank_never_asks():
    server = Server("x", VOTERS, rank=9)
    follow(server, STABLE + 5.0)
    assert asks(server) == []


def test_a_removed_server_of_higher_rank_never_asks():
    server = Lead("c", VOTERS)
    server.change("remove", "c")
    server.settle()
    follow(server, 2 * STABLE + 5.0, rank=0, counter=2)
    assert asks(server) == []


@pytest.fixture
def lead():
    """It has coordinated long enough to give its place away."""
    made = Lead("b", VOTERS)
    made.pass_time(DEFAULTS.min_tenure + 0.2)
    return made


def ask(lead, name="c", counter=1):
    return from_peer(name, HandoverAsk(epoch=epoch(counter, "b"), last=lead.node.log.last))


def test_a_coordinator_makes_way_for_a_follower_that_holds_all(lead):
    lead.hear(ask(lead))
    assert [(to, message.epoch) for to, message in lead.said(HandoverNow)] == [("c", epoch(1, "b"))]


def test_it_takes_no_new_commands_meanwhile_and_takes_them_again_if_nobody_comes(lead):
    """Scenario S34."""
    lead.hear(ask(lead))
    before = lead.node.log.last.index
    lead.work(1, request("login", user="ana"), BrokerKey(99, 1, 1))
    assert lead.node.log.last.index == before
    lead.pass_time(DEFAULTS.yield_time + 0.2)
    assert lead.node.log.last.index == before + 1


def test_it_waits_until_the_asker_holds_all(lead):
    lead.alive = {"a"}
    lead.work(1, request("login", user="ana"), BrokerKey(99, 1, 1))
    lead.settle()
    lead.hear(ask(lead))
    assert lead.said(HandoverNow) == []
    lead.alive = {"a", "c"}
    lead.turn(DEFAULTS.heartbeat)
    lead.settle()
    assert [to for to, _ in lead.said(HandoverNow)] == ["c"]


@pytest.mark.parametrize(("name", "counter"), [("x", 1), ("c", 7)], ids=["no voter", "another epoch"])
def test_it_does_not_make_way_for_a_stranger_or_a_late_word(lead, name, counter):
    lead.hear(ask(lead, name, counter))
    assert lead.said(HandoverNow) == []
    assert lead.node.replica.takes_commands


def test_who_is_told_runs_and_says_that_it_is_a_handover():
    """H3: voters answer it although their coordinator lives."""
    server = Server("b", VOTERS, rank=2)
    server.hear(heartbeat())
    server.hear(from_peer("a", HandoverNow(epoch=epoch(1, "a"))))
    assert server.plays(Role.CANDIDATE)
    assert {message.handover for _, message in server.said(Prepare)} == {True}


@pytest.mark.parametrize(("name", "counter"), [("c", 1), ("a", 2)], ids=["not the coordinator", "another epoch"])
def test_who_is_told_by_anybody_else_does_not_run(name, counter):
    server = Server("b", VOTERS, rank=2)
    server.hear(heartbeat())
    server.hear(from_peer(name, HandoverNow(epoch=epoch(counter, "a"))))
    assert server.plays(Role.FOLLOWER)


# What is kept on disk.


def test_what_a_coordinatorship_requires_next_time_survives_a_crash():
    """H4: a server that crashes would forget it otherwise."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.turn()
    assert server.disk.meta["stable"] == (2 * STABLE,)
    server.start()
    server.node.on_rank(9, server.time.now)
    follow(server, STABLE + 2.0, counter=2)
    assert asks(server) == []
    follow(server, STABLE, counter=2)
    assert set(asks(server)) == {"a"}


def test_what_is_required_doubles_from_life_to_life():
    server = Server("b", VOTERS)
    for factor in (2, 4, 8):
        establish(server, "a")
        server.turn()
        assert server.disk.meta["stable"] == (factor * STABLE,)
        server.start()


def test_a_handover_in_vain_is_kept_too():
    server = Server("b", VOTERS, rank=2)
    server.hear(heartbeat())
    server.hear(from_peer("a", HandoverNow(epoch=epoch(1, "a"))))
    server.wait(DEFAULTS.quorum_timeout + 0.2)
    assert server.plays(Role.FOLLOWER)
    assert server.disk.meta["stable"] == (2 * STABLE,)


def test_an_ordinary_candidacy_in_vain_costs_nothing():
    server = Server("b", VOTERS)
    stand(server, "a", "c")
    server.hear(from_peer("a", Refuse(promised=epoch(9))))
    server.turn()
    assert server.plays(Role.FOLLOWER)
    assert "stable" not in server.disk.meta


def test_a_coordinatorship_that_lasts_is_written_down_once():
    lead = Lead("b", VOTERS)
    lead.sleep(LOST_SOON)
    assert lead.disk.meta["stable"] == (STABLE,)
    lead.slow_disk = True
    lead.pass_time(1.0)
    assert [persist.meta for persist in lead.unsynced if ("stable", (STABLE,)) in persist.meta] == []


def test_three_servers_hand_over_to_the_highest_and_lose_no_write():
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group.cut = {"c"}
    group.pass_time(4.0)
    assert group["b"].plays(Role.COORDINATOR)
    group["b"].ask(request("login", user="ana"))
    group.cut = set()
    group.pass_time(3.0)
    assert group.coordinators() == ["b"], "it follows first"
    group.pass_time(2 * STABLE + 2.0)
    assert group.coordinators() == ["c"]
    assert group["c"].ask(request("users"))["users"] == ["ana"]
