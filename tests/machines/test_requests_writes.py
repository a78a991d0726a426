"""Writes a server has taken on: exactly one answer, and what it may claim (replication.md §7)."""

import pytest

from coreto.machines.chat import STARTS_MAX
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS, REQUESTS_HELD_MAX
from coreto.wire.backend import Open, Opened, WorkItem
from coreto.wire.envelope import read_reply
from coreto.wire.log import POSITION_ZERO, BrokerKey, Command, Noop, make_batch
from coreto.wire.peer import Append, Forward, HandoverNow, Hello, HelloAnswer, Refuse
from tests.support.machines import (
    Server,
    acknowledge,
    entry,
    epoch,
    establish,
    from_peer,
    position,
    promise,
    request,
)

VOTERS = ("a", "b", "c")
LOGIN = request("login", user="ana")


@pytest.fixture
def b():
    """A coordinator with an open broker start at index 2."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.from_broker(Open(nonce="x.1"))
    acknowledge(server, "a")
    return server


def append(name, counter=1):
    made = Append(epoch=epoch(counter, name), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    return from_peer(name, made)


def key(n):
    return BrokerKey(2, n, 1)


def codes(server):
    return [(answer.number, answer.code) for answer in server.answers()]


def forwarded(server):
    return [(to, message.key) for to, message in server.said(Forward)]


# At the coordinator.


def test_open_gives_the_broker_the_index_of_its_first_command(b):
    assert next(m for m in b.to_broker if isinstance(m, Opened)).start == 2
    assert b.entries()[1] == Command("open", BrokerKey(0, 0, 0), text="x.1")


def test_a_start_that_was_lost_with_the_coordinatorship_is_given_anew():
    """The log may never again be as long as it was when the broker first asked."""
    server = Server("b", VOTERS)
    establish(server, "a")
    server.ask(LOGIN)
    server.from_broker(Open(nonce="x.1"))
    assert server.node.log.last.index == 4
    batch = make_batch(2, epoch(2, "c"), [entry(Noop(), lamport=9)], server.node.log.chain_at(1))
    other = Append(epoch=epoch(2, "c"), prev=position(1, 1, "b"), batches=(batch,), commit=2, published=0, nonce=1)
    server.hear(from_peer("c", other))
    server.hear(from_peer("c", HandoverNow(epoch=epoch(2, "c"))))
    server.hear(promise(server, "a"))
    acknowledge(server, "a")
    server.from_broker(Open(nonce="x.1"))
    acknowledge(server, "a")
    assert next(m for m in server.to_broker if isinstance(m, Opened)).start == 4


def test_a_write_is_answered_when_it_is_committed_and_applied_not_before(b):
    """C2 and I7."""
    b.work(7, LOGIN, key(1))
    assert b.answers() == []
    acknowledge(b, "a")
    (answer,) = b.answers()
    assert (answer.number, answer.code, answer.place) == (7, "ok", 3)
    assert (answer.data["status"], answer.data["index"], answer.data["server"]) == ("sucesso", 3, "b")
    assert answer.data["epoch_id"] == "r-b"


def test_a_refusal_of_the_log_names_its_index(b):
    b.work(7, request("publish", user="nobody", channel="geral", message="oi"), key(1))
    acknowledge(b, "a")
    (answer,) = b.answers()
    assert (answer.code, answer.data["status"], answer.data["index"]) == ("refused", "erro", 3)
    assert "nobody" in answer.data["message"]


def test_requests_of_one_turn_share_one_batch(b):
    items = tuple(WorkItem(n, key(n), 4500, 0, LOGIN) for n in range(1, 6))
    b.from_broker(b.frame(*items))
    assert b.disk.batches[-1].count == 5


def test_a_copy_below_the_floor_is_answered_unknown(b):
    """Scenario S30: it has no effect, and nobody may claim what became of the first copy."""
    b.work(1, LOGIN, BrokerKey(2, 9, 8))
    b.work(2, LOGIN, BrokerKey(2, 3, 1))
    acknowledge(b, "a")
    assert codes(b) == [(1, "ok"), (2, "unknown")]


def test_a_coordinator_that_sees_no_majority_answers_no_quorum_before_logging(b):
    """§7: definite, because nothing was logged."""
    last = b.node.log.last
    b.time.now += DEFAULTS.quorum_timeout
    item = WorkItem(1, key(1), 4500, 0, LOGIN)
    b.node.on_backend(b.frame(item), b.time.now)
    b.node.flush(b.time.now)
    b.end_turn()
    assert codes(b) == [(1, "no_quorum")]
    assert b.node.log.last == last


def test_what_was_logged_and_lost_its_coordinator_is_unknown_never_failed(b):
    """Scenario S6: never success and never a definite failure."""
    b.work(1, LOGIN, key(1))
    b.hear(from_peer("c", Refuse(promised=epoch(9, "c"))))
    assert codes(b) == [(1, "unknown")]


def test_a_write_in_an_establishing_epoch_waits_behind_the_noop():
    """P5: client commands may be queued behind the noop."""
    from tests.support.machines import promise, stand

    server = Server("b", VOTERS)
    stand(server, "a")
    server.hear(promise(server, "a"))
    server.work(1, LOGIN, key(1))
    assert server.plays(Role.ESTABLISHING)
    assert len(server.entries()) == 2
    assert server.answers() == []


def test_a_write_without_time_left_is_answered_unknown_once_it_was_logged(b):
    b.work(1, LOGIN, key(1), left_ms=100)
    b.wait(0.2)
    assert codes(b) == [(1, "unknown")]


def test_a_write_at_its_own_port_gets_a_start_and_a_key_of_the_server(b):
    """§7: a server that takes a write on its peer port makes keys itself."""
    b.ask(LOGIN)
    b.ask(LOGIN)
    acknowledge(b, "a")
    opened, first, second = b.entries()[2:]
    assert opened.kind == "open"
    assert (first.key, second.key) == (BrokerKey(3, 1, 1), BrokerKey(3, 2, 2))
    assert len(b.replies) == 2


def test_a_bad_request_is_answered_at_once_and_never_logged(b):
    last = b.node.log.last
    b.work(1, request("login", user=""), key(1))
    (answer,) = b.answers()
    assert (answer.code, answer.data["status"], answer.data["rule"]) == ("bad_request", "erro", "name_empty")
    assert b.node.log.last == last


def test_more_requests_than_it_holds_are_overloaded():
    server = Server("b", VOTERS)
    items = tuple(WorkItem(n, key(n), 4500, 0, LOGIN) for n in range(1, REQUESTS_HELD_MAX + 2))
    server.from_broker(server.frame(*items))
    assert codes(server) == [(REQUESTS_HELD_MAX + 1, "overloaded")]


# At a server without coordinator.


def test_a_write_is_held_while_nobody_coordinates_then_definitely_refused():
    """§7: min(4 s, time left - 300 ms), and never logged or forwarded later."""
    server = Server("b", VOTERS)
    server.work(1, LOGIN, key(1), left_ms=2000)
    server.wait(1.6)
    assert server.answers() == []
    server.wait(0.2)
    assert codes(server) == [(1, "no_coordinator")]
    server.hear(append("c"))
    assert forwarded(server) == []


def test_a_held_write_is_forwarded_as_soon_as_somebody_coordinates():
    server = Server("b", VOTERS)
    server.work(1, LOGIN, key(1))
    server.hear(append("c"))
    assert forwarded(server) == [("c", key(1))]


def test_a_held_write_is_logged_when_the_server_itself_becomes_coordinator():
    server = Server("b", VOTERS)
    server.work(1, LOGIN, key(1))
    establish(server, "a")
    assert [body.key for body in server.entries()[1:]] == [key(1)]


def test_two_rounds_that_reach_no_majority_are_no_quorum_at_once():
    """§7: one whose last two rounds reached less than a majority answers at once."""
    server = Server("b", VOTERS, rank=2)
    server.turn()
    server.wait(DEFAULTS.call_round + 0.1)
    server.work(1, LOGIN, key(1))
    assert server.answers() == []
    server.wait(2.5)
    assert codes(server) == [(1, "no_quorum")]
    server.work(2, LOGIN, key(2))
    assert codes(server) == [(2, "no_quorum")]


def test_whom_no_majority_ever_knew_says_no_quorum_too():
    """One server of three that was started again alone calls nobody, and is as far from a majority."""
    server = Server("b", VOTERS, rank=2, greeted=False)
    server.turn()
    server.work(1, LOGIN, key(1))
    server.wait(DEFAULTS.suspect_high)
    assert server.answers() == [], "the others may be about to start"
    server.wait(DEFAULTS.suspect_high + 0.1)
    assert codes(server) == [(1, "no_quorum")]
    server.work(2, LOGIN, key(2))
    assert codes(server) == [(2, "no_quorum")]


def test_whom_no_majority_knows_is_not_cut_off_soon_after_it_heard_a_coordinator():
    server = Server("b", VOTERS, rank=2, greeted=False)
    server.wait(0.9 * DEFAULTS.suspect_high)
    server.hear(append("c"))
    server.node.on_disconnected("r-c", server.time.now)
    server.wait(1.8 * DEFAULTS.suspect_high)
    server.work(1, LOGIN, key(1))
    assert server.answers() == []
    server.wait(0.3 * DEFAULTS.suspect_high)
    assert codes(server) == [(1, "no_quorum")]


def test_who_is_known_to_a_majority_at_last_is_no_longer_cut_off():
    server = Server("b", VOTERS, rank=2, greeted=False)
    server.wait(3 * DEFAULTS.suspect_high)
    life = server.said(Hello)[-1][1].nonce
    server.hear(from_peer("a", HelloAnswer(life=life, known=True, promised=epoch(0), match=0)))
    server.work(1, LOGIN, key(1))
    assert server.answers() == []


def proposed(server):
    """The keys of what it logged since its noop and the broker's start."""
    return [body.key for body in server.entries()[2:]]


def test_work_that_comes_twice_is_taken_once(b):
    """Had the first been refused for certain, and the client been told so, the second must not be stored."""
    work = b.frame(WorkItem(1, key(1), 4500, 0, LOGIN))
    for _ in range(2):
        b.from_broker(work)
    assert proposed(b) == [key(1)]


def test_work_for_a_former_life_is_not_taken(b):
    """The same thread may live again over the same connection, once its log is mended."""
    work = b.frame(WorkItem(1, key(1), 4500, 0, LOGIN))
    b.start()
    establish(b, "a")
    last = b.node.log.last
    b.from_broker(work)
    assert b.node.log.last == last


def test_a_forward_that_comes_twice_is_taken_once(b):
    forward = from_peer("c", Forward(epoch=epoch(1, "b"), number=7, key=key(1), raw=LOGIN, left_ms=4000, min_index=0))
    for _ in range(2):
        b.hear(forward)
    assert proposed(b) == [key(1)]


def test_a_start_of_its_own_that_the_log_has_forgotten_is_replaced(b):
    """Many brokers have come since: their starts took its place."""

    def told():
        b.replies.clear()
        b.ask(LOGIN)
        acknowledge(b, "a")
        (reply,) = b.replies
        return read_reply(reply.body)[1].get("code", "ok")

    assert told() == "ok"
    for life in range(STARTS_MAX + 1):
        b.from_broker(Open(nonce=f"y.{life}"))
        acknowledge(b, "a")
    assert [told(), told()] == ["unknown", "ok"]


def test_a_write_whose_time_ends_in_the_turn_that_ends_the_tenure_has_one_answer(b):
    b.node.on_backend(b.frame(WorkItem(1, key(1), 0, 0, LOGIN)), b.time.now)
    b.hear(from_peer("c", Refuse(promised=epoch(9, "c"))))
    assert codes(b) == [(1, "unknown")]
