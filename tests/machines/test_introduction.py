"""A new life greets the voters, and takes part in elections when a majority knows it (replication.md §3, D6)."""

import msgspec
import pytest

from coreto.machines.memory import HELLO_AGAIN
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS
from coreto.wire.log import POSITION_ZERO, make_batch
from coreto.wire.peer import Ack, Append, Call, CallAnswer, Hello, HelloAnswer, Prepare, Promise
from tests.machines.group import Group
from tests.support.machines import Server, config_of, entry, epoch, establish, from_peer, login, promise, request, stand

VOTERS = ("a", "b", "c")


@pytest.fixture
def b():
    """The middle of three, whom nobody knows yet."""
    return Server("b", VOTERS, rank=2, greeted=False)


def hellos(server):
    return [to for to, _ in server.said(Hello)]


def life_of(server):
    server.wait(DEFAULTS.prepare_again + 0.05)
    return server.said(Hello)[-1][1].nonce


def answer(name, life, *, known=True, promised=0, match=0):
    return from_peer(name, HelloAnswer(life=life, known=known, promised=epoch(promised), match=match))


def append(*batches, counter=1):
    message = Append(epoch=epoch(counter, "c"), prev=POSITION_ZERO, batches=batches, commit=0, published=0, nonce=1)
    return from_peer("c", message)


# Who takes part.


def test_a_life_begins_with_a_hello_to_every_other_voter(b):
    b.turn()
    assert hellos(b) == ["a", "c"]


def test_it_says_what_the_disk_held_when_this_life_began(b):
    b.hear(append(make_batch(1, epoch(1, "c"), [entry(login(1))], 0), counter=4))
    b.start()
    b.turn()
    hello = b.said(Hello)[0][1]
    assert (hello.promised, hello.last, hello.incarnation) == (epoch(4, "c"), 1, 2)


def test_it_goes_on_greeting_those_who_are_silent(b):
    life = life_of(b)
    b.hear(answer("a", life))
    hellos(b)
    b.wait(HELLO_AGAIN + 0.1)
    assert set(hellos(b)) == {"c"}


def test_a_coordinator_greets_a_voter_that_leaves_it_without_an_answer():
    """A new life whose log is older than our membership does not know where to answer."""
    b = Server("b", VOTERS, rank=3)
    establish(b, "a", "c", rank=3)
    hellos(b)
    for _ in range(round((DEFAULTS.quorum_timeout + HELLO_AGAIN) / DEFAULTS.heartbeat) + 2):
        b.turn(DEFAULTS.heartbeat)
        b.hear(*(from_peer("a", Ack(epoch=m.epoch, match=0, nonce=m.nonce)) for to, m in b.said(Append) if to == "a"))
    assert set(hellos(b)) == {"c"}


def test_a_candidate_greets_the_voters_that_do_not_promise():
    patient = msgspec.structs.replace(DEFAULTS, quorum_timeout=2 * HELLO_AGAIN)
    b = Server("b", ("a", "b", "c", "d"), rank=2, settings=patient)
    stand(b, "a", "c", rank=2)
    hellos(b)
    b.hear(promise(b, "c"))
    b.wait(HELLO_AGAIN)
    assert b.plays(Role.CANDIDATE)
    assert set(hellos(b)) == {"a", "d"}


def test_it_does_not_call_before_a_majority_knows_it(b):
    b.wait(3.0)
    assert b.said(Call) == []
    b.hear(answer("a", life_of(b)))
    assert [to for to, _ in b.said(Call)] == ["a", "c"]


def test_it_does_not_promise_before_a_majority_knows_it(b):
    prepare = from_peer("a", Prepare(epoch=epoch(3), commit=0))
    b.hear(prepare)
    assert (b.said(Promise), b.node.replica.promised.counter) == ([], 0)
    b.hear(answer("a", life_of(b)), prepare)
    assert len(b.said(Promise)) == 1


def test_before_a_majority_knows_it_lower_ranks_wait_for_it_and_it_calls_nobody(b):
    call = from_peer("a", Call(round=1, rank=1, counter_seen=0))
    b.hear(call)
    life = life_of(b)
    b.hear(answer("a", life))
    b.hear(call)
    assert [(message.eligible, message.rank) for _, message in b.said(CallAnswer)] == [(True, 2), (True, 2)]


def test_it_copies_the_log_meanwhile(b):
    """An ACK is no vote: it says what the disk holds now."""
    b.hear(append(make_batch(1, epoch(1, "c"), [entry(login(1))], 0)))
    assert [message.match for _, message in b.said(Ack)] == [1]


def test_of_five_one_answer_is_no_majority():
    server = Server("b", "abcde", rank=2, greeted=False)
    life = life_of(server)
    server.hear(answer("a", life))
    assert server.said(Call) == []
    server.hear(answer("d", life))
    assert server.said(Call) != []


def test_in_a_larger_configuration_a_majority_must_know_it_again(b):
    b.hear(answer("a", life_of(b)))
    b.hear(append(make_batch(1, epoch(1, "c"), [entry(config_of("abcd"))], 0)))
    b.hear(from_peer("a", Prepare(epoch=epoch(5), commit=0, handover=True)))
    assert b.said(Promise) == []


def test_one_voter_alone_needs_nobody():
    server = Server("a", ("a",), rank=1, greeted=False)
    server.turn()
    server.turn()
    assert server.plays(Role.COORDINATOR)


def test_who_is_no_voter_greets_the_voters_now_and_then():
    """It may have become one, and be needed, before it hears of it."""
    server = Server("x", VOTERS, greeted=False)
    server.wait(2 * HELLO_AGAIN + 0.1)
    assert hellos(server) == [*VOTERS] * 3


def test_an_answer_to_an_earlier_life_is_ignored(b):
    """Neither does it make this life known, nor does it contradict it."""
    life = life_of(b)
    b.hear(answer("a", life + 1), answer("c", life + 1, known=False, promised=9, match=9))
    assert (b.said(Call), b.halted) == ([], "")


# Who is refused.


def test_who_is_contradicted_halts_and_says_what_to_do(b):
    b.hear(answer("a", life_of(b), known=False, promised=7, match=12))
    assert "epoch 7 and 12 entries" in b.halted
    assert "coreto reset" in b.halted


def test_one_contradiction_is_enough_although_others_know_it(b):
    life = life_of(b)
    b.hear(answer("a", life), answer("c", life, known=False, promised=7, match=12))
    assert b.halted


def test_who_halts_says_nothing_more(b):
    b.hear(answer("a", life_of(b), known=False, promised=7, match=12))
    b.letters.clear()
    b.hear(append())
    assert b.letters == []


def put_back(group, name, batches, meta, incarnation):
    """Stop a server and put an older copy of its folder in place."""
    disk = group[name].disk
    disk.batches, disk.meta, disk.incarnation = list(batches), dict(meta), incarnation
    group[name].start()


def test_a_folder_put_back_from_a_copy_is_found_out():
    """Scenario S31: the copy was taken in this life, and the server acknowledged more since."""
    group = Group(*VOTERS, greeted=False)
    group.pass_time(0.5)
    disk = group["a"].disk
    copy = list(disk.batches), dict(disk.meta), disk.incarnation
    group["c"].node.on_request((b"x", b""), request("login", user="ana"), group.time.now)
    group.pass_time(0.5)
    put_back(group, "a", *copy)
    group.pass_time(0.5)
    assert "coreto reset" in group["a"].halted


def test_a_folder_that_was_not_touched_is_welcome_again():
    group = Group(*VOTERS, greeted=False)
    group.pass_time(0.5)
    group["a"].start()
    group.pass_time(0.5)
    assert group["a"].halted == ""
    assert group["a"].node.coordinator_name() == "c"


# What is written down.


def test_what_peers_say_causes_no_write_of_its_own():
    """§3: written with the next batch."""
    b = Server("b", VOTERS)
    establish(b, "a")
    b.slow_disk = True
    b.hear(from_peer("a", Hello(promised=epoch(0), last=0, nonce=5)))
    assert b.unsynced == []


def test_what_peers_say_travels_with_the_next_write():
    b = Server("b", VOTERS)
    establish(b, "a")
    b.hear(from_peer("a", Hello(promised=epoch(0), last=0, nonce=5)))
    b.ask(request("login", user="ana"))
    assert b.disk.meta["peer r-a"][:2] == (1, 5)


def test_promises_and_acknowledgements_are_noted():
    """The pair that a later life is compared with."""
    b = Server("b", VOTERS)
    b.hear(*(from_peer(name, Hello(promised=epoch(0), last=0, nonce=5)) for name in "ac"))
    made = establish(b, "a", "c")
    b.hear(from_peer("a", Ack(epoch=made, match=1, nonce=10**6)))
    b.ask(request("login", user="ana"))
    assert b.disk.meta["peer r-a"] == (1, 5, *made, 1)
