"""What the recorder puts on an event."""

from coreto.journal.event import Event
from coreto.journal.events import BrokerOpened
from coreto.journal.recorder import Recorder

EVENT = BrokerOpened(role="broker", start=2, clock=5)


def recorded(clock=None):
    events: list[Event] = []
    recorder = Recorder("broker", events.append, clock)
    recorder.note(EVENT)
    recorder.note(EVENT)
    return events


def test_it_says_who_and_when_and_numbers_the_events_of_a_life():
    first, second = recorded()
    assert (first.lane, first.clock, first.start) == ("broker", 5, 2)
    assert first.id.endswith(":1")
    assert second.id == first.id[:-1] + "2"
    assert first.time <= second.time


def test_the_lives_of_a_role_have_different_ids():
    assert recorded()[0].id != recorded()[0].id


def test_a_server_tells_its_application_clock_too():
    assert recorded()[0].app is None
    assert recorded(lambda now: now + 7.0)[0].app is not None


def test_whoever_sets_the_clock_of_the_machine_moves_no_event(monkeypatch):
    events: list[Event] = []
    recorder = Recorder("broker", events.append)
    recorder.note(EVENT)
    monkeypatch.setattr("time.time", lambda: 0.0)
    recorder.note(EVENT)
    assert events[1].time >= events[0].time
