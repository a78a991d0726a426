"""The broker: copies, and the one true answer (replication.md §7, "Copies")."""

import pytest

from coreto.machines.settings import DEFAULTS
from tests.machines.broker import READ, WRITE, Broker, opened_broker
from tests.support.machines import request


@pytest.fixture
def broker():
    return opened_broker("a", "b", "c")


DEFINITE = ["no_quorum", "no_coordinator", "overloaded", "bad_request"]


@pytest.mark.parametrize("code", ["ok", "refused", "expired_key"])
def test_the_first_final_answer_is_the_clients(broker, code):
    broker.request(WRITE)
    broker.answer("a", 1, code, 9)
    assert broker.told() == [("x", code)]


def test_an_answer_after_the_answer_is_nothing(broker):
    broker.request(WRITE)
    broker.answer("a", 1, "ok", 9)
    broker.answer("a", 1, "ok", 9)
    broker.answer("b", 1, "no_quorum")
    assert broker.told() == [("x", "ok")]


@pytest.mark.parametrize("code", ["no_quorum", "no_coordinator", "unknown"])
def test_an_answer_that_says_not_here_causes_a_copy(broker, code):
    broker.request(WRITE)
    broker.copies()
    broker.answer("a", 1, code)
    assert len(broker.copies()) == 1
    assert broker.told() == []


def test_an_answer_that_comes_twice_is_not_taken_for_that_of_the_next_copy():
    """The one server that is left refused the first copy, and holds the next one."""
    broker = opened_broker("a")
    broker.request(WRITE)
    for copy in range(1, DEFAULTS.copies_max + 1):
        broker.answer("a", 1, "no_quorum", copy=min(copy, DEFAULTS.copies_max - 1))
        broker.answer("a", 1, "no_quorum", copy=1)
    assert len(broker.copies()) == DEFAULTS.copies_max
    assert broker.told() == []
    broker.answer("a", 1, "ok", 9)
    assert broker.told() == [("x", "ok")]


@pytest.mark.parametrize("code", ["overloaded", "bad_request"])
def test_overloaded_and_bad_request_are_definite_and_cause_no_copy(broker, code):
    broker.request(WRITE)
    broker.copies()
    broker.answer("a", 1, code)
    assert broker.copies() == []
    assert broker.told() == [("x", code)]


def test_a_broken_link_causes_a_copy_at_once(broker):
    broker.request(WRITE)
    broker.copies()
    broker.broken("a")
    ((link, number),) = broker.copies()
    assert link in ("b", "c")
    assert number == 1


def test_silent_heartbeats_cause_a_copy(broker):
    broker.request(WRITE)
    broker.copies()
    broker.wait(DEFAULTS.broker_silent + 0.2, "b")
    assert broker.copies() == [("b", 1)]


def test_a_server_that_comes_back_on_another_connection_has_lost_its_copies(broker):
    broker.request(WRITE)
    broker.copies()
    broker.ready("a", leads=True, incarnation=2, link="a again")
    assert broker.copies() == [("a again", 1)]


def test_copies_go_out_by_timer_when_nothing_is_heard(broker):
    """By timer at 1.5 s and 3 s; at most 3."""
    broker.request(WRITE)
    moments = []
    for _ in range(44):
        moments += [round(broker.now - 10.0, 1)] * len(broker.copies())
        broker.wait(0.1, "a", "b", "c")
    assert moments == pytest.approx([0.0, 1.5, 3.0], abs=0.15)


def test_at_most_three_copies_whatever_the_evidence(broker):
    broker.request(WRITE)
    for link in ("a", "b", "c", "a", "b"):
        broker.answer(link, 1, "unknown")
        broker.ready("a", leads=True)
    assert len(broker.copies()) <= DEFAULTS.copies_max


def test_no_copy_starts_with_less_than_a_second_left(broker):
    broker.request(WRITE)
    broker.copies()
    broker.wait(DEFAULTS.broker_budget - DEFAULTS.copy_left_min + 0.1, "a", "b", "c")
    sent = len(broker.copies())
    broker.answer("a", 1, "unknown")
    broker.broken("a")
    assert (sent, broker.copies()) == (2, [])


def test_every_copy_carries_the_time_left(broker):
    broker.request(WRITE)
    assert broker.work["a"][0].left_ms == 4500
    broker.wait(1.5, "a", "b")
    broker.answer("a", 1, "unknown")
    assert [item.left_ms for items in broker.work.values() for item in items][-1] <= 3000


def test_a_definite_refusal_counts_only_if_every_copy_was_definitely_refused(broker):
    """Scenario S29: copy A is refused while copy B commits; the client gets the success."""
    broker.request(WRITE)
    broker.wait(1.6, "a", "b", "c")
    assert len(broker.copies()) == 2
    broker.answer("a", 1, "no_quorum")
    assert broker.told() == []
    broker.answer("a", 1, "ok", 9)
    assert broker.told() == [("x", "ok")]


def test_one_lost_copy_makes_the_end_unknown_whatever_the_others_say(broker):
    """Scenario S29: never a definite failure."""
    broker.request(WRITE)
    broker.broken("a")
    broker.answer(broker.copies()[-1][0], 1, "overloaded")
    assert broker.told() == []
    broker.wait(5.0, "b", "c")
    assert broker.told() == [("x", "unknown")]


def test_when_every_copy_is_refused_the_refusal_is_the_answer(broker):
    broker.request(WRITE)
    for _ in range(DEFAULTS.copies_max):
        ((link, _),) = broker.copies()
        broker.answer(link, 1, "no_quorum")
    assert broker.told() == [("x", "no_quorum")]


def test_a_late_refusal_of_a_lost_copy_does_not_make_it_definite(broker):
    """Its server may have answered for another copy, or from another life."""
    broker.request(WRITE)
    broker.answer("a", 1, "unknown")
    broker.answer("a", 1, "no_quorum")
    broker.wait(5.0, "a")
    assert broker.told() == [("x", "unknown")]


def test_with_every_server_dead_a_sent_write_is_unknown_in_time(broker):
    """Scenario S33: a plain REQ client has its answer within 5 s."""
    broker.request(WRITE)
    broker.wait(DEFAULTS.broker_budget - 0.2)
    assert broker.told() == []
    broker.wait(0.3)
    assert broker.told() == [("x", "unknown")]


def test_with_every_server_dead_a_write_that_was_never_sent_is_no_coordinator():
    """Scenario S33: nothing was sent, so the failure is definite."""
    broker = Broker()
    broker.request(WRITE)
    broker.wait(4.6)
    assert broker.told() == [("x", "no_coordinator")]
    broker.ready("a", leads=True)
    broker.opened()
    assert broker.copies() == [], "never logged afterwards"


def test_a_read_is_never_unknown(broker):
    """§8: no_quorum or no_coordinator."""
    broker.request(READ)
    broker.broken("a")
    broker.broken("b")
    broker.broken("c")
    broker.wait(4.6)
    assert broker.told() == [("x", "no_coordinator")]


def test_a_read_whose_servers_refuse_has_the_last_refusal(broker):
    broker.request(READ)
    for _ in range(DEFAULTS.copies_max):
        ((link, _),) = broker.copies()
        broker.answer(link, -1, "no_quorum")
    assert broker.told() == [("x", "no_quorum")]


@pytest.mark.parametrize("raw", [WRITE, READ])
def test_every_request_is_answered_once_whatever_the_servers_say(raw):
    for code in [*DEFINITE, "unknown", "ok"]:
        broker = opened_broker("a", "b")
        broker.request(raw)
        for _ in range(5):
            for link, number in broker.copies():
                broker.answer(link, number, code, 5)
            broker.wait(1.0, "a", "b")
        assert len(broker.told()) == 1, code


def test_servers_that_hold_work_are_probed_others_are_not(broker):
    """§7: a bound ROUTER's monitor does not name the peer."""
    broker.request(WRITE)
    broker.machine.on_disconnected(broker.now)
    broker.machine.tick(broker.now)
    broker.flush()
    assert broker.probes == ["a"]
    broker.answer("a", 1, "ok", 9)
    broker.probes.clear()
    broker.wait(0.5, "a", "b", "c")
    assert broker.probes == []


def test_what_could_not_leave_was_no_copy(broker):
    broker.request(WRITE)
    for _dead in range(DEFAULTS.copies_max):
        ((name, _),) = broker.copies()
        broker.unsent(name)
        broker.ready(name, leads=True)
    ((name, number),) = broker.copies()
    broker.answer(name, number, "ok", 7)
    assert broker.told() == [("x", "ok")]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "waiting"])
def test_a_request_that_breaks_a_rule_is_answered_though_another_copy_of_it_came_to_nothing(broker, lost):
    broker.request(request("publish", user="ana", channel="geral", message="\a"))
    ((first, number),) = broker.copies()
    others = [name for name in ("a", "b", "c") if name != first]
    if lost:
        broker.broken(first)
    else:
        broker.wait(DEFAULTS.copy_after[0] + 0.1, *others, first)
    ((second, _),) = broker.copies()
    broker.answer(second, number, "bad_request")
    assert broker.told() == [("x", "bad_request")]
