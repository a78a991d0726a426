"""A message that was handed on is taken once, however often and late it arrives."""

from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.once import SENDERS_MAX, TAKEN_MAX, Once


def test_each_number_of_each_sender_is_taken_once():
    once = Once()
    assert [once.admits("a", 1), once.admits("b", 1), once.admits("a", 1), once.admits("a", 2)] == [
        True,
        True,
        False,
        True,
    ]


def test_one_that_was_overtaken_is_taken_all_the_same():
    once = Once()
    assert once.admits("a", 2)
    assert once.admits("a", 1)


def test_what_is_older_than_all_that_is_remembered_is_taken_no_more():
    """It cannot be told from one that was."""
    once = Once()
    assert all(once.admits("a", number) for number in range(2, TAKEN_MAX + 3))
    assert not once.admits("a", 1)
    assert not once.admits("a", 2)
    assert not once.admits("a", 3)
    assert once.admits("a", TAKEN_MAX + 3)


def test_who_was_heard_longest_ago_is_forgotten_first():
    once = Once()
    assert once.admits("often", 1)
    for number in range(SENDERS_MAX):
        assert once.admits(f"sender {number}", 1)
        assert not once.admits("often", 1)
    assert once.admits("sender 0", 1)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 20)), max_size=100))
def test_nothing_is_taken_twice_and_nothing_new_is_lost(arrivals):
    once, taken = Once(), set()
    for arrival in arrivals:
        assert once.admits(*arrival) == (arrival not in taken)
        taken.add(arrival)
