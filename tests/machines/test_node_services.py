"""Clock, election and the services of others, asked at a server's own port (protocol.md §2)."""

import pytest

from coreto.journal.events import ClockSet
from coreto.machines.replica import Role
from tests.machines.chatting import Town
from tests.support.machines import ROUTE, Server, epoch, request

VOTERS = ("a", "b", "c")


def test_the_clock_is_read_through_the_broker_and_set_at_its_own_port_only():
    """protocol.md §2: read-only on the client hop."""
    town = Town()
    before = town.tell("clock")["time"]
    town.work(-1, request("clock", time=5.0))
    assert town.answers()[0].data["status"] == "erro"
    assert town.tell("clock")["time"] == before
    assert town.tell("clock", time=5.0)["time"] == 5.0
    assert town.tell("clock", adjust=2.5)["time"] == 7.5


def test_who_sets_the_clock_is_journalled():
    town = Town()
    now = town.tell("clock")["time"]
    town.tell("clock", time=now - 60.0)
    town.tell("clock", adjust=2.5)
    town.tell("clock")
    events = [event for event in town.events if isinstance(event, ClockSet)]
    assert [(event.name, round(event.seconds, 3)) for event in events] == [("a", -60.0), ("a", 2.5)]
    assert {event.by for event in events} == {ROUTE[0].hex()}


def test_setting_the_clock_touches_no_timer():
    """§1: no rule may depend on the application clock (scenario S23)."""
    town = Town()
    town.tell("clock", adjust=86_400.0)
    town.wait(2.0)
    assert town.plays(Role.COORDINATOR)
    assert town.node.replica.promised == epoch(1, "a")


def test_stamps_rise_along_the_log_whatever_the_clocks_do():
    """§11 and I13."""
    town = Town()
    town.tell("clock", adjust=-86_400.0)
    town.publish("one")
    town.publish("two")
    log = town.node.log
    lamports = [item.lamport for _, item in log.entries(1, log.last.index)]
    assert lamports == sorted(set(lamports))


def test_a_foreign_election_request_is_answered_ok():
    """E1: it at most triggers a call."""
    server = Server("b", VOTERS)
    answer = server.ask(request("election"))
    assert (answer["election"], answer["coordinator"]) == ("OK", "")
    assert server.plays(Role.FOLLOWER)


@pytest.mark.parametrize("service", ["rank", "list", "heartbeat"])
def test_what_belongs_to_the_reference_is_refused_with_a_sentence(service):
    town = Town()
    answer = town.tell(service, user="s1")
    assert (answer["status"], answer["code"]) == ("erro", "bad_request")
