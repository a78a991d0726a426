"""Moments at which something is due, against a sorted list."""

from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.deadlines import Deadlines


def test_nothing_is_never_due():
    deadlines: Deadlines[str] = Deadlines()
    assert deadlines.due(1e9) == []
    assert deadlines.next() == float("inf")


def test_a_key_is_due_at_its_moment_not_before_and_once():
    deadlines: Deadlines[str] = Deadlines()
    deadlines.add(5.0, "a")
    assert deadlines.due(4.999) == []
    assert deadlines.due(5.0) == ["a"]
    assert deadlines.due(5.0) == []


def test_keys_need_not_compare():
    deadlines: Deadlines[object] = Deadlines()
    first, second = object(), object()
    deadlines.add(1.0, first)
    deadlines.add(1.0, second)
    assert deadlines.due(1.0) == [first, second]


@given(st.lists(st.floats(0, 100)), st.lists(st.floats(0, 100)))
def test_it_is_a_sorted_list(moments, asked):
    deadlines: Deadlines[int] = Deadlines()
    for key, moment in enumerate(moments):
        deadlines.add(moment, key)
    left = sorted(range(len(moments)), key=lambda key: (moments[key], key))
    for now in sorted(asked):
        assert deadlines.next() == (moments[left[0]] if left else float("inf"))
        due = [key for key in left if moments[key] <= now]
        left = left[len(due) :]
        assert deadlines.due(now) == due
