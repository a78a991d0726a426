"""Connections and subscriptions at an open port have limits, and who exceeds them is shown out."""

import pytest

from coreto.machines.visitors import Audience, Visitors

EACH, MOST = 3, 10


@pytest.fixture
def visitors():
    return Visitors(most=4, per_host=2)


@pytest.fixture
def listeners():
    return Visitors()


@pytest.fixture
def audience(listeners):
    return Audience(listeners, EACH, MOST)


def test_a_host_may_have_so_many_connections(visitors):
    assert [visitors.come(number, "a") for number in (1, 2, 3)] == [True, True, False]
    assert visitors.come(3, "b"), "another host may come"


def test_all_hosts_together_may_have_so_many(visitors):
    assert all(visitors.come(number, f"h{number}") for number in range(4))
    assert not visitors.come(9, "h9")


def test_who_goes_makes_room(visitors):
    for number in (1, 2):
        visitors.come(number, "a")
    visitors.go(1)
    assert visitors.come(3, "a")
    assert not visitors.come(4, "a")


def test_who_was_shown_out_takes_no_room(visitors):
    for number in (1, 2, 3):
        visitors.come(number, "a")
    visitors.go(3)
    assert not visitors.come(3, "a")
    assert len(visitors) == 2


def test_a_number_that_comes_again_was_another_connection(visitors):
    assert all(visitors.come(1, "a") for _ in range(10))
    assert len(visitors) == 1


def test_a_connection_may_have_so_many_topics(audience, listeners):
    listeners.come(1, "a")
    assert all(audience.subscribe(1, b"%d" % number) for number in range(EACH))
    assert not audience.subscribe(1, b"one more")
    listeners.come(2, "a")
    assert audience.subscribe(2, b"one more")


def test_everybody_together_may_have_so_many(audience, listeners):
    for number in range(MOST + 1):
        listeners.come(number, "a")
    assert [audience.subscribe(number, b"topic") for number in range(MOST + 1)] == [True] * MOST + [False]


def test_what_a_connection_gives_up_it_may_ask_for_again(audience, listeners):
    listeners.come(1, "a")
    for _ in range(3 * EACH):
        assert audience.subscribe(1, b"x")
        audience.unsubscribe(1, b"x")
    assert audience.count == 0


def test_topics_are_counted_until_the_last_gives_them_up(audience):
    audience.subscribe(None, b"x")
    audience.subscribe(1, b"x")
    audience.unsubscribe(None, b"x")
    assert audience.wants(b"x") == 1
    audience.unsubscribe(None, b"x")
    audience.unsubscribe(None, b"x")
    assert (audience.wants(b"x"), audience.count) == (0, 0)
