"""What is done to roles on purpose is in the journal: when it begins, when it ends, and nothing that was refused."""

import pytest

from coreto.journal.event import Event
from coreto.journal.events import FaultChanged
from coreto.launcher import requests as ask
from coreto.launcher.injector import FaultInjector
from coreto.launcher.requests import RefusalError
from coreto.net.faults import LinkFault
from tests.launcher.test_injector import World

CUT = LinkFault("s1", "s2", "cut")
DELAY = LinkFault("s1", "s2", "delay", seconds=0.2, spread=0.05)


class Noted(World):
    """A world whose faults are noted."""

    def __init__(self):
        super().__init__()
        self.events: list[Event] = []
        self.injector = FaultInjector(
            self.roles, lambda: ["s1", "s2", "s3"], self.start, lambda name: None, lambda name: None, self.events.append
        )

    def told(self, *requests):
        """What is noted of these requests: fault, way, whether it begins."""
        for request in requests:
            self.ask(request)
        return [(e.fault, e.source, e.target, e.on) for e in self.events if isinstance(e, FaultChanged)]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ask.Kill("s1"), ("kill", "", "s1", True)),
        (ask.Kill("s1", "mid-batch"), ("kill", "", "s1", True)),
        (ask.Restart("s1"), ("restart", "", "s1", True)),
        (ask.Pause("s1"), ("pause", "", "s1", True)),
        (ask.SlowDisk("s1", 0.5), ("slow_disk", "", "s1", True)),
        (ask.SlowDisk("s1", 0.0), ("slow_disk", "", "s1", False)),
        (ask.FillDisk("s1"), ("fill_disk", "", "s1", True)),
        (ask.Skew("s1", -4.0), ("skew", "", "s1", True)),
        (ask.Drift("s1", 300.0), ("drift", "", "s1", True)),
    ],
)
def test_a_fault_of_a_role_is_noted(request_, expected):
    world = Noted()
    assert world.told(request_) == [expected]


def test_a_fault_between_roles_is_noted_with_its_end():
    world = Noted()
    told = world.told(ask.Inject((CUT,)), ask.Inject((DELAY,)), ask.Heal())
    assert told == [
        ("cut", "s1", "s2", True),
        ("delay", "s1", "s2", True),
        ("cut", "s1", "s2", False),
        ("delay", "s1", "s2", False),
    ]
    delayed = world.events[1]
    assert isinstance(delayed, FaultChanged)
    assert (delayed.amount, delayed.spread) == (0.2, 0.05)


def test_a_pause_ends_with_resume():
    assert Noted().told(ask.Pause("s1"), ask.Resume("s1"))[-1] == ("pause", "", "s1", False)


@pytest.mark.parametrize(
    "request_", [ask.Kill("nobody"), ask.Skew("broker", 1.0), ask.Inject((LinkFault("s1", "x", "cut"),))]
)
def test_what_is_refused_did_not_happen(request_):
    world = Noted()
    with pytest.raises(RefusalError):
        world.ask(request_)
    assert world.events == []
