"""The bully election, which is also a pre-vote (replication.md §6.1).

Sources: Garcia-Molina 1982, Raft thesis §9.6, Omni-Paxos §2.
"""

import msgspec
import pytest

from coreto.machines.replica import Role
from coreto.machines.settings import COUNTER_AHEAD_MAX, DEFAULTS
from coreto.wire.log import POSITION_ZERO, Epoch
from coreto.wire.peer import Append, Call, CallAnswer, Prepare
from tests.support.machines import Server, Time, epoch, from_peer

VOTERS = ("a", "b", "c")
NOBODY = CallAnswer(round=1, rank=1, eligible=True, live_coordinator=False, counter_seen=0)


@pytest.fixture
def b():
    """The middle of three, which knows its rank and has called."""
    server = Server("b", VOTERS, rank=2)
    server.turn()
    return server


def answer(name, **changes):
    return from_peer(name, msgspec.structs.replace(NOBODY, **changes))


def heartbeat(name="c", counter=1):
    return from_peer(
        name,
        Append(epoch=epoch(counter, name), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1),
    )


def calls(server):
    return [to for to, _ in server.said(Call)]


def test_a_voter_calls_once_at_start(b):
    """E1: as soon as its rank is known."""
    assert calls(b) == ["a", "c"]
    b.turn(0.01)
    assert calls(b) == []


def test_without_a_rank_nobody_is_called():
    server = Server("b", VOTERS)
    server.wait(3.0)
    assert calls(server) == []
    server.node.on_rank(2, server.time.now)
    server.turn()
    assert calls(server) == ["a", "c"]


def test_a_call_changes_nothing_on_disk_at_the_receiver(b):
    """E1 and thesis §9.6: a pre-vote does not raise terms."""
    before = dict(b.disk.meta), b.node.replica.promised
    b.hear(from_peer("a", Call(round=1, rank=1, counter_seen=77)))
    assert (b.disk.meta, b.node.replica.promised) == before
    assert len(b.said(CallAnswer)) == 1


def test_the_round_ends_as_soon_as_everybody_has_answered(b):
    """E1: a fresh cluster is up in milliseconds."""
    b.hear(answer("a"), answer("c", eligible=False))
    assert b.plays(Role.CANDIDATE)


def test_the_round_ends_after_its_time_for_those_who_are_silent(b):
    b.hear(answer("a"))
    assert b.plays(Role.FOLLOWER)
    b.turn(DEFAULTS.call_round)
    assert b.plays(Role.CANDIDATE)


def test_without_a_majority_that_hears_nobody_there_is_no_candidacy(b):
    """E2 (a), E4: an isolated server raises no epoch."""
    b.wait(10.0)
    assert b.plays(Role.FOLLOWER)
    assert b.node.replica.promised.counter == 0
    assert b.said(Prepare) == []


def test_a_majority_that_hears_a_coordinator_forbids_candidacy(b):
    """E2 (a) and thesis §9.6: a server that lost its own links does not depose a healthy coordinator."""
    b.hear(answer("a", live_coordinator=True), answer("c", live_coordinator=True))
    assert b.plays(Role.FOLLOWER)
    assert b.said(Prepare) == []


def test_answers_of_an_earlier_round_do_not_count(b):
    b.hear(answer("a", round=0), answer("c", round=0))
    b.turn(DEFAULTS.call_round)
    assert b.plays(Role.FOLLOWER)


def test_a_higher_rank_that_answers_goes_first(b):
    """E2 (b), the bully algorithm (Garcia-Molina 1982): the highest live rank wins."""
    b.hear(answer("a"), answer("c", rank=3))
    assert b.plays(Role.FOLLOWER)


@pytest.mark.parametrize("changes", [{"rank": 3, "eligible": False}, {"rank": 1}, {"rank": 0}])
def test_an_ineligible_or_lower_server_is_not_waited_for(b, changes):
    b.hear(answer("a"), answer("c", **changes))
    assert b.plays(Role.CANDIDATE)


def test_of_equal_ranks_the_larger_replica_id_goes_first(b):
    """§2: ties go to the larger replica id."""
    b.hear(answer("a"), answer("c", rank=2))
    assert b.plays(Role.FOLLOWER)
    other = Server("b", VOTERS, rank=2)
    other.turn()
    other.hear(answer("a", rank=2), answer("c"))
    assert other.plays(Role.CANDIDATE)


def test_a_lower_caller_makes_the_higher_call_at_once():
    """Garcia-Molina 1982: who is called by a lower one and lives takes over itself."""
    server = Server("c", VOTERS, rank=3)
    server.turn()
    server.wait(DEFAULTS.call_round + 0.1)
    calls(server)
    server.hear(from_peer("a", Call(round=1, rank=1, counter_seen=0)))
    assert calls(server) == ["a", "b"]


def test_a_higher_caller_is_answered_and_no_more(b):
    b.wait(DEFAULTS.call_round + 0.1)
    calls(b)
    b.hear(from_peer("c", Call(round=1, rank=3, counter_seen=0)))
    assert calls(b) == []
    assert [to for to, _ in b.said(CallAnswer)] == ["c"]


def test_many_lower_callers_start_one_round_only(b):
    """E1: at most once per call round."""
    calls(b)
    for _ in range(5):
        b.hear(from_peer("a", Call(round=1, rank=1, counter_seen=0)))
    assert calls(b) == []


def test_a_server_that_answers_but_is_never_established_does_not_block_the_others(b):
    """E3 and Omni-Paxos §2 (partial connectivity): after two rounds of yielding the caller runs anyway."""
    for number in (1, 2):
        b.hear(answer("a", round=number), answer("c", round=number, rank=3))
        assert b.plays(Role.FOLLOWER), f"round {number}"
        b.wait(DEFAULTS.yield_time + 0.1)
    b.hear(answer("a", round=3), answer("c", round=3, rank=3))
    assert b.plays(Role.CANDIDATE)


def test_hearing_a_coordinator_in_between_makes_yielding_begin_anew(b):
    b.hear(answer("a"), answer("c", rank=3))
    b.hear(heartbeat("c"))
    b.wait(3.0)
    number = b.said(Call)[-1][1].round
    b.hear(answer("a", round=number), answer("c", round=number, rank=3))
    assert b.plays(Role.FOLLOWER)


def test_it_answers_whether_it_hears_a_coordinator(b):
    """E1: live means heard within suspect_min."""
    b.hear(heartbeat("c"))
    b.hear(from_peer("a", Call(round=1, rank=1, counter_seen=0)))
    b.wait(DEFAULTS.suspect_min)
    b.hear(from_peer("a", Call(round=2, rank=1, counter_seen=0)))
    assert [message.live_coordinator for _, message in b.said(CallAnswer)] == [True, False]


def test_silence_of_the_coordinator_is_suspected_in_time(b):
    """E1: randomised patience, larger for lower ranks."""
    b.hear(heartbeat("c"))
    calls(b)
    b.wait(DEFAULTS.suspect_low - 0.1)
    assert calls(b) == []
    b.wait(DEFAULTS.suspect_high - DEFAULTS.suspect_low + DEFAULTS.suspect_place + 0.2)
    assert calls(b) == ["a", "c"]


def test_a_broken_link_to_the_coordinator_makes_it_call_at_once(b):
    """E5: the hint saves the wait for suspect_min."""
    b.hear(heartbeat("c"))
    calls(b)
    b.node.on_disconnected("r-c", b.time.now)
    b.turn()
    assert calls(b) == ["a", "c"]


def test_a_broken_link_to_another_server_is_no_reason_to_call(b):
    b.hear(heartbeat("c"))
    calls(b)
    b.node.on_disconnected("r-a", b.time.now)
    b.turn()
    assert calls(b) == []


def test_nobody_calls_because_it_slept_itself(b):
    """E6: a gap between two turns counts as no time elapsed; input is drained before timers are judged."""
    b.hear(heartbeat("c"))
    calls(b)
    b.turn(60.0)
    assert calls(b) == []
    assert b.node.replica.is_live(b.time.now)
    b.wait(1.6)
    assert calls(b) == ["a", "c"], "real silence still counts"


def test_counters_are_learned_from_calls_and_used_for_the_next_epoch(b):
    """P1: max(counter_seen, promised.counter) + 1."""
    b.hear(answer("a", counter_seen=41), answer("c", counter_seen=7))
    assert b.node.replica.promised == Epoch(42, "r-b")


def test_one_forged_counter_does_not_burn_the_space(b):
    """§4: counters are believed up to 10^6 above ours."""
    b.hear(answer("a", counter_seen=COUNTER_AHEAD_MAX + 1), answer("c", counter_seen=7))
    assert b.node.replica.promised == Epoch(8, "r-b")


def test_a_server_outside_the_configuration_never_calls():
    """E4: a removed server disturbs nobody."""
    server = Server("x", VOTERS, rank=9)
    server.wait(5.0)
    assert calls(server) == []


def test_one_voter_alone_needs_nobody():
    server = Server("a", ("a",), Time(), rank=1)
    server.turn()
    server.turn()
    assert server.plays(Role.COORDINATOR)
