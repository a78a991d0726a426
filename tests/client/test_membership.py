"""Finding the coordinator, and asking it who votes."""

import itertools
import threading

import pytest
import zmq

from coreto.client import membership
from coreto.client.errors import RefusedError, UnreachableError
from coreto.client.listed import Listed
from coreto.client.membership import Membership
from coreto.wire.codec import encode

NOWHERE = "tcp://127.0.0.1:9"
"""The discard port: nobody is there."""
MEMBERS = {"status": "OK", "cluster": "c", "coordinator": "s2", "voters": ["s1", "s2"], "learners": ["s4"]}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Nobody waits long here."""
    monkeypatch.setattr(membership, "LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("coreto.client.direct.CONNECT_MS", 100)


@pytest.fixture
def serve(context):
    """Starts a server that answers everything the same way; gives its address and what it was asked."""
    with_socket = []

    def serve(answer):
        socket = context.socket(zmq.ROUTER)
        socket.linger = 0
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        asked: list[bytes] = []
        over = threading.Event()
        thread = threading.Thread(target=_answer_all, args=(socket, answer, asked, over))
        thread.start()
        with_socket.append((over, thread, socket))
        return f"tcp://127.0.0.1:{port}", asked

    yield serve
    for over, thread, socket in with_socket:
        over.set()
        thread.join()
        socket.close()


def _answer_all(socket, answer, asked, over):
    while not over.is_set():
        if socket.poll(20):
            *route, body = socket.recv_multipart()
            asked.append(body)
            socket.send_multipart(
                [*route, encode({"service": "x", "data": {"timestamp": 0, "clock": 1, **answer}}, "msgpack")]
            )


def listed(name, rank, address, *, coordinator=False):
    return Listed(name, rank, address, coordinator)


def test_only_the_coordinator_is_asked(context, serve):
    (other, not_asked), (leader, asked) = serve(MEMBERS), serve(MEMBERS)
    servers = [listed("s1", 1, other), listed("s2", 2, leader, coordinator=True)]
    told = Membership(context, lambda: servers).members()
    assert (told.voters, told.learners, told.coordinator) == (("s1", "s2"), ("s4",), "s2")
    assert (len(asked), len(not_asked)) == (1, 0)


def test_the_list_is_looked_at_again_when_it_was_late(context, serve):
    refusal = {"status": "erro", "code": "bad_request", "rule": "not_coordinator", "message": "não"}
    (old, _asked), (leader, _asked_too) = serve(refusal), serve(MEMBERS)
    looks = iter([[listed("s1", 1, old, coordinator=True)], [], [listed("s2", 2, leader, coordinator=True)]])
    assert Membership(context, lambda: next(looks)).members().coordinator == "s2"


def test_without_a_coordinator_it_is_said(context):
    looks = []

    def look():
        looks.append(1)
        return [listed("s1", 1, NOWHERE)]

    with pytest.raises(RefusedError) as caught:
        Membership(context, look).members()
    assert caught.value.code == "no_coordinator"
    assert "no coordinator" in str(caught.value)
    assert len(looks) == membership.LOOKS_MAX


def test_a_coordinator_that_is_gone_is_named(context):
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9"):
        Membership(context, lambda: [listed("s1", 1, NOWHERE, coordinator=True)]).members()


@pytest.mark.parametrize("later", [True, False], ids=["it stays on the list", "the list forgets it"])
def test_who_lives_says_why_when_the_coordinator_is_gone(context, serve, later):
    survivor, _asked = serve({"status": "erro", "code": "no_quorum", "message": "não"})
    living, dead = listed("s1", 1, survivor), listed("s2", 2, NOWHERE, coordinator=True)
    looks = itertools.chain([[living, dead]], itertools.repeat([living, dead] if later else [living]))
    with pytest.raises(RefusedError) as caught:
        Membership(context, lambda: next(looks)).members()
    assert caught.value.code == "no_quorum"


@pytest.mark.parametrize("wanted", ["s9", "9", ""])
def test_a_name_that_nobody_has_changes_nothing(context, serve, wanted):
    leader, asked = serve(MEMBERS)
    made = Membership(context, lambda: [listed("s2", 2, leader, coordinator=True)])
    for change in (made.promote, made.remove):
        with pytest.raises(RefusedError, match="s1, s2, s4"):
            change(wanted)
    assert not any(b"promote" in body or b"remove" in body for body in asked)


def test_a_rank_is_as_good_as_a_name(context, serve):
    leader, asked = serve(MEMBERS)
    servers = [listed("s2", 2, leader, coordinator=True), listed("s4", 4, NOWHERE)]
    name, told = Membership(context, lambda: servers).promote("4")
    assert (name, told.voters) == ("s4", ("s1", "s2"))
    assert b"promote" in asked[-1]
    assert b"s4" in asked[-1]


def test_a_refusal_is_in_the_language_of_the_person(context, serve):
    answers = {**MEMBERS}
    leader, asked = serve(answers)
    made = Membership(context, lambda: [listed("s2", 2, leader, coordinator=True)])
    assert made.members().names == ("s1", "s2", "s4")
    answers |= {"status": "erro", "code": "bad_request", "rule": "change_under_way", "message": "outra mudança"}
    with pytest.raises(RefusedError, match="Another change of members"):
        made.members()
    assert len(asked) == 2
