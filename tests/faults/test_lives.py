"""Roles are killed, paused and started again while the cluster is asked."""

import pytest

from coreto.client.errors import ClientError
from coreto.launcher.requests import FillDisk, Kill, Pause, Restart, Resume, SlowDisk
from coreto.net.orders import Cut
from tests.faults.conftest import THREADS_SOON
from tests.support.breaking import Broken, breaking
from tests.support.waiting import wait_until

CUTS: list[Cut] = ["before-persist", "after-persist", "mid-batch"]
BEHIND_THE_BROKER = ["reference", "proxy", "view-text", "s1", "s2", "s3"]


def test_every_role_is_killed_and_started_again(broken: Broken):
    for name in BEHIND_THE_BROKER:
        broken.do(Kill(name))
        assert broken.state(name).state == "killed"
        broken.write()
        broken.do(Restart(name))
        assert broken.state(name).state == "running"
        broken.write()
    broken.do(Kill("broker"))
    broken.do(Restart("broker"))
    broken.write()
    broken.wait_settled()
    assert not any("again" in sentence for sentence in broken.said), "nobody took it for a crash"


def test_every_role_is_paused_and_goes_on(broken: Broken):
    for name in [*BEHIND_THE_BROKER, "broker"]:
        broken.do(Pause(name))
        assert broken.state(name).state == "paused"
        if name != "broker":
            broken.write()
        broken.do(Resume(name))
        broken.write()
    broken.wait_settled()
    assert broken.said == []


@THREADS_SOON
def test_a_paused_server_answers_nobody(broken: Broken, monkeypatch):
    monkeypatch.setattr("coreto.client.direct.ANSWER_MS", 300)
    broken.do(Pause("s1"))
    with pytest.raises(ClientError):
        broken.ask("s1", "status")
    broken.do(Resume("s1"))
    assert broken.ask("s1", "status")["name"] == "s1"


def test_a_coordinator_dies_at_each_cut_and_nothing_acknowledged_is_lost(broken: Broken):
    for cut in CUTS:
        victim = broken.coordinator()
        broken.do(Kill(victim, cut))
        assert broken.state(victim).cut == cut
        broken.write()
        wait_until(lambda: broken.state(victim).state == "killed", f"{victim} died {cut}")  # noqa: B023 -- used at once
        broken.do(Restart(victim))
        broken.write()
    broken.wait_settled()
    assert not any("again" in sentence for sentence in broken.said)


@THREADS_SOON
def test_a_follower_dies_at_each_cut(broken: Broken):
    for cut in CUTS:
        victim = next(name for name in broken.servers if name != broken.coordinator())
        broken.do(Kill(victim, cut))
        broken.write()
        wait_until(lambda: broken.state(victim).state == "killed", f"{victim} died {cut}")  # noqa: B023 -- used at once
        broken.do(Restart(victim))
    broken.wait_settled()


@THREADS_SOON
def test_a_full_disk_halts_a_server_and_it_lives_again_when_started(broken: Broken):
    victim = broken.coordinator()
    broken.do(FillDisk(victim))
    broken.write()
    wait_until(lambda: broken.state(victim).state == "down", "it halts")
    assert any("full" in sentence for sentence in broken.said)
    broken.do(Restart(victim))
    broken.wait_settled()


@THREADS_SOON
def test_a_slow_disk_of_one_follower_does_not_hold_up_the_others(broken: Broken):
    follower = next(name for name in broken.servers if name != broken.coordinator())
    broken.do(SlowDisk(follower, 0.3))
    for _ in range(3):
        broken.write()
    broken.do(SlowDisk(follower, 0.0))
    broken.wait_settled()


@THREADS_SOON
def test_a_blank_disk_is_a_new_replica_that_votes_under_the_old_name(broken: Broken):
    victim = broken.coordinator()
    other = next(name for name in broken.servers if name != victim)
    broken.write()
    broken.do(Restart(victim, blank_disk=True))
    broken.write()

    def is_back() -> bool:
        members = broken.ask(other, "members")
        return sorted(members["voters"]) == sorted(broken.servers) and broken.ask(victim, "status")["role"] != "learner"

    wait_until(is_back, "the new replica votes")
    broken.wait_settled()


def test_a_cluster_whose_roles_stand_still_stops_in_time(kind: str):
    with breaking(kind) as broken:
        for name in [*BEHIND_THE_BROKER, "broker"]:
            broken.do(Pause(name))
