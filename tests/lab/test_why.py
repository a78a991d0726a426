"""The journal tells why: a coordinator that is killed under load, a role that is down, an entry in its place."""

import threading
from collections.abc import Iterator

import pytest

from coreto.journal.events import (
    Announced,
    CallEnded,
    Event,
    FaultChanged,
    FirstAcknowledged,
    Promised,
    RoleChanged,
    RoleEnded,
    RoleStarted,
    Sent,
    Suspected,
)
from coreto.lab.why import why_coordinator, why_down, why_order
from coreto.lab.wording import say
from coreto.launcher.requests import Kill, Restart
from coreto.texts import activate
from tests.lab.conftest import Watched, watched
from tests.support.waiting import wait_until


class Story:
    """What one cluster went through: load, the coordinator's death, and its return."""

    def __init__(self, cluster: Watched) -> None:
        self.first = str(cluster.client.ask("election")["coordinator"])
        stop = threading.Event()
        load = threading.Thread(target=self._load, args=(cluster, stop))
        load.start()
        try:
            cluster.control.ask(Kill(self.first))
            wait_until(lambda: self._recovered(cluster), "a write in the next epoch")
        finally:
            stop.set()
            load.join()
        self.killed: list[Event] = cluster.control.events()
        self.since, self.until = self.killed[-3].time, self.killed[-2].time
        self.between: list[Event] = cluster.control.events(traffic=True, since=self.since, until=self.until)
        self.index = int(cluster.client.write("publish", user="ana", channel="geral", message="x")["index"])
        self.about: list[Event] = cluster.control.events(index=self.index)
        cluster.control.ask(Restart(self.first))
        self.restarted: list[Event] = cluster.control.events()
        self.violations = cluster.violations

    def _load(self, cluster: Watched, stop: threading.Event) -> None:
        while not stop.is_set():
            cluster.publish("load")

    def _recovered(self, cluster: Watched) -> bool:
        firsts = [event for event in cluster.control.events() if isinstance(event, FirstAcknowledged)]
        return len({event.epoch for event in firsts}) > 1


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """The story, told once."""
    with watched() as cluster:
        yield Story(cluster)


@pytest.fixture(autouse=True)
def speak_english() -> Iterator[None]:
    """Leave the language as it was."""
    yield
    activate("en")


def place(chain, kind, **fields):
    """Where in a chain the first event of a kind stands."""
    for number, event in enumerate(chain):
        if isinstance(event, kind) and all(getattr(event, key) == value for key, value in fields.items()):
            return number
    raise AssertionError(f"no {kind.__name__} {fields} in {[say(event) for event in chain]}")


def test_the_chain_reads_from_the_kill_to_the_first_acknowledgement(story):
    sentence, chain = why_coordinator(story.killed)
    winner = chain[place(chain, FirstAcknowledged)].name
    steps = [
        place(chain, FaultChanged, fault="kill", target=story.first),
        place(chain, Suspected, suspect=story.first),
        place(chain, CallEnded, name=winner, outcome="runs"),
        place(chain, RoleChanged, name=winner, state="candidate"),
        place(chain, Promised, candidate=winner),
        place(chain, RoleChanged, name=winner, state="establishing"),
        place(chain, RoleChanged, name=winner, state="coordinator"),
        place(chain, Announced, name=winner),
        place(chain, FirstAcknowledged, name=winner),
    ]
    assert steps == sorted(steps), [say(event) for event in chain]
    assert steps[0] == 0
    assert winner in sentence
    assert story.violations == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "kills",
                "suspects",
                "opens a pre-vote",
                "wins the pre-vote",
                "promises epoch",
                "noop",
                "announces itself",
                "acknowledges the first",
            ],
        ),
        (
            "pt",
            [
                "mata",
                "suspeita",
                "abre uma pré-votação",
                "vence a pré-votação",
                "promete a",
                "noop",
                "se anuncia",
                "confirma a primeira",
            ],
        ),
    ],
)
def test_the_chain_is_told_in_both_languages(story, language, words):
    activate(language)
    _sentence, chain = why_coordinator(story.killed)
    told = "\n".join(say(event) for event in chain)
    found = [told.find(word) for word in words]
    assert -1 not in found, told
    assert found == sorted(found), told


def test_what_happened_between_two_moments_is_told_and_nothing_else(story):
    assert {event.id for event in story.killed[-3:-1]} <= {event.id for event in story.between}
    assert all(story.since <= event.time <= story.until for event in story.between)


def test_a_role_that_is_down_says_since_when_and_why(story):
    sentence, chain = why_down(story.killed, story.first, "killed")
    assert story.first in sentence
    place(chain, RoleEnded, name=story.first, reason="killed")


def test_a_role_that_came_back_is_not_down(story):
    sentence, chain = why_down(story.restarted, story.first, "running")
    assert "runs" in sentence
    assert place(chain, RoleEnded) < place(chain, RoleStarted)


def test_a_role_without_mishaps_has_none(story):
    sentence, chain = why_down(story.killed, "proxy", "running")
    assert "no mishap" in sentence
    assert chain == []


def fault(time, target, *, on=True, name="cut", source="s1"):
    return FaultChanged(role="cluster", fault=name, source=source, target=target, on=on, time=time)


def test_a_fault_that_was_over_before_did_not_lead_to_an_election():
    established = [
        RoleChanged(role="server", name=name, state="coordinator", epoch=epoch, reason="established", time=time)
        for name, epoch, time in (("s3", 1, 1.0), ("s2", 2, 9.0))
    ]
    suspected = Suspected(role="server", name="s2", suspect="s3", reason="silence", time=7.0)
    healed = [fault(2.0, "s3"), fault(3.0, "s3", on=False)]
    lasting = [fault(4.0, "s3"), fault(8.0, "s3", on=False)]
    _sentence, chain = why_coordinator([established[0], *healed, *lasting[:1], suspected, lasting[1], established[1]])
    assert chain == [lasting[0], suspected, established[1]]


def test_a_role_that_is_down_is_not_told_what_is_long_over():
    killed = fault(5.0, "s3", name="kill", source="")
    events = [fault(2.0, "s3"), fault(3.0, "s3", on=False), fault(4.0, "s3", name="skew", source=""), killed]
    assert why_down(events, "s3", "killed")[1] == [killed]


def test_a_role_that_stands_still_is_said_to():
    sentence, chain = why_down([fault(5.0, "s3", name="pause", source="")], "s3", "paused")
    assert "stands still" in sentence
    assert len(chain) == 1


def test_an_entry_tells_how_it_got_its_place(story):
    sentence, steps = why_order(story.about, story.index)
    told = "\n".join(words for _event, words in steps)
    assert f"Entry {story.index}" in sentence
    assert "publish" in sentence
    found = [told.find(words) for words in ("was established", "sends it to", "holds it", "acknowledges it")]
    assert -1 not in found, told
    assert len([words for _event, words in steps if "applies it" in words]) >= 1


@pytest.mark.parametrize(("first", "words"), [(7, "after 6, in message m"), (5, "after 6, with entries 5 to 7")])
def test_an_entry_is_told_with_the_one_before_it_and_what_was_sent_along(first, words):
    event = Sent(role="server", lane="s3", peer="s1", kind="append", first=first, last=7, message="m", time=1.0)
    _sentence, ((_event, told),) = why_order([event], 7)
    assert words in told


def test_an_entry_that_nobody_told_of_is_not_guessed(story):
    sentence, steps = why_order([], 4)
    assert "no message about entry 4" in sentence
    assert steps == []


def test_without_an_election_nothing_is_guessed():
    assert why_coordinator([])[1] == []


@pytest.mark.parametrize("language", ["en", "pt"])
def test_what_happened_in_a_story_has_words(story, language):
    activate(language)
    for event in [*story.restarted, *story.about]:
        words = say(event)
        assert words
        assert words != event.__struct_config__.tag
        assert "{" not in words
