"""What a broken rule leaves: a sentence for the screen, an event, and a file with what led to it."""

import pytest

from coreto.journal.event import Event
from coreto.journal.events import BrokerOpened, RoleChanged, Violated
from coreto.journal.file import VERSION, Header, read_journal
from coreto.lab.watching import DUMPS_MAX, Watch
from coreto.launcher.cluster import Cluster
from tests.support.running import plan

HEADER = Header(journal="coreto", version=VERSION, program="1.0", command="up", started=12.5)


def established(name, epoch):
    return RoleChanged(
        role="server", lane=name, name=name, state="coordinator", epoch=epoch, epoch_id="x", reason="established",
        index=1, id=f"{name}:{epoch}",
    )  # fmt: skip


class Watching:
    """A watch over a cluster that never starts."""

    def __init__(self, folder):
        self.seen: list[Event] = []
        self.said: list[str] = []
        self.cluster = Cluster(plan(data=folder))
        self.watch = Watch(self.seen.append, HEADER, self.said.append)
        self.watch.attach(self.cluster)

    def happen(self, *events):
        for event in events:
            self.cluster.ring.record(event)
            self.watch.record(event)


@pytest.fixture
def watched(tmp_path):
    (tmp_path / "data").mkdir()
    made = Watching(tmp_path / "data")
    yield made
    made.cluster.stop()


def test_what_is_in_order_is_handed_on_in_silence(watched, tmp_path):
    watched.happen(BrokerOpened(role="broker", start=2), established("s1", 1))
    assert len(watched.seen) == 2
    assert watched.said == []
    assert not list((tmp_path / "data").glob("violation*"))


def test_a_broken_rule_is_said_recorded_and_dumped(watched, tmp_path):
    first, second = established("s1", 1), established("s2", 1)
    watched.happen(first, second)
    violation = watched.seen[-1]
    assert isinstance(violation, Violated)
    assert (violation.rule, violation.message, violation.cause) == ("epoch", "s2:1", "s2:1")
    header, events = read_journal(tmp_path / "data" / "violation-1.jsonl")
    assert header == HEADER
    assert set(map(type, events)) == {RoleChanged, Violated}
    assert {first, second, violation} == set(events)
    assert "s2:1" in watched.said[0]
    assert "violation-1.jsonl" in watched.said[1]


def test_a_storm_of_violations_leaves_few_files(watched, tmp_path):
    for epoch in range(1, DUMPS_MAX * 3):
        watched.happen(established("s1", epoch), established("s2", epoch))
    assert len(list((tmp_path / "data").glob("violation*"))) <= DUMPS_MAX


def test_a_folder_that_is_gone_is_said_and_fails_nobody(watched, tmp_path):
    watched.cluster.folder.path = tmp_path / "gone"
    watched.happen(established("s1", 1), established("s2", 1))
    assert any("violation-1.jsonl" in sentence for sentence in watched.said)
