"""Each rule of the monitor fires when a cluster runs without the rule of the protocol that it watches."""

import threading
from pathlib import Path

import msgspec
import pytest

from coreto.lab.faults import read_partition
from coreto.lab.monitor import SENTENCES, tell
from coreto.launcher.requests import Inject, Kill, Restart, Skew
from coreto.machines import replica
from coreto.machines.chat import Chat
from coreto.machines.clock import ApplicationClock
from coreto.machines.lamport import Lamport
from coreto.machines.replica import Replica
from coreto.machines.settings import DEFAULTS
from coreto.machines.tenure import Tenure
from coreto.wire.log import Command, Epoch
from tests.lab.conftest import Watched, watched
from tests.support.waiting import wait_until

SECONDS = 30.0
OFTEN = msgspec.structs.replace(DEFAULTS, sync_idle=0.3, sync_pause=0.3)


def wait_broken(cluster: Watched, rule: str) -> str:
    wait_until(cluster.broken(rule), f"the monitor tells that {rule} is broken", SECONDS)
    first = next(violation for violation in cluster.violations if violation.rule == rule)
    sentence = tell(first)
    assert first.message
    assert first.message in sentence
    return sentence


def test_a_sound_cluster_breaks_no_rule_even_when_its_coordinator_dies():
    with watched(OFTEN) as cluster:
        for number in range(30):
            cluster.publish(f"m{number}")
            if number == 10:
                cluster.control.ask(Kill("s3"))
            if number == 20:
                cluster.control.ask(Restart("s3"))
                cluster.control.ask(Skew("s1", 3.0))
        assert cluster.violations == []


def test_lamport_without_taking_note_of_what_arrives(monkeypatch):
    monkeypatch.setattr(Lamport, "receive", lambda self, value: None)
    with watched() as cluster:
        wait_broken(cluster, "lamport")


def test_one_coordinator_an_epoch_without_epochs_of_their_own(monkeypatch):
    """C1: an epoch is unique because it holds its candidate's id, and grows."""

    def promise(self, epoch):
        self.promised = epoch
        self._outbox.remember("promised", tuple(epoch))

    monkeypatch.setattr(replica, "Epoch", lambda counter, candidate: Epoch(7, "everybody"))
    monkeypatch.setattr(Replica, "_promise", promise)
    with watched() as cluster:
        cluster.control.ask(Kill(cluster.client.ask("election")["coordinator"]))
        wait_broken(cluster, "epoch")


def test_acknowledged_writes_without_a_majority(monkeypatch):
    """C1, D2: an entry is committed when a majority holds it."""

    def count(self):
        self.commit = max(self.commit, self._log.durable)

    with watched() as cluster:
        monkeypatch.setattr(Tenure, "count", count)
        coordinator = cluster.client.ask("election")["coordinator"]
        others = ",".join(sorted({"s1", "s2", "s3"} - {coordinator}))
        cluster.control.ask(Inject(read_partition(f"{coordinator} | {others}")))
        cluster.publish("lost")
        cluster.control.ask(Kill(coordinator))
        assert coordinator in wait_broken(cluster, "acknowledged")


def test_the_same_order_without_the_same_log(monkeypatch):
    """One server makes something else of an entry."""
    apply = Chat.apply

    def garbled(self, index, entry):
        body = entry.body
        if threading.current_thread().name == "coreto-s1" and isinstance(body, Command) and body.text == "b":
            entry = msgspec.structs.replace(entry, body=msgspec.structs.replace(body, target="elsewhere"))
        return apply(self, index, entry)

    monkeypatch.setattr(Chat, "apply", garbled)
    with watched() as cluster:
        cluster.publish("a")
        assert cluster.violations == []
        cluster.publish("b")
        assert "s1" in wait_broken(cluster, "order")


def test_clocks_within_their_bound_without_correcting_them(monkeypatch):
    monkeypatch.setattr(ApplicationClock, "correct", lambda self, now, seconds: "step")
    with watched(OFTEN) as cluster:
        cluster.control.ask(Skew("s1", 5.0))
        assert "s1" in wait_broken(cluster, "offset")


@pytest.mark.parametrize("rule", SENTENCES)
def test_every_rule_is_proved(rule):
    assert f'wait_broken(cluster, "{rule}")' in Path(__file__).read_text("utf-8")
