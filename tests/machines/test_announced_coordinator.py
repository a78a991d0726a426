"""An announced coordinator is a name, not a coordinator (protocol.md §2, "Two coordinators, two words")."""

from coreto.machines.replica import Role
from coreto.wire.publication import Announcement
from tests.support.machines import Server

ALONE = ("a",)


def coordinating():
    server = Server("a", ALONE)
    server.node.on_rank(1, server.time.now)
    server.wait(1.0)
    assert server.plays(Role.COORDINATOR)
    return server


def test_an_announcement_of_somebody_else_is_a_conflict_in_words_and_changes_nothing():
    server = coordinating()
    server.node.on_announcement(Announcement("stranger", clock=7))
    status = server.node.status(server.time.now)
    assert (status["announced"], status["coordinator"]) == ("stranger", "a")
    assert "stranger" in status["conflict"]
    assert server.plays(Role.COORDINATOR)


def test_the_announcement_of_the_coordinator_is_no_conflict():
    server = coordinating()
    server.node.on_announcement(Announcement("a"))
    assert server.node.status(server.time.now)["conflict"] == ""


def test_a_hostile_name_is_made_harmless():
    server = coordinating()
    server.node.on_announcement(Announcement("\x1b[31m" + "x" * 500))
    assert "\x1b" not in server.node.status(server.time.now)["announced"]
