"""Faults as bands: what came together is one, and each ends where it ended."""

from coreto.journal.events import FaultChanged, RoleEnded, RoleStarted
from coreto.lab.picture.faults import faults_of, words_of


def cut(source, target, at, *, on=True):
    """A cut from one role to another."""
    return FaultChanged(role="cluster", lane="cluster", fault="cut", source=source, target=target, time=at, on=on)


WAYS = (("s1", "s2"), ("s1", "s3"), ("s2", "s1"), ("s3", "s1"))


def test_a_partition_is_one_fault_both_ways():
    begun = [cut(*way, 10.0 + number / 1000) for number, way in enumerate(WAYS)]
    ended = [cut(*way, 20.0 + number / 1000, on=False) for number, way in enumerate(WAYS)]
    (fault,) = faults_of([*begun, *ended])
    assert (fault.begin, fault.end, fault.lane) == (10.0, 20.0, "")
    assert "s1" in fault.words
    assert "s2, s3" in fault.words
    assert "both ways" in fault.words


def test_a_partition_that_lasts_is_one_too():
    (fault,) = faults_of([cut(*way, 10.0 + number / 1000) for number, way in enumerate(WAYS)])
    assert fault.end is None


def test_a_cut_in_one_direction_is_not_told_as_both():
    assert "both ways" not in words_of([cut("s1", "s2", 1.0), cut("s1", "s3", 1.0)])


def test_what_everybody_does_to_everybody_is_told_once():
    ways = [(one, other) for one in ("s1", "s2", "s3") for other in ("s1", "s2", "s3") if one != other]
    words = words_of([cut(*way, 1.0) for way in ways])
    assert "s1, s2, s3 to each other" in words
    assert "both ways" not in words


def test_a_role_is_down_from_its_end_to_its_start():
    events = [
        RoleEnded(role="cluster", lane="cluster", name="s3", reason="killed", time=1.0),
        RoleStarted(role="cluster", lane="cluster", name="s3", time=5.0),
    ]
    (fault,) = faults_of(events)
    assert (fault.kind, fault.lane, fault.begin, fault.end) == ("down", "s3", 1.0, 5.0)


def test_a_jump_of_a_clock_is_a_moment_and_a_pause_a_stretch():
    skew = FaultChanged(role="cluster", lane="cluster", fault="skew", target="s1", amount=1.0, time=1.0)
    pause = [FaultChanged(role="cluster", lane="cluster", fault="pause", target="s2", time=t, on=t < 3) for t in (2, 4)]
    jump, stands = faults_of([skew, *pause])
    assert (jump.begin, jump.end) == (1.0, 1.0)
    assert (stands.lane, stands.begin, stands.end) == ("s2", 2, 4)
