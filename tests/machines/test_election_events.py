"""What a server reports of elections: who suspected, yielded, denied and promised, and why."""

from pathlib import Path

import msgspec
import pytest

from coreto.journal.events import (
    CallEnded,
    CallStarted,
    HandoverChanged,
    Promised,
    PromiseRefused,
    RoleChanged,
    Suspected,
)
from coreto.journal.words import CALL_REASONS, REFUSAL_REASONS, ROLE_REASONS
from coreto.wire.log import POSITION_ZERO
from coreto.wire.message_ids import peer_message_id
from coreto.wire.peer import Append, Call, CallAnswer, HandoverAsk, Prepare, Promise
from tests.support.machines import Server, epoch, from_peer

MACHINES = Path(__file__).parents[2] / "app/coreto/machines"
VOTERS = ("a", "b", "c")
NOBODY = CallAnswer(round=1, rank=1, eligible=True, live_coordinator=False, counter_seen=0)


@pytest.fixture
def b():
    """The middle of three, which knows its rank and has called."""
    server = Server("b", VOTERS, rank=2)
    server.turn()
    return server


def told(server, kind):
    return [event for event in server.events if isinstance(event, kind)]


def answer(name, **changes):
    return from_peer(name, msgspec.structs.replace(NOBODY, **changes))


def heartbeat(name="c", counter=1):
    return from_peer(
        name, Append(epoch=epoch(counter, name), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1)
    )


def prepare(name="c", counter=1, **more):
    return from_peer(name, Prepare(epoch=epoch(counter, name), commit=0, **more))


@pytest.mark.parametrize(
    ("answers", "outcome", "denied", "higher"),
    [
        ([("a", {}), ("c", {"rank": 1})], "runs", (), ()),
        ([("a", {}), ("c", {"rank": 3})], "yielded", (), ("c",)),
        ([("a", {"live_coordinator": True}), ("c", {"rank": 1, "live_coordinator": True})], "denied", ("a", "c"), ()),
    ],
)
def test_a_round_ends_with_its_outcome_and_who_made_it(b, answers, outcome, denied, higher):
    for name, changes in answers:
        b.node.on_peer(answer(name, **changes), b.time.now)
    b.turn()
    (ended,) = told(b, CallEnded)
    assert (ended.outcome, ended.denied, ended.higher) == (outcome, denied, higher)
    assert set(ended.answered) == {"a", "c"}


def test_a_round_that_nobody_answers_reached_no_majority(b):
    b.wait(0.5)
    assert told(b, CallEnded)[0].outcome == "unreached"


def test_silence_is_a_suspicion_with_its_length(b):
    b.node.on_peer(heartbeat(), b.time.now)
    b.wait(2.0)
    (suspected,) = told(b, Suspected)
    assert (suspected.suspect, suspected.reason) == ("c", "silence")
    assert 0.8 < suspected.seconds < 2.0


def test_a_broken_link_is_a_suspicion(b):
    b.node.on_peer(heartbeat(), b.time.now)
    b.turn()
    b.node.on_disconnected(b.node.replica.coordinator, b.time.now)
    b.turn()
    assert [(event.suspect, event.reason) for event in told(b, Suspected)] == [("c", "link_broken")]


def test_a_promise_tells_whom_and_which_message_led_to_it(b):
    asked = prepare()
    b.node.on_peer(asked, b.time.now)
    b.turn()
    (promised,) = told(b, Promised)
    assert (promised.candidate, promised.epoch, promised.cause) == ("c", 1, peer_message_id(asked))


def test_a_promise_that_is_refused_says_why(b):
    b.node.on_peer(heartbeat("c", 2), b.time.now)
    b.node.on_peer(prepare("a", 1), b.time.now)
    b.node.on_peer(prepare("a", 3), b.time.now)
    b.turn()
    assert [event.reason for event in told(b, PromiseRefused)] == ["older_epoch", "hears_coordinator"]
    assert told(b, Promised) == []


def test_a_follower_says_whom_it_follows(b):
    b.node.on_peer(heartbeat(), b.time.now)
    b.turn()
    changed = told(b, RoleChanged)[-1]
    assert (changed.state, changed.coordinator, changed.reason) == ("follower", "c", "heard_coordinator")


def test_a_server_that_establishes_itself_names_its_promisers_and_its_noop(b):
    b.node.replica.become_candidate(b.time.now)
    b.turn()
    promise = Promise(epoch=epoch(1, "b"), last=POSITION_ZERO, commit=0)
    b.node.on_peer(from_peer("a", promise), b.time.now)
    b.turn()
    (establishing,) = [event for event in told(b, RoleChanged) if event.state == "establishing"]
    assert (establishing.backers, establishing.index) == (("b", "a"), 1)


def test_a_handover_is_told_when_it_is_asked_for():
    server = Server("c", VOTERS, rank=3)
    server.node.replica.promised = epoch(1, "a")
    server.node.on_peer(heartbeat("a"), server.time.now)
    server.turn()
    for _ in range(400):
        server.node.on_peer(heartbeat("a"), server.time.now)
        server.turn(0.1)
        if server.said(HandoverAsk):
            break
    assert ("c", "asked") in [(event.asker, event.step) for event in told(server, HandoverChanged)]


def test_a_lower_rank_that_calls_is_the_reason_of_a_call():
    server = Server("c", VOTERS, rank=3)
    server.turn()
    server.wait(0.5)
    server.events.clear()
    server.node.on_peer(from_peer("a", Call(round=1, rank=1, counter_seen=0)), server.time.now)
    server.turn()
    assert [event.reason for event in told(server, CallStarted)] == ["lower_rank"]


def test_every_reason_has_words():
    source = "".join(path.read_text("utf-8") for path in MACHINES.glob("*.py"))
    for code in {*ROLE_REASONS, *CALL_REASONS, *REFUSAL_REASONS}:
        assert f'"{code}"' in source, f"nobody says {code}"
