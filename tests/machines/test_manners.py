"""How much one client may ask for."""

import pytest

from coreto.machines.manners import BURST, CLIENTS_MAX, PUSH_BACK, PUSH_BACK_MAX, REFUSALS_MAX, TOGETHER, Manners

RATE = 8.0


@pytest.fixture
def manners():
    return Manners[str](RATE)


def admitted(manners, count, now, client=b"ana"):
    return sum(manners.admits(client, now) for _ in range(count))


def test_some_requests_may_come_at_once(manners):
    assert admitted(manners, 1000, 0.0) == BURST


def test_then_so_many_a_second(manners):
    admitted(manners, 1000, 0.0)
    assert sum(admitted(manners, 5, eighth / 8) for eighth in range(1, 81)) == 10 * RATE


def test_a_client_that_rests_saves_up_no_more_than_at_first(manners):
    admitted(manners, 1000, 0.0)
    assert admitted(manners, 1000, 3600.0) == BURST


def test_each_client_has_its_own(manners):
    admitted(manners, 1000, 0.0)
    assert manners.admits(b"bia", 0.0)


def test_without_a_rate_everybody_may_ask_for_anything():
    assert admitted(Manners(0.0), 10_000, 0.0) == 10_000


def test_refusals_leave_late_and_one_after_the_other(manners):
    for number in range(3):
        manners.refuse(b"ana", f"ana {number}", 0.0)
    manners.refuse(b"bia", "bia 0", 0.0)
    assert manners.deadline() == PUSH_BACK
    assert manners.due(PUSH_BACK - 0.01) == []
    assert manners.due(PUSH_BACK) == ["ana 0", "bia 0"]
    assert manners.due(PUSH_BACK + 1 / RATE - 0.01) == []
    assert manners.due(PUSH_BACK + 1 / RATE + TOGETHER) == ["ana 1"]
    assert manners.due(PUSH_BACK + 2 / RATE + TOGETHER) == ["ana 2"]
    assert manners.deadline() == float("inf")


def test_refusals_of_about_the_same_time_leave_together(manners):
    for number in range(100):
        manners.refuse(str(number).encode(), str(number), number * TOGETHER / 100)
    assert manners.due(PUSH_BACK) == ["0"]
    assert manners.deadline() == pytest.approx(PUSH_BACK + TOGETHER)
    assert len(manners.due(PUSH_BACK + TOGETHER * 1.01)) == 99


def test_nobody_waits_for_ever_for_a_refusal(manners):
    for number in range(1000):
        manners.refuse(b"ana", str(number), 0.0)
    assert len(manners.due(PUSH_BACK_MAX)) == 1000


def test_more_refusals_than_can_be_kept_are_answered_at_once(manners):
    for number in range(REFUSALS_MAX + 5):
        manners.refuse(b"ana", str(number), 0.0)
    assert len(manners.due(0.0)) == 5


def test_of_many_clients_the_one_that_asked_longest_ago_is_forgotten(manners):
    admitted(manners, 1000, 0.0)
    for number in range(CLIENTS_MAX):
        manners.admits(str(number).encode(), 0.0)
    assert manners.admits(b"ana", 0.0)
