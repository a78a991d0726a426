"""What leaves a server: Lamport stamps in order of leaving, and persist before speak (replication.md D1)."""

import msgspec
import pytest

from coreto.journal.events import BrokerOpened
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Persist, Publish, ReplyTo, Report, SendBroker, SendPeer
from coreto.machines.lamport import Lamport
from coreto.machines.outbox import Identity, Outbox
from coreto.wire.backend import Answers, Open
from coreto.wire.envelope import Shape, read_reply
from coreto.wire.peer import Fetch, Refuse
from coreto.wire.publication import Publication
from tests.support.machines import epoch

REFUSE = Refuse(promised=epoch(3))


@pytest.fixture
def lamport():
    return Lamport(5)


@pytest.fixture
def outbox(lamport):
    return Outbox(Identity("a", "r-a", "c1", 4), lamport, ApplicationClock(1000.0))


def kinds(outbox):
    return [type(effect).__name__ for effect in outbox.take(1.0)]


def persist(outbox):
    outbox.persist(Persist(outbox.next_number))


def test_a_peer_message_is_stamped_with_who_when_and_clock(outbox):
    outbox.send("r-b", REFUSE)
    stamped = msgspec.structs.replace(
        REFUSE, cluster="c1", sender="r-a", receiver="r-b", incarnation=4, clock=6, timestamp=1001.0
    )
    assert outbox.take(1.0) == [SendPeer("r-b", stamped)]


def test_clocks_rise_in_the_order_of_leaving_not_of_asking(outbox):
    outbox.send_after_persist("r-b", REFUSE)
    persist(outbox)
    outbox.close_turn(dirty=False)
    outbox.send("r-c", REFUSE)
    first = [effect.message.clock for effect in outbox.take(1.0) if isinstance(effect, SendPeer)]
    outbox.persisted(1)
    held = [effect.message.clock for effect in outbox.take(2.0) if isinstance(effect, SendPeer)]
    assert (first, held) == ([6], [7])


def test_what_must_follow_a_change_waits_for_the_persist_that_holds_it(outbox):
    """D1, persist before speak."""
    outbox.send_after_persist("r-b", REFUSE)
    persist(outbox)
    outbox.close_turn(dirty=False)
    assert kinds(outbox) == ["Persist"]
    outbox.persisted(1)
    assert kinds(outbox) == ["SendPeer"]


def test_a_turn_without_change_still_waits_for_the_persist_in_flight(outbox):
    """What it says may rest on the change that is not on disk yet."""
    persist(outbox)
    outbox.close_turn(dirty=False)
    outbox.send_after_persist("r-b", REFUSE)
    outbox.close_turn(dirty=False)
    assert kinds(outbox) == ["Persist"]
    outbox.persisted(1)
    assert kinds(outbox) == ["SendPeer"]


def test_an_older_persist_does_not_release_what_a_newer_one_holds(outbox):
    persist(outbox)
    outbox.close_turn(dirty=False)
    outbox.send_after_persist("r-b", REFUSE)
    persist(outbox)
    outbox.close_turn(dirty=False)
    outbox.persisted(1)
    assert kinds(outbox) == ["Persist", "Persist"]
    outbox.persisted(2)
    assert kinds(outbox) == ["SendPeer"]


def test_one_sync_serves_all_that_waited_in_order(outbox):
    """Group commit."""
    for turn in range(3):
        outbox.send_after_persist("r-b", Fetch(epoch=epoch(1), after=turn, upto=9))
        persist(outbox)
        outbox.close_turn(dirty=False)
    outbox.take(1.0)
    outbox.persisted(3)
    assert [effect.message.after for effect in outbox.take(1.0)] == [0, 1, 2]


def test_with_an_idle_disk_nothing_waits(outbox):
    outbox.send_after_persist("r-b", REFUSE)
    outbox.close_turn(dirty=False)
    assert kinds(outbox) == ["SendPeer"]


def test_a_remembered_variable_goes_with_the_next_persist_once(outbox):
    outbox.remember("rank", (3,))
    outbox.remember("rank", (4,))
    assert outbox.has_meta
    persist(outbox)
    persist(outbox)
    assert [effect.meta for effect in outbox.take(1.0)] == [(("rank", (4,)),), ()]
    assert not outbox.has_meta


def test_a_persist_out_of_order_is_our_own_mistake(outbox):
    with pytest.raises(AssertionError):
        outbox.persist(Persist(2))


def test_answers_of_one_turn_share_one_frame(outbox):
    for number in (1, 2):
        outbox.answer("br", number, 1, "ok", 9, Shape(), "login", {"status": "sucesso"})
    outbox.close_turn(dirty=False)
    (effect,) = outbox.take(1.0)
    assert isinstance(effect, SendBroker)
    assert isinstance(effect.message, Answers)
    clocks = [read_reply(item.body)[1]["clock"] for item in effect.message.items]
    assert clocks == [6, 7]
    assert effect.message.clock == 8


def test_a_broker_message_and_a_reply_carry_a_rising_clock(outbox):
    outbox.send_broker(Open(nonce="n"))
    outbox.reply((b"x",), Shape(), "users", {"users": []})
    broker, reply = outbox.take(1.0)
    assert broker == SendBroker(Open(nonce="n", clock=6, timestamp=1001.0))
    assert isinstance(reply, ReplyTo)
    assert read_reply(reply.body)[1]["clock"] == 7


def test_a_publication_keeps_the_stamps_of_its_entry_and_counts_as_a_send(outbox, lamport):
    outbox.publish(Publication("geral", False, "ana", "oi", 1, 2, "2", 7.0, 3))
    (effect,) = outbox.take(1.0)
    assert isinstance(effect, Publish)
    data = read_reply(effect.body)[1]
    assert (data["clock"], data["timestamp"]) == (3, 7.0)
    assert lamport.value == 6


def test_an_event_is_stamped_but_is_no_send(outbox, lamport):
    outbox.report(BrokerOpened(role="b", start=1))
    assert outbox.take(1.0) == [Report(BrokerOpened(role="b", start=1, clock=5))]
    assert lamport.value == 5


def test_what_was_taken_is_not_given_again(outbox):
    outbox.send("r-b", REFUSE)
    assert len(outbox.take(1.0)) == 1
    assert outbox.take(1.0) == []
