"""What is published, by whom and when (replication.md §8, "Publication")."""

import pytest

from coreto.machines.replica import Role
from coreto.wire.backend import Open, WorkItem
from coreto.wire.log import POSITION_ZERO, BrokerKey, Command, Noop, make_batch
from coreto.wire.peer import Append, Refuse
from coreto.wire.publication import read_publication
from tests.machines.chatting import Town
from tests.support.machines import Server, acknowledge, entry, epoch, establish, from_peer, request, stand

VOTERS = ("a", "b", "c")


def messages(server):
    """Take what was published, announcements aside."""
    published, server.published = server.published, []
    return [read_publication(p.topic, p.body) for p in published if p.topic != b"servers"]


def texts(server):
    return [(item.topic, item.seq, item.message) for item in messages(server)]


def say(text, n):
    return request("publish", user="ana", channel="geral", message=text), BrokerKey(2, n, 1)


@pytest.fixture
def b():
    """A coordinator of three with a user and a channel."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.from_broker(Open(nonce="x.1"))
    server.work(1, request("login", user="ana"), BrokerKey(2, 1, 1))
    server.work(2, request("channel", channel="geral"), BrokerKey(2, 2, 1))
    acknowledge(server, "a")
    server.said(Append)
    return server


def test_a_message_is_published_when_it_is_committed_not_before(b):
    """I10: published implies committed."""
    b.work(3, *say("oi", 3))
    assert messages(b) == []
    acknowledge(b, "a")
    (item,) = messages(b)
    assert (item.topic, item.seq, item.index, item.user, item.id) == ("geral", 1, 5, "ana", "5")


def test_messages_are_published_in_log_order(b):
    items = tuple(WorkItem(n, say("", n)[1], 4500, 0, say(str(n), n)[0]) for n in (3, 4, 5))
    b.from_broker(b.frame(*items))
    acknowledge(b, "a")
    assert texts(b) == [("geral", 1, "3"), ("geral", 2, "4"), ("geral", 3, "5")]


def test_a_second_copy_is_not_published_again(b):
    b.work(3, *say("oi", 3))
    b.work(3, *say("oi", 3))
    acknowledge(b, "a")
    assert texts(b) == [("geral", 1, "oi")]


def test_what_was_refused_is_not_published(b):
    b.work(3, request("publish", user="nobody", channel="geral", message="oi"), BrokerKey(2, 3, 1))
    acknowledge(b, "a")
    assert messages(b) == []


def test_a_direct_message_is_published_to_its_receiver():
    town = Town()
    town.message("ana", "bia", "oi")
    (item,) = messages(town)
    assert (item.topic, item.direct, item.user, item.seq) == ("bia", True, "ana", 1)


def talk(count, start=2):
    """The entries of a user, a channel and some messages."""
    bodies: list[Noop | Command] = [Noop(), Command("open", BrokerKey(0, 0, 0), text="x")]
    bodies.append(Command("login", BrokerKey(start, 1, 1), user="ana"))
    bodies.append(Command("channel", BrokerKey(start, 2, 1), target="geral"))
    bodies += [Command("publish", BrokerKey(start, n + 2, 1), "", "ana", "geral", str(n)) for n in range(1, count + 1)]
    return make_batch(1, epoch(1, "c"), [entry(body, lamport) for lamport, body in enumerate(bodies)], 0)


def follower(count, commit, published):
    server = Server("b", VOTERS)
    made = Append(
        epoch=epoch(1, "c"), prev=POSITION_ZERO, batches=(talk(count),), commit=commit, published=published, nonce=1
    )
    server.hear(from_peer("c", made))
    return server


def take_over(server):
    """Become coordinator with the log it has."""
    from tests.support.machines import promise

    server.wait(1.0)
    stand(server, "a", "c")
    server.hear(promise(server, "a"))
    acknowledge(server, "a")
    assert server.plays(Role.COORDINATOR)


def test_a_follower_publishes_nothing():
    assert follower(3, 7, 0).published == []


def test_a_new_coordinator_publishes_again_what_its_predecessor_may_have_missed():
    """From the last value it knows: at least once on the wire."""
    server = follower(4, 8, 6)
    take_over(server)
    assert texts(server) == [("geral", 3, "3"), ("geral", 4, "4")]


def test_what_committed_only_with_its_noop_is_published_too():
    server = follower(4, 6, 6)
    take_over(server)
    assert texts(server) == [("geral", 3, "3"), ("geral", 4, "4")]


def test_what_was_published_is_not_published_again():
    server = follower(4, 8, 8)
    take_over(server)
    assert messages(server) == []


def test_published_travels_with_append_and_is_kept_on_disk(b):
    b.work(3, *say("oi", 3))
    acknowledge(b, "a")
    b.turn(0.1)
    assert [message.published for to, message in b.said(Append) if to == "c"][-1] == 5
    server = follower(4, 8, 6)
    server.start()
    take_over(server)
    assert texts(server) == [("geral", 3, "3"), ("geral", 4, "4")]


def test_a_deposed_coordinator_publishes_nothing_more(b):
    b.work(3, *say("oi", 3))
    b.hear(from_peer("c", Refuse(promised=epoch(9, "c"))))
    late = Append(epoch=epoch(9, "c"), prev=b.node.log.last, batches=(), commit=5, published=4, nonce=1)
    b.hear(from_peer("c", late))
    assert b.node.chat.applied == 5
    assert messages(b) == []
