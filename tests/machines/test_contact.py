"""A server keeps in touch with broker, reference and peers, and remembers where they live (replication.md §3)."""

import pytest

from coreto.machines.contact import LIST_AGAIN, LIST_MISSING
from coreto.machines.effects import AskReference, Connect
from coreto.machines.settings import DEFAULTS
from coreto.wire.backend import Ready
from coreto.wire.log import POSITION_ZERO, Config, Voter, make_batch
from coreto.wire.peer import Append, Prepare
from coreto.wire.services import Heartbeat, ListServers
from tests.support.machines import Server, config_of, entry, epoch, establish, from_peer, position, promise, stand

VOTERS = ("a", "b", "c")
NEWER = Config((*config_of(VOTERS).voters, Voter("r-d", "d", "at d")))


@pytest.fixture
def b():
    server = Server("b", VOTERS, rank=2, look_up=True)
    server.turn()
    return server


def met(server):
    """Take whom it was told to reach, and where."""
    found = [effect for effect in server.others if isinstance(effect, Connect)]
    server.others = [effect for effect in server.others if not isinstance(effect, Connect)]
    return [(effect.name, effect.address) for effect in found]


def row(name, address):
    return {"name": name, "rank": 1, "address": address}


def told(server, *rows):
    server.node.on_list(list(rows), server.time.now)
    server.turn()


def append(*batches):
    message = Append(epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=batches, commit=0, published=0, nonce=1)
    return from_peer("c", message)


# Peers.


def test_it_meets_every_other_voter_when_it_begins_to_live(b):
    assert met(b) == [("a", ""), ("c", "")]


def test_a_voter_is_met_where_the_reference_says(b):
    met(b)
    told(b, row("a", "at a"), row("b", "at b"))
    assert met(b) == [("a", "at a")]


def test_a_candidate_meets_the_voters_that_only_a_newer_configuration_names(b):
    """Without `d` there may be no majority of the newest configuration, which our log lacks (P3)."""
    stand(b, "a")
    b.said(Prepare)
    met(b)
    b.hear(promise(b, "a", position(1, 7), NEWER))
    assert met(b) == [("d", "at d")]
    b.wait(DEFAULTS.prepare_again)
    assert "d" in [to for to, _ in b.said(Prepare)]
    assert met(b) == [], "once"


def test_a_voter_that_is_where_it_was_is_not_met_again(b):
    told(b, row("a", "at a"))
    met(b)
    told(b, row("a", "at a"))
    assert met(b) == []


def test_a_voter_that_has_moved_is_met_there(b):
    told(b, row("a", "at a"))
    met(b)
    told(b, row("a", "elsewhere"))
    assert met(b) == [("a", "elsewhere")]


@pytest.mark.parametrize("rows", [[], [{}], ["x"], [None], [row("a", 7)], [row("a", "")], [row("z", "at z")]])
def test_a_list_that_says_nothing_of_a_voter_changes_nothing(b, rows):
    met(b)
    told(b, *rows)
    assert met(b) == []


def test_a_voter_of_a_newer_configuration_is_met_where_the_configuration_says(b):
    met(b)
    b.hear(append(make_batch(1, epoch(1, "c"), [entry(NEWER)], 0)))
    b.turn()
    assert met(b) == [("d", "at d")]


def test_who_is_a_voter_again_is_met_again(b):
    one = make_batch(1, epoch(1, "c"), [entry(NEWER)], 0)
    two = make_batch(2, epoch(1, "c"), [entry(config_of(VOTERS))], one.chain)
    three = make_batch(3, epoch(1, "c"), [entry(NEWER)], two.chain)
    for upto, whom in ((1, [("d", "at d")]), (2, []), (3, [("d", "at d")])):
        met(b)
        b.hear(append(*(one, two, three)[:upto]))
        b.turn()
        assert met(b) == whom


def test_what_is_known_of_a_place_is_newer_than_the_configuration(b):
    b.hear(append(make_batch(1, epoch(1, "c"), [entry(NEWER)], 0)))
    b.turn()
    told(b, row("d", "elsewhere"))
    b.start()
    b.turn()
    assert ("d", "elsewhere") in met(b)


def test_places_are_kept_on_disk_so_that_the_reference_may_be_down(b):
    told(b, row("a", "at a"), row("c", "at c"))
    b.start()
    b.turn()
    assert met(b) == [("a", "at a"), ("c", "at c")]


# The reference.


def lists_asked(server, seconds):
    """How often it asks for the list in this time."""
    server.others.clear()
    server.wait(seconds)
    return sum(effect.request == ListServers() for effect in server.others if isinstance(effect, AskReference))


def test_it_asks_often_where_the_others_are_until_it_knows():
    server = Server("b", VOTERS, rank=2, look_up=True)
    assert lists_asked(server, 10 * LIST_MISSING) >= 8
    told(server, row("a", "at a"))
    assert lists_asked(server, 10 * LIST_MISSING) >= 8, "one is missing still"
    told(server, row("a", "at a"), row("c", "at c"))
    assert lists_asked(server, LIST_AGAIN - 0.1) == 0
    assert lists_asked(server, 0.2) == 1, "a server may come back elsewhere"


def test_who_was_told_where_the_others_are_does_not_ask():
    b = Server("b", VOTERS, rank=2)
    assert lists_asked(b, 5.0) == 0


def test_the_reference_is_told_who_coordinates(b):
    establish(b, "a", rank=2)
    assert Heartbeat("b", "at b", True, 1, 2) in [e.request for e in b.others if isinstance(e, AskReference)]


def test_a_rank_that_did_not_change_is_not_written_again(b):
    b.node.on_rank(2, b.time.now)
    b.slow_disk = True
    b.turn()
    assert b.unsynced == []


# The broker.


def readies(server):
    """Take what the broker was told."""
    found = [message for message in server.to_broker if isinstance(message, Ready)]
    server.to_broker.clear()
    return [(message.role, message.epoch) for message in found]


def test_the_broker_hears_at_once_of_a_coordinator_and_then_with_heartbeats(b):
    readies(b)
    b.hear(append())
    assert readies(b) == [("follower", epoch(1, "c"))]
    b.hear(append())
    assert readies(b) == []
    b.turn(DEFAULTS.heartbeat)
    assert len(readies(b)) == 1
