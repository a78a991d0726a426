"""The connections of one server: bounded, whoever it is told of."""

import pytest

from coreto.net.worker import Worker
from coreto.roles.peers import PEERS_MAX, Peers

NOWHERE = "inproc://nobody-{}"
VOTER, LEARNER = "voter", "learner"


class Idle(Worker):
    """A thread that is never started: sockets are used where they are made."""


@pytest.fixture
def peers(context):
    """Connected to a voter and to a learner that is fed."""
    made = Peers(Idle("s1", context), context, None)
    made.kept = lambda: {VOTER}
    made.meet(VOTER, "s2", NOWHERE.format("s2"))
    made.meet(LEARNER, "s9", NOWHERE.format("s9"))
    yield made
    made.close()


def test_inventions_push_each_other_out_and_nobody_who_is_needed(peers):
    for number in range(2 * PEERS_MAX):
        peers.send(LEARNER, b"append")
        peers.meet(f"forged {number}", f"x{number}", NOWHERE.format(number))
    assert len(peers._peers) == PEERS_MAX
    assert peers.find("s2") == VOTER
    assert peers.find("s9") == LEARNER
    assert peers.find("x0") == ""
    assert peers.find(f"x{2 * PEERS_MAX - 1}")
