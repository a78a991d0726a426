"""What a server suffers while it stores and speaks."""

import sqlite3
import threading

import pytest

from coreto.machines.effects import Persist
from coreto.net.orders import DieAt, FillDisk, SlowDisk
from coreto.roles.mishaps import Mishaps

WRITE = Persist(1, log=(7,))
NO_WRITE = Persist(1, meta=(("commit", (3,)),))


class DiedError(Exception):
    """The server has died."""


def die():
    raise DiedError


@pytest.fixture
def killed():
    return threading.Event()


@pytest.fixture
def stopping():
    return threading.Event()


@pytest.fixture
def mishaps(killed, stopping):
    return Mishaps(killed, stopping, die)


def life(mishaps, persist=WRITE):
    """How far one write comes: stored, then two messages."""
    steps = []
    try:
        mishaps.before_persist(persist)
        steps.append("stored")
        mishaps.after_persist(persist)
        for message in ("first", "second"):
            steps.append(message)
            mishaps.said()
    except DiedError:
        steps.append("died")
    return steps


def test_nothing_happens_until_it_is_ordered(mishaps):
    assert life(mishaps) == ["stored", "first", "second"]


@pytest.mark.parametrize(
    ("cut", "steps"),
    [
        ("before-persist", ["died"]),
        ("after-persist", ["stored", "died"]),
        ("mid-batch", ["stored", "first", "died"]),
    ],
)
def test_each_cut_is_where_it_says(mishaps, cut, steps):
    mishaps.take(DieAt(cut))
    assert life(mishaps, NO_WRITE) == ["stored", "first", "second"], "only a write of the log counts"
    assert life(mishaps) == steps


def test_what_is_said_before_the_write_is_not_the_middle_of_its_batch(mishaps):
    mishaps.take(DieAt("mid-batch"))
    mishaps.said()
    assert life(mishaps) == ["stored", "first", "died"]


def test_a_killed_server_dies_before_the_next_thing_it_stores(mishaps, killed):
    killed.set()
    assert life(mishaps, NO_WRITE) == ["died"]


def test_a_full_disk_fails_as_one(mishaps):
    mishaps.take(FillDisk())
    with pytest.raises(sqlite3.OperationalError, match="full"):
        mishaps.before_persist(NO_WRITE)


def test_a_slow_disk_is_not_waited_for_by_a_server_that_stops(mishaps, stopping):
    mishaps.take(SlowDisk(3600.0))
    stopping.set()
    assert life(mishaps) == ["stored", "first", "second"]
