"""What each fault between roles does to the messages it strikes, as both of their ends report it; and its undoing."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from coreto.journal.events import Received, Sent
from coreto.lab.faults import read_delays, read_partition, read_shares
from coreto.lab.telling import tell
from coreto.launcher.requests import Heal, Inject
from coreto.net.faults import LinkFault
from tests.faults.conftest import THREADS_SOON
from tests.support.breaking import Broken, breaking
from tests.support.waiting import wait_until

KIND = "append"
"""What a coordinator sends all the time."""
DELAY = 0.2
LEAST = 5
"""Messages by which an effect is judged."""
SECONDS = 20.0


class Way:
    """The appends from the coordinator to one follower."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken
        self.source = broken.coordinator()
        self.target, self.other = (name for name in broken.servers if name != self.source)
        self.since = time.time()

    def begin(self) -> None:
        """Judge what is sent from now on."""
        self.since = time.time()

    def ends(self, target: str = "") -> tuple[list[Sent], list[Received]]:
        """Return what was sent since then, and what of it arrived."""
        target = target or self.target
        events = self.broken.control.events(traffic=True)
        sent = [e for e in events if isinstance(e, Sent) and (e.lane, e.peer, e.kind) == (self.source, target, KIND)]
        sent = [event for event in sent if event.time > self.since]
        names = {event.message for event in sent}
        arrived = [e for e in events if isinstance(e, Received) and e.lane == target and e.message in names]
        return sent, arrived

    def counts(self, target: str = "") -> list[int]:
        """Return how often each message arrived, but for the last ones, which may be on their way."""
        sent, arrived = self.ends(target)
        found = Counter(event.message for event in arrived)
        return [found[event.message] for event in sent if event.time < time.time() - 3 * DELAY]


@pytest.fixture
def chatty(kind: str) -> Iterator[Broken]:
    """A cluster whose journal holds every message."""
    with breaking(kind, detailed=True) as broken:
        broken.write()
        yield broken


def are_lost(way: Way) -> bool:
    """Whether nothing arrives."""
    counts = way.counts()
    return len(counts) >= LEAST and not any(counts)


def are_lost_in_part(way: Way) -> bool:
    """Whether some arrive and some do not."""
    return {0, 1} <= set(way.counts())


def are_doubled(way: Way) -> bool:
    """Whether every one arrives twice."""
    counts = way.counts()
    return len(counts) >= LEAST and set(counts) == {2}


def are_late(way: Way) -> bool:
    """Whether every one takes as long as was said."""
    sent, arrived = way.ends()
    left = {event.message: event.time for event in sent}
    return len(arrived) >= LEAST and all(event.time - left[event.message] >= 0.9 * DELAY for event in arrived)


def are_overtaken(way: Way) -> bool:
    """Whether they arrive in another order than they were sent in."""
    sent, arrived = way.ends()
    order = [event.message for event in sent]
    places = [order.index(event.message) for event in arrived]
    return places != sorted(places)


def are_well(way: Way, target: str = "") -> bool:
    """Whether each arrives, once."""
    counts = way.counts(target)[-LEAST:]
    return len(counts) == LEAST and set(counts) == {1}


Faults = tuple[LinkFault, ...]
EFFECTS: dict[str, tuple[Callable[[str], Faults], Callable[[Way], bool]]] = {
    "cut": (lambda way: read_partition(f"{way} --kind {KIND}"), are_lost),
    "drop": (lambda way: read_shares(f"{way} 100% --kind {KIND}", "drop"), are_lost),
    "drop some": (lambda way: read_shares(f"{way} 50% --kind {KIND}", "drop"), are_lost_in_part),
    "duplicate": (lambda way: read_shares(f"{way} 100% --kind {KIND}", "duplicate"), are_doubled),
    "delay": (lambda way: read_delays(f"{way} {DELAY * 1000:g}ms --kind {KIND}"), are_late),
    "reorder": (lambda way: read_shares(f"{way} 50% --kind {KIND}", "reorder"), are_overtaken),
}


@THREADS_SOON
@pytest.mark.timeout(300)
def test_every_effect_does_what_it_says_to_one_kind_on_one_way_until_it_is_ended(chatty: Broken):
    for name, (read, is_so) in EFFECTS.items():
        way = Way(chatty)
        chatty.do(Inject(read(f"{way.source} -> {way.target}")))
        ((where, what),) = tell(chatty.control.in_force())
        assert where == f"{way.source} → {way.target}"
        assert KIND in what
        way.begin()
        wait_until(lambda: is_so(way), f"messages suffer from {name}", SECONDS)  # noqa: B023 -- used at once
        wait_until(lambda: are_well(way, way.other), "the other follower hears all once", SECONDS)  # noqa: B023
        chatty.do(Heal())
        assert tell(chatty.control.in_force()) == []
        way = Way(chatty)
        wait_until(lambda: are_well(way), f"messages arrive after {name}", SECONDS)  # noqa: B023 -- used at once
